"""The operations that change a case: its content, its status, who resolves it, and its end.

Each answers 200 or 201 without event and edit where nothing would be different (service-behaviour
§11 rows 9, 10 and 21).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain.case_updates import SetChange, changed_words, with_lists, with_metadata
from larum.domain.cases import CaseStatus, EngagementType, PendingAction, ResolverType
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType
from larum.errors import ValidationException
from larum.operations.case_changes import change, changeable_case, check_active_quota, own_case
from larum.operations.case_edits import Edited
from larum.operations.cases import addresses_in, edit_of, regions_in, watchers_in
from larum.operations.notices import CaseTold
from larum.store import cases as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from larum.context import Context
    from larum.domain.cases import Case
    from larum.domain.memberships import Membership

# Of each list: its member of Case, its wire name before ToAdd and ToDelete, from the wire form, and
# the most that the model lets a case have.
LISTS: Final[tuple[tuple[str, str, Callable[[Any], Sequence[Any]], int], ...]] = (
    ("watchers", "watchers", watchers_in, 30),
    ("threat_actor_ip_addresses", "threatActorIpAddresses", addresses_in, 200),
    ("impacted_services", "impactedServices", tuple, 600),
    ("impacted_aws_regions", "impactedAwsRegions", regions_in, 50),
    ("impacted_accounts", "impactedAccounts", tuple, 200),
)
PLAIN: Final[Mapping[str, str]] = {
    "title": "title",
    "description": "description",
    "reportedIncidentStartDate": "reported_incident_start_date",
    "actualIncidentStartDate": "actual_incident_start_date",
}


def update_case(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Change what is given; lists are sets that grow and shrink, metadata goes in by key.

    Raises ConflictException for a Closed case and ValidationException where a list would be too
    long (service-behaviour §2.4, §11 rows 9, 18, 19, 21, 26 and 29).
    """
    before, membership = changeable_case(context, params["caseId"])
    plain = {name: params[member] for member, name in PLAIN.items() if member in params}
    if "engagementType" in params:
        plain["engagement_type"] = EngagementType(params["engagementType"])
    after = with_lists(replace(before, **plain), _set_changes(params))
    metadata = [(each["key"], each["value"]) for each in params.get("caseMetadata", ())]
    after = with_metadata(after, metadata)
    words = changed_words(before, after)
    if not words:
        return {}
    after = replace(after, pending_action=PendingAction.NONE)
    _changed(context, before, after, membership, CommunicationType.CASE_UPDATED)
    return Edited({}, edit_of(context, after, "Update case", f"Updated {words}."))


def update_case_status(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Move a self-managed case; the status that it has already is no change.

    Raises ConflictException for a move that is not in TRANSITIONS or a Closed case, and
    ValidationException for an AWS-supported one (service-behaviour §2.2, §11 row 9).
    """
    before, membership = changeable_case(context, params["caseId"])
    if before.resolver_type is ResolverType.AWS:
        message = (
            f"Case {before.case_id} is AWS-supported: its responders set its status. "
            "CloseCase closes it."
        )
        raise ValidationException(message)
    after = before.moved(CaseStatus(params["caseStatus"]))
    output = {"caseStatus": after.status}
    if after is before:
        return output
    _changed(context, before, after, membership, CommunicationType.CASE_STATUS_UPDATED)
    message = f"Changed the status from {before.status} to {after.status}."
    return Edited(output, edit_of(context, after, "Update case status", message))


def update_resolver_type(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Hand a self-managed case to the responder's side, for good: it is Submitted again.

    Raises ConflictException for a Closed case, ServiceQuotaExceededException, and
    ValidationException for the way back (service-behaviour §2.3, §11 row 10).
    """
    before, membership = own_case(context, params["caseId"])
    after = before.resolved_by(ResolverType(params["resolverType"]))
    output = {
        "caseId": after.case_id,
        "caseStatus": after.status,
        "resolverType": after.resolver_type,
    }
    if after is before:
        return output
    counts = rows.counts(context.tx, membership)
    check_active_quota(context.tx, membership, after.resolver_type, counts)
    communication = CommunicationType.CASE_UPDATED_TO_SERVICE_MANAGED
    _changed(context, before, after, membership, communication)
    message = f"Changed the resolver from {before.resolver_type} to {after.resolver_type}."
    return Edited(output, edit_of(context, after, "Update resolver type", message))


def close_case(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Close a case for good; one that is Closed answers with its first closedDate.

    An SDK that lost the answer sends the call again, so that is no error (service-behaviour §11
    row 9).
    """
    before, membership = own_case(context, params["caseId"])
    after = before.closed(context.now)
    output = {"caseStatus": after.status, "closedDate": after.closed_at}
    if after is before:
        return output
    told = CaseTold(DetailType.CASE_CLOSED, CommunicationType.CASE_CLOSED, context.account)
    change(context, before, after, membership, told)
    return Edited(output, edit_of(context, after, "Close case", "Closed the case."))


def _changed(
    context: Context,
    before: Case,
    after: Case,
    membership: Membership,
    communication: CommunicationType,
) -> None:
    told = CaseTold(DetailType.CASE_UPDATED, communication, context.account)
    change(context, before, after, membership, told)


def _set_changes(params: Mapping[str, Any]) -> dict[str, SetChange]:
    changes: dict[str, SetChange] = {}
    for name, wire, read, most in LISTS:
        to_add, to_delete = params.get(f"{wire}ToAdd", ()), params.get(f"{wire}ToDelete", ())
        if to_add or to_delete:
            changes[name] = SetChange(f"{wire}ToAdd", most, read(to_add), read(to_delete))
    return changes
