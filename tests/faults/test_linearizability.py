"""The checker of histories tells what can have been from what cannot."""

from __future__ import annotations

from itertools import permutations, product
from random import Random
from typing import TypeAlias

import pytest

from tests.faults.linearizability import NO_ANSWER, Call, check

# An action: (name, argument). The specification: a register, a counter of effects, used tokens.
Action: TypeAlias = tuple[str, int]
State: TypeAlias = tuple[int, int, frozenset[tuple[int, int]]]
START: State = (0, 0, frozenset())


def step(state: State, action: Action) -> tuple[State, object]:
    """Read, write, add one with a token, or add one to what was read."""
    value, effects, tokens = state
    name, argument = action
    if name == "read":
        return state, value
    if name == "write":
        return (argument, effects, tokens), "done"
    if name == "increment":
        return (value + 1, effects, tokens), value + 1
    if name == "count":
        return state, effects
    made = dict(tokens)
    if argument in made:
        return state, made[argument]
    return (value, effects + 1, tokens | {(argument, effects)}), effects


def call(name: str, argument: int, answer: object, began: float, ended: float) -> Call[Action]:
    """Return a call."""
    return Call((name, argument), answer, began, ended)


def unknown(name: str, argument: int, began: float) -> Call[Action]:
    """Return a call that nobody heard an answer of."""
    return Call((name, argument), NO_ANSWER, began)


POSSIBLE = {
    "nothing": [],
    "one after the other": [
        call("write", 1, "done", 0, 1),
        call("read", 0, 1, 2, 3),
    ],
    "a read sees a write that goes on": [
        call("write", 1, "done", 0, 9),
        call("read", 0, 1, 1, 2),
        call("read", 0, 1, 3, 4),
    ],
    "a read does not see a write that goes on": [
        call("write", 1, "done", 0, 9),
        call("read", 0, 0, 1, 2),
        call("read", 0, 1, 3, 4),
    ],
    "two writes at once, either is last": [
        call("write", 1, "done", 0, 9),
        call("write", 2, "done", 0, 9),
        call("read", 0, 1, 10, 11),
    ],
    "a lost call happened": [unknown("write", 1, 0), call("read", 0, 1, 5, 6)],
    "a lost call never happened": [unknown("write", 1, 0), call("read", 0, 0, 5, 6)],
    "a lost call happens late": [
        unknown("write", 1, 0),
        call("read", 0, 0, 5, 6),
        call("read", 0, 1, 7, 8),
    ],
    "increments at once give each number once": [
        call("increment", 0, 2, 0, 9),
        call("increment", 0, 1, 0, 9),
        call("increment", 0, 3, 0, 9),
    ],
    "a token used again has its first answer": [
        unknown("once", 7, 0),
        call("once", 7, 0, 2, 3),
        call("once", 7, 0, 4, 5),
        call("count", 0, 1, 6, 7),
    ],
}
IMPOSSIBLE = {
    "a stale read": [
        call("write", 1, "done", 0, 1),
        call("read", 0, 0, 2, 3),
    ],
    "a read goes back": [
        call("write", 1, "done", 0, 9),
        call("read", 0, 1, 1, 2),
        call("read", 0, 0, 3, 4),
    ],
    "a lost update": [
        call("increment", 0, 1, 0, 2),
        call("increment", 0, 1, 1, 3),
    ],
    "an update lost with nobody near": [
        call("write", 5, "done", 0, 1),
        call("increment", 0, 1, 2, 3),
    ],
    "a duplicated effect": [
        unknown("once", 7, 0),
        call("once", 7, 1, 2, 3),
        call("count", 0, 2, 4, 5),
    ],
    "a token answers twice": [
        call("once", 7, 0, 0, 1),
        call("once", 8, 1, 2, 3),
        call("once", 7, 2, 4, 5),
    ],
    "a read from nowhere": [call("write", 1, "done", 0, 9), call("read", 0, 2, 0, 9)],
    "a lost call is undone again": [
        unknown("write", 1, 0),
        call("read", 0, 1, 5, 6),
        call("read", 0, 0, 7, 8),
    ],
    "a lost call happens before it began": [
        call("read", 0, 1, 0, 1),
        unknown("write", 1, 2),
    ],
    "an acknowledged write is gone": [
        call("write", 1, "done", 0, 1),
        unknown("read", 0, 2),
        call("read", 0, 0, 3, 4),
    ],
}


@pytest.mark.parametrize("history", POSSIBLE.values(), ids=POSSIBLE)
def test_what_can_have_been_is_possible(history: list[Call[Action]]) -> None:
    """An order is found where there is one, with every answer that was heard in it."""
    verdict = check(history, START, step)
    assert verdict.possible, verdict
    assert {each for each in history if each.is_known} <= set(verdict.order)


@pytest.mark.parametrize("history", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_have_been_is_found(history: list[Call[Action]]) -> None:
    """Stale reads, lost updates and duplicated effects are found."""
    assert not check(history, START, step).possible


def brute(history: list[Call[Action]]) -> bool:
    """Return the same by trying every order of every choice of the lost calls."""
    lost = [each for each in history if not each.is_known]
    heard = [each for each in history if each.is_known]
    for chosen in product((False, True), repeat=len(lost)):
        happened = heard + [each for each, did in zip(lost, chosen, strict=True) if did]
        for order in permutations(happened):
            if any(
                later.ended < earlier.began
                for place, earlier in enumerate(order)
                for later in order[place + 1 :]
            ):
                continue
            state, agrees = START, True
            for each in order:
                state, answer = step(state, each.action)
                agrees = agrees and (not each.is_known or answer == each.answer)
            if agrees:
                return True
    return False


def test_it_agrees_with_trying_every_order() -> None:
    """For 1,500 small random histories the answer is that of trying every order there is."""
    random = Random(1)
    verdicts = []
    for _ in range(1_500):
        history = []
        for _ in range(random.randrange(1, 6)):
            name = random.choice(("read", "write", "increment", "once", "count"))
            began = random.randrange(8)
            action = (name, random.randrange(1, 3))
            if random.random() < 0.2:
                history.append(Call(action, NO_ANSWER, began + random.random() / 2))
                continue
            answer = "done" if name == "write" else random.randrange(3)
            history.append(Call(action, answer, began, began + random.randrange(5) + 0.7))
        verdicts.append(check(history, START, step).possible)
        assert verdicts[-1] == brute(history), history
    assert 200 < sum(verdicts) < 1_300


def test_a_long_history_is_judged_quickly() -> None:
    """Twelve callers, thirty calls each on one register, five of them lost: no search for ever."""
    random = Random(2)
    state, now, history = START, 0.0, []
    for number in range(360):
        now += 1
        action = (random.choice(("read", "write", "increment", "once")), number % 9)
        state, answer = step(state, action)
        slack = random.random() * 10
        if number % 70 == 0:
            history.append(Call(action, NO_ANSWER, now - slack))
        else:
            history.append(Call(action, answer, now - slack, now + random.random() * 10))
    assert check(history, START, step).possible
