"""The customer's operations on investigations: reading them, and saying what they were worth.

Who puts them there is the responder's side (operations/responder_investigations.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain.events import DetailType
from larum.domain.investigations import Feedback
from larum.domain.memberships import CommunicationType
from larum.errors import ResourceNotFoundException
from larum.operations.case_changes import change, changeable_case, own_case
from larum.operations.case_edits import CaseEdit, Edited
from larum.operations.notices import CaseTold
from larum.store import investigations as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.cases import Case
    from larum.domain.investigations import Investigation

PAGE_SIZE: Final = 20


def list_investigations(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the investigations of the caller's case, oldest first."""
    case, _ = own_case(context, params["caseId"])
    return page(context, case, params.get("maxResults", PAGE_SIZE))


def send_feedback(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Say what an investigation was worth; another word replaces the first.

    The same word again is no change.

    Raises ConflictException on a Closed case, ResourceNotFoundException and
    SecurityIncidentResponseNotActiveException.
    """
    case, membership = changeable_case(context, params["caseId"])
    investigation = found(context, case, params["resultId"])
    feedback = Feedback(params["usefulness"], params.get("comment"), context.now)
    if feedback.says_the_same_as(investigation.feedback):
        return {}
    rows.update(context.tx, replace(investigation, feedback=feedback))
    told = CaseTold(DetailType.CASE_UPDATED, CommunicationType.CASE_UPDATED, context.account)
    change(context, case, case, membership, told)
    message = (
        f"Sent feedback on investigation {investigation.investigation_id}: {feedback.usefulness}."
    )
    principal = context.caller.principal.arn
    return Edited({}, CaseEdit(case.arn, principal, "Send feedback", message))


def found(context: Context, case: Case, identifier: str) -> Investigation:
    """Return the investigation of the case; raises ResourceNotFoundException."""
    investigation = rows.get(context.tx, case.account, case.region, case.case_id, identifier)
    if investigation is None:
        message = f"Case {case.case_id} has no investigation {identifier}."
        raise ResourceNotFoundException(message)
    return investigation


def page(context: Context, case: Case, limit: int) -> dict[str, Any]:
    """Return at most `limit` investigations of the case from the context's cursor on."""
    key = (case.account, case.region, case.case_id)
    investigations = rows.page(context.tx, *key, context.cursor or "", limit + 1)
    output: dict[str, Any] = {
        "investigationActions": [_investigation_out(each) for each in investigations[:limit]]
    }
    if len(investigations) > limit:
        output["nextToken"] = investigations[limit - 1].investigation_id
    return output


def _investigation_out(investigation: Investigation) -> dict[str, Any]:
    output: dict[str, Any] = {
        "investigationId": investigation.investigation_id,
        "actionType": investigation.action_type,
        "title": investigation.title,
        "content": investigation.content,
        "status": investigation.status,
        "lastUpdated": investigation.updated_at,
    }
    feedback = investigation.feedback
    if feedback is not None:
        output["feedback"] = {
            "usefulness": feedback.usefulness,
            "comment": feedback.comment,
            "submittedAt": feedback.submitted_at,
        }
    return output
