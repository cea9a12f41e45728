"""Rows of investigations, with the customer's feedback on each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.investigations import ActionType, ExecutionStatus, Feedback, Investigation

if TYPE_CHECKING:
    from larum.store.engine import Row, Transaction

INSERT = """
INSERT INTO investigations (
    account, region, case_id, investigation_id, action_type, title, content, status, created_at,
    updated_at, usefulness, feedback_comment, feedback_at
) VALUES (
    :account, :region, :case_id, :investigation_id, :action_type, :title, :content, :status,
    :created_at, :updated_at, :usefulness, :feedback_comment, :feedback_at
)
"""
UPDATE = """
UPDATE investigations SET
    title = :title, content = :content, status = :status, updated_at = :updated_at,
    usefulness = :usefulness, feedback_comment = :feedback_comment, feedback_at = :feedback_at
WHERE account = :account AND region = :region AND case_id = :case_id
  AND investigation_id = :investigation_id
"""
COLUMNS = """
SELECT investigation_id, action_type, title, content, status, created_at, updated_at, usefulness,
       feedback_comment, feedback_at
FROM investigations
WHERE account = :account AND region = :region AND case_id = :case_id
"""
GET = f"{COLUMNS}AND investigation_id = :investigation_id"
# An id begins with the time, so the order of ids is the order of creation.
PAGE = f"{COLUMNS}AND investigation_id > :after ORDER BY investigation_id LIMIT :limit"


def insert(tx: Transaction, investigation: Investigation) -> None:
    """Add an investigation."""
    parameters = _changing(investigation) | {
        "action_type": investigation.action_type,
        "created_at": values.microseconds(investigation.created_at),
    }
    tx.change(INSERT, parameters)


def update(tx: Transaction, investigation: Investigation) -> None:
    """Store what may change of an investigation."""
    tx.change(UPDATE, _changing(investigation))


def get(
    tx: Transaction, account: str, region: str, case_id: str, investigation_id: str
) -> Investigation | None:
    """Return the investigation of a case, or None."""
    parameters = {"account": account, "region": region, "case_id": case_id}
    row = tx.row(GET, parameters | {"investigation_id": investigation_id})
    return None if row is None else _investigation(account, region, case_id, row)


def page(
    tx: Transaction, account: str, region: str, case_id: str, after: str, limit: int
) -> list[Investigation]:
    """Return at most `limit` investigations of a case with ids after `after`, oldest first."""
    parameters = {
        "account": account,
        "region": region,
        "case_id": case_id,
        "after": after,
        "limit": limit,
    }
    return [_investigation(account, region, case_id, row) for row in tx.rows(PAGE, parameters)]


def _changing(investigation: Investigation) -> dict[str, Any]:
    feedback = investigation.feedback
    return {
        "account": investigation.account,
        "region": investigation.region,
        "case_id": investigation.case_id,
        "investigation_id": investigation.investigation_id,
        "title": investigation.title,
        "content": investigation.content,
        "status": investigation.status,
        "updated_at": values.microseconds(investigation.updated_at),
        "usefulness": feedback and feedback.usefulness,
        "feedback_comment": feedback and feedback.comment,
        "feedback_at": feedback and values.microseconds(feedback.submitted_at),
    }


def _investigation(account: str, region: str, case_id: str, row: Row) -> Investigation:
    identifier, action_type, title, content, status, created_at, updated_at, *said = row
    usefulness, comment, submitted_at = said
    return Investigation(
        account=account,
        region=region,
        case_id=case_id,
        investigation_id=identifier,
        action_type=ActionType(action_type),
        title=title,
        content=content,
        status=ExecutionStatus(status),
        created_at=values.moment(created_at),
        updated_at=values.moment(updated_at),
        feedback=Feedback(usefulness, comment, values.moment(submitted_at)) if usefulness else None,
    )
