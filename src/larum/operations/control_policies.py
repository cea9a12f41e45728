"""Service control policies: what the organization's accounts may do at most.

Named as the operations on policies of AWS Organizations, with the kind of policy in their names:
those on IAM's policies have the plain ones.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain import values
from larum.domain.control_policies import (
    FULL_ACCESS,
    FULL_ACCESS_ID,
    POLICIES_OF_A_TARGET,
    POLICIES_OF_AN_ORGANIZATION,
    ControlPolicy,
    TargetType,
    policy_arn,
)
from larum.domain.policies import PolicyKind
from larum.errors import (
    ConflictException,
    FieldFailure,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)
from larum.operations.case_edits import Edited
from larum.operations.directory_changes import organization_of
from larum.operations.organization_tree import Tree, member_of, page_of, tree_of
from larum.store import accounts, iam_versions
from larum.store import control_policies as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.organizations import Organization

RESOURCE_TYPE: Final = "ServiceControlPolicy"
CONTENT: Final = "content"
QUOTA: Final = "LARUM-CONTROL-POLICIES"
QUOTA_OF_A_TARGET: Final = "LARUM-CONTROL-POLICIES-PER-TARGET"
TYPE: Final = "SERVICE_CONTROL_POLICY"


def create_service_control_policy(context: Context, params: dict[str, Any]) -> Edited:
    """Add a policy; nobody is bound by it before it is attached.

    Raises ValidationException with the place of every fault in its content, ConflictException
    where the organization has one of that name, and ServiceQuotaExceededException.
    """
    organization = organization_of(context)
    owner = organization.management_account
    context.read_policy(params["content"], PolicyKind.PERMISSIONS, CONTENT)
    _check_name_is_free(context, owner, params["name"])
    if rows.count(context.tx, owner) >= POLICIES_OF_AN_ORGANIZATION:
        message = f"An organization may have {POLICIES_OF_AN_ORGANIZATION:,} policies, and has."
        raise _too_many(message, organization.organization_id, QUOTA)
    identifier = f"p-{values.base36(int.from_bytes(context.random(values.RANDOM_BYTES)), 10)}"
    policy = ControlPolicy(
        identifier, params["name"], params.get("description", ""), params["content"]
    )
    rows.insert(context.tx, owner, policy)
    return Edited(_told(organization, policy), made=identifier)


def control_policy_again(context: Context, _params: dict[str, Any], made: str) -> dict[str, Any]:
    """Return the policy once more; raises ResourceNotFoundException where it was deleted since."""
    organization = organization_of(context)
    return _told(organization, _policy(context, organization, made))


def describe_service_control_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a policy with its content; raises ResourceNotFoundException."""
    organization = organization_of(context)
    return _told(organization, _policy(context, organization, params["policyId"]))


def update_service_control_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a policy; raises as its creation does, and ResourceNotFoundException."""
    organization = organization_of(context)
    before = _own_policy(context, organization, params["policyId"])
    after = replace(
        before,
        name=params.get("name", before.name),
        description=params.get("description", before.description),
        document=params.get("content", before.document),
    )
    if after.document != before.document:
        context.read_policy(after.document, PolicyKind.PERMISSIONS, CONTENT)
    if after.name != before.name:
        _check_name_is_free(context, organization.management_account, after.name)
    if after != before:
        rows.update(context.tx, organization.management_account, after)
        iam_versions.grow(context.tx, organization.management_account)
    return _told(organization, after)


def delete_service_control_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a policy; raises ResourceNotFoundException, ConflictException while it is attached."""
    organization = organization_of(context)
    owner = organization.management_account
    policy = _own_policy(context, organization, params["policyId"])
    if rows.targets(context.tx, owner, policy.policy_id):
        message = f"Policy {policy.policy_id} is attached. Detach it first."
        raise _conflict(message, policy.policy_id)
    rows.delete(context.tx, owner, policy.policy_id)
    return {}


