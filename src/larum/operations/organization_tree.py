"""The caller's organization as a tree, in the words of AWS Organizations: root, units, accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.errors import ResourceNotFoundException
from larum.operations import pages
from larum.operations.directory_changes import organization_of, paths
from larum.store import accounts, organizations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.context import Context
    from larum.domain.organizations import Account, Organization
    from larum.store.organizations import Unit


class Tree(msgspec.Struct, frozen=True):
    """An organization with its units, by id, and their ids by path, such as `workloads/prod`."""

    organization: Organization
    units: Mapping[str, Unit]
    paths: Mapping[str, str]

    def path_of(self, parent_id: str) -> str:
        """Return a parent's path, empty for the root; raises ResourceNotFoundException."""
        if parent_id == self.organization.root_id:
            return ""
        for path, unit_id in self.paths.items():
            if unit_id == parent_id:
                return path
        message = f"{parent_id} is neither the organization's root nor one of its units."
        raise ResourceNotFoundException(message)

    def unit_at(self, parent_id: str) -> str | None:
        """Return the id of the unit that a parent is, None for the root; raises as `path_of`."""
        self.path_of(parent_id)
        return None if parent_id == self.organization.root_id else parent_id

    def unit(self, unit_id: str) -> Unit:
        """Return a unit; raises ResourceNotFoundException."""
        unit = self.units.get(unit_id)
        if unit is None:
            message = f"The organization has no organizational unit {unit_id}."
            raise ResourceNotFoundException(message)
        return unit

    def children(self, parent_id: str) -> list[Unit]:
        """Return the units directly beneath a parent, by id; raises as `path_of`."""
        parent = self.unit_at(parent_id)
        return [unit for unit in self.units.values() if unit.parent_id == parent]

    def parent_of_account(self, account: Account) -> str:
        """Return the id of the root or unit that an account is directly beneath."""
        return account.unit_id or self.organization.root_id

    def parent_of_unit(self, unit: Unit) -> str:
        """Return the id of the root or unit that a unit is directly beneath."""
        return unit.parent_id or self.organization.root_id


def tree_of(context: Context) -> Tree:
    """Return the tree of the caller's organization; raises ResourceNotFoundException."""
    organization = organization_of(context)
    units = organizations.units(context.tx, organization)
    return Tree(organization, {unit.unit_id: unit for unit in units}, paths(units))


def member_of(context: Context, organization: Organization, account: str) -> Account:
    """Return an account of the organization; raises ResourceNotFoundException."""
    found = accounts.get(context.tx, account)
    if found is None or found.customer != organization.organization_id:
        message = f"Account {account} is not in the organization."
        raise ResourceNotFoundException(message)
    return found


def account_out(organization: Organization, account: Account) -> dict[str, Any]:
    """Return an account of the organization as AWS Organizations tells it."""
    told = {
        "id": account.account,
        "arn": organization.arn_of("account", account.account),
        "email": account.email,
        "name": account.name,
        "status": account.status,
    }
    return {name: value for name, value in told.items() if value}


def unit_out(organization: Organization, unit: Unit) -> dict[str, Any]:
    """Return a unit as AWS Organizations tells it."""
    return {
        "id": unit.unit_id,
        "arn": organization.arn_of("ou", unit.unit_id),
        "name": unit.name,
    }


def page_of(
    context: Context,
    params: Mapping[str, Any],
    member: str,
    items: Sequence[dict[str, Any]],
    key: str = "id",
) -> dict[str, Any]:
    """Return a page of `items` in the order of their ids, which they have as `key`."""
    after = context.cursor or ""
    found = sorted((each for each in items if each[key] > after), key=lambda each: each[key])
    return pages.page(params, found, member, lambda each: each, lambda each: str(each[key]))
