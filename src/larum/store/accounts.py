"""Rows of accounts and of the organizations that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.domain import values
from larum.domain.organizations import Account, AccountStatus

if TYPE_CHECKING:
    from datetime import datetime

    from larum.store.engine import Transaction

GET = """
SELECT accounts.status, organizations.organization_id, accounts.management_account
FROM accounts
LEFT JOIN organizations ON organizations.management_account = accounts.management_account
WHERE accounts.account = :account
"""
INSERT = """
INSERT INTO accounts (account, status, management_account, created_at)
VALUES (:account, :status, :management_account, :created_at)
ON CONFLICT DO NOTHING
"""
INSERT_ORGANIZATION = """
INSERT INTO organizations (management_account, organization_id, root_id)
VALUES (:management_account, :organization_id, :root_id)
"""

FIRST_MANAGEMENT_ACCOUNT = """
SELECT account FROM accounts WHERE management_account = account ORDER BY created_at LIMIT 1
"""


def get(tx: Transaction, account: str) -> Account | None:
    """Return the declared account with these twelve digits, or None."""
    row = tx.row(GET, {"account": account})
    if row is None:
        return None
    status, organization_id, management_account = row
    return Account(account, AccountStatus(status), organization_id, management_account)


def insert(tx: Transaction, account: Account, now: datetime) -> None:
    """Add an account; one that is there already stays as it is."""
    parameters = {
        "account": account.account,
        "status": account.status,
        "management_account": account.management_account,
        "created_at": values.microseconds(now),
    }
    tx.change(INSERT, parameters)


def insert_organization(
    tx: Transaction, management_account: str, organization_id: str, root_id: str
) -> None:
    """Add an organization; its management account is added after it, by `insert`."""
    parameters = {
        "management_account": management_account,
        "organization_id": organization_id,
        "root_id": root_id,
    }
    tx.change(INSERT_ORGANIZATION, parameters)


def first_management_account(tx: Transaction) -> str | None:
    """Return the administrator account of this installation, or None before the first start."""
    row = tx.row(FIRST_MANAGEMENT_ACCOUNT, {})
    return None if row is None else row[0]
