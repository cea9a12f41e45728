"""The operations of the `larum` model that attach managed policies to users, groups and roles.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.policies import ATTACHED_POLICIES, name_of
from larum.errors import ResourceNotFoundException, ServiceQuotaExceededException
from larum.operations.pages import page
from larum.operations.policies import check_known
from larum.store import iam_versions
from larum.store import policies as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.principals import Principal
    from larum.operations.holders import Holder

QUOTA: Final = "LARUM-ATTACHED-POLICIES"


def attach(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Attach a policy to a principal; that it is attached already is no error.

    Raises ResourceNotFoundException, also for a policy of another account, and
    ServiceQuotaExceededException.
    """
    attach_to(context, holder, holder.principal(context, params), params["policyArn"])
    return {}


def attach_to(context: Context, holder: Holder, principal: Principal, policy_arn: str) -> None:
    """Attach a policy to `principal`, which is a `holder`; raises what Attach raises."""
    check_known(context, principal.account, policy_arn)
    if not rows.attach(context.tx, principal, policy_arn):
        return
    attached = rows.attached(context.tx, principal.account, principal.arn)
    if len(attached) > ATTACHED_POLICIES:
        raise ServiceQuotaExceededException(
            f"A {holder.kind} may have {ATTACHED_POLICIES} attached policies, and has them.",
            resource_id=name_of(principal.arn),
            resource_type=holder.name,
            quota_code=QUOTA,
        )
    iam_versions.grow(context.tx, principal.account)


def detach(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Detach a policy from a principal; raises ResourceNotFoundException where it is not."""
    principal = holder.principal(context, params)
    if not rows.detach(context.tx, principal, params["policyArn"]):
        name = params[holder.member]
        message = f"{holder.name} {name} has no such policy attached."
        raise ResourceNotFoundException(message)
    iam_versions.grow(context.tx, principal.account)
    return {}


def listed(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the policies that are attached to a principal, by ARN.

    Raises ResourceNotFoundException.
    """
    principal, after = holder.principal(context, params), context.cursor or ""
    attached = rows.attached(context.tx, principal.account, principal.arn)
    found = [arn for arn in attached if arn > after]
    return page(params, found, "attachedPolicies", _policy_out, str)


def _policy_out(arn: str) -> dict[str, Any]:
    return {"policyName": name_of(arn), "policyArn": arn}
