"""The responder's acts on a case: seen by its customer, told, and refused where they must be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.domain.cases import TRANSITIONS, CaseStatus, ResolverType
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import refusal_of, smallest, without_metadata
from tests.conformance.supported_cases import STARTED, opening, supported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.instances import Instance
    from tests.conformance.supported_cases import Supported

    Act = Callable[[Supported], dict[str, Any]]

CONTAINMENT = "Containment, Eradication and Recovery"
SETTABLE = [each for each in CaseStatus if each not in {CaseStatus.SUBMITTED, CaseStatus.CLOSED}]
RESPONDER = "AWS Responder"
# Every act on a case that stands, by its name: with what it is called.
ACTS: dict[str, dict[str, Any]] = {
    "acknowledge_case": {},
    "close_case": {"closureCode": "Duplicate"},
    "create_case_comment": {"body": "Which hosts?"},
    "put_investigation": {"actionType": "Evidence", "title": "Keys", "content": "One."},
    "request_customer_action": {},
    "set_case_status": {"caseStatus": CONTAINMENT},
    "update_case_comment": {"commentId": "000000", "body": "Which users?"},
    "update_investigation": {"investigationId": "inv-0123456789abcdef", "status": "InProgress"},
}


def acted(it: Supported, name: str, **more: Any) -> dict[str, Any]:
    """Do one of ACTS and return the answer."""
    return without_metadata(getattr(it.responder, name)(**it.named, **ACTS[name], **more))


def state(it: Supported) -> tuple[Any, ...]:
    """Return everything that an act could change."""
    return without_metadata(it.case), it.comments, it.edits, it.told()


@pytest.mark.parametrize(
    ("name", "communication", "action"),
    [
        ("acknowledge_case", "Case Acknowledged", "Acknowledge case"),
        (
            "request_customer_action",
            "Case Pending Customer Action Reminder",
            "Request customer action",
        ),
        ("set_case_status", "Case Status Updated", "Update case status"),
        ("create_case_comment", "Case Comment Added", "Add comment"),
        ("put_investigation", "Case Updated", "Add investigation"),
        ("close_case", "Case Closed", "Close case"),
    ],
)
def test_an_act_is_one_edit_one_event_and_notices(
    connect: Instance, account: str, name: str, communication: str, action: str
) -> None:
    """Edit and event name AWS Responder, and everyone who asked for it is told, once."""
    with supported(connect, account) as it:
        edits, before = len(it.edits), it.told()
        acted(it, name)
        assert it.edits[edits:] == [(RESPONDER, action)]
        ((kind, detail),) = it.events(before)
        closed = name == "close_case"
        assert kind == {
            "create_case_comment": "Case Comment Added",
            "close_case": "Case Closed",
        }.get(name, "Case Updated")
        actor = {} if closed else {"updatedBy": RESPONDER}
        if name == "create_case_comment":
            actor = {"createdBy": RESPONDER}
        assert json.loads(detail) == {"caseId": it.case_id, **actor}
        assert it.notices(before) == [
            (communication, address)
            for address in ("ana@example.com", "bob@example.com", "wanda@example.com")
        ]
        assert it.customer.list_cases()["items"][0]["caseId"] == it.case_id


def test_acknowledging(connect: Instance, account: str) -> None:
    """A Submitted case becomes Acknowledged; again is no change; later it is a conflict."""
    with supported(connect, account) as it:
        answer = {"caseStatus": "Acknowledged", "pendingAction": "None"}
        assert acted(it, "acknowledge_case") == answer
        before = state(it)
        assert acted(it, "acknowledge_case") == answer
        assert state(it) == before
        acted(it, "set_case_status")
        with pytest.raises(it.responder.exceptions.ConflictException) as caught:
            acted(it, "acknowledge_case")
        assert refusal_of(caught.value)["resourceType"] == "Case"
        assert refusal_of(caught.value)["resourceId"] == it.case_id


def test_the_case_waits_until_its_customer_speaks(connect: Instance, account: str) -> None:
    """A customer's comment, new or edited, ends the wait; the responder's words do not."""
    with supported(connect, account) as it:
        assert acted(it, "request_customer_action")["pendingAction"] == "Customer"
        before = state(it)
        assert acted(it, "request_customer_action")["pendingAction"] == "Customer"
        assert state(it) == before
        acted(it, "create_case_comment")
        acted(it, "update_case_comment")
        acted(it, "set_case_status")
        assert it.case["pendingAction"] == "Customer"
        it.customer.create_case_comment(caseId=it.case_id, body="The build server.")
        assert it.case["pendingAction"] == "None"
        acted(it, "request_customer_action")
        it.customer.update_case_comment(caseId=it.case_id, commentId="000001", body="Both.")
        assert it.case["pendingAction"] == "None"
        message = it.customer.list_case_edits(caseId=it.case_id)["items"][-1]["message"]
        assert message == "Updated comment 000001. The case waits for the customer no longer."


def test_closing_with_a_code(connect: Instance, account: str) -> None:
    """The case is Closed with that code and time for good; again with the code is no change."""
    with supported(connect, account) as it:
        acted(it, "request_customer_action")
        answer = acted(it, "close_case")
        case = it.case
        assert (answer["caseStatus"], answer["closureCode"]) == ("Closed", "Duplicate")
        assert (case["caseStatus"], case["closureCode"]) == ("Closed", "Duplicate")
        assert case["pendingAction"] == "None"
        assert case["closedDate"] == answer["closedDate"]
        before = state(it)
        assert acted(it, "close_case") == answer
        with pytest.raises(it.responder.exceptions.ConflictException):
            it.responder.close_case(**it.named, closureCode="False Positive")
        assert state(it) == before


def test_what_the_customer_closed_gets_no_code(connect: Instance, account: str) -> None:
    """Closed is final: a closure code comes with the closing or not at all."""
    with supported(connect, account) as it:
        it.customer.close_case(caseId=it.case_id)
        with pytest.raises(it.responder.exceptions.ConflictException):
            acted(it, "close_case")
        assert "closureCode" not in it.case


@pytest.mark.parametrize("name", ACTS)
def test_nothing_is_done_where_nothing_may_be(connect: Instance, account: str, name: str) -> None:
    """No act touches a self-managed, a Closed or an archived case, or one that is not there."""
    with supported(connect, account) as it:
        errors = it.responder.exceptions
        self_managed = it.customer.create_case(**opening("Self"))["caseId"]
        call, given = getattr(it.responder, name), ACTS[name]
        with pytest.raises(errors.ValidationException) as caught:
            call(**it.named | {"caseId": self_managed}, **given)
        assert refusal_of(caught.value)["reason"] == "OTHER"
        nobodys = str((int(it.case_id) + 1) % 10**10).zfill(10)
        for other in ({"caseId": nobodys}, {"accountId": "999999999999"}, {"region": "eu-west-1"}):
            with pytest.raises(errors.ResourceNotFoundException):
                call(**it.named | other, **given)
        it.customer.close_case(caseId=it.case_id)
        before = state(it)
        with pytest.raises(errors.ConflictException, match="Closed"):
            call(**it.named, **given)
        assert state(it) == before
        it.customer.cancel_membership(membershipId=it.membership_id)
        for case_id in (it.case_id, self_managed):
            if (name, case_id) == ("close_case", it.case_id):
                continue
            with pytest.raises(errors.ConflictException, match="archived"):
                call(**it.named | {"caseId": case_id}, **given)


def test_the_customer_s_comments_are_not_the_responder_s(connect: Instance, account: str) -> None:
    """A customer's comment: AccessDeniedException, and it stays; the responder's own is edited."""
    with supported(connect, account) as it:
        it.customer.create_case_comment(caseId=it.case_id, body="First look.")
        with pytest.raises(it.responder.exceptions.AccessDeniedException) as caught:
            acted(it, "update_case_comment")
        assert "larum:UpdateCaseComment" in refusal_of(caught.value)["message"]
        assert it.comments[0]["body"] == "First look."
        made = acted(it, "create_case_comment")["commentId"]
        answer = without_metadata(
            it.responder.update_case_comment(**it.named, commentId=made, body="Which users?")
        )
        assert answer == {"commentId": made, "body": "Which users?"}
        before = state(it)
        it.responder.update_case_comment(**it.named, commentId=made, body="Which users?")
        assert state(it) == before
        comment = it.comments[1]
        assert (comment["creator"], comment["lastUpdatedBy"]) == (RESPONDER, RESPONDER)
        assert comment["body"] == "Which users?"


def test_a_token_makes_one_thing(connect: Instance, account: str) -> None:
    """A repeated comment, investigation and proactive case answer with the first one's id."""
    with supported(connect, account) as it:
        customer = {name: it.named[name] for name in ("accountId", "region")}
        new = {"title": "Keys", "description": "Two of them."}
        for call, given, other in (
            (it.responder.create_case_comment, it.named | {"body": "One"}, {"body": "Two"}),
            (
                it.responder.put_investigation,
                it.named | ACTS["put_investigation"],
                {"title": "Users"},
            ),
            (it.responder.open_proactive_case, customer | new, {"title": "Users"}),
        ):
            request = {"clientToken": "the-same", **given}
            first, again = (without_metadata(call(**request)) for _ in range(2))
            assert first == again
            with pytest.raises(it.responder.exceptions.ConflictException) as caught:
                call(**request | other)
            assert [refusal_of(caught.value)["resourceId"]] == list(first.values())
        assert len(it.comments) == 1
        assert it.customer.list_cases()["total"] == 2


