"""How memberships end: at once, at a time that was set, or because their organization did.

Whoever reads a membership sees one whose time has come as ended (`Membership.at`), whenever the row
follows: the sweep ends what is due, and what needs the place of a membership ends it first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType, Ending
from larum.operations.notices import tell
from larum.store import audit, counters, coverage, directory_versions
from larum.store import memberships as rows
from larum.store.counters import Counter

if TYPE_CHECKING:
    from larum.domain.memberships import Membership
    from larum.operations.notices import Surroundings

SERVICE_PRINCIPAL: Final = "security-ir.amazonaws.com"
_TOLD: Final = {
    Ending.CANCEL: DetailType.MEMBERSHIP_CANCELLED,
    Ending.TERMINATE: DetailType.MEMBERSHIP_TERMINATED,
}
_RECORDED: Final = {Ending.CANCEL: "EndMembership", Ending.TERMINATE: "TerminateMembership"}


def end(
    surroundings: Surroundings,
    membership: Membership,
    ending: Ending,
    communication: CommunicationType | None = CommunicationType.MEMBERSHIP_CANCELLED,
) -> None:
    """Cancel or terminate a membership and tell who asked for `communication`; None: nobody."""
    ended = membership.after(ending, surroundings.now)
    rows.update(surroundings.tx, ended)
    if membership.is_active:
        counters.add(surroundings.tx, Counter.ACTIVE_MEMBERSHIPS, -1)
        version = directory_versions.begin(surroundings.tx, surroundings.now)
        coverage.pause(surroundings.tx, membership, version)
    tell(surroundings, ended, _TOLD[ending], communication)


def end_by_time(
    surroundings: Surroundings,
    membership: Membership,
    ending: Ending,
    communication: CommunicationType | None = CommunicationType.MEMBERSHIP_CANCELLED,
) -> None:
    """End a membership as `end` does, without a caller: on record as the service's own doing."""
    end(surroundings, membership, ending, communication)
    record = {
        "eventTime": surroundings.now.isoformat(),
        "eventSource": SERVICE_PRINCIPAL,
        "eventName": _RECORDED[ending],
        "awsRegion": membership.region,
        "userIdentity": {"type": "AWSService", "invokedBy": SERVICE_PRINCIPAL},
        "resources": [membership.arn],
    }
    audit.append(surroundings.tx, membership.account, record)


def settle(surroundings: Surroundings, customer: str) -> bool:
    """End the customer's membership if its time has come; return whether it had."""
    due = rows.due_of(surroundings.tx, customer, surroundings.now)
    if due is not None:
        end_by_time(surroundings, due, Ending.CANCEL)
    return due is not None
