"""Memberships: what one is, and the rules of opening one (service-behaviour §1 and §11)."""

from __future__ import annotations

from calendar import monthrange
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from larum.domain import values
from larum.errors import ConflictException, FieldFailure, ValidationException

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from larum.domain.organizations import Account, CustomerType


class MembershipStatus(StrEnum):
    """The model's states of a membership."""

    ACTIVE = "Active"
    CANCELLED = "Cancelled"
    TERMINATED = "Terminated"


class Cancellation(StrEnum):
    """When a cancellation takes effect (service-behaviour §1.6, §11 row 7).

    At once, as AWS does since November 2025, or at the end of the billing month, as it did before.
    """

    IMMEDIATE = "immediate"
    END_OF_MONTH = "end-of-month"


class Ending(StrEnum):
    """What can happen to a membership's status."""

    CANCEL = "cancel"
    UNDO = "undo"
    TERMINATE = "terminate"


# An absent pair is refused, or changes nothing where the operation says so. Termination has no way
# back (service-behaviour §1.6 and §11 row 7).
TRANSITIONS: Final[dict[tuple[MembershipStatus, Ending], MembershipStatus]] = {
    (MembershipStatus.ACTIVE, Ending.CANCEL): MembershipStatus.CANCELLED,
    (MembershipStatus.CANCELLED, Ending.UNDO): MembershipStatus.ACTIVE,
    (MembershipStatus.ACTIVE, Ending.TERMINATE): MembershipStatus.TERMINATED,
    (MembershipStatus.CANCELLED, Ending.TERMINATE): MembershipStatus.TERMINATED,
}


class CommunicationType(StrEnum):
    """What a responder can be told about: the sixteen types of the model, in its order."""

    CASE_CREATED = "Case Created"
    CASE_UPDATED = "Case Updated"
    CASE_ACKNOWLEDGED = "Case Acknowledged"
    CASE_CLOSED = "Case Closed"
    CASE_UPDATED_TO_SERVICE_MANAGED = "Case Updated To Service Managed"
    CASE_STATUS_UPDATED = "Case Status Updated"
    CASE_PENDING_CUSTOMER_ACTION_REMINDER = "Case Pending Customer Action Reminder"
    CASE_ATTACHMENT_URL_UPLOADED = "Case Attachment Url Uploaded"
    CASE_COMMENT_ADDED = "Case Comment Added"
    CASE_COMMENT_UPDATED = "Case Comment Updated"
    MEMBERSHIP_CREATED = "Membership Created"
    MEMBERSHIP_UPDATED = "Membership Updated"
    MEMBERSHIP_CANCELLED = "Membership Cancelled"
    REGISTER_DELEGATED_ADMINISTRATOR = "Register Delegated Administrator"
    DEREGISTER_DELEGATED_ADMINISTRATOR = "Deregister Delegated Administrator"
    DISABLE_AWS_SERVICE_ACCESS = "Disable AWS Service Access"


ALL_COMMUNICATIONS = tuple(str(each) for each in CommunicationType)


class IncidentResponder(NamedTuple):
    """One person of the incident response team and what they want to be told about.

    Clients older than the communication preferences send none and mean all sixteen; an empty
    tuple is somebody who wants to hear nothing (service-behaviour §1.7).
    """

    name: str
    job_title: str
    email: str
    communication_preferences: tuple[str, ...] = ALL_COMMUNICATIONS

    def __repr__(self) -> str:
        """Leave the person out: every member is sensitive."""
        return "IncidentResponder(***)"


class OptInFeature(NamedTuple):
    """A feature of the membership and whether it is on."""

    feature_name: str
    is_enabled: bool


