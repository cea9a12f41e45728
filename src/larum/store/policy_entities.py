"""Whom a managed policy reaches: to what it is attached, and whom it bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain.principals import Principal

if TYPE_CHECKING:
    from larum.store.engine import Transaction

# An ARN begins with its account and kind, so that a prefix picks users, groups or roles.
PAGE = """
SELECT principal_arn FROM (
    SELECT principal_arn FROM attached_policies
    WHERE account = :account AND policy_arn = :policy_arn AND :attached = 1
    UNION
    SELECT :users || user_name FROM users
    WHERE account = :account AND boundary_arn = :policy_arn AND :bounded = 1
    UNION
    SELECT :roles || role_name FROM roles
    WHERE account = :account AND boundary_arn = :policy_arn AND :bounded = 1
) AS entities
WHERE principal_arn > :after AND substr(principal_arn, 1, :length) = :prefix
ORDER BY principal_arn LIMIT :limit
"""


class Sought(msgspec.Struct, frozen=True):
    """Which principals of `account` are meant: a policy is `attached` to them, or bounds them.

    `prefix` is how their ARN begins, empty for all.
    """

    account: str
    policy_arn: str
    attached: bool = True
    bounded: bool = True
    prefix: str = ""


def page(tx: Transaction, sought: Sought, after: str, limit: int) -> list[str]:
    """Return the ARNs of at most `limit` principals, in their order, behind the ARN `after`."""
    parameters: dict[str, Any] = {
        "account": sought.account,
        "policy_arn": sought.policy_arn,
        "attached": int(sought.attached),
        "bounded": int(sought.bounded),
        "users": Principal.user(sought.account, "").arn,
        "roles": Principal.role(sought.account, "").arn,
        "prefix": sought.prefix,
        "length": len(sought.prefix),
        "after": after,
        "limit": limit,
    }
    return [arn for (arn,) in tx.rows(PAGE, parameters)]
