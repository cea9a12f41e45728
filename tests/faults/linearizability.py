"""Was a concurrent history possible? A small checker of linearizability, after Wing and Gong.

It looks for an order of the calls in which each comes after those that had ended before it began,
and in which a plain sequential specification gives every answer that was heard. States that were
seen with the same calls done are not tried again (Lowe), so that it is quick. A call without an
answer may have happened at any time after it began, or never.

Sources: Wing and Gong, Testing and Verifying Concurrent Objects (1993); Lowe, Testing for
linearizability (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

A = TypeVar("A")
S = TypeVar("S", bound="Hashable")

NO_ANSWER: Final = "no answer"


@dataclass(frozen=True, slots=True)
class Call(Generic[A]):
    """One call: what was asked and answered, when it began and when its answer was there."""

    action: A
    answer: object
    began: float
    ended: float = math.inf

    @property
    def is_known(self) -> bool:
        """Whether its answer was heard."""
        return self.answer != NO_ANSWER

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"[{self.began:.6f} .. {self.ended:.6f}] {self.action} -> {self.answer}"


@dataclass(frozen=True, slots=True)
class Verdict(Generic[A, S]):
    """The order that was found; where there is none, the longest that was, and its state."""

    possible: bool
    order: tuple[Call[A], ...]
    state: S
    left: tuple[Call[A], ...]

    def __str__(self) -> str:
        """Tell how far an order goes, and what cannot come next."""
        words = "possible" if self.possible else "not possible"
        told = [f"{words} after {len(self.order)} calls, in state {self.state}"]
        told += [f"  done {each}" for each in self.order]
        return "\n".join(told + [f"  left {each}" for each in self.left])


def check(
    history: Sequence[Call[A]], initial: S, step: Callable[[S, A], tuple[S, object]]
) -> Verdict[A, S]:
    """Return whether the history can have been, from `initial` on.

    `step` is the specification: the state after an action, and its answer.
    """
    calls = sorted(history, key=lambda each: each.began)
    known = sum(1 << number for number, each in enumerate(calls) if each.is_known)
    seen: set[tuple[int, S]] = set()
    best: tuple[int, ...] = ()
    best_state = initial
    stack: list[tuple[int, S, tuple[int, ...]]] = [(0, initial, ())]
    while stack:
        done, state, order = stack.pop()
        if (done, state) in seen:
            continue
        seen.add((done, state))
        if len(order) >= len(best):
            best, best_state = order, state
        if done & known == known:
            return _verdict(calls, order, state, possible=True)
        # The earliest comes off the stack first: it is the likeliest.
        for number in reversed(_next(calls, done)):
            after, answer = step(state, calls[number].action)
            if calls[number].is_known:
                if answer != calls[number].answer:
                    continue
            elif after == state:
                # It may as well never have happened.
                continue
            stack.append((done | 1 << number, after, (*order, number)))
    return _verdict(calls, best, best_state, possible=False)


def _next(calls: Sequence[Call[A]], done: int) -> list[int]:
    """Return which calls can be the next one: those that began before any other's end."""
    found: list[int] = []
    horizon = math.inf
    for number, each in enumerate(calls):
        if each.began > horizon:
            break
        if not done >> number & 1:
            found.append(number)
            horizon = min(horizon, each.ended)
    return [number for number in found if calls[number].began <= horizon]


def _verdict(
    calls: Sequence[Call[A]], order: Sequence[int], state: S, *, possible: bool
) -> Verdict[A, S]:
    left = tuple(each for number, each in enumerate(calls) if number not in set(order))
    return Verdict(possible, tuple(calls[number] for number in order), state, left)
