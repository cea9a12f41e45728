"""The operations of the `larum` model on users, named as IAM names them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.principals import UNIQUE_ID_BYTES, USERS_OF_AN_ACCOUNT, UniqueId, User
from larum.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
)
from larum.operations.case_edits import Edited
from larum.operations.pages import limit_of, page
from larum.operations.principal_ends import refuse_while_left
from larum.store import access_keys, accounts, groups, iam_versions, policies, principal_tags
from larum.store import principals as rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from larum.context import Context
    from larum.domain.principals import Principal

PATH: Final = "/"
BOUNDARY_TYPE: Final = "Policy"
RESOURCE_TYPE: Final = "User"
QUOTA: Final = "LARUM-USERS"


def create_user(context: Context, params: dict[str, Any]) -> Edited:
    """Add a user to an account.

    Raises ResourceNotFoundException for an account that is not there, ConflictException where it
    has a user whose name differs in case at most, and ServiceQuotaExceededException.
    """
    user = add_user(context, account_of(context, params), params["userName"])
    return Edited({"user": user_out(user)}, made=user.user_id)


def user_again(context: Context, params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the user once more; raises ResourceNotFoundException where it was deleted since."""
    user = user_of(context, params)
    if user.user_id != made:
        raise _no_user(user.account)
    return {"user": user_out(user)}


def get_user(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a user with its boundary and tags; raises ResourceNotFoundException."""
    user = user_of(context, params)
    return {"user": user_out(user) | facts_of(context, user.principal, user.boundary_arn)}


def list_users(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an account's users by name; raises ResourceNotFoundException."""
    account = account_of(context, params)
    found = rows.page(context.tx, account, context.cursor or "", limit_of(params) + 1)
    return page(params, found, "users", user_out, lambda user: user.user_name)


def delete_user(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a user.

    Raises ResourceNotFoundException, and ConflictException while it has keys, MFA devices, groups
    or policies.
    """
    user = user_of(context, params)
    tx, principal = context.tx, user.principal
    left: Mapping[str, Sized] = {
        "access keys": access_keys.page(tx, principal, (-1, ""), 1),
        "MFA devices": rows.mfa_devices(tx, user),
        "groups": groups.of_user(tx, user.account, user.user_name),
        "attached policies": policies.attached(tx, user.account, principal.arn),
        "inline policies": policies.inline(tx, user.account, principal.arn),
    }
    refuse_while_left(user.user_name, RESOURCE_TYPE, left)
    principal_tags.delete_all(tx, principal)
    rows.delete(tx, user)
    iam_versions.grow(tx, user.account)
    return {}


def add_user(context: Context, account: str, user_name: str) -> User:
    """Add a user and return it.

    Raises ConflictException and ServiceQuotaExceededException as CreateUser does.
    """
    user_id = UniqueId.USER.of(context.random(UNIQUE_ID_BYTES))
    user = User(account, user_name, user_id, context.now)
    if not rows.insert(context.tx, user):
        message = f"Account {account} has a user of that name."
        raise ConflictException(message, resource_id=user_name, resource_type=RESOURCE_TYPE)
    if rows.count(context.tx, account) > USERS_OF_AN_ACCOUNT:
        raise ServiceQuotaExceededException(
            f"An account may have {USERS_OF_AN_ACCOUNT:,} users, and {account} has them.",
            resource_id=account,
            resource_type=RESOURCE_TYPE,
            quota_code=QUOTA,
        )
    iam_versions.grow(context.tx, account)
    return user


def account_of(context: Context, params: Mapping[str, Any]) -> str:
    """Return the account that is meant; raises ResourceNotFoundException where there is none."""
    account = str(params.get("accountId", context.account))
    if accounts.get(context.tx, account) is None:
        message = f"Account {account} does not exist here."
        raise ResourceNotFoundException(message)
    return account


def user_of(context: Context, params: Mapping[str, Any]) -> User:
    """Return the user that is named, in its own spelling; raises ResourceNotFoundException."""
    account = account_of(context, params)
    user = rows.get(context.tx, account, params["userName"])
    # The ARN that was authorized has the spelling of the request.
    if user is None or user.user_name != params["userName"]:
        raise _no_user(account)
    return user


def _no_user(account: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Account {account} has no user of that name.")


def facts_of(context: Context, principal: Principal, boundary: str | None) -> dict[str, Any]:
    """Return what Get tells of a user or role, and List does not: boundary and tags, if any."""
    output: dict[str, Any] = {}
    tags = principal_tags.get(context.tx, principal.account, principal.arn)
    if tags:
        output["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
    if boundary is not None:
        output["permissionsBoundary"] = {
            "permissionsBoundaryType": BOUNDARY_TYPE,
            "permissionsBoundaryArn": boundary,
        }
    return output


def user_out(user: User) -> dict[str, Any]:
    """Return a user as every operation tells it."""
    return {
        "path": PATH,
        "userName": user.user_name,
        "userId": user.user_id,
        "arn": user.principal.arn,
        "createDate": user.created_at,
    }
