"""Triage rules: what a membership's operator has decided about findings that look like this.

The rule with the smallest priority that matches decides; equal priorities go by name. Where none
matches the severity does.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain.findings import Finding, FindingSource, FindingStatus, Outcome, Severity
from larum.domain.patterns import Networks, Patterns, numbered
from larum.errors import FieldFailure, ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

RULES_OF_A_MEMBERSHIP: Final = 200


FIRST_STATUS: Final[dict[Outcome, FindingStatus]] = {
    Outcome.SUPPRESS: FindingStatus.SUPPRESSED,
    Outcome.FALSE_POSITIVE: FindingStatus.FALSE_POSITIVE,
    Outcome.INVESTIGATE: FindingStatus.INVESTIGATING,
    Outcome.ESCALATE: FindingStatus.ESCALATED,
}
BY_SEVERITY: Final[dict[Severity, Outcome]] = {
    Severity.CRITICAL: Outcome.ESCALATE,
    Severity.HIGH: Outcome.ESCALATE,
    Severity.MEDIUM: Outcome.INVESTIGATE,
    Severity.LOW: Outcome.SUPPRESS,
    Severity.INFORMATIONAL: Outcome.SUPPRESS,
}


class Match(msgspec.Struct, frozen=True):
    """What a finding must have: of each list that is not empty, one.

    `types` and `resources` may hold `*` (any characters) and `?` (any one); `ip_ranges` are
    networks in CIDR form, of which one must hold an actor's address.
    """

    sources: tuple[FindingSource, ...] = ()
    types: tuple[str, ...] = ()
    minimum_severity: Severity | None = None
    maximum_severity: Severity | None = None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    ip_ranges: tuple[str, ...] = ()


class TriageRule(msgspec.Struct, frozen=True):
    """One rule; it matches nothing from `expires_at` on."""

    name: str
    priority: int
    outcome: Outcome
    match: Match
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or now < self.expires_at


class Decision(msgspec.Struct, frozen=True):
    """What triage decided, and the name of the rule; None for the severity."""

    outcome: Outcome
    rule: str | None = None

    @property
    def status(self) -> FindingStatus:
        """The first status of the finding."""
        return FIRST_STATUS[self.outcome]


class Triage:
    """The rules of a membership, ready for many findings at `now`."""

    def __init__(self, rules: Iterable[TriageRule], now: datetime) -> None:
        held = sorted(
            (rule for rule in rules if rule.holds(now)), key=lambda each: (each.priority, each.name)
        )
        self._rules = [_ready(rule) for rule in held]

    def decide(self, finding: Finding) -> Decision:
        """Return what the first rule that matches says, or else the severity."""
        actors = numbered(finding.actor_ips)
        for ready in self._rules:
            if ready.matches(finding, actors):
                return Decision(ready.rule.outcome, ready.rule.name)
        return Decision(BY_SEVERITY[finding.severity])


@lru_cache(maxsize=2_000)
def _ready(rule: TriageRule) -> _Ready:
    # Reading its networks costs more than asking them.
    return _Ready(rule)


class _Ready:
    """A rule whose lists are made for looking many findings up in them."""

    __slots__ = ("_networks", "_resources", "_types", "rule")

    def __init__(self, rule: TriageRule) -> None:
        self.rule = rule
        self._types, self._resources = Patterns(rule.match.types), Patterns(rule.match.resources)
        self._networks = Networks(rule.match.ip_ranges)

    def matches(self, finding: Finding, actors: Sequence[tuple[int, int]]) -> bool:
        """Tell whether the finding, of those `numbered` actors, has all that is asked for."""
        match = self.rule.match
        return (
            _is_one_of(finding.source, match.sources)
            and _is_one_of(finding.account, match.accounts)
            and _is_one_of(finding.region, match.regions)
            and (match.minimum_severity or finding.severity).rank <= finding.severity.rank
            and (match.maximum_severity or finding.severity).rank >= finding.severity.rank
            and (not match.types or any(map(self._types.match, finding.types)))
            and (not match.ip_ranges or any(map(self._networks.hold, actors)))
            and (
                not match.resources
                or any(self._resources.match(each.resource_id) for each in finding.resources)
            )
        )


def check_rule(rule: TriageRule) -> None:
    """Raise ValidationException for IP ranges that are none, or severities that leave nothing."""
    failures = []
    for index, text in enumerate(rule.match.ip_ranges):
        try:
            ipaddress.ip_network(text)
        except ValueError:
            message = "Member must be a network in CIDR form, such as 203.0.113.0/24"
            failures.append(FieldFailure(f"match.ipRanges[{index}]", message))
    least, most = rule.match.minimum_severity, rule.match.maximum_severity
    if least is not None and most is not None and least.rank > most.rank:
        message = "Member must not be below minimumSeverity"
        failures.append(FieldFailure("match.maximumSeverity", message))
    if failures:
        raise ValidationException.of_fields(tuple(failures))


def _is_one_of(value: str, wanted: Sequence[str]) -> bool:
    return not wanted or value in wanted
