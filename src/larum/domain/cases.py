"""Cases: what one is, its states, and the rules of changing it (service-behaviour §2 and §11)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from larum.domain import values
from larum.errors import ConflictException, ResourceNotFoundException, ValidationException

if TYPE_CHECKING:
    from datetime import datetime


class CaseStatus(StrEnum):
    """The model's states of a case, in the order of a case's life."""

    SUBMITTED = "Submitted"
    ACKNOWLEDGED = "Acknowledged"
    DETECTION = "Detection and Analysis"
    CONTAINMENT = "Containment, Eradication and Recovery"
    POST_INCIDENT = "Post-incident Activities"
    READY_TO_CLOSE = "Ready to Close"
    CLOSED = "Closed"


class ResolverType(StrEnum):
    """Who works on a case: the responder's side, or the customer's own team."""

    AWS = "AWS"
    SELF = "Self"


class EngagementType(StrEnum):
    """What a case is about."""

    SECURITY_INCIDENT = "Security Incident"
    INVESTIGATION = "Investigation"


class PendingAction(StrEnum):
    """Whom a case waits for."""

    CUSTOMER = "Customer"
    NONE = "None"


class ClosureCode(StrEnum):
    """What the responder's side closed a case as."""

    INVESTIGATION_COMPLETED = "Investigation Completed"
    NOT_RESOLVED = "Not Resolved"
    FALSE_POSITIVE = "False Positive"
    DUPLICATE = "Duplicate"


_BY_SELF: Final = frozenset({ResolverType.SELF})
_BY_AWS: Final = frozenset({ResolverType.AWS})
_BY_BOTH: Final = frozenset(ResolverType)

# Which cases may go from where to where; an absent pair is refused. The moves of self-managed
# cases are the newest reference's (service-behaviour §2.2); those that only the responder's side
# has are ours: forward from where it stands, and back to work from Ready to Close. Closing is
# final.
TRANSITIONS: Final[dict[tuple[CaseStatus, CaseStatus], frozenset[ResolverType]]] = {
    (CaseStatus.SUBMITTED, CaseStatus.ACKNOWLEDGED): _BY_AWS,
    (CaseStatus.SUBMITTED, CaseStatus.DETECTION): _BY_BOTH,
    (CaseStatus.SUBMITTED, CaseStatus.CONTAINMENT): _BY_BOTH,
    (CaseStatus.SUBMITTED, CaseStatus.POST_INCIDENT): _BY_BOTH,
    (CaseStatus.SUBMITTED, CaseStatus.READY_TO_CLOSE): _BY_AWS,
    (CaseStatus.SUBMITTED, CaseStatus.CLOSED): _BY_BOTH,
    (CaseStatus.ACKNOWLEDGED, CaseStatus.DETECTION): _BY_AWS,
    (CaseStatus.ACKNOWLEDGED, CaseStatus.CONTAINMENT): _BY_AWS,
    (CaseStatus.ACKNOWLEDGED, CaseStatus.POST_INCIDENT): _BY_AWS,
    (CaseStatus.ACKNOWLEDGED, CaseStatus.READY_TO_CLOSE): _BY_AWS,
    (CaseStatus.ACKNOWLEDGED, CaseStatus.CLOSED): _BY_AWS,
    (CaseStatus.DETECTION, CaseStatus.CONTAINMENT): _BY_BOTH,
    (CaseStatus.DETECTION, CaseStatus.POST_INCIDENT): _BY_BOTH,
    (CaseStatus.DETECTION, CaseStatus.READY_TO_CLOSE): _BY_AWS,
    (CaseStatus.DETECTION, CaseStatus.CLOSED): _BY_BOTH,
    (CaseStatus.CONTAINMENT, CaseStatus.DETECTION): _BY_BOTH,
    (CaseStatus.CONTAINMENT, CaseStatus.POST_INCIDENT): _BY_BOTH,
    (CaseStatus.CONTAINMENT, CaseStatus.READY_TO_CLOSE): _BY_AWS,
    (CaseStatus.CONTAINMENT, CaseStatus.CLOSED): _BY_BOTH,
    (CaseStatus.POST_INCIDENT, CaseStatus.DETECTION): _BY_BOTH,
    (CaseStatus.POST_INCIDENT, CaseStatus.CONTAINMENT): _BY_BOTH,
    (CaseStatus.POST_INCIDENT, CaseStatus.READY_TO_CLOSE): _BY_AWS,
    (CaseStatus.POST_INCIDENT, CaseStatus.CLOSED): _BY_BOTH,
    (CaseStatus.READY_TO_CLOSE, CaseStatus.DETECTION): _BY_AWS,
    (CaseStatus.READY_TO_CLOSE, CaseStatus.CONTAINMENT): _BY_AWS,
    (CaseStatus.READY_TO_CLOSE, CaseStatus.POST_INCIDENT): _BY_AWS,
    (CaseStatus.READY_TO_CLOSE, CaseStatus.CLOSED): _BY_AWS,
}


