"""How an answer of the service is compared with what the model says of it.

The model knows no clock: a time is the number of the change that set it, and every member that was
set by one change must show the same moment, later changes no earlier one. What the service draws
at random or words as it likes is a `Text`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Stands in every sensitive text that the tests send: what tells it has leaked.
CANARY = "canary"


@dataclass(frozen=True)
class When:
    """The moment of the change of that number."""

    change: int


@dataclass(frozen=True)
class Text:
    """Any text that the pattern describes whole, without anything sensitive in it.

    A URL may have a file's name in it: it is sensitive as a whole.
    """

    pattern: str = r"(?s).+"
    sensitive: bool = False


@dataclass(frozen=True)
class Refusal:
    """An exception, and the members of it that the reference settles."""

    code: str
    members: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - what the model says, no fault of it
    """The call must be refused, by one of these: several causes leave the choice open."""

    def __init__(self, *choices: Refusal) -> None:
        super().__init__(" or ".join(each.code for each in choices))
        self.choices = choices


@dataclass
class Moments:
    """Which moment each change was seen to have, in the order of the changes."""

    seen: dict[int, datetime] = field(default_factory=dict)
    _changes: list[int] = field(default_factory=list)

    def agrees(self, change: int, moment: datetime) -> bool:
        """Return whether the change can have had that moment, and note it when it is the first."""
        if change in self.seen:
            return self.seen[change] == moment
        place = bisect_left(self._changes, change)
        before, after = self._changes[:place][-1:], self._changes[place : place + 1]
        if any(self.seen[each] > moment for each in before):
            return False
        if any(self.seen[each] < moment for each in after):
            return False
        self._changes.insert(place, change)
        self.seen[change] = moment
        return True


def differences(
    expected: object, actual: object, moments: Moments, where: str = "answer"
) -> list[str]:
    """Return where `actual` is not what the model expected; empty when it agrees."""
    match expected:
        case When(change):
            agrees = isinstance(actual, datetime) and moments.agrees(change, actual)
            then = moments.seen.get(change)
            return [] if agrees else [f"{where}: {actual}, change {change} was at {then}"]
        case Text(pattern, sensitive):
            fits = isinstance(actual, str) and re.fullmatch(pattern, actual) is not None
            leaks = not sensitive and CANARY in str(actual)
            return [] if fits and not leaks else [f"{where}: {actual!r} is no {pattern}"]
        case dict():
            return _of_members(expected, actual, moments, where)
        case list():
            if not isinstance(actual, list) or len(actual) != len(expected):
                return [f"{where}: {actual}\n    expected {expected}"]
            pairs = enumerate(zip(expected, actual, strict=True))
            return [
                each
                for number, (wanted, got) in pairs
                for each in differences(wanted, got, moments, f"{where}[{number}]")
            ]
    return [] if expected == actual else [f"{where}: {actual!r}, expected {expected!r}"]


def _of_members(
    expected: dict[str, Any], actual: object, moments: Moments, where: str
) -> list[str]:
    if not isinstance(actual, dict) or set(actual) != set(expected):
        names = sorted(actual) if isinstance(actual, dict) else actual
        return [f"{where}: members {names}, expected {sorted(expected)}"]
    return [
        each
        for name, wanted in expected.items()
        for each in differences(wanted, actual[name], moments, f"{where}.{name}")
    ]


def refusal_differences(refused: Refused, told: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an exception as boto3 read it: its code and modelled members."""
    code = told["Error"]["Code"]
    for choice in refused.choices:
        if choice.code != code:
            continue
        members = {name: told.get(name) for name in choice.members}
        found = differences(dict(choice.members), members, Moments(), code)
        if CANARY in str({name: each for name, each in told.items() if name != "ResponseMetadata"}):
            found.append(f"{code} tells what is sensitive")
        return found
    return [f"refused with {code}, expected {refused}: {told['Error']}"]
