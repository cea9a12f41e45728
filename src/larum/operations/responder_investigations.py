"""Putting down and advancing investigations: operations of the `larum` model.

A Summarization that has Completed is a comment of the service too (service-behaviour §2.10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from larum.domain import values
from larum.domain.comments import RESPONDER, SERVICE
from larum.domain.events import DetailType
from larum.domain.investigations import ActionType, ExecutionStatus, Investigation
from larum.domain.memberships import CommunicationType
from larum.operations import comments
from larum.operations.case_changes import change
from larum.operations.case_edits import CaseEdit, Edited, append_record
from larum.operations.investigations import found
from larum.operations.notices import CaseTold
from larum.operations.responder import supported_case
from larum.store import investigations as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.cases import Case
    from larum.domain.memberships import Membership


def put_investigation(context: Context, params: dict[str, Any]) -> Edited:
    """Add an investigation to an AWS-supported case, in whatever status it is by then.

    Raises as `responder.acknowledge_case` does.
    """
    case, membership = supported_case(context, params)
    investigation = Investigation(
        account=case.account,
        region=case.region,
        case_id=case.case_id,
        investigation_id=values.investigation_id(context.now, context.random(values.RANDOM_BYTES)),
        action_type=ActionType(params["actionType"]),
        title=params["title"],
        content=params["content"],
        status=ExecutionStatus(params.get("status", ExecutionStatus.PENDING)),
        created_at=context.now,
        updated_at=context.now,
    )
    rows.insert(context.tx, investigation)
    named = f"investigation {investigation.investigation_id}"
    message = f"Added {named}: {investigation.action_type}, {investigation.status}."
    edit = _tell(context, case, membership, investigation, ("Add investigation", message))
    return Edited({"investigationId": investigation.investigation_id}, edit)


def update_investigation(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Advance an investigation by TRANSITIONS, or change its text; the same again is no change.

    Raises ConflictException where there is no such transition or it has ended, and as
    `responder.acknowledge_case` does.
    """
    case, membership = supported_case(context, params)
    before = found(context, case, params["investigationId"])
    after = _updated(before, params)
    output = {"investigationId": after.investigation_id, "status": after.status}
    if after == before:
        return output
    after = replace(after, updated_at=context.now)
    rows.update(context.tx, after)
    action = ("Update investigation", _message(before, after))
    edit = _tell(context, case, membership, after, action, news=after.status is not before.status)
    return Edited(output, edit)


def _updated(before: Investigation, params: dict[str, Any]) -> Investigation:
    after, status = before, ExecutionStatus(params.get("status", before.status))
    title, content = params.get("title", before.title), params.get("content", before.content)
    if (title, content) != (before.title, before.content):
        after = after.rewritten(title, content)
    return after if status is before.status else after.moved(status)


def _message(before: Investigation, after: Investigation) -> str:
    changed = [
        name
        for name, is_changed in (
            ("its title", before.title != after.title),
            ("its content", before.content != after.content),
            (f"its status to {after.status}", before.status is not after.status),
        )
        if is_changed
    ]
    return f"Updated investigation {after.investigation_id}: {', '.join(changed)}."


def _tell(
    context: Context,
    case: Case,
    membership: Membership,
    investigation: Investigation,
    said: tuple[str, str],
    *,
    news: bool = True,
) -> CaseEdit:
    """Tell of a change of the case's investigation; return its edit. `news`: its status is new."""
    told = CaseTold(DetailType.CASE_UPDATED, CommunicationType.CASE_UPDATED, RESPONDER.actor)
    after = change(context, case, case, membership, told)
    if news and investigation.is_summary:
        written = comments.add(context, after, membership, SERVICE, investigation.content)
        append_record(context, "CreateCaseComment", written.edit)
    return CaseEdit(case.arn, RESPONDER.principal, *said)
