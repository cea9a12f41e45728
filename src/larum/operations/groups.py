"""The operations of the `larum` model on groups, named as IAM names them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.groups import GROUPS_OF_A_USER, GROUPS_OF_AN_ACCOUNT, Group
from larum.domain.principals import UNIQUE_ID_BYTES, UniqueId
from larum.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
)
from larum.operations.case_edits import Edited
from larum.operations.pages import limit_of, page
from larum.operations.principal_ends import refuse_while_left
from larum.operations.principals import PATH, account_of, user_of, user_out
from larum.store import groups as rows
from larum.store import iam_versions, policies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from larum.context import Context

RESOURCE_TYPE: Final = "Group"
QUOTA: Final = "LARUM-GROUPS"
QUOTA_OF_A_USER: Final = "LARUM-GROUPS-OF-A-USER"


def create_group(context: Context, params: dict[str, Any]) -> Edited:
    """Add a group to an account.

    Raises ResourceNotFoundException for an account that is not there, ConflictException where it
    has a group whose name differs in case at most, and ServiceQuotaExceededException.
    """
    group = add_group(context, account_of(context, params), params["groupName"])
    return Edited({"group": _group_out(group)}, made=group.group_id)


def add_group(context: Context, account: str, group_name: str) -> Group:
    """Add a group and return it; raises what CreateGroup raises."""
    group_id = UniqueId.GROUP.of(context.random(UNIQUE_ID_BYTES))
    group = Group(account, group_name, group_id, context.now)
    if not rows.insert(context.tx, group):
        message = f"Account {account} has a group of that name."
        raise ConflictException(message, resource_id=group_name, resource_type=RESOURCE_TYPE)
    if rows.count(context.tx, account) > GROUPS_OF_AN_ACCOUNT:
        raise ServiceQuotaExceededException(
            f"An account may have {GROUPS_OF_AN_ACCOUNT:,} groups, and {account} has them.",
            resource_id=account,
            resource_type=RESOURCE_TYPE,
            quota_code=QUOTA,
        )
    iam_versions.grow(context.tx, account)
    return group


def group_again(context: Context, params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the group once more; raises ResourceNotFoundException where it was deleted since."""
    group = group_of(context, params)
    if group.group_id != made:
        raise _no_group(group.account)
    return {"group": _group_out(group)}


def get_group(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a group with a page of its users by name; raises ResourceNotFoundException."""
    group = group_of(context, params)
    found = rows.users(context.tx, group, context.cursor or "", limit_of(params) + 1)
    users = page(params, found, "users", user_out, lambda user: user.user_name)
    return {"group": _group_out(group), **users}


def list_groups(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an account's groups by name; raises ResourceNotFoundException."""
    account = account_of(context, params)
    found = rows.page(context.tx, account, context.cursor or "", limit_of(params) + 1)
    return page(params, found, "groups", _group_out, lambda group: group.group_name)


def list_groups_for_user(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a user's groups by name; raises ResourceNotFoundException."""
    user, after, limit = user_of(context, params), context.cursor or "", limit_of(params) + 1
    found = rows.of_user(context.tx, user.account, user.user_name, after, limit)
    return page(params, found, "groups", _group_out, lambda group: group.group_name)


def delete_group(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a group.

    Raises ResourceNotFoundException, and ConflictException while it has users or policies.
    """
    group = group_of(context, params)
    principal = group.principal
    left: Mapping[str, Sized] = {
        "users": rows.users(context.tx, group, "", 1),
        "attached policies": policies.attached(context.tx, group.account, principal.arn),
        "inline policies": policies.inline(context.tx, group.account, principal.arn),
    }
    refuse_while_left(group.group_name, RESOURCE_TYPE, left)
    rows.delete(context.tx, group)
    iam_versions.grow(context.tx, group.account)
    return {}


def add_user_to_group(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put a user into a group; that it is in it already is no error.

    Raises ResourceNotFoundException and ServiceQuotaExceededException.
    """
    group, user = group_of(context, params), user_of(context, params)
    if not rows.add_user(context.tx, group, user):
        return {}
    if rows.count_of_user(context.tx, user) > GROUPS_OF_A_USER:
        raise ServiceQuotaExceededException(
            f"A user may be in {GROUPS_OF_A_USER} groups, and {user.user_name} is in them.",
            resource_id=user.user_name,
            resource_type=RESOURCE_TYPE,
            quota_code=QUOTA_OF_A_USER,
        )
    iam_versions.grow(context.tx, group.account)
    return {}


def remove_user_from_group(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a user out of a group; raises ResourceNotFoundException, also where it is not in it."""
    group, user = group_of(context, params), user_of(context, params)
    if not rows.remove_user(context.tx, group, user):
        message = f"User {user.user_name} is not in group {group.group_name}."
        raise ResourceNotFoundException(message)
    iam_versions.grow(context.tx, group.account)
    return {}


def group_of(context: Context, params: Mapping[str, Any]) -> Group:
    """Return the group that is named, in its own spelling; raises ResourceNotFoundException."""
    account = account_of(context, params)
    group = rows.get(context.tx, account, params["groupName"])
    # The ARN that was authorized has the spelling of the request.
    if group is None or group.group_name != params["groupName"]:
        raise _no_group(account)
    return group


def _no_group(account: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Account {account} has no group of that name.")


def _group_out(group: Group) -> dict[str, Any]:
    return {
        "path": PATH,
        "groupName": group.group_name,
        "groupId": group.group_id,
        "arn": group.principal.arn,
        "createDate": group.created_at,
    }
