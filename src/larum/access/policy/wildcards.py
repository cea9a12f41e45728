"""`*` and `?` in linear time: a set of states that are advanced together, a step per character.

The states are the bits of one whole number, so that a pattern of m tokens against a text of n
characters costs n steps of m bits and can never go back: there is no input that explodes, which a
regular expression could not promise. Most patterns are plainer and never come that far.

In the ARN of a Resource a `?`, and a `*` inside a segment, do not match `:`; a `*` that ends a
segment may run past it (reliability-and-security §5.2,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY, ONE = "*", "?"
ARN_COLONS = 5


class Wild(Enum):
    """A wildcard among literal texts."""

    MANY = MANY
    ONE = ONE


Token = str | Wild


_WILDS: dict[str, Token] = {MANY: Wild.MANY, ONE: Wild.ONE}
_PIECE = re.compile(r"[*?]|[^*?]+")


def tokens_of(text: str) -> tuple[Token, ...]:
    """Split `text` into literal runs and wildcards."""
    if MANY not in text and ONE not in text:
        return (text,) if text else ()
    return tuple([_WILDS.get(piece, piece) for piece in _PIECE.findall(text)])


class Automaton(msgspec.Struct, frozen=True):
    """The states of a pattern as bits: bit i is "the first i tokens have matched".

    `steps` and `loops` say for each character which states it advances and which it keeps;
    `other_steps` and `other_loops` the same for a character that the pattern does not name.
    """

    steps: dict[str, int]
    loops: dict[str, int]
    other_steps: int
    other_loops: int
    last: int

    def matches(self, text: str) -> bool:
        """Return whether the whole of `text` matches."""
        states = 1
        for character in text:
            steps = self.steps.get(character, self.other_steps)
            loops = self.loops.get(character, self.other_loops)
            states = (states & steps) << 1 | states & loops
            if not states:
                return False
        return bool(states & self.last)


def automaton_of(tokens: Sequence[Token], *, arn: bool = False) -> Automaton:
    """Return the automaton of `tokens`; `arn` sets the rules of a Resource for `:`."""
    # Of several `*` in a row one is enough, and no look ahead is long then.
    tokens = [
        token
        for place, token in enumerate(tokens)
        if not (token is Wild.MANY and place and tokens[place - 1] is Wild.MANY)
    ]
    literals: dict[str, int] = {}
    any_step = any_loop = colon_loop = 0
    state = 1
    for at, token in enumerate(tokens):
        if token is Wild.MANY:
            any_loop |= state
            if not arn or _ends_segment(tokens, at):
                colon_loop |= state
        elif token is Wild.ONE:
            any_step |= state
            state <<= 1
        elif isinstance(token, str):
            for character in token:
                literals[character] = literals.get(character, 0) | state
                state <<= 1
    steps = {character: bits | any_step for character, bits in literals.items()}
    steps[":"] = literals.get(":", 0) | (0 if arn else any_step)
    return Automaton(steps, {":": colon_loop}, any_step, any_loop, state)


def _ends_segment(tokens: Sequence[Token], at: int) -> bool:
    following = tokens[at + 1] if at + 1 < len(tokens) else ":"
    return isinstance(following, str) and following.startswith(":")


class Glob(msgspec.Struct, frozen=True):
    """A compiled pattern; without `automaton` it is `start`, then anything if `is_open`."""

    start: str
    is_open: bool
    automaton: Automaton | None = None

    @property
    def is_text(self) -> bool:
        """Whether there is no wildcard in it."""
        return self.automaton is None and not self.is_open

    def matches(self, text: str) -> bool:
        """Return whether the whole of `text` matches."""
        if self.automaton is not None:
            return self.automaton.matches(text)
        return text.startswith(self.start) if self.is_open else text == self.start


_ANYTHING = Glob("", is_open=True)


def glob_of(tokens: Sequence[Token]) -> Glob:
    """Compile `tokens`, where both wildcards match every character."""
    start = tokens[0] if tokens and isinstance(tokens[0], str) else ""
    rest = tokens[1:] if start else tokens
    if all(token is Wild.MANY for token in rest):
        return Glob(start, is_open=bool(rest))
    return Glob("", is_open=False, automaton=automaton_of(tokens))


class ArnGlob(msgspec.Struct, frozen=True):
    """A compiled ARN pattern: part by part for texts with as many colons, an automaton for more.

    Each colon of the pattern needs one of the text: with equal numbers no wildcard can take one,
    so that comparing part by part is the whole truth; with fewer nothing can match. `last` is the
    last part, where ARNs differ most, `texts` the other parts without wildcards, and `globs` the
    rest, by their places; parts that are `*` are in neither. `length` is how many parts there are,
    and `tokens` the pattern, of which few texts need an automaton.
    """

    length: int
    last: Glob
    texts: tuple[tuple[int, str], ...]
    globs: tuple[tuple[int, Glob], ...]
    tokens: tuple[Token, ...]

    def matches(self, text: str, parts: Sequence[str]) -> bool:
        """Return whether `text` matches; `parts` is `text` split at its colons."""
        if len(parts) != self.length:
            return len(parts) > self.length and _automaton_of_arn(self.tokens).matches(text)
        if not self.last.matches(parts[-1]):
            return False
        for place, wanted in self.texts:
            if parts[place] != wanted:
                return False
        for place, glob in self.globs:  # noqa: SIM110 - a generator takes twice as long
            if not glob.matches(parts[place]):
                return False
        return True


def _split_at_colons(tokens: Sequence[Token]) -> list[list[Token]]:
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if isinstance(token, Wild):
            segments[-1].append(token)
            continue
        first, *others = token.split(":")
        segments[-1].extend([first] if first else [])
        segments.extend([other] if other else [] for other in others)
    return segments


def arn_glob_of(tokens: Sequence[Token]) -> ArnGlob:
    """Compile `tokens` by the rules of a Resource."""
    *others, last = (glob_of(part) for part in _split_at_colons(tokens))
    placed = list(enumerate(others))[::-1]
    return ArnGlob(
        len(others) + 1,
        last,
        tuple((place, part.start) for place, part in placed if part.is_text),
        tuple((place, part) for place, part in placed if not part.is_text and part != _ANYTHING),
        tuple(tokens),
    )


@lru_cache(maxsize=1024)
def _automaton_of_arn(tokens: tuple[Token, ...]) -> Automaton:
    return automaton_of(tokens, arn=True)