def test_a_token_of_one_service_means_nothing_to_the_other(first_start: Instance) -> None:
    """The administrator's own comment and the responder's may have the same clientToken."""
    client, responder = first_start.client(), larum_client(first_start)
    client.create_membership(**smallest())
    case_id = client.create_case(**opening())["caseId"]
    named = {"accountId": "123456789012", "region": "us-east-1", "caseId": case_id}
    client.create_case_comment(caseId=case_id, body="One.", clientToken="same")
    responder.create_case_comment(**named, body="Two.", clientToken="same")
    found = client.list_comments(caseId=case_id)["items"]
    assert [each["commentId"] for each in found] == ["000000", "000001"]
    client.close()
    responder.close()


def test_a_proactive_case(connect: Instance, account: str) -> None:
    """It is AWS-supported, prefixed, tagged, told as the responder's, and has what was given."""
    with supported(connect, account) as it:
        made = it.responder.open_proactive_case(
            accountId=account,
            region="us-east-1",
            title="Keys used from elsewhere",
            description="Two keys.",
            engagementType="Investigation",
            reportedIncidentStartDate=STARTED,
            impactedAccounts=[account],
            impactedServices=["AWS IAM"],
            impactedAwsRegions=[{"region": "eu-west-1"}],
            threatActorIpAddresses=[{"ipAddress": "192.0.2.7", "userAgent": "curl/8.5"}],
            watchers=[{"email": "carol@example.com"}],
        )["caseId"]
        case = it.customer.get_case(caseId=made)
        assert case["title"] == "[Proactive case] Keys used from elsewhere"
        assert (case["resolverType"], case["caseStatus"]) == ("AWS", "Submitted")
        assert case["engagementType"] == "Investigation"
        assert case["reportedIncidentStartDate"] == STARTED
        assert case["impactedAccounts"] == [account]
        assert case["impactedServices"] == ["AWS IAM"]
        assert case["impactedAwsRegions"] == [{"region": "eu-west-1"}]
        assert case["threatActorIpAddresses"][0]["userAgent"] == "curl/8.5"
        assert case["watchers"] == [{"email": "carol@example.com"}]
        tags = it.responder.get_case(**it.named | {"caseId": made})["tags"]
        assert tags == {"SecurityIncidentResponseManaged": "true"}
        (edit,) = it.customer.list_case_edits(caseId=made)["items"]
        assert (edit["principal"], edit["action"]) == (RESPONDER, "Create case")
        pages = it.responder.get_paginator("list_outbox_entries").paginate()
        (event,) = [
            each
            for page in pages
            for each in page["items"]
            if (each["kind"], each["resourceArn"]) == ("event", case["caseArn"])
        ]
        assert event["type"] == "Case Created"
        assert json.loads(event["detail"]) == {"caseId": made, "createdBy": RESPONDER}


