"""Rows of tags, keyed by the resource's ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.store.engine import Transaction

GET = """
SELECT tag_key, tag_value FROM tags
WHERE account = :account AND resource_arn = :resource_arn ORDER BY tag_key
"""
PUT = """
INSERT INTO tags (account, resource_arn, tag_key, tag_value)
VALUES (:account, :resource_arn, :tag_key, :tag_value)
ON CONFLICT (account, resource_arn, tag_key) DO UPDATE SET tag_value = :tag_value
"""
DELETE = """
DELETE FROM tags
WHERE account = :account AND resource_arn = :resource_arn AND tag_key = :tag_key
"""


def get(tx: Transaction, account: str, resource_arn: str) -> dict[str, str]:
    """Return the resource's tags, in the order of their keys."""
    rows = tx.rows(GET, {"account": account, "resource_arn": resource_arn})
    return dict(rows)


def put(tx: Transaction, account: str, resource_arn: str, tags: Mapping[str, str]) -> None:
    """Add tags; a key that is there gets the new value."""
    parameters = [
        {"account": account, "resource_arn": resource_arn, "tag_key": key, "tag_value": value}
        for key, value in tags.items()
    ]
    tx.change_many(PUT, parameters)


def delete(tx: Transaction, account: str, resource_arn: str, tag_keys: Iterable[str]) -> None:
    """Remove the tags with these keys."""
    parameters = [
        {"account": account, "resource_arn": resource_arn, "tag_key": key} for key in tag_keys
    ]
    tx.change_many(DELETE, parameters)
