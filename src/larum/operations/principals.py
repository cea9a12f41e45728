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
from larum.store import access_keys, accounts
from larum.store import principals as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context

PAGE_SIZE: Final = 25
PATH: Final = "/"
RESOURCE_TYPE: Final = "User"
QUOTA: Final = "LARUM-USERS"


def create_user(context: Context, params: dict[str, Any]) -> Edited:
    """Add a user to an account.

    Raises ResourceNotFoundException for an account that is not there, ConflictException where it
    has a user whose name differs in case at most, and ServiceQuotaExceededException.
    """
    user = add_user(context, account_of(context, params), params["userName"])
    return Edited({"user": _user_out(user)}, made=user.user_id)


def user_again(context: Context, params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the user once more; raises ResourceNotFoundException where it was deleted since."""
    user = user_of(context, params)
    if user.user_id != made:
        raise _no_user(user.account)
    return {"user": _user_out(user)}


def get_user(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a user; raises ResourceNotFoundException."""
    return {"user": _user_out(user_of(context, params))}


def list_users(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an account's users by name; raises ResourceNotFoundException."""
    account, limit = account_of(context, params), params.get("maxResults", PAGE_SIZE)
    found = rows.page(context.tx, account, context.cursor or "", limit + 1)
    output: dict[str, Any] = {"users": [_user_out(each) for each in found[:limit]]}
    if len(found) > limit:
        output["nextToken"] = found[limit - 1].user_name
    return output


def delete_user(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a user; raises ResourceNotFoundException, and ConflictException while it has keys."""
    user = user_of(context, params)
    if access_keys.count(context.tx, user.principal):
        message = f"User {user.user_name} has access keys. Delete them first."
        raise ConflictException(message, resource_id=user.user_name, resource_type=RESOURCE_TYPE)
    rows.delete(context.tx, user)
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


def _user_out(user: User) -> dict[str, Any]:
    return {
        "path": PATH,
        "userName": user.user_name,
        "userId": user.user_id,
        "arn": user.principal.arn,
        "createDate": user.created_at,
    }
