"""The accounts of the organization: operations named as those of AWS Organizations.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
What takes AWS a while is done at once here, so that nobody has to ask for its state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain import values
from larum.domain.directory import Move, Plan
from larum.domain.organizations import Account, AccountStatus
from larum.errors import (
    ConflictException,
    FieldFailure,
    ResourceNotFoundException,
    ValidationException,
)
from larum.operations.case_edits import Edited
from larum.operations.directory_changes import apply_plan, organization_of
from larum.operations.organization_tree import account_out, member_of, tree_of
from larum.store import accounts, memberships

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.organizations import Organization
    from larum.operations.organization_tree import Tree

RESOURCE_TYPE: Final = "Account"
DIGITS: Final = 12


def create_account(context: Context, params: dict[str, Any]) -> Edited:
    """Add an account to the organization, directly beneath its root; it is there at once.

    Raises ConflictException where there is an account of that id.
    """
    organization = organization_of(context)
    account = params.get("accountId") or _new_digits(context)
    if accounts.get(context.tx, account) is not None:
        raise _conflict(f"There is an account {account} already.", account)
    made = Account(
        account, organization=organization, name=params["accountName"], email=params["email"]
    )
    apply_plan(context, organization, {}, Plan(moves=(Move(None, made, ""),)))
    return Edited({"createAccountStatus": _created(made)}, made=account)


def account_again(context: Context, _params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the state of the creation once more; raises ResourceNotFoundException."""
    found = accounts.get(context.tx, made)
    if found is None:
        raise ResourceNotFoundException(f"There is no account {made}.")
    return {"createAccountStatus": _created(found)}


def describe_account(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return an account of the organization; raises ResourceNotFoundException."""
    organization = organization_of(context)
    account = member_of(context, organization, params["accountId"])
    return {"account": account_out(organization, account)}


def move_account(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Move an account from one parent to another; where it is already is no change.

    Raises ResourceNotFoundException for the account, either parent, or where it is in neither.
    """
    tree = tree_of(context)
    account = member_of(context, tree.organization, params["accountId"])
    source, destination = params["sourceParentId"], params["destinationParentId"]
    tree.path_of(source)
    path, parent = tree.path_of(destination), tree.parent_of_account(account)
    if parent == destination:
        return {}
    if parent != source:
        raise ResourceNotFoundException(f"Account {account.account} is not in {source}.")
    _change(context, tree, Move(account, account, path))
    return {}


def invite_account_to_organization(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let an account that is in no organization join at once, beneath the root.

    Nobody has to accept: the administrator decides for all accounts of an installation. One that is
    in the organization already is no change. Raises ResourceNotFoundException for an account that
    is not there, and ConflictException while it holds a membership of its own.
    """
    tree, account = tree_of(context), params["target"]["id"]
    found = accounts.get(context.tx, account)
    if found is None:
        raise ResourceNotFoundException(f"There is no account {account}.")
    if found.organization is None:
        if memberships.active_of(context.tx, account, context.now) is not None:
            message = f"Account {account} holds a membership of its own. Cancel that first."
            raise _conflict(message, account)
        _change(context, tree, Move(found, replace(found, organization=tree.organization), ""))
    elif found.customer != tree.organization.organization_id:
        raise _conflict(f"Account {account} is in another organization.", account)
    organization = {"id": tree.organization.organization_id, "type": "ORGANIZATION"}
    handshake = {
        "action": "INVITE",
        "state": "ACCEPTED",
        "parties": [organization, {"id": account, "type": "ACCOUNT"}],
    }
    return {"handshake": handshake}


def remove_account_from_organization(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let an account leave; it stays as a standalone one, and one that is that is no change.

    Raises ResourceNotFoundException for an account that is not there, ConflictException for the
    delegated administrator, ValidationException for the management account.
    """
    tree, account = tree_of(context), params["accountId"]
    found = accounts.get(context.tx, account)
    if found is not None and found.organization is None:
        return {}
    found = member_of(context, tree.organization, account)
    _check_is_not_management(tree.organization, account, "it cannot leave")
    if account == tree.organization.delegated_administrator:
        message = f"Account {account} is the delegated administrator. Deregister it first."
        raise _conflict(message, account)
    _change(context, tree, Move(found, replace(found, organization=None), ""))
    return {}


def close_account(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Close an account: no membership covers it any more. A closed one is no change.

    Raises ResourceNotFoundException, and ValidationException for the management account.
    """
    tree = tree_of(context)
    account = member_of(context, tree.organization, params["accountId"])
    _check_is_not_management(tree.organization, account.account, "it cannot be closed")
    if account.status is not AccountStatus.CLOSED:
        path = tree.path_of(tree.parent_of_account(account))
        closed = replace(account, status=AccountStatus.CLOSED)
        _change(context, tree, Move(account, closed, path))
    return {}


def _change(context: Context, tree: Tree, move: Move) -> None:
    apply_plan(context, tree.organization, tree.paths, Plan(moves=(move,)))


def _new_digits(context: Context) -> str:
    while True:
        number = int.from_bytes(context.random(values.RANDOM_BYTES)) % 10**DIGITS
        account = f"{number:0{DIGITS}d}"
        if accounts.get(context.tx, account) is None:
            return account


def _created(account: Account) -> dict[str, Any]:
    return {
        "id": f"car-{account.account}",
        "accountName": account.name,
        "state": "SUCCEEDED",
        "accountId": account.account,
    }


def _check_is_not_management(organization: Organization, account: str, why: str) -> None:
    if account == organization.management_account:
        message = f"Member must not be the management account: {why}"
        raise ValidationException.of_fields((FieldFailure("accountId", message),))


def _conflict(message: str, account: str) -> ConflictException:
    return ConflictException(message, resource_id=account, resource_type=RESOURCE_TYPE)