def test_a_proactive_case_needs_an_active_membership(
    connect: Instance, account: str, stranger: str
) -> None:
    """Without one, and after it was cancelled: SecurityIncidentResponseNotActiveException."""
    with supported(connect, account) as it:
        new = {"region": "us-east-1", "title": "Keys", "description": "Two of them."}
        refused = it.responder.exceptions.SecurityIncidentResponseNotActiveException
        with pytest.raises(refused):
            it.responder.open_proactive_case(accountId=stranger, **new)
        it.customer.cancel_membership(membershipId=it.membership_id)
        with pytest.raises(refused):
            it.responder.open_proactive_case(accountId=account, **new)


@pytest.fixture
def in_process() -> Iterator[Supported]:
    """A case in a service of its own."""
    with larum.Service() as service, supported(service, "222222222222") as it:
        yield it


def at(it: Supported, status: CaseStatus) -> dict[str, Any]:
    """Return the names of a new AWS-supported case in that status."""
    customer = {name: it.named[name] for name in ("accountId", "region")}
    made = it.responder.open_proactive_case(**customer, title="Keys", description="Two.")
    named = {**customer, "caseId": made["caseId"]}
    if status is CaseStatus.CLOSED:
        it.responder.close_case(**named, closureCode="Not Resolved")
    elif status is not CaseStatus.SUBMITTED:
        it.responder.set_case_status(**named, caseStatus=status)
    return named


