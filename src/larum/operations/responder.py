"""What the responder does to a case: operations of the `larum` model.

The responder works on AWS-supported cases, of any account, while their membership is Active. A
self-managed case is its customer's alone, and an archived one can only be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain.case_updates import merged, watcher_key
from larum.domain.cases import (
    Case,
    CaseStatus,
    ClosureCode,
    EngagementType,
    PendingAction,
    ResolverType,
)
from larum.domain.comments import RESPONDER
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType
from larum.errors import ConflictException, ResourceNotFoundException, ValidationException
from larum.operations.case_changes import Opening, change, membership_of, open_case
from larum.operations.case_edits import CaseEdit, Edited
from larum.operations.cases import addresses_in, regions_in, watchers_in
from larum.operations.notices import CaseTold
from larum.store import cases as rows
from larum.store import memberships as membership_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context
    from larum.domain.memberships import Membership

TITLE_PREFIX: Final = "[Proactive case] "
MANAGED_TAG: Final = {"SecurityIncidentResponseManaged": "true"}


def acknowledge_case(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Acknowledge a Submitted case; one that is Acknowledged is no change.

    Raises ConflictException where it is in another status or archived, ResourceNotFoundException,
    and ValidationException where it is self-managed.
    """
    case, membership = supported_case(context, params)
    after = case.moved(CaseStatus.ACKNOWLEDGED)
    told = CommunicationType.CASE_ACKNOWLEDGED
    message = "Acknowledged the case."
    return _changed(context, (case, after), membership, told, ("Acknowledge case", message))


def request_customer_action(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Say that a case waits for its customer, and remind them; raises as `acknowledge_case`."""
    case, membership = supported_case(context, params)
    after = replace(case, pending_action=PendingAction.CUSTOMER)
    told = CommunicationType.CASE_PENDING_CUSTOMER_ACTION_REMINDER
    message = "Asked the customer to act: the case waits for them."
    return _changed(context, (case, after), membership, told, ("Request customer action", message))


def set_case_status(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Set the status by the AWS-supported rows of TRANSITIONS; raises as `acknowledge_case`."""
    case, membership = supported_case(context, params)
    after = case.moved(CaseStatus(params["caseStatus"]))
    told = CommunicationType.CASE_STATUS_UPDATED
    if after.status is CaseStatus.ACKNOWLEDGED:
        told = CommunicationType.CASE_ACKNOWLEDGED
    message = f"Changed the status from {case.status} to {after.status}."
    return _changed(context, (case, after), membership, told, ("Update case status", message))


def close_case(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Close a case with a closure code; one that was closed with the same code is no change.

    Raises as `acknowledge_case`, and ConflictException where it was closed otherwise.
    """
    case, membership = named_case(context, params)
    code = ClosureCode(params["closureCode"])
    if case.is_closed and case.closure_code is code:
        return _closed_out(case)
    case, membership = supported_case(context, params)
    told = CaseTold(DetailType.CASE_CLOSED, CommunicationType.CASE_CLOSED, RESPONDER.actor)
    after = change(context, case, case.closed(context.now, code), membership, told)
    message = f"Closed the case, which was {case.status}, as {code}."
    edit = CaseEdit(case.arn, RESPONDER.principal, "Close case", message)
    return Edited(_closed_out(after), edit)


def open_proactive_case(context: Context, params: dict[str, Any]) -> Edited:
    """Open an AWS-supported case in a customer's Active membership, beyond its quotas if need be.

    Raises SecurityIncidentResponseNotActiveException.
    """
    membership = membership_of(context, params["accountId"], params["region"])
    case = open_case(
        context, membership, _opening(context, params), actor=RESPONDER.actor, within_quotas=False
    )
    message = "Opened a proactive case with resolver type AWS."
    edit = CaseEdit(case.arn, RESPONDER.principal, "Create case", message)
    return Edited({"caseId": case.case_id}, edit)


def named_case(context: Context, params: Mapping[str, Any]) -> tuple[Case, Membership]:
    """Return the case that accountId, region and caseId name, archived or not.

    Raises ResourceNotFoundException.
    """
    account, region, case_id = (params[name] for name in ("accountId", "region", "caseId"))
    case = rows.get(context.tx, account, region, case_id)
    if case is None:
        message = f"Account {account} has no case {case_id} in {region}."
        raise ResourceNotFoundException(message)
    membership = membership_rows.get(context.tx, account, region, case.membership_id, context.now)
    if membership is None:
        message = f"case {case_id} is of a membership that is nowhere"
        raise LookupError(message)
    return case, membership


def changeable_case(context: Context, params: Mapping[str, Any]) -> tuple[Case, Membership]:
    """Return the case that is named; ConflictException where it is archived or Closed."""
    case, membership = named_case(context, params)
    if not membership.is_active:
        message = (
            f"Case {case.case_id} is archived: membership {membership.membership_id} is "
            f"{membership.status}. It can be read, and nothing of it can change."
        )
        raise ConflictException(message, resource_id=case.case_id, resource_type="Case")
    case.check_open()
    return case, membership


def supported_case(context: Context, params: Mapping[str, Any]) -> tuple[Case, Membership]:
    """Return the case that is named; ValidationException where it is self-managed."""
    case, membership = changeable_case(context, params)
    if case.resolver_type is not ResolverType.AWS:
        message = (
            f"Case {case.case_id} is self-managed: the responder works on AWS-supported cases. "
            "Its customer can hand it over with UpdateResolverType."
        )
        raise ValidationException(message)
    return case, membership


def _changed(
    context: Context,
    states: tuple[Case, Case],
    membership: Membership,
    communication: CommunicationType,
    said: tuple[str, str],
) -> dict[str, Any] | Edited:
    """Store a changed case; `states` are before and after, `said` the edit's action and message."""
    before, after = states
    output = {"caseStatus": after.status, "pendingAction": after.pending_action}
    if after == before:
        return output
    told = CaseTold(DetailType.CASE_UPDATED, communication, RESPONDER.actor)
    change(context, before, after, membership, told)
    return Edited(output, CaseEdit(before.arn, RESPONDER.principal, *said))


def _closed_out(case: Case) -> dict[str, Any]:
    return {
        "caseStatus": case.status,
        "closedDate": case.closed_at,
        "closureCode": case.closure_code,
    }


def _opening(context: Context, params: Mapping[str, Any]) -> Opening:
    return Opening(
        title=f"{TITLE_PREFIX}{params['title']}",
        description=params["description"],
        engagement_type=EngagementType(
            params.get("engagementType", EngagementType.SECURITY_INCIDENT)
        ),
        resolver_type=ResolverType.AWS,
        reported_incident_start_date=params.get("reportedIncidentStartDate", context.now),
        watchers=merged((), watchers_in(params.get("watchers", ())), key=watcher_key),
        threat_actor_ip_addresses=merged(
            (), addresses_in(params.get("threatActorIpAddresses", ()))
        ),
        impacted_services=tuple(params.get("impactedServices", ())),
        impacted_aws_regions=regions_in(params.get("impactedAwsRegions", ())),
        impacted_accounts=tuple(params.get("impactedAccounts", ())),
        tags=MANAGED_TAG,
    )
