"""Rows of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.principals import folded
from larum.domain.roles import Role

if TYPE_CHECKING:
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO roles (
    account, folded_name, role_name, role_id, description, trust_policy, max_session_seconds,
    boundary_arn, created_at
) VALUES (
    :account, :folded_name, :role_name, :role_id, :description, :trust_policy,
    :max_session_seconds, :boundary_arn, :created_at
)
ON CONFLICT DO NOTHING
"""
GET = """
SELECT role_name, role_id, created_at, trust_policy, description, max_session_seconds, boundary_arn
FROM roles WHERE account = :account AND folded_name = :folded_name
"""
PAGE = """
SELECT role_name, role_id, created_at, trust_policy, description, max_session_seconds, boundary_arn
FROM roles WHERE account = :account AND folded_name > :after ORDER BY folded_name LIMIT :limit
"""
COUNT = "SELECT count(*) FROM roles WHERE account = :account"
UPDATE = """
UPDATE roles SET description = :description, trust_policy = :trust_policy,
    max_session_seconds = :max_session_seconds
WHERE account = :account AND folded_name = :folded_name
"""
DELETE = "DELETE FROM roles WHERE account = :account AND folded_name = :folded_name"


def insert(tx: Transaction, role: Role) -> bool:
    """Add a role; return False where the account has one whose name differs in case at most."""
    parameters = {
        "account": role.account,
        "folded_name": folded(role.role_name),
        "role_name": role.role_name,
        "role_id": role.role_id,
        "description": role.description,
        "trust_policy": role.trust_policy,
        "max_session_seconds": role.max_session_seconds,
        "boundary_arn": role.boundary_arn,
        "created_at": values.microseconds(role.created_at),
    }
    return tx.change(INSERT, parameters) > 0


def get(tx: Transaction, account: str, role_name: str) -> Role | None:
    """Return the account's role of that name, in whatever case it is written, or None."""
    row = tx.row(GET, {"account": account, "folded_name": folded(role_name)})
    return None if row is None else _role(account, *row)


def page(tx: Transaction, account: str, after: str, limit: int) -> list[Role]:
    """Return at most `limit` roles of the account, by name, behind the name `after`."""
    parameters = {"account": account, "after": folded(after), "limit": limit}
    return [_role(account, *row) for row in tx.rows(PAGE, parameters)]


def count(tx: Transaction, account: str) -> int:
    """Return how many roles the account has."""
    return int(tx.rows(COUNT, {"account": account})[0][0])


def update(tx: Transaction, role: Role) -> None:
    """Keep the description, trust policy and longest session of a role that is there."""
    parameters = {
        "account": role.account,
        "folded_name": folded(role.role_name),
        "description": role.description,
        "trust_policy": role.trust_policy,
        "max_session_seconds": role.max_session_seconds,
    }
    tx.change(UPDATE, parameters)


def delete(tx: Transaction, role: Role) -> None:
    """Remove a role."""
    tx.change(DELETE, {"account": role.account, "folded_name": folded(role.role_name)})


def _role(account: str, role_name: str, role_id: str, created_at: int, *others: Any) -> Role:
    return Role(account, role_name, role_id, values.moment(created_at), *others)
