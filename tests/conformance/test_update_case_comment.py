"""update_case_comment: a customer edits customers' comments, and only while the case is open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conformance.page import without_metadata
from tests.conformance.supported_cases import supported

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_a_body_is_replaced(connect: Instance, account: str) -> None:
    """The answer has id and body; the list has the new body, and the old time of creation."""
    with supported(connect, account) as it:
        it.customer.create_case_comment(caseId=it.case_id, body="First look.")
        (before,), told = it.comments, it.told()
        answer = it.customer.update_case_comment(
            caseId=it.case_id, commentId="000000", body="Second look."
        )
        assert without_metadata(answer) == {"commentId": "000000", "body": "Second look."}
        (after,) = it.comments
        assert after == before | {
            "body": "Second look.",
            "lastUpdatedDate": after["lastUpdatedDate"],
        }
        assert after["lastUpdatedDate"] >= before["lastUpdatedDate"]
        assert it.edits[-1] == (f"arn:aws:iam::{account}:root", "Update comment")
        ((kind, detail),) = it.events(told)
        assert kind == "Case Comment Updated"
        assert json.loads(detail) == {"caseId": it.case_id, "updatedBy": account}


def test_the_same_body_changes_nothing(connect: Instance, account: str) -> None:
    """It is answered in the same way, with no edit, no event and no later time."""
    with supported(connect, account) as it:
        it.customer.create_case_comment(caseId=it.case_id, body="First look.")
        before = it.comments, it.edits, it.told(), it.case["lastUpdatedDate"]
        answer = it.customer.update_case_comment(
            caseId=it.case_id, commentId="000000", body="First look."
        )
        assert without_metadata(answer) == {"commentId": "000000", "body": "First look."}
        assert (it.comments, it.edits, it.told(), it.case["lastUpdatedDate"]) == before


def test_the_responder_s_comments_are_not_the_customer_s(connect: Instance, account: str) -> None:
    """A comment of AWS Responder or of the service: AccessDeniedException, and it stays."""
    with supported(connect, account) as it:
        it.responder.create_case_comment(**it.named, body="Which hosts?")
        it.responder.put_investigation(
            **it.named,
            actionType="Summarization",
            title="Summary",
            content="One key.",
            status="Completed",
        )
        before = it.comments
        assert [each["creator"] for each in before] == [
            "AWS Responder",
            "security-ir.amazonaws.com",
        ]
        for comment in before:
            with pytest.raises(it.customer.exceptions.AccessDeniedException, match=it.case_id):
                it.customer.update_case_comment(
                    caseId=it.case_id, commentId=comment["commentId"], body="Never mind."
                )
        assert it.comments == before


def test_what_is_not_there_and_what_is_closed(connect: Instance, account: str) -> None:
    """A comment that does not exist is not found; nothing is edited on a Closed case."""
    with supported(connect, account) as it:
        it.customer.create_case_comment(caseId=it.case_id, body="First look.")
        request = {"caseId": it.case_id, "body": "Second look."}
        with pytest.raises(it.customer.exceptions.ResourceNotFoundException, match="000001"):
            it.customer.update_case_comment(**request, commentId="000001")
        it.customer.close_case(caseId=it.case_id)
        with pytest.raises(it.customer.exceptions.ConflictException):
            it.customer.update_case_comment(**request, commentId="000000")
        assert it.comments[0]["body"] == "First look."
