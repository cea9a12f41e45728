"""Rows of organizations and their units, and how many ACTIVE accounts are where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from larum.domain.organizations import Account, Organization
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO organizations (
    management_account, organization_id, root_id, delegated_administrator, trusted_access
) VALUES (
    :management_account, :organization_id, :root_id, :delegated_administrator, :trusted_access
)
"""
UPDATE = """
UPDATE organizations
SET delegated_administrator = :delegated_administrator, trusted_access = :trusted_access
WHERE management_account = :management_account
"""
COUNT_IN_ORGANIZATION = """
UPDATE organizations SET active_accounts = active_accounts + :change
WHERE management_account = :management_account
"""
COUNT_IN_UNIT = """
UPDATE organizational_units SET active_accounts = active_accounts + :change
WHERE management_account = :management_account AND unit_id = :unit_id
"""
UNITS = """
SELECT unit_id, parent_id, name FROM organizational_units
WHERE management_account = :management_account AND NOT removed ORDER BY unit_id
"""
UNIT = """
SELECT unit_id FROM organizational_units
WHERE management_account = :management_account AND unit_id = :unit_id AND NOT removed
"""
# One that was removed is itself again where it comes back: AWS gives no id twice.
INSERT_UNIT = """
INSERT INTO organizational_units (management_account, unit_id, parent_id, name)
VALUES (:management_account, :unit_id, :parent_id, :name)
ON CONFLICT (management_account, unit_id) DO UPDATE SET removed = FALSE, name = :name
WHERE organizational_units.removed
  AND coalesce(organizational_units.parent_id, '') = coalesce(:parent_id, '')
"""
RENAME_UNIT = """
UPDATE organizational_units SET name = :name
WHERE management_account = :management_account AND unit_id = :unit_id
"""
INSERT_ANCESTORS = """
INSERT INTO unit_ancestors (management_account, unit_id, ancestor_id)
SELECT management_account, :unit_id, ancestor_id FROM unit_ancestors
WHERE management_account = :management_account AND unit_id = :parent_id
ON CONFLICT DO NOTHING
"""
INSERT_SELF = """
INSERT INTO unit_ancestors (management_account, unit_id, ancestor_id)
VALUES (:management_account, :unit_id, :unit_id)
ON CONFLICT DO NOTHING
"""
REMOVE_UNIT = """
UPDATE organizational_units SET removed = TRUE
WHERE management_account = :management_account AND unit_id = :unit_id
"""
BENEATH = """
SELECT ancestor_id FROM unit_ancestors
WHERE management_account = :management_account AND unit_id = :unit_id
"""


class Unit(msgspec.Struct, frozen=True):
    """An organizational unit; `parent_id` is None directly beneath the root."""

    unit_id: str
    parent_id: str | None
    name: str


def insert(tx: Transaction, organization: Organization) -> None:
    """Add an organization; its management account is added after it."""
    tx.change(INSERT, _settings(organization) | _ids(organization))


def update(tx: Transaction, organization: Organization) -> None:
    """Store who may act for the organization."""
    tx.change(UPDATE, _settings(organization))


def count_account(tx: Transaction, account: Account, change: int) -> None:
    """Count an ACTIVE account in (1) or out (-1) of its organization and unit."""
    if account.organization is None or not account.is_active:
        return
    parameters = {
        "management_account": account.organization.management_account,
        "change": change,
    }
    tx.change(COUNT_IN_ORGANIZATION, parameters)
    if account.unit_id is not None:
        tx.change(COUNT_IN_UNIT, parameters | {"unit_id": account.unit_id})


def units(tx: Transaction, organization: Organization) -> list[Unit]:
    """Return the organization's units."""
    rows = tx.rows(UNITS, {"management_account": organization.management_account})
    return [Unit(*row) for row in rows]


def has_unit(tx: Transaction, organization: Organization, unit_id: str) -> bool:
    """Return whether the organization has that unit."""
    parameters = {"management_account": organization.management_account, "unit_id": unit_id}
    return tx.row(UNIT, parameters) is not None


def insert_unit(tx: Transaction, organization: Organization, unit: Unit) -> bool:
    """Add a unit, or bring back one that was removed; the one that it lies beneath must be there.

    Return False where the organization has a unit of that id, or had it beneath another one.
    """
    parameters = {
        "management_account": organization.management_account,
        "unit_id": unit.unit_id,
        "parent_id": unit.parent_id,
        "name": unit.name,
    }
    if not tx.change(INSERT_UNIT, parameters):
        return False
    tx.change(INSERT_SELF, _ids_of_unit(organization, unit.unit_id))
    if unit.parent_id is not None:
        ancestors = _ids_of_unit(organization, unit.unit_id) | {"parent_id": unit.parent_id}
        tx.change(INSERT_ANCESTORS, ancestors)
    return True


def rename_unit(tx: Transaction, organization: Organization, unit_id: str, name: str) -> None:
    """Give a unit another name."""
    tx.change(RENAME_UNIT, _ids_of_unit(organization, unit_id) | {"name": name})


def remove_unit(tx: Transaction, organization: Organization, unit_id: str) -> None:
    """Remove a unit; that accounts were in it stays known."""
    tx.change(REMOVE_UNIT, _ids_of_unit(organization, unit_id))


def beneath(tx: Transaction, management_account: str | None, unit_id: str | None) -> frozenset[str]:
    """Return the unit with all that it lies beneath; nothing for None, the root."""
    if unit_id is None:
        return frozenset()
    parameters = {"management_account": management_account, "unit_id": unit_id}
    return frozenset(row[0] for row in tx.rows(BENEATH, parameters))


def _ids(organization: Organization) -> dict[str, object]:
    return {"organization_id": organization.organization_id, "root_id": organization.root_id}


def _settings(organization: Organization) -> dict[str, object]:
    return {
        "management_account": organization.management_account,
        "delegated_administrator": organization.delegated_administrator,
        "trusted_access": organization.trusted_access,
    }


def _ids_of_unit(organization: Organization, unit_id: str) -> dict[str, object]:
    return {"management_account": organization.management_account, "unit_id": unit_id}
