"""What the other side may do to a case, and investigations: the model of `larum`'s operations.

Sources: service-behaviour §2.2, §2.10 and §11 rows 11, 14, 15, 26 and 38; issue 4; and what this
project says of its own operations in docs/responder.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance import case_model
from tests.conformance.case_model import (
    CONTAINMENT,
    DETECTION,
    POST_INCIDENT,
    RESPONDER,
    SUBMITTED,
    Comment,
    add_case,
    open_own_case,
    own_case,
)
from tests.conformance.service_answers import Refusal, Refused
from tests.conformance.service_model import (
    DENIED,
    NOT_FOUND,
    OPERATOR,
    Caller,
    conflict,
)

if TYPE_CHECKING:
    from tests.conformance.case_model import Case
    from tests.conformance.service_answers import When
    from tests.conformance.service_model import Operation, Output, Params, ServiceModel

SERVICE = "security-ir.amazonaws.com"
ACKNOWLEDGED, READY = "Acknowledged", "Ready to Close"
WORKING = (DETECTION, CONTAINMENT, POST_INCIDENT)
# Forward from where it stands, back to work from Ready to Close, between the working states as the
# work goes (docs/responder.md; §2.2).
MOVES = (
    case_model.MOVES
    | {(SUBMITTED, ACKNOWLEDGED), (SUBMITTED, READY), (ACKNOWLEDGED, READY)}
    | {(ACKNOWLEDGED, each) for each in WORKING}
    | {(each, READY) for each in WORKING}
    | {(READY, each) for each in WORKING}
)
ADVANCES = {
    ("Pending", "InProgress"),
    ("Pending", "Failed"),
    ("Pending", "Cancelled"),
    *(("InProgress", each) for each in ("Waiting", "Completed", "Failed", "Cancelled")),
    *(("Waiting", each) for each in ("InProgress", "Completed", "Failed", "Cancelled")),
}


def named_case(model: ServiceModel, params: Params) -> Case:
    """Return the case that is named, archived or not; raises Refused."""
    holder = Caller(params["accountId"], params["region"])
    for membership in model.memberships:
        if membership.caller == holder and params["caseId"] in membership.cases:
            return membership.cases[params["caseId"]]
    raise Refused(NOT_FOUND)


def supported_case(model: ServiceModel, params: Params) -> Case:
    """Return the case to work on; raises Refused."""
    case = named_case(model, params)
    found = []
    if case.is_closed or case.membership.status != "Active":
        found.append(conflict("Case", case.case_id))
    if case.resolver != "AWS":
        found.append(Refusal("ValidationException"))
    if found:
        raise Refused(*found)
    return case


def _changed(model: ServiceModel, case: Case, action: str, moment: When | None = None) -> When:
    moment = case.changed(model, RESPONDER, action, moment)
    case.tell_updated(model, RESPONDER)
    return moment


def _status(case: Case) -> Output:
    return {"caseStatus": case.status, "pendingAction": case.pending}


def _move(model: ServiceModel, params: Params, wanted: str, action: str) -> Output:
    case = supported_case(model, params)
    if wanted != case.status:
        if (case.status, wanted) not in MOVES:
            raise Refused(conflict("Case", case.case_id))
        case.status = wanted
        _changed(model, case, action)
    return _status(case)


def acknowledge_case(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Say that it was seen."""
    return _move(model, params, ACKNOWLEDGED, "Acknowledge case")


