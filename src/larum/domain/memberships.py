"""Memberships: what one is, and the rules of opening one (service-behaviour §1 and §11)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

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


@dataclass(frozen=True, slots=True)
class Membership:
    """One membership of one account in its home Region."""

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

    def after(self, ending: Ending, now: datetime) -> Membership:
        """Return the membership after `ending` at `now`.

        Raises ConflictException where its status has no such transition.
        """
        status = TRANSITIONS.get((self.status, ending))
        if status is None:
            message = f"Membership {self.membership_id} is {self.status}: it cannot {ending}."
            raise ConflictException(
                message, resource_id=self.membership_id, resource_type="Membership"
            )
        ended = None if status is MembershipStatus.ACTIVE else self.deactivated_at or now
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