@pytest.mark.parametrize("before", CaseStatus)
@pytest.mark.parametrize("after", SETTABLE)
def test_every_move_of_the_table_and_no_other(
    in_process: Supported, before: CaseStatus, after: CaseStatus
) -> None:
    """SetCaseStatus goes where TRANSITIONS lets it; the rest is a conflict, and no change."""
    it = in_process
    named = at(it, before)
    if before is after or ResolverType.AWS in TRANSITIONS.get((before, after), ()):
        answer = it.responder.set_case_status(**named, caseStatus=after)
        assert answer["caseStatus"] == after
        assert it.customer.get_case(caseId=named["caseId"])["caseStatus"] == after
    else:
        with pytest.raises(it.responder.exceptions.ConflictException):
            it.responder.set_case_status(**named, caseStatus=after)
        assert it.customer.get_case(caseId=named["caseId"])["caseStatus"] == before


@pytest.mark.parametrize("before", [each for each in CaseStatus if each is not CaseStatus.CLOSED])
@pytest.mark.parametrize("code", ["Investigation Completed", "Not Resolved", "False Positive"])
def test_any_open_status_can_be_closed(
    in_process: Supported, before: CaseStatus, code: str
) -> None:
    """CloseCase works from wherever the case stands, with any code."""
    named = at(in_process, before)
    assert in_process.responder.close_case(**named, closureCode=code)["closureCode"] == code


def test_a_handed_over_case_is_the_responder_s(in_process: Supported) -> None:
    """A self-managed case can be worked on from the moment that its customer hands it over."""
    it = in_process
    case_id = it.customer.create_case(**opening("Self"))["caseId"]
    named = it.named | {"caseId": case_id}
    with pytest.raises(it.responder.exceptions.ValidationException):
        it.responder.acknowledge_case(**named)
    it.customer.update_resolver_type(caseId=case_id, resolverType="AWS")
    assert it.responder.acknowledge_case(**named)["caseStatus"] == "Acknowledged"


def test_proactive_cases_are_not_refused_by_quotas(in_process: Supported) -> None:
    """The 51st AWS-supported case of a day is refused to the customer, not to the responder."""
    it = in_process
    for _ in range(50):
        at(it, CaseStatus.SUBMITTED)
    with pytest.raises(it.customer.exceptions.ServiceQuotaExceededException):
        it.customer.create_case(**opening())


def test_the_audit_names_who_acted_in_the_customer_s_chain() -> None:
    """The act stands in the chain of the case's account, with the administrator as the identity."""
    with larum.Service() as service, supported(service, "222222222222") as it:
        acted(it, "create_case_comment")
        sql = "SELECT record FROM audit_records WHERE account = :account ORDER BY sequence DESC"
        ((text,), *_) = service.engine.read(lambda tx: tx.rows(sql, {"account": "222222222222"}))
        record = json.loads(text)
    assert record["eventSource"] == "larum"
    assert record["userIdentity"]["arn"] == "arn:aws:iam::123456789012:root"
    assert record["caseEdit"]["principal"] == RESPONDER
    assert "Which hosts?" not in text
