"""The operations on cases, in wire names outside and Python names inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.case_updates import merged, watcher_key
from larum.domain.cases import EngagementType, ResolverType, ThreatActorIp, Watcher
from larum.operations.case_changes import Opening, active_membership, open_case, own_case
from larum.operations.case_edits import CaseEdit, Edited
from larum.store import cases as rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.context import Context
    from larum.domain.cases import Case


def create_case(context: Context, params: dict[str, Any]) -> Edited:
    """Open a case of the caller's membership; return its caseId.

    Raises SecurityIncidentResponseNotActiveException and ServiceQuotaExceededException
    (service-behaviour §2.1, §3.1, §11 rows 4, 18 and 23).
    """
    membership = active_membership(context)
    opening = Opening(
        title=params["title"],
        description=params["description"],
        engagement_type=EngagementType(params["engagementType"]),
        resolver_type=ResolverType(params["resolverType"]),
        reported_incident_start_date=params["reportedIncidentStartDate"],
        watchers=merged((), watchers_in(params["watchers"]), key=watcher_key),
        threat_actor_ip_addresses=merged(
            (), addresses_in(params.get("threatActorIpAddresses", ()))
        ),
        impacted_services=tuple(params.get("impactedServices", ())),
        impacted_aws_regions=regions_in(params.get("impactedAwsRegions", ())),
        impacted_accounts=tuple(params["impactedAccounts"]),
        tags=params.get("tags", {}),
    )
    case = open_case(context, membership, opening, actor=context.account)
    return Edited(
        {"caseId": case.case_id}, edit_of(context, case, "Create case", "Created the case.")
    )


def get_case(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the case; what it does not have is absent (service-behaviour §2.5)."""
    case, _ = own_case(context, params["caseId"])
    return whole_case(context, case)


def whole_case(context: Context, case: Case) -> dict[str, Any]:
    """Return a case in wire names, with its attachments."""
    output = case_out(case)
    attachments = rows.attachments(context.tx, case)
    if attachments:
        output["caseAttachments"] = [
            {
                "attachmentId": attachment_id,
                "fileName": file_name,
                "attachmentStatus": status,
                "creator": creator,
                "createdDate": values.moment(created_at),
            }
            for attachment_id, file_name, status, creator, created_at in attachments
        ]
    return output


def case_out(case: Case) -> dict[str, Any]:
    """Return a case in wire names, without its attachments."""
    output: dict[str, Any] = {
        "title": case.title,
        "caseArn": case.arn,
        "description": case.description,
        "caseStatus": case.status,
        "engagementType": case.engagement_type,
        "reportedIncidentStartDate": case.reported_incident_start_date,
        "actualIncidentStartDate": case.actual_incident_start_date,
        "impactedAwsRegions": [{"region": each} for each in case.impacted_aws_regions],
        "threatActorIpAddresses": [_address_out(each) for each in case.threat_actor_ip_addresses],
        "pendingAction": case.pending_action,
        "impactedAccounts": list(case.impacted_accounts),
        "watchers": [_watcher_out(each) for each in case.watchers],
        "createdDate": case.created_at,
        "lastUpdatedDate": case.updated_at,
        "closureCode": case.closure_code,
        "resolverType": case.resolver_type,
        "impactedServices": list(case.impacted_services),
        "closedDate": case.closed_at,
    }
    if case.metadata:
        output["caseMetadata"] = [{"key": key, "value": value} for key, value in case.metadata]
    return output


def edit_of(context: Context, case: Case, action: str, message: str) -> CaseEdit:
    """Return the edit of a caller's change; `message` never holds a value of the case."""
    return CaseEdit(case.arn, context.caller.principal.arn, action, message)


def watchers_in(given: Iterable[Mapping[str, Any]]) -> tuple[Watcher, ...]:
    """Return watchers from their wire form."""
    return tuple(Watcher(each["email"], each.get("name"), each.get("jobTitle")) for each in given)


def addresses_in(given: Iterable[Mapping[str, Any]]) -> tuple[ThreatActorIp, ...]:
    """Return threat actors' addresses from their wire form."""
    return tuple(ThreatActorIp(each["ipAddress"], each.get("userAgent")) for each in given)


def regions_in(given: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the names of Regions from their wire form."""
    return tuple(each["region"] for each in given)


def _watcher_out(watcher: Watcher) -> dict[str, Any]:
    return {"email": watcher.email, "name": watcher.name, "jobTitle": watcher.job_title}


def _address_out(address: ThreatActorIp) -> dict[str, Any]:
    return {"ipAddress": address.ip_address, "userAgent": address.user_agent}
