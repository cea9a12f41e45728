"""One change of an organization at a time: what its operations do, in the words of the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.conformance.organization_model import MANAGEMENT, OrganizationModel, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERVICE = "security-ir.amazonaws.com"
MISSING, CONFLICT, INVALID = (
    "ResourceNotFoundException",
    "ConflictException",
    "ValidationException",
)


def _move(draft: OrganizationModel, account: str, path: str) -> str | None:
    standing = draft.standing(account)
    if not standing.inside:
        return MISSING
    draft.accounts[account] = replace(standing, unit=path)
    return None


def _leave(draft: OrganizationModel, account: str, _path: str) -> str | None:
    if account not in draft.accounts:
        return MISSING
    standing = draft.accounts[account]
    if standing.inside and account == MANAGEMENT:
        return INVALID
    if standing.inside and account == draft.administrator:
        return CONFLICT
    draft.accounts[account] = replace(standing, inside=False, unit="")
    return None


def _join(draft: OrganizationModel, account: str, _path: str) -> str | None:
    if account not in draft.accounts:
        return MISSING
    standing = draft.accounts[account]
    if not standing.inside and draft.active_membership(account) is not None:
        return CONFLICT
    draft.accounts[account] = replace(standing, inside=True)
    return None


def _create(draft: OrganizationModel, account: str, _path: str) -> str | None:
    if account in draft.accounts:
        return CONFLICT
    draft.accounts[account] = Standing(inside=True)
    return None


def _close(draft: OrganizationModel, account: str, _path: str) -> str | None:
    standing = draft.standing(account)
    if not standing.inside:
        return MISSING
    if account == MANAGEMENT:
        return INVALID
    draft.accounts[account] = replace(standing, status="CLOSED")
    return None


def _register(draft: OrganizationModel, account: str, _path: str) -> str | None:
    standing = draft.standing(account)
    if not standing.inside:
        return MISSING
    if account == draft.administrator:
        return None
    if account == MANAGEMENT or standing.status != "ACTIVE":
        return INVALID
    if draft.administrator is not None:
        return CONFLICT
    draft.administrator = account
    return None


def _deregister(draft: OrganizationModel, account: str, _path: str) -> str | None:
    if not draft.standing(account).inside:
        return MISSING
    if draft.administrator == account:
        draft.administrator = None
    return None


def _trust(draft: OrganizationModel, _account: str, _path: str) -> str | None:
    draft.trusted = True
    return None


def _distrust(draft: OrganizationModel, _account: str, _path: str) -> str | None:
    draft.trusted = False
    return None


def _delete_unit(draft: OrganizationModel, _account: str, path: str) -> str | None:
    inside = {each.unit for each in draft.accounts.values()}
    if path in inside or any(each.startswith(f"{path}/") for each in draft.units):
        return CONFLICT
    draft.units.discard(path)
    return None


# An operation, and what it does to a draft: the exception that it must raise, or None.
CHANGES: dict[str, tuple[str, Callable[[OrganizationModel, str, str], str | None]]] = {
    "move": ("MoveAccount", _move),
    "leave": ("RemoveAccountFromOrganization", _leave),
    "join": ("InviteAccountToOrganization", _join),
    "create": ("CreateAccount", _create),
    "close": ("CloseAccount", _close),
    "register": ("RegisterDelegatedAdministrator", _register),
    "deregister": ("DeregisterDelegatedAdministrator", _deregister),
    "trust": ("EnableAWSServiceAccess", _trust),
    "distrust": ("DisableAWSServiceAccess", _distrust),
    "delete unit": ("DeleteOrganizationalUnit", _delete_unit),
}


def params_of(operation: str, account: str, parents: Mapping[str, str]) -> dict[str, Any]:
    """Return the input of an operation; `parents` are the ids of where it is and shall be."""
    every: dict[str, Any] = {
        "accountId": account,
        "accountName": "Somebody",
        "email": "somebody@example.com",
        "servicePrincipal": SERVICE,
        "target": {"id": account, "type": "ACCOUNT"},
        "sourceParentId": parents["source"],
        "destinationParentId": parents["destination"],
        "organizationalUnitId": parents["destination"],
    }
    taken = {
        "MoveAccount": ("accountId", "sourceParentId", "destinationParentId"),
        "InviteAccountToOrganization": ("target",),
        "CreateAccount": ("accountId", "accountName", "email"),
        "RegisterDelegatedAdministrator": ("accountId", "servicePrincipal"),
        "DeregisterDelegatedAdministrator": ("accountId", "servicePrincipal"),
        "EnableAWSServiceAccess": ("servicePrincipal",),
        "DisableAWSServiceAccess": ("servicePrincipal",),
        "DeleteOrganizationalUnit": ("organizationalUnitId",),
    }
    return {name: every[name] for name in taken.get(operation, ("accountId",))}
