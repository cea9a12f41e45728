"""Findings: what one is, how far it has come, and what each state counts as.

A finding is something that a detector saw in an account. Triage gives it its first status, a
responder or the end of its case the next ones (service-behaviour §2.11 and §7).
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from larum.domain import values

if TYPE_CHECKING:
    from datetime import datetime

ID_DIGITS: Final = 26


class FindingSource(StrEnum):
    """Where a finding comes from: the two that GetFindingMetrics counts apart."""

    GUARD_DUTY = "GuardDuty"
    SECURITY_HUB = "SecurityHub"


class Severity(StrEnum):
    """The labels of the AWS Security Finding Format."""

    INFORMATIONAL = "INFORMATIONAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """Its place among the labels, 0 for the least severe."""
        return _RANKS[self]


_RANKS: Final = {each: rank for rank, each in enumerate(Severity)}


class Resource(msgspec.Struct, frozen=True):
    """What a finding is about: `kind` as its source names it, and an id that is unique in it."""

    kind: str
    resource_id: str


class Finding(msgspec.Struct, frozen=True):
    """What a detector said. `actor_ips` are canonical texts; `is_sample` marks a made-up one.

    `is_posture` marks a check of a configuration, where nobody has acted.
    """

    source: FindingSource
    source_id: str
    types: tuple[str, ...]
    severity: Severity
    title: str
    description: str
    account: str
    region: str
    resources: tuple[Resource, ...] = ()
    services: tuple[str, ...] = ()
    actor_ips: tuple[str, ...] = ()
    first_seen: datetime | None = None
    is_sample: bool = False
    is_posture: bool = False

    def __repr__(self) -> str:
        """Name it without what it tells."""
        return f"Finding({self.finding_id}, {self.severity})"

    @property
    def finding_id(self) -> str:
        """`f-` and 26 digits, the same for every repetition of this finding."""
        named = f"{self.source}\n{self.source_id}".encode()
        number = int.from_bytes(hashlib.sha256(named).digest())
        return f"f-{values.base36(number, ID_DIGITS)}"


class Outcome(StrEnum):
    """What triage makes of a finding."""

    SUPPRESS = "suppress"
    FALSE_POSITIVE = "false-positive"
    INVESTIGATE = "investigate"
    ESCALATE = "escalate"


class FindingStatus(StrEnum):
    """How far a finding has come, and what was concluded."""

    SUPPRESSED = "Suppressed"
    FALSE_POSITIVE = "FalsePositive"
    INVESTIGATING = "Investigating"
    INVESTIGATED_FALSE_POSITIVE = "InvestigatedFalsePositive"
    INVESTIGATED_TRUE_POSITIVE = "InvestigatedTruePositive"
    ESCALATED = "Escalated"
    ESCALATED_FALSE_POSITIVE = "EscalatedFalsePositive"
    ESCALATED_TRUE_POSITIVE = "EscalatedTruePositive"

    @property
    def is_in_progress(self) -> bool:
        """Whether such a one is investigated or escalated, and nobody has concluded anything."""
        return REACHED[self] is FindingStep.IN_PROGRESS


class FindingStep(StrEnum):
    """What a responder, or the end of a case, can say of a finding."""

    IN_PROGRESS = "InProgress"
    FALSE_POSITIVE = "FalsePositive"
    TRUE_POSITIVE = "TruePositive"
    ESCALATED = "Escalated"


# An absent pair is refused. What triage put away can be taken up again; nothing leads back from an
# escalation, since the customer was told.
TRANSITIONS: Final[dict[tuple[FindingStatus, FindingStep], FindingStatus]] = {
    (FindingStatus.SUPPRESSED, FindingStep.IN_PROGRESS): FindingStatus.INVESTIGATING,
    (FindingStatus.FALSE_POSITIVE, FindingStep.IN_PROGRESS): FindingStatus.INVESTIGATING,
    (
        FindingStatus.INVESTIGATING,
        FindingStep.FALSE_POSITIVE,
    ): FindingStatus.INVESTIGATED_FALSE_POSITIVE,
    (
        FindingStatus.INVESTIGATING,
        FindingStep.TRUE_POSITIVE,
    ): FindingStatus.INVESTIGATED_TRUE_POSITIVE,
    (FindingStatus.INVESTIGATING, FindingStep.ESCALATED): FindingStatus.ESCALATED,
    (
        FindingStatus.INVESTIGATED_FALSE_POSITIVE,
        FindingStep.IN_PROGRESS,
    ): FindingStatus.INVESTIGATING,
    (
        FindingStatus.INVESTIGATED_FALSE_POSITIVE,
        FindingStep.TRUE_POSITIVE,
    ): FindingStatus.INVESTIGATED_TRUE_POSITIVE,
    (
        FindingStatus.INVESTIGATED_TRUE_POSITIVE,
        FindingStep.IN_PROGRESS,
    ): FindingStatus.INVESTIGATING,
    (
        FindingStatus.INVESTIGATED_TRUE_POSITIVE,
        FindingStep.FALSE_POSITIVE,
    ): FindingStatus.INVESTIGATED_FALSE_POSITIVE,
    (FindingStatus.INVESTIGATED_TRUE_POSITIVE, FindingStep.ESCALATED): FindingStatus.ESCALATED,
    (FindingStatus.ESCALATED, FindingStep.FALSE_POSITIVE): FindingStatus.ESCALATED_FALSE_POSITIVE,
    (FindingStatus.ESCALATED, FindingStep.TRUE_POSITIVE): FindingStatus.ESCALATED_TRUE_POSITIVE,
    (FindingStatus.ESCALATED_FALSE_POSITIVE, FindingStep.IN_PROGRESS): FindingStatus.ESCALATED,
    (
        FindingStatus.ESCALATED_FALSE_POSITIVE,
        FindingStep.TRUE_POSITIVE,
    ): FindingStatus.ESCALATED_TRUE_POSITIVE,
    (FindingStatus.ESCALATED_TRUE_POSITIVE, FindingStep.IN_PROGRESS): FindingStatus.ESCALATED,
    (
        FindingStatus.ESCALATED_TRUE_POSITIVE,
        FindingStep.FALSE_POSITIVE,
    ): FindingStatus.ESCALATED_FALSE_POSITIVE,
}
# Which step leaves a status as it is.
REACHED: Final[dict[FindingStatus, FindingStep | None]] = {
    FindingStatus.SUPPRESSED: None,
    FindingStatus.FALSE_POSITIVE: FindingStep.FALSE_POSITIVE,
    FindingStatus.INVESTIGATING: FindingStep.IN_PROGRESS,
    FindingStatus.INVESTIGATED_FALSE_POSITIVE: FindingStep.FALSE_POSITIVE,
    FindingStatus.INVESTIGATED_TRUE_POSITIVE: FindingStep.TRUE_POSITIVE,
    FindingStatus.ESCALATED: FindingStep.IN_PROGRESS,
    FindingStatus.ESCALATED_FALSE_POSITIVE: FindingStep.FALSE_POSITIVE,
    FindingStatus.ESCALATED_TRUE_POSITIVE: FindingStep.TRUE_POSITIVE,
}


class TriagedFinding(msgspec.Struct, frozen=True):
    """A finding of a membership as it stands now.

    `outcome` is what triage decided and `rule` names the rule that did, None for the severity.
    `case_id` is the proactive case that it opened or joined, None for an escalated one that still
    waits for a case.
    """

    finding: Finding
    outcome: Outcome
    status: FindingStatus
    ingested_at: datetime
    rule: str | None = None
    case_id: str | None = None

    @property
    def finding_id(self) -> str:
        """Its id."""
        return self.finding.finding_id

    def after(self, step: FindingStep) -> TriagedFinding | None:
        """Return it after `step`, itself where that is no change, None where it has no such way."""
        if REACHED[self.status] is step:
            return self
        if step is FindingStep.ESCALATED and self.status is FindingStatus.ESCALATED:
            return self
        status = TRANSITIONS.get((self.status, step))
        return None if status is None else replace(self, status=status)
