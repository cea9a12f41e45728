"""Rows of groups and of who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.groups import Group
from larum.domain.principals import User, folded

if TYPE_CHECKING:
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO groups (account, folded_name, group_name, group_id, created_at)
VALUES (:account, :folded_name, :group_name, :group_id, :created_at)
ON CONFLICT DO NOTHING
"""
GET = """
SELECT group_name, group_id, created_at FROM groups
WHERE account = :account AND folded_name = :folded_name
"""
PAGE = """
SELECT group_name, group_id, created_at FROM groups
WHERE account = :account AND folded_name > :after ORDER BY folded_name LIMIT :limit
"""
COUNT = "SELECT count(*) FROM groups WHERE account = :account"
DELETE = "DELETE FROM groups WHERE account = :account AND folded_name = :folded_name"
ADD_USER = """
INSERT INTO group_members (account, folded_group, folded_user)
VALUES (:account, :folded_group, :folded_user)
ON CONFLICT DO NOTHING
"""
REMOVE_USER = """
DELETE FROM group_members
WHERE account = :account AND folded_group = :folded_group AND folded_user = :folded_user
"""
USERS = """
SELECT users.user_name, users.user_id, users.created_at, users.boundary_arn
FROM group_members
JOIN users ON users.account = group_members.account
    AND users.folded_name = group_members.folded_user
WHERE group_members.account = :account AND group_members.folded_group = :folded_group
    AND group_members.folded_user > :after
ORDER BY group_members.folded_user LIMIT :limit
"""
GROUPS = """
SELECT groups.group_name, groups.group_id, groups.created_at
FROM group_members
JOIN groups ON groups.account = group_members.account
    AND groups.folded_name = group_members.folded_group
WHERE group_members.account = :account AND group_members.folded_user = :folded_user
    AND group_members.folded_group > :after
ORDER BY group_members.folded_group LIMIT :limit
"""
COUNT_GROUPS = """
SELECT count(*) FROM group_members WHERE account = :account AND folded_user = :folded_user
"""


def insert(tx: Transaction, group: Group) -> bool:
    """Add a group; return False where the account has one whose name differs in case at most."""
    parameters = {
        "account": group.account,
        "folded_name": folded(group.group_name),
        "group_name": group.group_name,
        "group_id": group.group_id,
        "created_at": values.microseconds(group.created_at),
    }
    return tx.change(INSERT, parameters) > 0


def get(tx: Transaction, account: str, group_name: str) -> Group | None:
    """Return the account's group of that name, in whatever case it is written, or None."""
    row = tx.row(GET, {"account": account, "folded_name": folded(group_name)})
    return None if row is None else _group(account, *row)


def page(tx: Transaction, account: str, after: str, limit: int) -> list[Group]:
    """Return at most `limit` groups of the account, by name, behind the name `after`."""
    parameters = {"account": account, "after": folded(after), "limit": limit}
    return [_group(account, *row) for row in tx.rows(PAGE, parameters)]


def count(tx: Transaction, account: str) -> int:
    """Return how many groups the account has."""
    return int(tx.rows(COUNT, {"account": account})[0][0])


def delete(tx: Transaction, group: Group) -> None:
    """Remove a group; who was in it must have been taken out before."""
    tx.change(DELETE, {"account": group.account, "folded_name": folded(group.group_name)})


def add_user(tx: Transaction, group: Group, user: User) -> bool:
    """Put a user into a group of its account; return False where it is in it."""
    return tx.change(ADD_USER, _membership(group, user)) > 0


def remove_user(tx: Transaction, group: Group, user: User) -> bool:
    """Take a user out of a group; return False where it is not in it."""
    return tx.change(REMOVE_USER, _membership(group, user)) > 0


def users(tx: Transaction, group: Group, after: str, limit: int) -> list[User]:
    """Return at most `limit` users of a group, by name, behind the name `after`."""
    parameters = {
        "account": group.account,
        "folded_group": folded(group.group_name),
        "after": folded(after),
        "limit": limit,
    }
    return [
        User(group.account, name, user_id, values.moment(created_at), boundary)
        for name, user_id, created_at, boundary in tx.rows(USERS, parameters)
    ]


def of_user(
    tx: Transaction, account: str, user_name: str, after: str = "", limit: int = 1_000
) -> list[Group]:
    """Return at most `limit` groups that a user is in, by name, behind the name `after`.

    Without a limit it is all of them: a user is in ten at most.
    """
    parameters = {
        "account": account,
        "folded_user": folded(user_name),
        "after": folded(after),
        "limit": limit,
    }
    return [_group(account, *row) for row in tx.rows(GROUPS, parameters)]


def count_of_user(tx: Transaction, user: User) -> int:
    """Return how many groups a user is in."""
    parameters = {"account": user.account, "folded_user": folded(user.user_name)}
    return int(tx.rows(COUNT_GROUPS, parameters)[0][0])


def _membership(group: Group, user: User) -> dict[str, Any]:
    return {
        "account": group.account,
        "folded_group": folded(group.group_name),
        "folded_user": folded(user.user_name),
    }


def _group(account: str, group_name: str, group_id: str, created_at: int) -> Group:
    return Group(account, group_name, group_id, values.moment(created_at))
