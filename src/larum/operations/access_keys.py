"""The operations of the `larum` model on the access keys of users, named as IAM names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain import values
from larum.domain.policies import name_of
from larum.domain.principals import KEYS_OF_A_USER, AccessKeyStatus, Principal
from larum.errors import ResourceNotFoundException, ServiceQuotaExceededException
from larum.operations.case_edits import Edited
from larum.operations.principals import account_of, user_of
from larum.store import access_keys as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.principals import AccessKey, User
    from larum.store.access_keys import ListedAccessKey

PAGE_SIZE: Final = 25
FIRST: Final = (-1, "")
QUOTA: Final = "LARUM-ACCESS-KEYS"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html
NEVER: Final = "N/A"


def create_access_key(context: Context, params: dict[str, Any]) -> Edited:
    """Make an active key for a user; the only answer that has its secret.

    Raises ResourceNotFoundException, and ServiceQuotaExceededException where the user has two.
    """
    key = issue_key(context, user_of(context, params))
    output = {
        "userName": params["userName"],
        "accessKeyId": key.access_key_id,
        "status": key.status,
        "secretAccessKey": key.secret_access_key,
        "createDate": context.now,
    }
    return Edited({"accessKey": output}, made=key.access_key_id)


def access_key_again(context: Context, params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the key without its secret: an answer that was lost is no way to read it twice.

    Raises ResourceNotFoundException where the key was deleted since.
    """
    user = user_of(context, params)
    for each in rows.page(context.tx, user.principal, FIRST, KEYS_OF_A_USER):
        if each.access_key_id == made:
            return {"accessKey": _key_out(user, each)}
    raise _no_key(user)


def list_access_keys(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a user's keys, oldest first; raises ResourceNotFoundException."""
    user, limit = user_of(context, params), params.get("maxResults", PAGE_SIZE)
    found = rows.page(context.tx, user.principal, _after(context.cursor), limit + 1)
    output: dict[str, Any] = {
        "accessKeyMetadata": [_key_out(user, each) for each in found[:limit]],
    }
    if len(found) > limit:
        last = found[limit - 1]
        output["nextToken"] = f"{last.created_at}/{last.access_key_id}"
    return output


def update_access_key(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a key active or inactive; raises ResourceNotFoundException."""
    user, access_key_id = user_of(context, params), params["accessKeyId"]
    status = AccessKeyStatus(params["status"])
    context.changing_access_key(access_key_id)
    if not rows.set_status(context.tx, user.principal, access_key_id, status):
        raise _no_key(user)
    return {}


def delete_access_key(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a key; raises ResourceNotFoundException."""
    user, access_key_id = user_of(context, params), params["accessKeyId"]
    context.changing_access_key(access_key_id)
    if not rows.delete(context.tx, user.principal, access_key_id):
        raise _no_key(user)
    return {}


def get_access_key_last_used(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return whose a key is and when it was used last; raises ResourceNotFoundException.

    Without a use there is no date, and service and Region are `N/A`, as in IAM.
    """
    account, access_key_id = account_of(context, params), params["accessKeyId"]
    found = rows.last_use(context.tx, account, access_key_id)
    if found is None:
        raise ResourceNotFoundException(f"Account {account} has no such access key.")
    principal_arn, written = found
    told: dict[str, Any] = {"serviceName": NEVER, "region": NEVER}
    uses = [each for each in (written, context.last_used(access_key_id)) if each is not None]
    if uses:
        use = max(uses, key=lambda each: each.at)
        told = {"lastUsedDate": use.at, "serviceName": use.service, "region": use.region}
    output: dict[str, Any] = {"accessKeyLastUsed": told}
    if principal_arn != Principal.root(account).arn:
        output["userName"] = name_of(principal_arn)
    return output


def issue_key(context: Context, user: User) -> AccessKey:
    """Make a key for a user; raises ServiceQuotaExceededException where it has two."""
    if rows.count(context.tx, user.principal) >= KEYS_OF_A_USER:
        raise ServiceQuotaExceededException(
            f"A user may have {KEYS_OF_A_USER} access keys, Inactive ones included. Delete one.",
            resource_id=user.user_name,
            resource_type="AccessKey",
            quota_code=QUOTA,
        )
    return context.issue_access_key(context.tx, user.principal, context.now)


def _after(cursor: str | None) -> tuple[int, str]:
    if cursor is None:
        return FIRST
    created_at, _, access_key_id = cursor.partition("/")
    return int(created_at), access_key_id


def _no_key(user: User) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"User {user.user_name} has no such access key.")


def _key_out(user: User, key: ListedAccessKey) -> dict[str, Any]:
    return {
        "userName": user.user_name,
        "accessKeyId": key.access_key_id,
        "status": key.status,
        "createDate": values.moment(key.created_at),
    }
