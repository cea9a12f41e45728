"""The operations of the `larum` model that bound what users and roles may do by a managed policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.operations.policies import check_known
from larum.store import iam_versions
from larum.store import permissions_boundaries as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.operations.holders import Holder


def put(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Bound a user or role by a policy, in the place of any other one.

    Raises ResourceNotFoundException, also for a policy of another account.
    """
    principal, policy_arn = holder.principal(context, params), params["permissionsBoundary"]
    check_known(context, principal.account, policy_arn)
    rows.put(context.tx, principal, policy_arn)
    iam_versions.grow(context.tx, principal.account)
    return {}


def delete(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the bound of a user or role away; that it has none is no error.

    Raises ResourceNotFoundException.
    """
    principal = holder.principal(context, params)
    rows.put(context.tx, principal, None)
    iam_versions.grow(context.tx, principal.account)
    return {}