def list_service_control_policies(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the organization's policies by id, FullAWSAccess among them."""
    organization = organization_of(context)
    # With the quota they are few enough to be sorted with the one that is in no row.
    written = rows.page(
        context.tx, organization.management_account, "", POLICIES_OF_AN_ORGANIZATION
    )
    told = [_summary(organization, policy) for policy in (FULL_ACCESS, *written)]
    return page_of(context, params, "policies", told)


def list_service_control_policies_for_target(
    context: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Return a page of the policies that are attached to a target itself."""
    tree = tree_of(context)
    _type_of(context, tree, params["targetId"])
    owner = tree.organization.management_account
    found = [
        _summary(tree.organization, _policy(context, tree.organization, policy_id))
        for policy_id in rows.attached(context.tx, owner, params["targetId"])
    ]
    return page_of(context, params, "policies", found)


def list_targets_for_service_control_policy(
    context: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Return a page of what a policy is attached to, by id."""
    tree = tree_of(context)
    policy = _policy(context, tree.organization, params["policyId"])
    owner = tree.organization.management_account
    found = _targets_of_all(context, tree)
    named = set(rows.targets(context.tx, owner, policy.policy_id, limit=len(found)))
    if policy.aws_managed:
        named |= found.keys() - rows.targets_with_any(context.tx, owner)
    told = [each for target_id, each in found.items() if target_id in named]
    return page_of(context, params, "targets", told, key="targetId")


def attach_service_control_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a policy bound what is beneath a target; where it is attached already is no change.

    Raises ResourceNotFoundException for the policy or the target, ServiceQuotaExceededException.
    """
    tree, target = tree_of(context), params["targetId"]
    policy = _policy(context, tree.organization, params["policyId"])
    _type_of(context, tree, target)
    owner = tree.organization.management_account
    present = rows.attached(context.tx, owner, target)
    if policy.policy_id in present:
        return {}
    if len(present) >= POLICIES_OF_A_TARGET:
        message = f"{target} has {POLICIES_OF_A_TARGET} policies, as many as it may have."
        raise _too_many(message, target, QUOTA_OF_A_TARGET)
    rows.attach(context.tx, owner, target, policy.policy_id)
    iam_versions.grow(context.tx, owner)
    return {}


def detach_service_control_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a policy no longer bound what is beneath a target; where it does not is no change.

    Raises ResourceNotFoundException for either, ConflictException for the last policy of a target.
    """
    tree, target = tree_of(context), params["targetId"]
    policy = _policy(context, tree.organization, params["policyId"])
    _type_of(context, tree, target)
    owner = tree.organization.management_account
    present = rows.attached(context.tx, owner, target)
    if policy.policy_id not in present:
        return {}
    if len(present) == 1:
        message = f"It is the last policy of {target}, which must keep one. Attach another first."
        raise _conflict(message, policy.policy_id)
    rows.detach(context.tx, owner, target, policy.policy_id)
    iam_versions.grow(context.tx, owner)
    return {}


def _policy(context: Context, organization: Organization, policy_id: str) -> ControlPolicy:
    policy = rows.get(context.tx, organization.management_account, policy_id)
    if policy is None:
        message = f"The organization has no service control policy {policy_id}."
        raise ResourceNotFoundException(message)
    return policy


def _own_policy(context: Context, organization: Organization, policy_id: str) -> ControlPolicy:
    if policy_id == FULL_ACCESS_ID:
        message = f"Member must not be {FULL_ACCESS_ID}: nobody changes it"
        raise ValidationException.of_fields((FieldFailure("policyId", message),))
    return _policy(context, organization, policy_id)


def _type_of(context: Context, tree: Tree, target_id: str) -> TargetType:
    """Return what a target is; raises ResourceNotFoundException where it is none."""
    if target_id == tree.organization.root_id:
        return TargetType.ROOT
    if target_id in tree.units:
        return TargetType.UNIT
    if target_id.isdigit():
        member_of(context, tree.organization, target_id)
        return TargetType.ACCOUNT
    message = f"{target_id} is neither the organization's root nor one of its units or accounts."
    raise ResourceNotFoundException(message)


def _targets_of_all(context: Context, tree: Tree) -> dict[str, dict[str, Any]]:
    """Return everything that a policy can be attached to, as it is told, by id."""
    organization = tree.organization
    found = {organization.root_id: (TargetType.ROOT, "root", "Root")}
    found |= {each.unit_id: (TargetType.UNIT, "ou", each.name) for each in tree.units.values()}
    found |= {
        account: (TargetType.ACCOUNT, "account", each.name)
        for account, each in accounts.of_organization(context.tx, organization).items()
    }
    return {
        target_id: {
            "targetId": target_id,
            "arn": organization.arn_of(kind, target_id),
            "type": target_type,
            **({"name": name} if name else {}),
        }
        for target_id, (target_type, kind, name) in found.items()
    }


def _check_name_is_free(context: Context, owner: str, name: str) -> None:
    other = rows.named(context.tx, owner, name)
    if other is not None:
        message = "The organization has a service control policy of that name."
        raise _conflict(message, other.policy_id)


def _told(organization: Organization, policy: ControlPolicy) -> dict[str, Any]:
    summary = _summary(organization, policy)
    return {"policy": {"policySummary": summary, "content": policy.document}}


def _summary(organization: Organization, policy: ControlPolicy) -> dict[str, Any]:
    return {
        "id": policy.policy_id,
        "arn": policy_arn(organization, policy.policy_id),
        "name": policy.name,
        "description": policy.description,
        "type": TYPE,
        "awsManaged": policy.aws_managed,
    }


def _conflict(message: str, policy_id: str) -> ConflictException:
    return ConflictException(message, resource_id=policy_id, resource_type=RESOURCE_TYPE)


def _too_many(message: str, resource_id: str, quota: str) -> ServiceQuotaExceededException:
    return ServiceQuotaExceededException(
        message, resource_id=resource_id, resource_type=RESOURCE_TYPE, quota_code=quota
    )
