"""Rows of users; their access keys are those of `access_keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.domain import values
from larum.domain.principals import User, folded

if TYPE_CHECKING:
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO users (account, folded_name, user_name, user_id, created_at)
VALUES (:account, :folded_name, :user_name, :user_id, :created_at)
ON CONFLICT DO NOTHING
"""
GET = """
SELECT user_name, user_id, created_at, boundary_arn FROM users
WHERE account = :account AND folded_name = :folded_name
"""
PAGE = """
SELECT user_name, user_id, created_at, boundary_arn FROM users
WHERE account = :account AND folded_name > :after ORDER BY folded_name LIMIT :limit
"""
COUNT = "SELECT count(*) FROM users WHERE account = :account"
MFA_DEVICES = """
SELECT device_name FROM mfa_devices
WHERE account = :account AND folded_user = :folded_name ORDER BY device_name
"""
DELETE = "DELETE FROM users WHERE account = :account AND folded_name = :folded_name"


def insert(tx: Transaction, user: User) -> bool:
    """Add a user; return False where the account has one whose name differs in case at most."""
    parameters = {
        "account": user.account,
        "folded_name": folded(user.user_name),
        "user_name": user.user_name,
        "user_id": user.user_id,
        "created_at": values.microseconds(user.created_at),
    }
    return tx.change(INSERT, parameters) > 0


def get(tx: Transaction, account: str, user_name: str) -> User | None:
    """Return the account's user of that name, in whatever case it is written, or None."""
    row = tx.row(GET, {"account": account, "folded_name": folded(user_name)})
    return None if row is None else _user(account, *row)


def page(tx: Transaction, account: str, after: str, limit: int) -> list[User]:
    """Return at most `limit` users of the account, by name, behind the name `after`."""
    parameters = {"account": account, "after": folded(after), "limit": limit}
    return [_user(account, *row) for row in tx.rows(PAGE, parameters)]


def count(tx: Transaction, account: str) -> int:
    """Return how many users the account has."""
    return int(tx.rows(COUNT, {"account": account})[0][0])


def mfa_devices(tx: Transaction, user: User) -> list[str]:
    """Return the names of the user's MFA devices."""
    parameters = {"account": user.account, "folded_name": folded(user.user_name)}
    return [name for (name,) in tx.rows(MFA_DEVICES, parameters)]


def delete(tx: Transaction, user: User) -> None:
    """Remove a user."""
    tx.change(DELETE, {"account": user.account, "folded_name": folded(user.user_name)})


def _user(
    account: str, user_name: str, user_id: str, created_at: int, boundary_arn: str | None
) -> User:
    return User(account, user_name, user_id, values.moment(created_at), boundary_arn)
