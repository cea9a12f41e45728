"""Which accounts a membership covers, and which it ever covered (service-behaviour §1.3, §1.4).

Nothing is kept per covered account. A membership has rules (the whole organization, a unit, an
account), an account has places (organization, unit, status), and each holds for a span of the
directory's versions. Covered is where an open rule meets an open place; covered earlier is where
any rule met any place. So a change of 10,000 accounts' coverage is a few rows.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


# How long a change of coverage may be kept from showing: the real service takes minutes.
LONGEST_DELAY: Final = timedelta(hours=1)


class RuleKind(StrEnum):
    """What a rule names: everything, everything beneath a unit, or one account."""

    ORGANIZATION = "organization"
    UNIT = "unit"
    ACCOUNT = "account"


class RelationshipStatus(StrEnum):
    """The model's MembershipAccountRelationshipStatus."""

    ASSOCIATED = "Associated"
    DISASSOCIATED = "Disassociated"
    UNASSOCIATED = "Unassociated"


class RelationshipType(StrEnum):
    """The model's MembershipAccountRelationshipType."""

    ORGANIZATION = "Organization"
    UNRELATED = "Unrelated"


class Span(msgspec.Struct, frozen=True):
    """Versions of the directory from `since` up to, not including, `until`; None is still open."""

    since: int
    until: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it holds now."""
        return self.until is None

    def met(self, other: Span) -> Span | None:
        """Return the versions that both have, or None."""
        since = max(self.since, other.since)
        ends = [each for each in (self.until, other.until) if each is not None]
        until = min(ends) if ends else None
        return Span(since, until) if until is None or since < until else None

    def as_of(self, version: int) -> Span | None:
        """Return the span as it was told at `version`: None before it, open until it ended."""
        if self.since > version:
            return None
        return Span(self.since) if self.until is not None and self.until > version else self


class Place(msgspec.Struct, frozen=True):
    """Where an account was: `customer` is its organization, or itself while standalone.

    `units` are its organizational unit and all that this one lies beneath; `active` is false while
    it is suspended or closed.
    """

    span: Span
    customer: str
    units: frozenset[str]
    active: bool

    def as_of(self, version: int) -> Place | None:
        """Return the place as it was told at `version`, None before it."""
        span = self.span.as_of(version)
        return None if span is None else replace(self, span=span)


class Rule(msgspec.Struct, frozen=True):
    """What a membership covers: `target` is a unit's id or an account, empty for everything."""

    span: Span
    kind: RuleKind
    target: str = ""

    def names(self, account: str, place: Place) -> bool:
        """Whether the rule is about `account` while it is at `place`."""
        if self.kind is RuleKind.ORGANIZATION:
            return True
        return (
            self.target == account if self.kind is RuleKind.ACCOUNT else self.target in place.units
        )


class Coverage(msgspec.Struct, frozen=True):
    """A membership's customer, its rules, and the spans in which it was not Active."""

    customer: str
    rules: Sequence[Rule]
    pauses: Sequence[Span] = ()

    def as_of(self, version: int) -> Coverage:
        """Return the coverage as it was at `version` of the directory."""
        rules = [(each, each.span.as_of(version)) for each in self.rules]
        pauses = [each.as_of(version) for each in self.pauses]
        return replace(
            self,
            rules=[replace(each, span=span) for each, span in rules if span is not None],
            pauses=[span for span in pauses if span is not None],
        )

    @property
    def is_active(self) -> bool:
        """Whether the membership is Active now."""
        return not any(pause.is_open for pause in self.pauses)

    def covers(self, account: str, places: Iterable[Place]) -> bool:
        """Whether `account`, which was at `places`, is covered now."""
        if not self.is_active:
            return False
        rules = [rule for rule in self.rules if rule.span.is_open]
        return any(
            place.span.is_open
            and self._counts(place)
            and any(r.names(account, place) for r in rules)
            for place in places
        )

    def ever_covered(self, account: str, places: Iterable[Place]) -> bool:
        """Whether `account` was covered at any version, now included."""
        return any(
            self._outlasts_pauses(met)
            for place in places
            if self._counts(place)
            for rule in self.rules
            if rule.names(account, place) and (met := rule.span.met(place.span)) is not None
        )

    def relationship(
        self, account: str, places: Sequence[Place]
    ) -> tuple[RelationshipStatus, RelationshipType]:
        """Return how `account` stands to the membership (service-behaviour §11 row 46)."""
        inside = any(place.span.is_open and place.customer == self.customer for place in places)
        kind = RelationshipType.ORGANIZATION if inside else RelationshipType.UNRELATED
        if self.covers(account, places):
            return RelationshipStatus.ASSOCIATED, kind
        if self.ever_covered(account, places):
            return RelationshipStatus.DISASSOCIATED, kind
        return RelationshipStatus.UNASSOCIATED, kind

    def _counts(self, place: Place) -> bool:
        return place.active and place.customer == self.customer

    def _outlasts_pauses(self, met: Span) -> bool:
        left = [met]
        for pause in self.pauses:
            left = [rest for span in left for rest in _without(span, pause)]
        return bool(left)


def _without(span: Span, pause: Span) -> list[Span]:
    common = span.met(pause)
    if common is None:
        return [span]
    parts = []
    if span.since < common.since:
        parts.append(Span(span.since, common.since))
    if common.until is not None and (span.until is None or common.until < span.until):
        parts.append(Span(common.until, span.until))
    return parts
