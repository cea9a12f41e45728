"""Rows of comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.comments import Author, Comment

if TYPE_CHECKING:
    from larum.store.engine import Row, Transaction

INSERT = """
INSERT INTO comments (
    account, region, case_id, comment_id, body, author, creator, last_updated_by, created_at,
    updated_at
) VALUES (
    :account, :region, :case_id, :comment_id, :body, :author, :creator, :last_updated_by,
    :created_at, :updated_at
)
"""
UPDATE = """
UPDATE comments SET body = :body, last_updated_by = :last_updated_by, updated_at = :updated_at
WHERE account = :account AND region = :region AND case_id = :case_id AND comment_id = :comment_id
"""
PAGE = """
SELECT comment_id, body, author, creator, last_updated_by, created_at, updated_at
FROM comments
WHERE account = :account AND region = :region AND case_id = :case_id AND comment_id > :after
ORDER BY comment_id LIMIT :limit
"""
GET = """
SELECT comment_id, body, author, creator, last_updated_by, created_at, updated_at
FROM comments
WHERE account = :account AND region = :region AND case_id = :case_id AND comment_id = :comment_id
"""


def insert(tx: Transaction, comment: Comment) -> None:
    """Add a comment."""
    parameters = _changing(comment) | {
        "author": comment.author,
        "creator": comment.creator,
        "created_at": values.microseconds(comment.created_at),
    }
    tx.change(INSERT, parameters)


def update(tx: Transaction, comment: Comment) -> None:
    """Store what may change of a comment."""
    tx.change(UPDATE, _changing(comment))


def get(
    tx: Transaction, account: str, region: str, case_id: str, comment_id: str
) -> Comment | None:
    """Return the comment of a case, or None."""
    parameters = {"account": account, "region": region, "case_id": case_id}
    row = tx.row(GET, parameters | {"comment_id": comment_id})
    return None if row is None else _comment(account, region, case_id, row)


def page(
    tx: Transaction, account: str, region: str, case_id: str, after: str, limit: int
) -> list[Comment]:
    """Return at most `limit` comments of a case with ids after `after`, oldest first."""
    parameters = {
        "account": account,
        "region": region,
        "case_id": case_id,
        "after": after,
        "limit": limit,
    }
    return [_comment(account, region, case_id, row) for row in tx.rows(PAGE, parameters)]


def _changing(comment: Comment) -> dict[str, Any]:
    return {
        "account": comment.account,
        "region": comment.region,
        "case_id": comment.case_id,
        "comment_id": comment.comment_id,
        "body": comment.body,
        "last_updated_by": comment.last_updated_by,
        "updated_at": values.microseconds(comment.updated_at),
    }


def _comment(account: str, region: str, case_id: str, row: Row) -> Comment:
    comment_id, body, author, creator, last_updated_by, created_at, updated_at = row
    return Comment(
        account=account,
        region=region,
        case_id=case_id,
        comment_id=comment_id,
        body=body,
        author=Author(author),
        creator=creator,
        last_updated_by=last_updated_by,
        created_at=values.moment(created_at),
        updated_at=values.moment(updated_at),
    )