class Watcher(NamedTuple):
    """A person who follows one case; the address says who it is, whatever its letter case."""

    email: str
    name: str | None = None
    job_title: str | None = None

    def __repr__(self) -> str:
        """Leave the person out: every member is sensitive."""
        return "Watcher(***)"


class ThreatActorIp(NamedTuple):
    """An address that an attacker used, and with which user agent."""

    ip_address: str
    user_agent: str | None = None

    def __repr__(self) -> str:
        """Leave both out: they are sensitive."""
        return "ThreatActorIp(***)"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case of one membership; `metadata` are (key, value) pairs, each key once.

    `comments` is how many it ever had: the number of the next one.
    """

    account: str
    region: str
    membership_id: str
    case_id: str
    title: str
    description: str
    engagement_type: EngagementType
    resolver_type: ResolverType
    reported_incident_start_date: datetime
    created_at: datetime
    updated_at: datetime
    actual_incident_start_date: datetime | None = None
    status: CaseStatus = CaseStatus.SUBMITTED
    pending_action: PendingAction = PendingAction.NONE
    closure_code: ClosureCode | None = None
    closed_at: datetime | None = None
    watchers: tuple[Watcher, ...] = ()
    threat_actor_ip_addresses: tuple[ThreatActorIp, ...] = ()
    impacted_services: tuple[str, ...] = ()
    impacted_aws_regions: tuple[str, ...] = ()
    impacted_accounts: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    comments: int = 0

    def __repr__(self) -> str:
        """Name it without its sensitive members."""
        return f"Case({self.case_id}, {self.status})"

    @property
    def arn(self) -> str:
        """The case's ARN."""
        return values.case_arn(self.region, self.account, self.case_id)

    @property
    def is_closed(self) -> bool:
        """Whether it is Closed, and so can never change again."""
        return self.status is CaseStatus.CLOSED

    def check_open(self) -> None:
        """Raise ConflictException where the case is Closed (service-behaviour §11 row 9)."""
        if self.is_closed:
            message = f"Case {self.case_id} is Closed, which is final: nothing of it can change."
            raise ConflictException(message, resource_id=self.case_id, resource_type="Case")

    def moved(self, target: CaseStatus) -> Case:
        """Return the case in status `target`, itself where it has that status.

        Raises ConflictException where no such transition is in TRANSITIONS.
        """
        if target is self.status:
            return self
        if self.resolver_type not in TRANSITIONS.get((self.status, target), frozenset()):
            message = f"Case {self.case_id} is {self.status}: it cannot become {target}."
            raise ConflictException(message, resource_id=self.case_id, resource_type="Case")
        return replace(self, status=target)

    def closed(self, now: datetime, closure_code: ClosureCode | None = None) -> Case:
        """Return the case closed at `now`, waiting for nobody; itself where it is Closed."""
        if self.is_closed:
            return self
        return replace(
            self.moved(CaseStatus.CLOSED),
            closed_at=now,
            closure_code=closure_code,
            pending_action=PendingAction.NONE,
        )

    def resolved_by(self, resolver_type: ResolverType) -> Case:
        """Return the case with that resolver: from Self to AWS it is Submitted again.

        Raises ConflictException for a Closed case and ValidationException for the way back
        (service-behaviour §2.3, §11 row 10).
        """
        self.check_open()
        if resolver_type is self.resolver_type:
            return self
        if resolver_type is ResolverType.SELF:
            message = f"Case {self.case_id} is AWS-supported and cannot become self-managed again."
            raise ValidationException(message)
        return replace(self, resolver_type=resolver_type, status=CaseStatus.SUBMITTED)


def no_such_case(case_id: str) -> ResourceNotFoundException:
    """Return the error for a case that is not there, or not of this membership."""
    return ResourceNotFoundException(f"Case {case_id} does not exist.")
