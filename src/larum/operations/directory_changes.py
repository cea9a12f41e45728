"""The one way in which the directory changes: what a plan does to rows, coverage and memberships.

ApplyDirectory makes whole directories true by it, and the operations that are named as those of AWS
Organizations make single changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from larum.domain import directory, values
from larum.domain.directory_units import ChangedUnits, name_of, parent_of, units_after
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType, Ending
from larum.errors import ConflictException, ResourceNotFoundException
from larum.operations import account_configurations
from larum.operations.membership_ends import end, settle
from larum.operations.notices import tell
from larum.store import (
    accounts,
    control_policies,
    counters,
    coverage,
    directory_versions,
    iam_versions,
    memberships,
    organizations,
)
from larum.store.counters import Limit
from larum.store.organizations import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.context import Context
    from larum.domain.directory import Move, Plan
    from larum.domain.memberships import Membership
    from larum.domain.organizations import Organization


def organization_of(context: Context) -> Organization:
    """Return the caller's organization; raises ResourceNotFoundException where there is none."""
    account = accounts.get(context.tx, context.account)
    if account is None or account.organization is None:
        message = f"Account {context.account} is in no organization."
        raise ResourceNotFoundException(message)
    return account.organization


def paths(units: Sequence[Unit]) -> dict[str, str]:
    """Return the id of each unit by its path, such as `workloads/prod`."""
    by_id = {unit.unit_id: unit for unit in units}

    def path(unit: Unit) -> str:
        return unit.name if unit.parent_id is None else f"{path(by_id[unit.parent_id])}/{unit.name}"

    return {path(unit): unit.unit_id for unit in units}


def apply_plan(
    context: Context, organization: Organization, units: Mapping[str, str], plan: Plan
) -> dict[str, str]:
    """Make a plan true whose faults were looked for; `units` are the present ones, ids by path.

    Returns the units as they are then. Raises ServiceQuotaExceededException where a membership
    would cover more accounts than allowed, and ConflictException for the id of a unit that was
    beneath another one before it was removed.
    """
    # First of all: a membership that ended, or that this ends, must not cover who joins now.
    settle(context, organization.organization_id)
    _change_organization(context, organization, plan)
    membership = memberships.active_of(context.tx, organization.organization_id, context.now)
    covered = (
        0 if membership is None else coverage.standing(context.tx, membership).accounts_covered
    )
    unit_ids = dict(units)
    if plan.new_units or plan.removed_units or plan.renamed_units or plan.moves:
        version = directory_versions.begin(context.tx, context.now)
        unit_ids = _change_units(context, organization, units, plan, version)
        for move in plan.moves:
            _move(context, move, unit_ids, version)
        # Who left or was removed may be back with the same place, and without its policies.
        iam_versions.grow(context.tx, organization.management_account)
    for account in plan.described:
        accounts.describe(context.tx, account)
    for name, most in plan.limits.items():
        counters.set_limit(context.tx, Limit(name), most)
    if membership is not None and plan.moves:
        numbers = counters.numbers(context.tx)
        account_configurations.check_covered_limit(context, membership, numbers, before=covered)
    return unit_ids


def _change_units(
    context: Context,
    organization: Organization,
    units: Mapping[str, str],
    plan: Plan,
    version: int,
) -> dict[str, str]:
    changed = ChangedUnits(renamed=plan.renamed_units, removed=plan.removed_units)
    unit_ids = units_after(units, changed)
    for each in plan.renamed_units:
        if each.name is not None:
            organizations.rename_unit(context.tx, organization, units[each.before], each.name)
    for path in plan.new_units:
        parent = parent_of(path)
        unit_id = plan.unit_ids.get(path) or values.unit_id(
            organization.root_id, context.random(values.RANDOM_BYTES)
        )
        unit_ids[path] = unit_id
        unit = Unit(unit_id, unit_ids[parent] if parent else None, name_of(path))
        if not organizations.insert_unit(context.tx, organization, unit):
            message = f"Organizational unit {unit_id} was beneath another one and cannot be here."
            raise ConflictException(message, resource_id=unit_id, resource_type="Unit")
    for path in plan.removed_units:
        organizations.remove_unit(context.tx, organization, units[path])
        coverage.close_unit(context.tx, units[path], version)
        control_policies.forget_target(context.tx, organization.management_account, units[path])
    return unit_ids


def _move(context: Context, move: Move, unit_ids: Mapping[str, str], version: int) -> None:
    after = replace(move.after, unit_id=unit_ids[move.unit] if move.unit else None)
    if move.before is None:
        accounts.insert(context.tx, after, context.now, version)
        return
    accounts.move(context.tx, move.before, after, version)
    organization = move.before.organization
    if organization is not None and move.before.customer != after.customer:
        control_policies.forget_target(context.tx, organization.management_account, after.account)


def _change_organization(context: Context, organization: Organization, plan: Plan) -> None:
    named, trusted = plan.delegated_administrator, plan.trusted_access
    if named is None and trusted is None:
        return
    administrator = organization.delegated_administrator
    if named is not None:
        administrator = None if named == directory.NO_ADMINISTRATOR else named
    after = replace(
        organization,
        delegated_administrator=administrator,
        trusted_access=organization.trusted_access if trusted is None else trusted,
    )
    organizations.update(context.tx, after)
    membership = memberships.active_of(context.tx, organization.organization_id, context.now)
    if membership is None:
        return
    if trusted is False:
        end(context, membership, Ending.TERMINATE, CommunicationType.DISABLE_AWS_SERVICE_ACCESS)
    elif named is not None:
        _change_administrator(context, membership, organization, administrator)


def _change_administrator(
    context: Context, membership: Membership, before: Organization, after: str | None
) -> None:
    # Deregistering the delegated administrator ends the membership that it holds
    # (service-behaviour §1.6).
    if membership.account == before.delegated_administrator:
        communication = CommunicationType.DEREGISTER_DELEGATED_ADMINISTRATOR
        end(context, membership, Ending.TERMINATE, communication)
        return
    communication = (
        CommunicationType.DEREGISTER_DELEGATED_ADMINISTRATOR
        if after is None
        else CommunicationType.REGISTER_DELEGATED_ADMINISTRATOR
    )
    tell(context, membership, DetailType.MEMBERSHIP_UPDATED, communication)
