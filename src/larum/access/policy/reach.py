"""How far an account's principals reach, before any policy is asked: no policy can widen it.

    security-ir   the resource is the caller's account's
    larum         the administrator account reaches all; every other account only itself, and only
                  by the operations that are for an account's own administration
    sts           the role's trust policy answers for other accounts (decide_trust)

Source: contracts.md ("The second model"), reliability-and-security §5.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Managed policies of the service belong to every account, and to none.
_SHARED: Final = "aws"
_PARTS_OF_AN_ARN: Final = 6


def reaches(
    account: str,
    *,
    service: str,
    resource: str,
    params: Mapping[str, object],
    own_account: bool,
    administrator: str | None,
) -> bool:
    """Return whether principals of `account` may be given `resource` (an ARN, or `*`) at all.

    `service` is the action's, `params` the request's: an `accountId` in them must be reached too.
    `own_account` says that every account has the operation for itself; `administrator` is the
    account that administers the installation, if any.
    """
    if service == "security-ir":
        return resource == "*" or _account_of(resource) == account
    if service == "larum":
        if account == administrator:
            return True
        named = params.get("accountId", account)
        inside = resource == "*" or _account_of(resource) in {account, _SHARED}
        return own_account and named == account and inside
    return service == "sts"


def _account_of(resource: str) -> str | None:
    parts = resource.split(":", _PARTS_OF_AN_ARN - 1)
    return parts[4] if len(parts) == _PARTS_OF_AN_ARN and parts[0] == "arn" else None
