"""The operations of the `larum` model on managed policies, named as IAM names them.

A policy is of an account, or one of those that come with the service, which all accounts have. Of
an account's policy the newest version alone is kept.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain.policies import (
    MANAGED_POLICY_SIZE,
    OF_AWS,
    POLICIES_OF_AN_ACCOUNT,
    ManagedPolicy,
    PolicyKind,
    policy_arn,
    size,
)
from larum.domain.policies import account_of as account_in
from larum.domain.principals import UNIQUE_ID_BYTES, UniqueId
from larum.errors import (
    ConflictException,
    FieldFailure,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)
from larum.operations.case_edits import Edited
from larum.operations.principals import account_of
from larum.store import iam_versions, permissions_boundaries
from larum.store import policies as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context

RESOURCE_TYPE: Final = "Policy"
QUOTA: Final = "LARUM-POLICIES"
SIZE_QUOTA: Final = "LARUM-POLICY-SIZE"
AWS: Final = "aws"
# Those of the service do not change under an ARN here.
AWS_VERSION: Final = "v1"


def create_policy(context: Context, params: dict[str, Any]) -> Edited:
    """Add a policy to an account.

    Raises ResourceNotFoundException for an account that is not there, ConflictException where it
    has a policy whose name differs in case at most, ValidationException for a document that is not
    understood, and ServiceQuotaExceededException.
    """
    policy = ManagedPolicy(
        account_of(context, params),
        params["policyName"],
        UniqueId.POLICY.of(context.random(UNIQUE_ID_BYTES)),
        params["policyDocument"],
        context.now,
        context.now,
        description=params.get("description", ""),
    )
    add_policy(context, policy)
    return Edited({"policy": policy_out(context, policy)}, made=policy.policy_id)


def add_policy(context: Context, policy: ManagedPolicy) -> None:
    """Add a policy; raises what CreatePolicy raises."""
    _check_document(context, policy)
    if not rows.insert(context.tx, policy):
        raise ConflictException(
            f"Account {policy.account} has a policy of that name.",
            resource_id=policy.policy_name,
            resource_type=RESOURCE_TYPE,
        )
    if rows.count(context.tx, policy.account) > POLICIES_OF_AN_ACCOUNT:
        raise ServiceQuotaExceededException(
            f"An account may have {POLICIES_OF_AN_ACCOUNT:,} policies.",
            resource_id=policy.account,
            resource_type=RESOURCE_TYPE,
            quota_code=QUOTA,
        )
    iam_versions.grow(context.tx, policy.account)


def policy_again(context: Context, params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the policy once more; raises ResourceNotFoundException where it was deleted since."""
    arn = policy_arn(account_of(context, params), params["policyName"])
    policy = rows.get(context.tx, arn)
    if policy is None or policy.policy_id != made:
        raise no_policy(arn)
    return {"policy": policy_out(context, policy)}


def create_policy_version(context: Context, params: dict[str, Any]) -> Edited:
    """Give a policy another document, which acts at once wherever it is attached.

    Raises ResourceNotFoundException, ValidationException for a document that is not understood or
    that is not to be the default, and ServiceQuotaExceededException.
    """
    policy = own_policy(context, params)
    if params["setAsDefault"] is not True:
        message = "Member must be true: only the default version is kept"
        raise ValidationException.of_fields((FieldFailure("setAsDefault", message),))
    newer = replace(
        policy,
        document=params["policyDocument"],
        version=policy.version + 1,
        updated_at=context.now,
    )
    change_policy(context, newer)
    return Edited({"policyVersion": _version_out(newer)}, made=_version_made(newer))


def change_policy(context: Context, newer: ManagedPolicy) -> None:
    """Keep a newer version of a policy; raises what CreatePolicyVersion raises."""
    _check_document(context, newer)
    rows.update(context.tx, newer)
    iam_versions.grow(context.tx, newer.account)


