"""create_case_comment: numbered from 000000, told to everyone, once per clientToken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.page import refusal_of, smallest
from tests.conformance.supported_cases import opening, supported

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_comments_are_numbered_from_zero(connect: Instance, account: str) -> None:
    """Ids have six digits and count up in each case by itself."""
    with supported(connect, account, "Self") as it:
        other = it.customer.create_case(**opening("Self"))["caseId"]
        for case_id in (it.case_id, other):
            made = [
                it.customer.create_case_comment(caseId=case_id, body=f"{n}")["commentId"]
                for n in range(3)
            ]
            assert made == ["000000", "000001", "000002"]


def test_a_comment_is_told_with_its_author(connect: Instance, account: str) -> None:
    """Creator is the caller's ARN, the event's actor the account; edit and notices go with it."""
    with supported(connect, account) as it:
        before = it.told()
        it.customer.create_case_comment(caseId=it.case_id, body="First look:\r\nnothing yet.")
        (comment,) = it.comments
        principal = f"arn:aws:iam::{account}:root"
        assert (comment["creator"], comment["lastUpdatedBy"]) == (principal, principal)
        assert comment["body"] == "First look:\r\nnothing yet."
        assert comment["createdDate"] == comment["lastUpdatedDate"] == it.case["lastUpdatedDate"]
        assert it.edits == [(principal, "Create case"), (principal, "Add comment")]
        ((kind, detail),) = it.events(before)
        assert kind == "Case Comment Added"
        assert json.loads(detail) == {"caseId": it.case_id, "createdBy": account}
        assert it.notices(before) == [
            ("Case Comment Added", address)
            for address in ("ana@example.com", "bob@example.com", "wanda@example.com")
        ]


def test_a_comment_brings_the_case_to_the_top(connect: Instance, account: str) -> None:
    """The case that was commented on last is the first of ListCases."""
    with supported(connect, account, "Self") as it:
        it.customer.create_case(**opening("Self"))
        it.customer.create_case_comment(caseId=it.case_id, body="Again.")
        assert it.customer.list_cases()["items"][0]["caseId"] == it.case_id


def test_the_same_token_makes_one_comment(connect: Instance, account: str) -> None:
    """A repeat answers with the first one's id and adds nothing; another body is a conflict."""
    with supported(connect, account, "Self") as it:
        request = {"caseId": it.case_id, "body": "Once.", "clientToken": "a-token"}
        first, again = (it.customer.create_case_comment(**request)["commentId"] for _ in range(2))
        assert first == again == "000000"
        assert it.customer.list_comments(caseId=it.case_id)["total"] == 1
        with pytest.raises(it.customer.exceptions.ConflictException) as caught:
            it.customer.create_case_comment(**request | {"body": "Twice."})
        assert refusal_of(caught.value)["resourceType"] == "Comment"
        assert refusal_of(caught.value)["resourceId"] == "000000"


def test_a_closed_case_takes_no_comment(connect: Instance, account: str) -> None:
    """Nothing is written on a Closed case: ConflictException."""
    with supported(connect, account, "Self") as it:
        it.customer.close_case(caseId=it.case_id)
        with pytest.raises(it.customer.exceptions.ConflictException) as caught:
            it.customer.create_case_comment(caseId=it.case_id, body="Too late.")
        assert refusal_of(caught.value)["resourceType"] == "Case"
        assert it.comments == []


def test_another_account_s_case_does_not_exist(
    connect: Instance, account: str, stranger: str
) -> None:
    """A case of another account, and one of nobody, are not found, in the same words."""
    with supported(connect, account) as it:
        client = connect.client(account=stranger)
        for call in (client.list_comments, client.list_investigations):
            with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
                call(caseId=it.case_id)
        client.create_membership(**smallest())
        nobodys = str((int(it.case_id) + 1) % 10**10).zfill(10)
        messages = []
        for case_id in (it.case_id, nobodys):
            with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
                client.create_case_comment(caseId=case_id, body="Hello?")
            messages.append(refusal_of(caught.value)["message"].replace(case_id, "ID"))
        assert messages[0] == messages[1]
        assert it.comments == []
        client.close()


def test_the_millionth_comment_is_the_last() -> None:
    """Ids have six digits: after 999999 the quota LARUM-COMMENTS refuses, and changes nothing."""
    with larum.Service() as service, supported(service, "222222222222") as it:
        sql = "UPDATE cases SET comments = 999999"
        service.engine.write(lambda tx: tx.change(sql, {}))
        made = it.customer.create_case_comment(caseId=it.case_id, body="The last.")
        assert made["commentId"] == "999999"
        before = it.case, it.told()
        with pytest.raises(it.customer.exceptions.ServiceQuotaExceededException) as caught:
            it.customer.create_case_comment(caseId=it.case_id, body="One more.")
        refusal = refusal_of(caught.value)
        assert (refusal["quotaCode"], refusal["resourceType"]) == ("LARUM-COMMENTS", "Case")
        assert refusal["resourceId"] == "222222222222"
        assert [each["commentId"] for each in it.comments] == ["999999"]
        assert (it.case["lastUpdatedDate"], it.told()) == (before[0]["lastUpdatedDate"], before[1])
