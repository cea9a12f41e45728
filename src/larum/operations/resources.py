"""Which ARN an operation touches, from the caller and the params alone.

Source: the resource types of the service authorization reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityincidentresponse.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import mfa_devices, values
from larum.domain.policies import OF_AWS, policy_arn
from larum.domain.principals import Principal
from larum.domain.sessions import role_named
from larum.errors import AccessDeniedException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Caller, Context


def any_resource(_caller: Caller, _params: Mapping[str, Any]) -> str:
    """Return `*`: list operations have no resource type."""
    return "*"


def audit_of_account(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the audit of `accountId`, or of the caller's account."""
    return f"arn:aws:larum::{params.get('accountId', caller.account)}:audit"


def new_membership(caller: Caller, _params: Mapping[str, Any]) -> str:
    """Return the pattern of a membership that has no id yet."""
    return values.membership_arn(caller.region, caller.account, "*")


def membership_of_caller(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN that `membershipId` would have if it were the caller's."""
    return values.membership_arn(caller.region, caller.account, params["membershipId"])


def named_membership(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the membership that `accountId`, `region` and `membershipId` name."""
    return values.membership_arn(params["region"], params["accountId"], params["membershipId"])


def new_case(caller: Caller, _params: Mapping[str, Any]) -> str:
    """Return the pattern of a case that has no id yet."""
    return values.case_arn(caller.region, caller.account, "*")


def case_of_caller(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN that `caseId` would have if it were the caller's."""
    return values.case_arn(caller.region, caller.account, params["caseId"])


def new_named_case(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the pattern of the cases of the account and Region that `params` name."""
    return values.case_arn(params["region"], params["accountId"], "*")


def named_case(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the case that `accountId`, `region` and `caseId` name."""
    return values.case_arn(params["region"], params["accountId"], params["caseId"])


def membership_of_account(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the pattern of the memberships that `accountId` has in `region`."""
    return values.membership_arn(params["region"], params["accountId"], "*")


def named_user(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the user that `userName` names in `accountId`, or the caller's account."""
    return Principal.user(_account(caller, params), params["userName"]).arn


def users_of_account(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the pattern of the users of `accountId`, or of the caller's account."""
    return Principal.user(_account(caller, params), "*").arn


def named_group(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the group that `groupName` names in `accountId`, or the caller's own."""
    return Principal.group(_account(caller, params), params["groupName"]).arn


def groups_of_account(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the pattern of the groups of `accountId`, or of the caller's account."""
    return Principal.group(_account(caller, params), "*").arn


def named_role(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the role that `roleName` names in `accountId`, or the caller's account."""
    return Principal.role(_account(caller, params), params["roleName"]).arn


def roles_of_account(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the pattern of the roles of `accountId`, or of the caller's account."""
    return Principal.role(_account(caller, params), "*").arn


def new_policy(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN that `policyName` gets in `accountId`, or in the caller's account."""
    return policy_arn(_account(caller, params), params["policyName"])


def policies_of_account(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the pattern of the policies of `accountId`, or of the caller's account."""
    return policy_arn(_account(caller, params), "*")


def given_policy(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return `policyArn` as the caller gave it; every account has those of `aws`."""
    return str(params["policyArn"])


def uses_of_policy(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return `policyArn`, or for a policy of the service the pattern of what has it in an account.

    Of the service's policies every account has its own uses: whose are asked for is in `accountId`
    alone, and who may see those of one account may not see those of all.
    """
    arn, account = str(params["policyArn"]), _account(caller, params)
    is_shared = arn.startswith(OF_AWS)
    return policy_arn(account, "*") if is_shared and account != caller.account else arn


def role_by_arn(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return `RoleArn` as the caller gave it, `*` where it is no role's."""
    return str(params["RoleArn"]) if role_named(params["RoleArn"]) else "*"


def caller_itself(caller: Caller, _params: Mapping[str, Any]) -> str:
    """Return the ARN of who signs."""
    return caller.principal.arn


def mfa_devices_of_account(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the pattern of the MFA devices of `accountId`, or of the caller's account."""
    return mfa_devices.serial_number(_account(caller, params), "*")


def new_mfa_device(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the MFA device that `virtualMFADeviceName` names."""
    account = _account(caller, params)
    return mfa_devices.serial_number(account, params["virtualMFADeviceName"])


def named_mfa_device(caller: Caller, params: Mapping[str, Any]) -> str:
    """Return the ARN of the device that `serialNumber` names in the account that is meant."""
    account = _account(caller, params)
    name = mfa_devices.device_name(account, params["serialNumber"])
    return mfa_devices.serial_number(account, name or "*")


def simulated_principal(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return `policySourceArn` as the caller gave it."""
    return str(params["policySourceArn"])


def tagged_resource(_caller: Caller, params: Mapping[str, Any]) -> str:
    """Return `resourceArn` as the caller gave it."""
    return str(params["resourceArn"])


def not_yours(context: Context, resource: str) -> AccessDeniedException:
    """Return the refusal of a resource that the caller does not own.

    It reads the same whether the resource is somebody else's or nobody's, so that nothing can be
    learnt from it (service-behaviour §11 row 4).
    """
    principal = context.caller.principal.arn
    return AccessDeniedException.of(principal, f"security-ir:{context.operation}", resource)


def _account(caller: Caller, params: Mapping[str, Any]) -> str:
    return str(params.get("accountId", caller.account))
