"""What the other side may do next: params of `larum`'s operations, drawn as in service_steps.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.case_model import RESPONDER
from tests.conformance.service_answers import CANARY
from tests.conformance.service_model import OPERATOR
from tests.conformance.service_steps import NOBODYS_CASE, STATUSES, moment, once, text, this_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.conformance.case_model import Case
    from tests.conformance.service_model import Caller, Params, ServiceModel

NOBODYS_INVESTIGATION = "inv-aaaaaaaaaaaaaaaaaaaa"
CODES = ("Investigation Completed", "Not Resolved", "False Positive", "Duplicate")
ACTIONS = ("Evidence", "Investigation", "Summarization")
PROGRESS = ("Pending", "InProgress", "Waiting", "Completed", "Failed", "Cancelled")


def _found(
    random: Random,
    model: ServiceModel,
    caller: Caller,
    wanted: Callable[[Case], bool] = lambda _: True,
) -> tuple[Params, Case | None]:
    """Return how a case of the caller's is named, and the case: mostly a wanted one to work on."""
    every = [
        case
        for membership in model.memberships
        if membership.caller == caller
        for case in membership.cases.values()
    ]
    workable = _workable(model, caller)
    some = workable if workable and random.random() < 0.85 else every
    if random.random() < 0.9:
        some = [each for each in some if wanted(each)] or some
    case = random.choice(some) if some and random.random() < 0.97 else None
    about = {"accountId": caller.account, "region": caller.region}
    return about | {"caseId": case.case_id if case else NOBODYS_CASE}, case


def _workable(model: ServiceModel, caller: Caller) -> list[Case]:
    """Return the cases of the caller's that the responder may work on."""
    return [
        case
        for membership in model.memberships
        if membership.caller == caller and membership.status == "Active"
        for case in membership.cases.values()
        if case.resolver == "AWS" and not case.is_closed
    ]


def _named(random: Random, model: ServiceModel, caller: Caller) -> Params:
    return _found(random, model, caller)[0]


def _close(random: Random, model: ServiceModel, caller: Caller) -> Params:
    return _named(random, model, caller) | {"closureCode": random.choice(CODES[:2])}


def _comment(random: Random, model: ServiceModel, caller: Caller) -> Params:
    params = _named(random, model, caller) | {"body": text(random)}
    return once(random, model, OPERATOR, "larum:CreateCaseComment", params)


def _update_comment(random: Random, model: ServiceModel, caller: Caller) -> Params:
    def answered(case: Case) -> bool:
        return any(each.creator == RESPONDER for each in case.comments)

    params, case = _found(random, model, caller, answered)
    comments = case.comments if case else []
    own = [place for place, each in enumerate(comments) if each.creator == RESPONDER]
    number = random.choice(own) if random.random() < 0.8 and own else len(comments)
    number = random.randrange(number + 1) if random.random() < 0.2 else number
    body = comments[number].body if number < len(comments) and random.random() < 0.2 else None
    return params | {"commentId": f"{number:06d}", "body": body or text(random)}


def _list_cases(random: Random, model: ServiceModel, caller: Caller) -> Params:
    archived = random.random() < 0.5
    params: Params = {"accountId": caller.account, "region": caller.region, "archived": archived}
    if model.memberships and random.random() < 0.3:
        params["membershipId"] = random.choice(model.memberships).membership_id
    return params


def _open(random: Random, model: ServiceModel, caller: Caller) -> Params:
    params: Params = {
        "accountId": caller.account,
        "region": caller.region,
        "title": text(random),
        "description": text(random),
    }
    if random.random() < 0.5:
        params["reportedIncidentStartDate"] = moment(random)
        params["watchers"] = [{"email": f"{CANARY}@example.com"}]
    return once(random, model, OPERATOR, "larum:OpenProactiveCase", params)


def _put(random: Random, model: ServiceModel, caller: Caller) -> Params:
    params = _named(random, model, caller) | {
        "actionType": random.choice(ACTIONS),
        "title": text(random),
        "content": text(random),
    }
    if random.random() < 0.5:
        params["status"] = random.choice(PROGRESS)
    return once(random, model, OPERATOR, "larum:PutInvestigation", params)


def _with_investigation(
    random: Random, model: ServiceModel, caller: Caller
) -> tuple[Params, dict[str, Any] | None]:
    params, case = _found(random, model, caller, lambda each: bool(each.investigations))
    found = list(case.investigations.values()) if case else []
    return params, random.choice(found) if found else None


def _advance(random: Random, model: ServiceModel, caller: Caller) -> Params:
    params, investigation = _with_investigation(random, model, caller)
    params["investigationId"] = (investigation or {}).get("investigationId", NOBODYS_INVESTIGATION)
    if random.random() < 0.7:
        params["status"] = random.choice(PROGRESS)
    if random.random() < 0.4:
        params["content"] = text(random)
    if random.random() < 0.2:
        params["title"] = text(random)
    return params


def send_feedback(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """What an investigation was worth, at times the same again."""
    params, investigation = _with_investigation(random, model, caller)
    params.pop("accountId"), params.pop("region")
    if random.random() < 0.1:
        params = this_case(random, model, caller)
    params["resultId"] = (investigation or {}).get("investigationId", NOBODYS_INVESTIGATION)
    params["usefulness"] = random.choice(("USEFUL", "NOT_USEFUL"))
    if random.random() < 0.4:
        params["comment"] = f"{CANARY} {random.randrange(2)}"
    return params


def _set_status(random: Random, model: ServiceModel, caller: Caller) -> Params:
    wanted = random.choice(("Acknowledged", *STATUSES[1:], "Ready to Close"))
    return _named(random, model, caller) | {"caseStatus": wanted}


# As STEPS of service_steps.py; the caller is the customer whose case it is about.
RESPONDER_STEPS: dict[str, tuple[int, Callable[[Random, ServiceModel, Caller], Params]]] = {
    "larum:AcknowledgeCase": (2, _named),
    "larum:CloseCase": (1, _close),
    "larum:CreateCaseComment": (3, _comment),
    "larum:GetCase": (1, _named),
    "larum:ListCaseEdits": (1, _named),
    "larum:ListCases": (1, _list_cases),
    "larum:ListComments": (1, _named),
    "larum:ListInvestigations": (1, _named),
    "larum:OpenProactiveCase": (1, _open),
    "larum:PutInvestigation": (3, _put),
    "larum:RequestCustomerAction": (3, _named),
    "larum:SetCaseStatus": (4, _set_status),
    "larum:UpdateCaseComment": (4, _update_comment),
    "larum:UpdateInvestigation": (5, _advance),
    "ListInvestigations": (1, this_case),
    "SendFeedback": (5, send_feedback),
}
WORK = {
    *("larum:AcknowledgeCase", "larum:CreateCaseComment", "larum:PutInvestigation"),
    *("larum:RequestCustomerAction", "larum:SetCaseStatus"),
}


def without_work(model: ServiceModel, caller: Caller, operation: str) -> str:
    """Return the operation, or the one that has to come before it."""
    cases = _workable(model, caller)
    if operation in {"SendFeedback", "larum:UpdateInvestigation"}:
        has = any(each.investigations for each in cases)
        operation = operation if has else "larum:PutInvestigation"
    if operation == "larum:UpdateCaseComment":
        has = any(said.creator == RESPONDER for each in cases for said in each.comments)
        operation = operation if has else "larum:CreateCaseComment"
    return "larum:OpenProactiveCase" if operation in WORK and not cases else operation
