"""The operations of the `larum` model on roles, named as IAM names them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain.policies import PolicyKind, size
from larum.domain.principals import UNIQUE_ID_BYTES, UniqueId
from larum.domain.roles import ROLES_OF_AN_ACCOUNT, SHORTEST_SESSION, TRUST_POLICY_SIZE, Role
from larum.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
)
from larum.operations.case_edits import Edited
from larum.operations.pages import limit_of, page
from larum.operations.principal_ends import refuse_while_left
from larum.operations.principals import PATH, account_of, facts_of
from larum.store import iam_versions, policies, principal_tags
from larum.store import roles as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context

RESOURCE_TYPE: Final = "Role"
QUOTA: Final = "LARUM-ROLES"
SIZE_QUOTA: Final = "LARUM-TRUST-POLICY-SIZE"
# By what is given to UpdateRole: what of the role it is.
CHANGEABLE: Final = {"description": "description", "maxSessionDuration": "max_session_seconds"}


def create_role(context: Context, params: dict[str, Any]) -> Edited:
    """Add a role to an account.

    Raises ResourceNotFoundException for an account that is not there, ConflictException where it
    has a role whose name differs in case at most, ValidationException for a trust policy that is
    not understood, and ServiceQuotaExceededException.
    """
    role = Role(
        account_of(context, params),
        params["roleName"],
        UniqueId.ROLE.of(context.random(UNIQUE_ID_BYTES)),
        context.now,
        params["assumeRolePolicyDocument"],
        params.get("description", ""),
        params.get("maxSessionDuration", SHORTEST_SESSION),
    )
    add_role(context, role)
    return Edited({"role": _role_out(role)}, made=role.role_id)


def add_role(context: Context, role: Role) -> None:
    """Add a role; raises what CreateRole raises."""
    _check_trust_policy(context, role)
    if not rows.insert(context.tx, role):
        message = f"Account {role.account} has a role of that name."
        raise ConflictException(message, resource_id=role.role_name, resource_type=RESOURCE_TYPE)
    if rows.count(context.tx, role.account) > ROLES_OF_AN_ACCOUNT:
        raise ServiceQuotaExceededException(
            f"An account may have {ROLES_OF_AN_ACCOUNT:,} roles, and {role.account} has them.",
            resource_id=role.account,
            resource_type=RESOURCE_TYPE,
            quota_code=QUOTA,
        )
    iam_versions.grow(context.tx, role.account)


def role_again(context: Context, params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the role once more; raises ResourceNotFoundException where it was deleted since."""
    role = role_of(context, params)
    if role.role_id != made:
        raise _no_role(role.account)
    return {"role": _role_out(role)}


def get_role(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a role with its boundary and tags; raises ResourceNotFoundException."""
    role = role_of(context, params)
    return {"role": _role_out(role) | facts_of(context, role.principal, role.boundary_arn)}


def list_roles(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an account's roles by name; raises ResourceNotFoundException."""
    account = account_of(context, params)
    found = rows.page(context.tx, account, context.cursor or "", limit_of(params) + 1)
    return page(params, found, "roles", _role_out, lambda role: role.role_name)


def update_role(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change description and longest session; what is not given stays.

    Raises ResourceNotFoundException.
    """
    given = {mine: params[name] for name, mine in CHANGEABLE.items() if name in params}
    _change(context, replace(role_of(context, params), **given))
    return {}


def update_assume_role_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Replace a role's trust policy.

    Raises ResourceNotFoundException, ValidationException for one that is not understood, and
    ServiceQuotaExceededException.
    """
    role = replace(role_of(context, params), trust_policy=params["policyDocument"])
    _check_trust_policy(context, role, "policyDocument")
    _change(context, role)
    return {}


def delete_role(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a role; its sessions end with it.

    Raises ResourceNotFoundException, and ConflictException while it has policies.
    """
    role = role_of(context, params)
    principal = role.principal
    left = {
        "attached policies": policies.attached(context.tx, role.account, principal.arn),
        "inline policies": policies.inline(context.tx, role.account, principal.arn),
    }
    refuse_while_left(role.role_name, RESOURCE_TYPE, left)
    principal_tags.delete_all(context.tx, principal)
    rows.delete(context.tx, role)
    iam_versions.grow(context.tx, role.account)
    return {}


def role_of(context: Context, params: Mapping[str, Any]) -> Role:
    """Return the role that is named, in its own spelling; raises ResourceNotFoundException."""
    account = account_of(context, params)
    role = rows.get(context.tx, account, params["roleName"])
    # The ARN that was authorized has the spelling of the request.
    if role is None or role.role_name != params["roleName"]:
        raise _no_role(account)
    return role


def _change(context: Context, role: Role) -> None:
    rows.update(context.tx, role)
    iam_versions.grow(context.tx, role.account)


def _check_trust_policy(
    context: Context, role: Role, member: str = "assumeRolePolicyDocument"
) -> None:
    if size(role.trust_policy) > TRUST_POLICY_SIZE:
        raise ServiceQuotaExceededException(
            f"A trust policy may have {TRUST_POLICY_SIZE:,} characters beside white space.",
            resource_id=role.role_name,
            resource_type=RESOURCE_TYPE,
            quota_code=SIZE_QUOTA,
        )
    context.read_policy(role.trust_policy, PolicyKind.TRUST, member)


def _no_role(account: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Account {account} has no role of that name.")


def _role_out(role: Role) -> dict[str, Any]:
    output = {
        "path": PATH,
        "roleName": role.role_name,
        "roleId": role.role_id,
        "arn": role.principal.arn,
        "createDate": role.created_at,
        "assumeRolePolicyDocument": role.trust_policy,
        "maxSessionDuration": role.max_session_seconds,
    }
    return output | {"description": role.description} if role.description else output
