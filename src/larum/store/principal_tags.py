"""Rows of the tags of users and roles; keys are told apart without regard to case, as in IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.domain.principals import Principal
    from larum.store.engine import Transaction

GET = """
SELECT tag_key, tag_value FROM principal_tags
WHERE account = :account AND principal_arn = :principal_arn ORDER BY folded_key
"""
PUT = """
INSERT INTO principal_tags (account, principal_arn, folded_key, tag_key, tag_value)
VALUES (:account, :principal_arn, :folded_key, :tag_key, :tag_value)
ON CONFLICT (account, principal_arn, folded_key)
DO UPDATE SET tag_key = :tag_key, tag_value = :tag_value
"""
DELETE = """
DELETE FROM principal_tags
WHERE account = :account AND principal_arn = :principal_arn AND folded_key = :folded_key
"""
DELETE_ALL = """
DELETE FROM principal_tags WHERE account = :account AND principal_arn = :principal_arn
"""


def get(tx: Transaction, account: str, principal_arn: str) -> dict[str, str]:
    """Return the tags of a user or role, by key."""
    parameters = {"account": account, "principal_arn": principal_arn}
    return dict(tx.rows(GET, parameters))


def put(tx: Transaction, principal: Principal, tags: Mapping[str, str]) -> None:
    """Add tags, in the place of those whose keys differ in case at most."""
    rows = [
        _of(principal) | {"folded_key": key.lower(), "tag_key": key, "tag_value": value}
        for key, value in tags.items()
    ]
    tx.change_many(PUT, rows)


def delete(tx: Transaction, principal: Principal, tag_keys: Iterable[str]) -> None:
    """Remove tags by their keys, in whatever case; keys that are not there are no error."""
    tx.change_many(DELETE, [_of(principal) | {"folded_key": key.lower()} for key in tag_keys])


def delete_all(tx: Transaction, principal: Principal) -> None:
    """Remove every tag of a user or role."""
    tx.change(DELETE_ALL, _of(principal))


def _of(principal: Principal) -> dict[str, Any]:
    return {"account": principal.account, "principal_arn": principal.arn}