class Membership(msgspec.Struct, frozen=True):
    """One membership of one account in its home Region.

    `deactivated_at` is when it ended, or when it is going to while it is Active; None for neither.
    """

    account: str
    region: str
    membership_id: str
    membership_name: str
    status: MembershipStatus
    customer: str
    customer_type: CustomerType
    activated_at: datetime
    deactivated_at: datetime | None
    incident_response_team: tuple[IncidentResponder, ...]
    opt_in_features: tuple[OptInFeature, ...] | None
    cover_entire_organization: bool

    def __repr__(self) -> str:
        """Name it without its sensitive members."""
        return f"Membership({self.membership_id}, {self.status})"

    @property
    def arn(self) -> str:
        """The membership's ARN."""
        return values.membership_arn(self.region, self.account, self.membership_id)

    @property
    def is_active(self) -> bool:
        """Whether it is Active."""
        return self.status is MembershipStatus.ACTIVE

    @property
    def is_ending(self) -> bool:
        """Whether it is Active until a time that is set."""
        return self.is_active and self.deactivated_at is not None

    def at(self, now: datetime) -> Membership:
        """Return the membership as it is at `now`: Cancelled where its time has come."""
        status = status_at(self.status, self.deactivated_at, now)
        return self if status is self.status else replace(self, status=status)

    def until_end_of_month(self, now: datetime) -> Membership:
        """Return the membership with the end of its billing month set as its end."""
        return replace(self, deactivated_at=end_of_billing_month(self.activated_at, now))

    def without_end(self) -> Membership:
        """Return the membership with no end set."""
        return replace(self, deactivated_at=None)

    def after(self, ending: Ending, now: datetime) -> Membership:
        """Return the membership after `ending` at `now`.

        One whose time has come ended then, and not when that was noticed. Raises ConflictException
        where its status has no such transition.
        """
        status = TRANSITIONS.get((self.status, ending))
        if status is None:
            message = f"Membership {self.membership_id} is {self.status}: it cannot {ending}."
            raise ConflictException(
                message, resource_id=self.membership_id, resource_type="Membership"
            )
        ended = None
        if status is not MembershipStatus.ACTIVE:
            ended = min(self.deactivated_at or now, now)
        return replace(self, status=status, deactivated_at=ended)

    def check_may_change(self) -> None:
        """Raise ConflictException unless it is Active (service-behaviour §11 row 42)."""
        if not self.is_active:
            message = (
                f"Membership {self.membership_id} is {self.status}. Only an Active one can be "
                "changed; undoMembershipCancellation makes a Cancelled one Active again."
            )
            raise ConflictException(
                message, resource_id=self.membership_id, resource_type="Membership"
            )

    def check_belongs_to(self, holder: Account) -> None:
        """Raise ConflictException where `holder` has joined or left an organization since."""
        if holder.customer != self.customer:
            message = (
                f"Membership {self.membership_id} is of another time: account {holder.account} has "
                "joined or left an organization since. Create a new membership."
            )
            raise ConflictException(
                message, resource_id=self.membership_id, resource_type="Membership"
            )

    def recipients(self, communication: CommunicationType) -> list[str]:
        """Return the e-mail addresses of the team members who asked for `communication`."""
        return [
            responder.email
            for responder in self.incident_response_team
            if communication in responder.communication_preferences
        ]


def status_at(
    status: MembershipStatus, deactivated_at: datetime | None, now: datetime
) -> MembershipStatus:
    """Return the status at `now` of a membership that was left with `status`.

    The one place that lets time end a membership: an Active one with a time of deactivation is
    Cancelled from that time on, whether or not anything has swept since.
    """
    if status is MembershipStatus.ACTIVE and deactivated_at is not None and deactivated_at <= now:
        return MembershipStatus.CANCELLED
    return status


def end_of_billing_month(activated_at: datetime, now: datetime) -> datetime:
    """Return when the billing month ends that `now` is in: the first end after `now`.

    Months go from day to day, counted from the activation, at its time of day (UTC); where a month
    has no such day, its last day stands in: 29 December, 29 January, 28 February (29 in a leap
    year), 29 March. Source: service-behaviour §1.6, whose example has 26 February, for which no
    rule is known.
    """
    months = max(1, 12 * (now.year - activated_at.year) + now.month - activated_at.month)
    end = _months_after(activated_at, months)
    return end if end > now else _months_after(activated_at, months + 1)


def _months_after(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def check_incident_response_team(team: Sequence[IncidentResponder]) -> None:
    """Raise ConflictException when two members share an address (service-behaviour §11 row 30).

    Letter case does not tell addresses apart. The position stands for the person in the answer,
    since an address is sensitive.
    """
    seen: dict[str, int] = {}
    for index, responder in enumerate(team):
        first = seen.setdefault(responder.email.casefold(), index)
        if first != index:
            message = (
                f"incidentResponseTeam[{index}] has the e-mail address of "
                f"incidentResponseTeam[{first}]. A person can be on the team once."
            )
            resource_id = f"incidentResponseTeam[{index}]"
            raise ConflictException(
                message, resource_id=resource_id, resource_type="IncidentResponder"
            )


def check_opt_in_features(features: Sequence[OptInFeature]) -> None:
    """Raise ValidationException when a feature is named twice (service-behaviour §11 row 35)."""
    seen: set[str] = set()
    for index, feature in enumerate(features):
        if feature.feature_name in seen:
            name = f"optInFeatures[{index}].featureName"
            message = "Member must name each feature once"
            raise ValidationException.of_fields((FieldFailure(name, message),))
        seen.add(feature.feature_name)


def already_exists(membership_id: str) -> ConflictException:
    """Return the error for a second membership; names the first (service-behaviour §11 row 6)."""
    message = (
        f"Membership {membership_id} is active already: there is one for an organization or a "
        "standalone account, whatever the Region. Update it, or cancel it first."
    )
    return ConflictException(message, resource_id=membership_id, resource_type="Membership")
