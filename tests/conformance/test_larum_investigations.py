"""Investigations as the responder puts and advances them, and what their customer sees of it."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.domain.investigations import TRANSITIONS, ExecutionStatus
from tests.conformance.page import refusal_of, without_metadata
from tests.conformance.supported_cases import supported

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.supported_cases import Supported

SUMMARY = {"actionType": "Summarization", "title": "Summary", "content": "One **leaked** key."}
SERVICE = "security-ir.amazonaws.com"


def put(it: Supported, **more: Any) -> str:
    """Put a summary on the case and return its id."""
    return str(it.responder.put_investigation(**it.named, **SUMMARY | more)["investigationId"])


def read(it: Supported, investigation_id: str) -> dict[str, Any]:
    """Return an investigation as its customer reads it."""
    found = it.customer.list_investigations(caseId=it.case_id)["investigationActions"]
    return next(dict(each) for each in found if each["investigationId"] == investigation_id)


def test_it_advances_and_its_text_changes(connect: Instance, account: str) -> None:
    """Status, title and content change alone or together; each change is an edit and an event."""
    with supported(connect, account) as it:
        made = put(it, actionType="Evidence")
        update = it.responder.update_investigation
        named, told = it.named | {"investigationId": made}, it.told()
        answer = without_metadata(update(**named, status="InProgress"))
        assert answer == {"investigationId": made, "status": "InProgress"}
        update(**named, title="Keys", content="# Two")
        update(**named, content="# Three", status="Completed")
        found = read(it, made)
        assert (found["title"], found["content"], found["status"]) == (
            "Keys",
            "# Three",
            "Completed",
        )
        assert found["lastUpdated"] == it.case["lastUpdatedDate"]
        messages = [
            each["message"] for each in it.customer.list_case_edits(caseId=it.case_id)["items"]
        ]
        assert messages[-3:] == [
            f"Updated investigation {made}: its status to InProgress.",
            f"Updated investigation {made}: its title, its content.",
            f"Updated investigation {made}: its content, its status to Completed.",
        ]
        assert [kind for kind, _ in it.events(told)] == ["Case Updated"] * 3
        assert it.comments == []


def test_what_is_the_same_is_no_change(connect: Instance, account: str) -> None:
    """The same status and text again, and nothing at all, leave no edit and no event."""
    with supported(connect, account) as it:
        made = put(it, status="Completed")
        before = it.edits, it.told(), it.comments, read(it, made)
        update = it.responder.update_investigation
        for given in (
            {},
            {"status": "Completed"},
            {"title": "Summary", "content": SUMMARY["content"]},
        ):
            answer = update(**it.named, investigationId=made, **given)
            assert answer["status"] == "Completed"
        assert (it.edits, it.told(), it.comments, read(it, made)) == before


@pytest.mark.parametrize("at_once", [True, False])
def test_a_completed_summary_is_a_comment(
    connect: Instance,
    account: str,
    at_once: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Its text is a comment of the service, once, whether it was put so or completed later."""
    with supported(connect, account) as it:
        told, expected = it.told(), ["Case Updated"] * (1 if at_once else 3)
        if at_once:
            put(it, status="Completed")
        else:
            made = put(it)
            for status in ("InProgress", "Completed"):
                assert it.comments == []
                it.responder.update_investigation(**it.named, investigationId=made, status=status)
        (comment,) = it.comments
        assert comment["body"] == SUMMARY["content"]
        assert comment["creator"] == comment["lastUpdatedBy"] == SERVICE
        assert (SERVICE, "Add comment") in it.edits
        ((added, detail), *updated) = it.events(told)
        assert (added, [kind for kind, _ in updated]) == ("Case Comment Added", expected)
        assert json.loads(detail) == {"caseId": it.case_id, "createdBy": SERVICE}
        with pytest.raises(it.responder.exceptions.AccessDeniedException):
            it.responder.update_case_comment(**it.named, commentId="000000", body="Mine.")


@pytest.mark.parametrize(
    "given",
    [
        {"status": "Completed", "actionType": "Evidence"},
        {"status": "Completed", "actionType": "Investigation"},
        {"status": "Failed"},
        {"status": "Cancelled"},
        {"status": "Waiting"},
    ],
)
def test_nothing_else_is_a_comment(connect: Instance, account: str, given: dict[str, str]) -> None:
    """Other actions, and summaries that came to nothing, stay investigations alone."""
    with supported(connect, account) as it:
        put(it, **given)
        assert it.comments == []


def test_every_step_of_the_table_and_no_other() -> None:
    """An investigation goes where TRANSITIONS lets it go, stays where it is, or is a conflict."""
    with larum.Service() as service, supported(service, "222222222222") as it:
        conflict = it.responder.exceptions.ConflictException
        for before, after in product(ExecutionStatus, ExecutionStatus):
            made = put(it, actionType="Evidence", status=before)
            named = it.named | {"investigationId": made}
            if before is after or after in TRANSITIONS.get(before, frozenset()):
                it.responder.update_investigation(**named, status=after)
                assert read_last(it)["status"] == after
            else:
                with pytest.raises(conflict) as caught:
                    it.responder.update_investigation(**named, status=after)
                assert refusal_of(caught.value)["resourceType"] == "Investigation"
                assert read_last(it)["status"] == before


def read_last(it: Supported) -> dict[str, Any]:
    """Return the newest investigation of the case."""
    pages = it.customer.get_paginator("list_investigations").paginate(caseId=it.case_id)
    return [dict(each) for page in pages for each in page["investigationActions"]][-1]


@pytest.mark.parametrize("status", ["Completed", "Failed", "Cancelled"])
def test_the_text_of_what_has_ended_is_final(connect: Instance, account: str, status: str) -> None:
    """ConflictException for another title or content; one that is not there is not found."""
    with supported(connect, account) as it:
        named = it.named | {"investigationId": put(it, actionType="Evidence", status=status)}
        for given in ({"title": "Other"}, {"content": "Other."}):
            with pytest.raises(it.responder.exceptions.ConflictException, match="final"):
                it.responder.update_investigation(**named, **given)
        with pytest.raises(it.responder.exceptions.ResourceNotFoundException):
            it.responder.update_investigation(
                **named | {"investigationId": "inv-0123456789abcdef"}, status="Failed"
            )
