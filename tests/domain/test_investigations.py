"""Investigations: their texts, their ends, and that a repr tells nothing of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from larum.domain import values
from larum.domain.comments import RESPONDER, Author, Comment
from larum.domain.investigations import (
    TRANSITIONS,
    ActionType,
    ExecutionStatus,
    Feedback,
    Investigation,
)
from larum.errors import ConflictException

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANARY = "zq7Canary"


def investigation(
    action_type: ActionType = ActionType.SUMMARIZATION,
    status: ExecutionStatus = ExecutionStatus.IN_PROGRESS,
) -> Investigation:
    """Return one whose texts are the canary."""
    return Investigation(
        account="222222222222",
        region="us-east-1",
        case_id="8403556009",
        investigation_id="inv-0123456789abcdef",
        action_type=action_type,
        title=CANARY,
        content=CANARY,
        status=status,
        created_at=NOW,
        updated_at=NOW,
        feedback=Feedback("USEFUL", CANARY, NOW),
    )


def test_nothing_sensitive_is_in_a_repr() -> None:
    """Neither title, content and feedback nor a comment's body can reach a log by a repr."""
    comment = Comment(
        account="222222222222",
        region="us-east-1",
        case_id="8403556009",
        comment_id="000000",
        body=CANARY,
        author=Author.RESPONDER,
        creator=RESPONDER.principal,
        last_updated_by=RESPONDER.principal,
        created_at=NOW,
        updated_at=NOW,
    )
    assert CANARY not in repr([investigation(), investigation().feedback, comment])


def test_only_a_completed_summarization_is_a_summary() -> None:
    """No other action and no other status makes a comment of its content."""
    summaries = [
        (kind, status)
        for kind in ActionType
        for status in ExecutionStatus
        if investigation(kind, status).is_summary
    ]
    assert summaries == [(ActionType.SUMMARIZATION, ExecutionStatus.COMPLETED)]


def test_an_end_has_no_way_back_and_a_final_text() -> None:
    """The statuses without a row in the table are the ends; each refuses a step and a text."""
    ends = set(ExecutionStatus) - TRANSITIONS.keys()
    assert ends == {
        ExecutionStatus.COMPLETED,
        ExecutionStatus.FAILED,
        ExecutionStatus.CANCELLED,
    }
    for status in ends:
        ended = investigation(status=status)
        with pytest.raises(ConflictException, match="final"):
            ended.rewritten("Other", "Other")
        for other in ExecutionStatus:
            with pytest.raises(ConflictException):
                ended.moved(other)


def test_ids_are_in_the_order_of_time() -> None:
    """An id has 30 digits after its prefix, and a later one comes later in every list."""
    later = NOW.replace(microsecond=1)
    first, second = (values.investigation_id(now, bytes(16)) for now in (NOW, later))
    assert first < second
    assert (first[:4], len(first)) == ("inv-", 34)
