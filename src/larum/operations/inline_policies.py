"""The operations of the `larum` model on policies inside a user, group or role, as IAM has them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.policies import INLINE_POLICIES_SIZE, PolicyKind, size
from larum.errors import ResourceNotFoundException, ServiceQuotaExceededException
from larum.operations.pages import page
from larum.store import iam_versions
from larum.store import policies as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.principals import Principal
    from larum.operations.holders import Holder

QUOTA: Final = "LARUM-INLINE-POLICY-SIZE"


def put(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put a policy into a principal, in the place of one of that name.

    Raises ResourceNotFoundException, ValidationException for a document that is not understood, and
    ServiceQuotaExceededException where all of them together are too long.
    """
    principal = holder.principal(context, params)
    put_into(context, holder, principal, params["policyName"], params["policyDocument"])
    return {}


def put_into(
    context: Context, holder: Holder, principal: Principal, policy_name: str, document: str
) -> None:
    """Put a policy into `principal`, which is a `holder`; raises what Put raises."""
    present = rows.inline(context.tx, principal.account, principal.arn)
    allowed = INLINE_POLICIES_SIZE[holder.kind]
    if sum(map(size, (present | {policy_name: document}).values())) > allowed:
        raise ServiceQuotaExceededException(
            f"The inline policies of a {holder.kind} may have {allowed:,} characters together, "
            "beside white space.",
            resource_id=policy_name,
            resource_type=holder.name,
            quota_code=QUOTA,
        )
    context.read_policy(document, PolicyKind.PERMISSIONS)
    rows.put_inline(context.tx, principal, policy_name, document)
    iam_versions.grow(context.tx, principal.account)


def get(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a policy inside a principal as it was written; raises ResourceNotFoundException."""
    principal, name = holder.principal(context, params), params["policyName"]
    document = rows.inline(context.tx, principal.account, principal.arn).get(name)
    if document is None:
        raise _no_policy(holder, params)
    return {
        holder.member: params[holder.member],
        "policyName": name,
        "policyDocument": document,
    }


def names(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the names of the policies inside a principal.

    Raises ResourceNotFoundException.
    """
    principal, after = holder.principal(context, params), context.cursor or ""
    inside = rows.inline(context.tx, principal.account, principal.arn)
    found = [name for name in inside if name > after]
    return page(params, found, "policyNames", str, str)


def delete(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a policy from inside a principal; raises ResourceNotFoundException."""
    principal = holder.principal(context, params)
    if not rows.delete_inline(context.tx, principal, params["policyName"]):
        raise _no_policy(holder, params)
    iam_versions.grow(context.tx, principal.account)
    return {}


def _no_policy(holder: Holder, params: dict[str, Any]) -> ResourceNotFoundException:
    name = params[holder.member]
    return ResourceNotFoundException(f"{holder.name} {name} has no inline policy of that name.")
