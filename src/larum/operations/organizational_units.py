"""The root and the units of the organization: operations named as those of AWS Organizations.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.directory import Plan
from larum.domain.directory_units import DEEPEST_UNIT, Renamed, parent_of
from larum.errors import ConflictException, FieldFailure, ValidationException
from larum.operations.case_edits import Edited
from larum.operations.directory_changes import apply_plan, organization_of
from larum.operations.organization_tree import (
    account_out,
    member_of,
    page_of,
    tree_of,
    unit_out,
)
from larum.operations.pages import limit_of
from larum.store import accounts

if TYPE_CHECKING:
    from larum.context import Context
    from larum.operations.organization_tree import Tree

RESOURCE_TYPE: Final = "OrganizationalUnit"
ACCOUNT: Final = "ACCOUNT"
UNIT: Final = "ORGANIZATIONAL_UNIT"
ROOT: Final = "ROOT"
CONTROL_POLICIES: Final = {"type": "SERVICE_CONTROL_POLICY", "status": "ENABLED"}


def list_roots(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the one root of the organization."""
    organization = organization_of(context)
    root = {
        "id": organization.root_id,
        "arn": organization.arn_of("root", organization.root_id),
        "name": "Root",
        "policyTypes": [CONTROL_POLICIES],
    }
    return page_of(context, params, "roots", [root])


def create_organizational_unit(context: Context, params: dict[str, Any]) -> Edited:
    """Add a unit, with an id that it has in AWS already if one is given.

    Raises ResourceNotFoundException for the parent, ConflictException where it has a unit of that
    name or the organization one of that id, ValidationException where it would lie too deep.
    """
    tree = tree_of(context)
    parent = tree.path_of(params["parentId"])
    path = _beneath(parent, params["name"])
    if path.count("/") >= DEEPEST_UNIT:
        message = f"Member must not lie deeper than {DEEPEST_UNIT - 1} units"
        raise ValidationException.of_fields((FieldFailure("parentId", message),))
    _check_name_is_free(tree, path)
    given = params.get("organizationalUnitId")
    if given is not None and given in tree.units:
        raise _conflict(f"The organization has a unit {given} already.", given)
    plan = Plan(new_units=(path,), unit_ids={} if given is None else {path: given})
    made = apply_plan(context, tree.organization, tree.paths, plan)[path]
    return Edited(_told(context, made), made=made)


def unit_again(context: Context, _params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the unit once more; raises ResourceNotFoundException where it was deleted since."""
    return _told(context, made)


def describe_organizational_unit(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a unit; raises ResourceNotFoundException."""
    return _told(context, params["organizationalUnitId"])


def list_organizational_units_for_parent(
    context: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Return a page of the units directly beneath a root or unit, by id."""
    tree = tree_of(context)
    found = [unit_out(tree.organization, unit) for unit in tree.children(params["parentId"])]
    return page_of(context, params, "organizationalUnits", found)


def update_organizational_unit(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a unit another name; the one that it has is no change.

    Raises ResourceNotFoundException, and ConflictException where its parent has one of that name.
    """
    tree = tree_of(context)
    unit_id, name = params["organizationalUnitId"], params.get("name")
    unit = tree.unit(unit_id)
    if name is not None and name != unit.name:
        before = tree.path_of(unit_id)
        after = _beneath(parent_of(before), name)
        _check_name_is_free(tree, after)
        renamed = tuple(
            Renamed(path, after + path.removeprefix(before))
            for path in tree.paths
            if path == before or path.startswith(f"{before}/")
        )
        apply_plan(context, tree.organization, tree.paths, Plan(renamed_units=renamed))
    return _told(context, unit_id)


def delete_organizational_unit(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a unit; raises ResourceNotFoundException, and ConflictException while it is used."""
    tree = tree_of(context)
    unit = tree.unit(params["organizationalUnitId"])
    inside = accounts.of_parent(context.tx, tree.organization, unit.unit_id, "", 1)
    if inside or tree.children(unit.unit_id):
        message = f"Unit {unit.unit_id} is not empty. Move its accounts and delete its units first."
        raise _conflict(message, unit.unit_id)
    plan = Plan(removed_units=(tree.path_of(unit.unit_id),))
    apply_plan(context, tree.organization, tree.paths, plan)
    return {}


def list_parents(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the one parent of an account or unit; raises ResourceNotFoundException."""
    tree, child = tree_of(context), params["childId"]
    if child in tree.units:
        parent = tree.parent_of_unit(tree.units[child])
    else:
        parent = tree.parent_of_account(member_of(context, tree.organization, child))
    kind = ROOT if parent == tree.organization.root_id else UNIT
    return page_of(context, params, "parents", [{"id": parent, "type": kind}])


def list_children(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the accounts or units directly beneath a root or unit, by id."""
    tree, parent, kind = tree_of(context), params["parentId"], params["childType"]
    if kind == UNIT:
        ids = [unit.unit_id for unit in tree.children(parent)]
    else:
        limit = limit_of(params) + 1
        after = context.cursor or ""
        unit = tree.unit_at(parent)
        found = accounts.of_parent(context.tx, tree.organization, unit, after, limit)
        ids = [account.account for account in found]
    return page_of(context, params, "children", [{"id": each, "type": kind} for each in ids])


def list_accounts_for_parent(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the accounts directly beneath a root or unit, by their digits."""
    tree, limit = tree_of(context), limit_of(params) + 1
    unit = tree.unit_at(params["parentId"])
    found = accounts.of_parent(context.tx, tree.organization, unit, context.cursor or "", limit)
    told = [account_out(tree.organization, account) for account in found]
    return page_of(context, params, "accounts", told)


def _told(context: Context, unit_id: str) -> dict[str, Any]:
    tree = tree_of(context)
    return {"organizationalUnit": unit_out(tree.organization, tree.unit(unit_id))}


def _beneath(parent: str, name: str) -> str:
    return f"{parent}/{name}" if parent else name


def _check_name_is_free(tree: Tree, path: str) -> None:
    if path in tree.paths:
        raise _conflict("There is a unit of that name in the same place.", tree.paths[path])


def _conflict(message: str, unit_id: str) -> ConflictException:
    return ConflictException(message, resource_id=unit_id, resource_type=RESOURCE_TYPE)