def policy_version_again(context: Context, params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the version once more.

    Raises ResourceNotFoundException where there is a newer one, or the policy was deleted since.
    """
    policy = own_policy(context, params)
    if _version_made(policy) != made:
        raise _no_version()
    return {"policyVersion": _version_out(policy)}


def get_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a policy but its document; raises ResourceNotFoundException."""
    arn, account = params["policyArn"], account_of_policy(context, params)
    check_known(context, account, arn)
    policy = rows.get(context.tx, arn)
    if policy is None:
        return {"policy": aws_policy_out(context, account, arn)}
    return {"policy": policy_out(context, policy)}


def get_policy_version(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a policy's document as it was written.

    Raises ResourceNotFoundException, also for a version that is not the newest.
    """
    arn = params["policyArn"]
    check_known(context, account_of_policy(context, params), arn)
    policy = rows.get(context.tx, arn)
    shown = (
        {"versionId": AWS_VERSION, "isDefaultVersion": True}
        if policy is None
        else _version_out(policy)
    )
    if shown["versionId"] != params["versionId"]:
        raise _no_version()
    document = context.service_policies[arn] if policy is None else policy.document
    return {"policyVersion": shown | {"document": document}}


def delete_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a policy of an account.

    Raises ResourceNotFoundException, and ConflictException while it is attached or bounds somebody.
    """
    policy = own_policy(context, params)
    reached = _uses(context, policy.account, policy.arn)
    if any(reached.values()):
        message = f"Policy {policy.policy_name} is attached, or bounds somebody. Detach it first."
        raise ConflictException(
            message, resource_id=policy.policy_name, resource_type=RESOURCE_TYPE
        )
    rows.delete(context.tx, policy)
    iam_versions.grow(context.tx, policy.account)
    return {}


def account_of_policy(context: Context, params: Mapping[str, Any]) -> str:
    """Return the account that is meant where a policy is named by `policyArn`.

    The account in the ARN, where none is given; for a policy of the service the caller's.
    Raises ResourceNotFoundException where it is not there.
    """
    named = account_in(params["policyArn"])
    mine = context.account if named == AWS else named
    return account_of(context, {"accountId": mine, **params})


def check_known(context: Context, account: str, policy_arn: str) -> None:
    """Return if principals of `account` can have the policy.

    Raises ResourceNotFoundException, alike for another account's policy and for none.
    """
    if policy_arn in context.service_policies:
        return
    if account_in(policy_arn) != account or rows.get(context.tx, policy_arn) is None:
        raise no_policy(policy_arn)


def own_policy(context: Context, params: Mapping[str, Any]) -> ManagedPolicy:
    """Return the account's policy that `policyArn` names.

    Raises ResourceNotFoundException, and ValidationException for one of the service.
    """
    arn = params["policyArn"]
    if arn.startswith(OF_AWS):
        message = "Member must be a policy of an account: those of the service do not change"
        raise ValidationException.of_fields((FieldFailure("policyArn", message),))
    check_known(context, account_of_policy(context, params), arn)
    policy = rows.get(context.tx, arn)
    if policy is None:
        raise no_policy(arn)
    return policy


def no_policy(arn: str) -> ResourceNotFoundException:
    """Return the refusal of a policy that is not there."""
    return ResourceNotFoundException(f"Policy {arn} does not exist.")


def policy_out(context: Context, policy: ManagedPolicy) -> dict[str, Any]:
    """Return what is told of an account's policy."""
    output = {
        "policyName": policy.policy_name,
        "policyId": policy.policy_id,
        "arn": policy.arn,
        "path": "/",
        "defaultVersionId": _version_id(policy),
        "isAttachable": True,
        "createDate": policy.created_at,
        "updateDate": policy.updated_at,
        **_uses(context, policy.account, policy.arn),
    }
    return output | {"description": policy.description} if policy.description else output


def aws_policy_out(context: Context, account: str, arn: str) -> dict[str, Any]:
    """Return what is told of a policy of the service, with its uses in `account`."""
    path, _, name = arn.removeprefix(OF_AWS).rpartition("/")
    return {
        "policyName": name,
        "arn": arn,
        "path": f"/{path}/" if path else "/",
        "defaultVersionId": AWS_VERSION,
        "isAttachable": True,
        **_uses(context, account, arn),
    }


def _uses(context: Context, account: str, arn: str) -> dict[str, int]:
    return {
        "attachmentCount": rows.count_attachments(context.tx, account, arn),
        "permissionsBoundaryUsageCount": permissions_boundaries.count(context.tx, account, arn),
    }


def _check_document(context: Context, policy: ManagedPolicy) -> None:
    if size(policy.document) > MANAGED_POLICY_SIZE:
        raise ServiceQuotaExceededException(
            f"A managed policy may have {MANAGED_POLICY_SIZE:,} characters beside white space.",
            resource_id=policy.policy_name,
            resource_type=RESOURCE_TYPE,
            quota_code=SIZE_QUOTA,
        )
    context.read_policy(policy.document, PolicyKind.PERMISSIONS)


def _version_id(policy: ManagedPolicy) -> str:
    return f"v{policy.version}"


def _version_made(policy: ManagedPolicy) -> str:
    return f"{policy.policy_id}/{_version_id(policy)}"


def _version_out(policy: ManagedPolicy) -> dict[str, Any]:
    return {
        "versionId": _version_id(policy),
        "isDefaultVersion": True,
        "createDate": policy.updated_at,
    }


def _no_version() -> ResourceNotFoundException:
    return ResourceNotFoundException("That version is not kept: only a policy's newest one is.")
