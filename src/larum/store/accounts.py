"""Rows of accounts: who they are, and where they are and were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.coverage import Place, Span
from larum.domain.organizations import Account, AccountStatus, Organization
from larum.store import organizations

if TYPE_CHECKING:
    from datetime import datetime

    from larum.store.engine import Transaction

GET = """
SELECT accounts.status, accounts.unit_id, accounts.name, accounts.email, accounts.service_on,
       organizations.organization_id, organizations.root_id, organizations.management_account,
       organizations.delegated_administrator, organizations.trusted_access
FROM accounts
LEFT JOIN organizations ON organizations.management_account = accounts.management_account
WHERE accounts.account = :account
"""
OF_ORGANIZATION = """
SELECT account, status, unit_id, name, email, service_on FROM accounts
WHERE management_account = :management_account ORDER BY account
"""
INSERT = """
INSERT INTO accounts (
    account, status, management_account, unit_id, name, email, service_on, placed_at, created_at
) VALUES (
    :account, :status, :management_account, :unit_id, :name, :email, :service_on, :placed_at,
    :created_at
)
ON CONFLICT DO NOTHING
"""
DESCRIBE = """
UPDATE accounts SET name = :name, email = :email, service_on = :service_on
WHERE account = :account
"""
PLACE = """
UPDATE accounts SET status = :status, management_account = :management_account,
    unit_id = :unit_id, placed_at = :placed_at
WHERE account = :account
"""
LEAVE_PLACE = """
INSERT INTO former_places (account, since, until, customer, management_account, unit_id, active)
SELECT account, placed_at, :until, :customer, management_account, unit_id, status = 'ACTIVE'
FROM accounts WHERE account = :account
"""
PLACED_AT = "SELECT placed_at FROM accounts WHERE account = :account"
FORMER_PLACES = """
SELECT since, until, customer, management_account, unit_id, active FROM former_places
WHERE account = :account ORDER BY since
"""
COUNT = "SELECT count(*) FROM accounts"
PAGE = """
SELECT account FROM accounts WHERE account > :after ORDER BY account LIMIT :limit
"""
OF_PARENT = """
SELECT account, status, unit_id, name, email, service_on FROM accounts
WHERE management_account = :management_account AND account > :after
  AND coalesce(unit_id, '') = coalesce(:unit_id, '')
ORDER BY account LIMIT :limit
"""
FIRST_MANAGEMENT_ACCOUNT = """
SELECT account FROM accounts WHERE management_account = account ORDER BY created_at LIMIT 1
"""


def get(tx: Transaction, account: str) -> Account | None:
    """Return the declared account with these twelve digits, or None."""
    row = tx.row(GET, {"account": account})
    if row is None:
        return None
    status, unit_id, name, email, service_on, *belongs = row
    organization_id, root_id, management, delegated, trusted = belongs
    organization = None
    if organization_id is not None:
        organization = Organization(organization_id, root_id, management, delegated, bool(trusted))
    return Account(
        account, AccountStatus(status), organization, unit_id, name, email, bool(service_on)
    )


def of_organization(tx: Transaction, organization: Organization) -> dict[str, Account]:
    """Return every account of the organization by its digits."""
    rows = tx.rows(OF_ORGANIZATION, {"management_account": organization.management_account})
    return {row[0]: _member(organization, *row) for row in rows}


def of_parent(
    tx: Transaction, organization: Organization, unit_id: str | None, after: str, limit: int
) -> list[Account]:
    """Return at most `limit` accounts directly in a unit, None for the root, behind `after`."""
    parameters = {
        "management_account": organization.management_account,
        "unit_id": unit_id,
        "after": after,
        "limit": limit,
    }
    return [_member(organization, *row) for row in tx.rows(OF_PARENT, parameters)]


def insert(tx: Transaction, account: Account, now: datetime, version: int = 0) -> bool:
    """Add an account, placed since `version`; return False where it was there already."""
    parameters = _place(account, version) | {
        "name": account.name,
        "email": account.email,
        "service_on": account.service_on,
        "created_at": values.microseconds(now),
    }
    added = tx.change(INSERT, parameters) > 0
    if added:
        organizations.count_account(tx, account, 1)
    return added


def describe(tx: Transaction, account: Account) -> None:
    """Store the account's name, address and whether the service is on for it."""
    parameters = {
        "account": account.account,
        "name": account.name,
        "email": account.email,
        "service_on": account.service_on,
    }
    tx.change(DESCRIBE, parameters)


def move(tx: Transaction, before: Account, after: Account, version: int) -> None:
    """Let the account change organization, unit or status at `version`; it was at `before`."""
    leaving = {"account": before.account, "until": version, "customer": before.customer}
    tx.change(LEAVE_PLACE, leaving)
    tx.change(PLACE, _place(after, version))
    organizations.count_account(tx, before, -1)
    organizations.count_account(tx, after, 1)


def places_of(tx: Transaction, account: Account) -> list[Place]:
    """Return everywhere that the account was, oldest first; the last one is where it is."""
    former = tx.rows(FORMER_PLACES, {"account": account.account})
    (placed_at,) = tx.rows(PLACED_AT, {"account": account.account})[0]
    places = [
        Place(
            Span(since, until),
            customer,
            organizations.beneath(tx, management_account, unit_id),
            bool(active),
        )
        for since, until, customer, management_account, unit_id, active in former
    ]
    organization = account.organization
    management_account = None if organization is None else organization.management_account
    units = organizations.beneath(tx, management_account, account.unit_id)
    return [*places, Place(Span(placed_at), account.customer, units, account.is_active)]


def count(tx: Transaction) -> int:
    """Return how many accounts the installation has."""
    return int(tx.rows(COUNT, {})[0][0])


def page(tx: Transaction, after: str, limit: int) -> list[Account]:
    """Return at most `limit` accounts with digits after `after`, in their order."""
    rows = tx.rows(PAGE, {"after": after, "limit": limit})
    return [found for row in rows if (found := get(tx, row[0])) is not None]


def first_management_account(tx: Transaction) -> str | None:
    """Return the administrator account of this installation, or None before the first start."""
    row = tx.row(FIRST_MANAGEMENT_ACCOUNT, {})
    return None if row is None else row[0]


def _member(
    organization: Organization,
    account: str,
    status: str,
    unit_id: str | None,
    name: str,
    email: str,
    service_on: object,
) -> Account:
    return Account(
        account, AccountStatus(status), organization, unit_id, name, email, bool(service_on)
    )


def _place(account: Account, version: int) -> dict[str, Any]:
    organization = account.organization
    return {
        "account": account.account,
        "status": account.status,
        "management_account": None if organization is None else organization.management_account,
        "unit_id": account.unit_id,
        "placed_at": version,
    }
