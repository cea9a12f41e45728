"""send_feedback: the customer's word on an investigation of their own case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.page import smallest, without_metadata
from tests.conformance.supported_cases import Supported, opening, supported

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def investigated(it: Supported) -> str:
    """Return the id of a new investigation of the case."""
    made = it.responder.put_investigation(
        **it.named, actionType="Investigation", title="Keys", content="One key."
    )
    return str(made["investigationId"])


def feedback(it: Supported) -> dict[str, Any] | None:
    """Return the feedback as the customer reads it, without its time."""
    (found,) = it.customer.list_investigations(caseId=it.case_id)["investigationActions"]
    told = dict(found["feedback"]) if "feedback" in found else None
    if told is not None:
        assert told.pop("submittedAt") is not None
    return told


def test_feedback_is_kept_and_replaced(connect: Instance, account: str) -> None:
    """The last word counts, with or without a comment; both sides read it."""
    with supported(connect, account) as it:
        result = investigated(it)
        assert feedback(it) is None
        told = it.told()
        given = {"caseId": it.case_id, "resultId": result}
        said = it.customer.send_feedback(**given, usefulness="NOT_USEFUL", comment="Wrong role.")
        assert without_metadata(said) == {}
        assert feedback(it) == {"usefulness": "NOT_USEFUL", "comment": "Wrong role."}
        it.customer.send_feedback(**given, usefulness="USEFUL")
        assert feedback(it) == {"usefulness": "USEFUL"}
        (seen,) = it.responder.list_investigations(**it.named)["investigationActions"]
        assert seen["feedback"]["usefulness"] == "USEFUL"
        assert it.edits[-2:] == [(f"arn:aws:iam::{account}:root", "Send feedback")] * 2
        assert [kind for kind, _ in it.events(told)] == ["Case Updated"] * 2


def test_the_same_feedback_changes_nothing(connect: Instance, account: str) -> None:
    """A repeat after a lost answer leaves no second edit and no event."""
    with supported(connect, account) as it:
        given = {"caseId": it.case_id, "resultId": investigated(it)}
        it.customer.send_feedback(**given, usefulness="USEFUL", comment="It named the role.")
        before = it.edits, it.told()
        it.customer.send_feedback(**given, usefulness="USEFUL", comment="It named the role.")
        assert (it.edits, it.told()) == before


def test_feedback_leaves_what_the_case_waits_for(connect: Instance, account: str) -> None:
    """It is no answer to the responder: the case waits for its customer as before."""
    with supported(connect, account) as it:
        result = investigated(it)
        it.responder.request_customer_action(**it.named)
        it.customer.send_feedback(caseId=it.case_id, resultId=result, usefulness="USEFUL")
        assert it.case["pendingAction"] == "Customer"


def test_only_on_an_investigation_of_this_open_case(
    connect: Instance, account: str, stranger: str
) -> None:
    """404 for one that is not there, of another case or of another account; 409 once Closed."""
    with supported(connect, account) as it:
        result = investigated(it)
        missing = it.customer.exceptions.ResourceNotFoundException
        other = it.customer.create_case(**opening())["caseId"]
        for case_id, result_id in [(it.case_id, "inv-0123456789abcdef"), (other, result)]:
            with pytest.raises(missing):
                it.customer.send_feedback(caseId=case_id, resultId=result_id, usefulness="USEFUL")
        client = connect.client(account=stranger)
        client.create_membership(**smallest())
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.send_feedback(caseId=it.case_id, resultId=result, usefulness="USEFUL")
        client.close()
        it.customer.close_case(caseId=it.case_id)
        with pytest.raises(it.customer.exceptions.ConflictException):
            it.customer.send_feedback(caseId=it.case_id, resultId=result, usefulness="USEFUL")
        assert feedback(it) is None