def set_case_status(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Move an AWS-supported case along."""
    return _move(model, params, params["caseStatus"], "Update case status")


def request_customer_action(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Wait for the customer."""
    case = supported_case(model, params)
    if case.pending != "Customer":
        case.pending = "Customer"
        _changed(model, case, "Request customer action")
    return _status(case)


def close_case(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Close with a code; with the same code again is no change."""
    case, code = named_case(model, params), params["closureCode"]
    if not case.is_closed or case.closure_code != code:
        supported_case(model, params)
        case.status, case.closure_code, case.pending = "Closed", code, "None"
        case.closed = case.changed(model, RESPONDER, "Close case")
        model.tell("Case Closed", case.arn, caseId=case.case_id)
    return {"caseStatus": "Closed", "closedDate": case.closed, "closureCode": code}


def open_proactive_case(model: ServiceModel, _: Caller, params: Params, output: Output) -> Output:
    """Open a case that the customer did not ask for; no quota refuses it."""
    holder = Caller(params["accountId"], params["region"])
    membership = model.active(holder)
    made = str(output.get("caseId", "nothing was made"))
    assert all(made not in each.cases for each in model.memberships if each.caller == holder)
    given = {
        "engagementType": "Security Incident",
        **params,
        "title": "[Proactive case] " + params["title"],
        "resolverType": "AWS",
        "tags": {"SecurityIncidentResponseManaged": "true"},
    }
    case = add_case(model, membership, made, given, RESPONDER)
    case.members.setdefault("reportedIncidentStartDate", case.created)
    model.tell("Case Created", case.arn, caseId=made, createdBy=RESPONDER)
    return {"caseId": made}


def create_case_comment(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Comment as AWS Responder; the case still waits for whom it waited for."""
    return _add_comment(model, supported_case(model, params), RESPONDER, params["body"])


def _add_comment(
    model: ServiceModel, case: Case, by: str, body: str, moment: When | None = None
) -> Output:
    moment = case.changed(model, by, "Add comment", moment)
    case.comments.append(Comment(body, by, moment, moment, by, by_customer=False))
    model.tell("Case Comment Added", case.arn, caseId=case.case_id, createdBy=by)
    return {"commentId": f"{len(case.comments) - 1:06d}"}


def update_case_comment(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Change a comment of the responder's own."""
    case, number = supported_case(model, params), int(params["commentId"])
    if number >= len(case.comments):
        raise Refused(NOT_FOUND)
    comment = case.comments[number]
    if comment.creator != RESPONDER:
        raise Refused(DENIED)
    if comment.body != params["body"]:
        comment.body = params["body"]
        comment.updated = case.changed(model, RESPONDER, "Update comment")
        model.tell("Case Comment Updated", case.arn, caseId=case.case_id, updatedBy=RESPONDER)
    return {"commentId": params["commentId"], "body": comment.body}


def put_investigation(model: ServiceModel, _: Caller, params: Params, output: Output) -> Output:
    """Put an investigation down, in whatever status it is by then."""
    case = supported_case(model, params)
    made = str(output.get("investigationId", "nothing was made"))
    assert made not in case.investigations
    moment = model.moment()
    case.investigations[made] = {
        "investigationId": made,
        "actionType": params["actionType"],
        "title": params["title"],
        "content": params["content"],
        "status": params.get("status", "Pending"),
        "lastUpdated": moment,
    }
    _advanced(model, case, case.investigations[made], "Add investigation", moment)
    return {"investigationId": made}


def _advanced(
    model: ServiceModel,
    case: Case,
    investigation: dict[str, Any],
    action: str,
    moment: When,
    *,
    news: bool = True,
) -> None:
    if news and (investigation["actionType"], investigation["status"]) == (
        "Summarization",
        "Completed",
    ):
        case.tell_updated(model, RESPONDER)
        _add_comment(model, case, SERVICE, investigation["content"], moment)
        case.changed(model, RESPONDER, action, moment)
        return
    _changed(model, case, action, moment)


def update_investigation(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Advance an investigation, or change its text while it goes on."""
    case = supported_case(model, params)
    investigation = case.investigations.get(params["investigationId"])
    if investigation is None:
        raise Refused(NOT_FOUND)
    given = {name: params[name] for name in ("title", "content", "status") if name in params}
    before = dict(investigation)
    if before | given != before:
        status = before["status"]
        wanted = given.get("status", status)
        ended = status in {"Completed", "Failed", "Cancelled"}
        if ended or (wanted != status and (status, wanted) not in ADVANCES):
            raise Refused(Refusal("ConflictException"))
        moment = model.moment()
        investigation |= given | {"lastUpdated": moment}
        news = wanted != status
        _advanced(model, case, investigation, "Update investigation", moment, news=news)
    return {"investigationId": params["investigationId"], "status": investigation["status"]}


def list_investigations(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Tell a case's investigations, oldest first (§2.10)."""
    case = own_case(model, caller, params)
    return {"investigationActions": list(case.investigations.values())}


def send_feedback(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Say what an investigation was worth; the same again is no change."""
    case = own_case(model, caller, params)
    investigation = case.investigations.get(params["resultId"])
    if investigation is None:
        raise Refused(NOT_FOUND, *([conflict("Case", case.case_id)] if case.is_closed else []))
    open_own_case(model, caller, params)
    said = {name: params[name] for name in ("usefulness", "comment") if name in params}
    before = dict(investigation.get("feedback", {}))
    before.pop("submittedAt", None)
    if before != said:
        moment = case.changed(model, caller.arn, "Send feedback")
        investigation["feedback"] = said | {"submittedAt": moment}
        case.tell_updated(model, caller.account)
    return {}


# Reading, archived cases too.


def _as_customer(operation: Operation) -> Operation:
    """Return the reading operation of the customer's side, for any case that is named."""

    def read(model: ServiceModel, _: Caller, params: Params, output: Output) -> Output:
        case = named_case(model, params)
        holder, now = case.membership.caller, case.membership.status
        others = [each for each in model.memberships if each.caller == holder]
        statuses = [each.status for each in others]
        try:
            for each in others:
                each.status = "Cancelled"
            case.membership.status = "Active"
            return operation(model, holder, params, output)
        finally:
            for each, status in zip(others, statuses, strict=True):
                each.status = status
            case.membership.status = now

    return read


def get_case(model: ServiceModel, caller: Caller, params: Params, output: Output) -> Output:
    """Tell all of a case, with whose it is."""
    case = named_case(model, params)
    return _as_customer(case_model.get_case)(model, caller, params, output) | {
        "accountId": params["accountId"],
        "region": params["region"],
        "caseId": params["caseId"],
        "membershipId": case.membership.membership_id,
        "archived": case.membership.status != "Active",
        "tags": case.tags,
    }


def list_cases(model: ServiceModel, _: Caller, params: Params, output: Output) -> Output:
    """Tell the cases of the Active membership, or of those that ended, the newest of them first."""
    holder = Caller(params["accountId"], params["region"])
    archived = params.get("archived", False)
    items: list[dict[str, Any]] = []
    for membership in reversed(model.memberships):
        if membership.caller != holder or (membership.status == "Active") == archived:
            continue
        if params.get("membershipId", membership.membership_id) != membership.membership_id:
            continue
        for case in membership.cases.values():
            read = _as_customer(case_model.list_cases)
            about = {**params, "caseId": case.case_id}
            listed = read(model, OPERATOR, about, output)["items"]
            owner = {"membershipId": membership.membership_id}
            items += [each | owner for each in listed]
            break
    return {"items": items, "total": len(items)}


OF_INVESTIGATIONS: dict[str, Operation] = {
    "ListInvestigations": list_investigations,
    "SendFeedback": send_feedback,
}
OF_RESPONDER: dict[str, Operation] = {
    "AcknowledgeCase": acknowledge_case,
    "CloseCase": close_case,
    "CreateCaseComment": create_case_comment,
    "GetCase": get_case,
    "ListCaseEdits": _as_customer(case_model.list_case_edits),
    "ListCases": list_cases,
    "ListComments": _as_customer(case_model.list_comments),
    "ListInvestigations": _as_customer(list_investigations),
    "OpenProactiveCase": open_proactive_case,
    "PutInvestigation": put_investigation,
    "RequestCustomerAction": request_customer_action,
    "SetCaseStatus": set_case_status,
    "UpdateCaseComment": update_case_comment,
    "UpdateInvestigation": update_investigation,
}
