"""The part of the table of operations that administers an account: its principals and policies.

Each account has them for itself; the administrator account has them for all.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from larum.operations import (
    access_keys,
    attached_policies,
    groups,
    inline_policies,
    mfa_devices,
    new_principals,
    permissions_boundaries,
    policies,
    policy_lists,
    principal_tags,
    principals,
    roles,
    simulations,
)
from larum.operations.entries import Entry
from larum.operations.holders import GROUP, ROLE, USER, Holder
from larum.operations.resources import (
    given_policy,
    groups_of_account,
    mfa_devices_of_account,
    named_group,
    named_mfa_device,
    named_role,
    named_user,
    new_mfa_device,
    new_policy,
    policies_of_account,
    roles_of_account,
    simulated_principal,
    users_of_account,
    uses_of_policy,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from larum.context import Caller

    Resource = Callable[[Caller, Mapping[str, Any]], str]


def _of_policies(holder: Holder, named: Resource) -> dict[str, Entry]:
    """Return the rows of what users, groups and roles have alike; `named` gives their ARN."""
    name = holder.name
    return {
        f"Put{name}Policy": Entry(partial(inline_policies.put, holder), named, writes=True),
        f"Get{name}Policy": Entry(partial(inline_policies.get, holder), named),
        f"List{name}Policies": Entry(partial(inline_policies.names, holder), named),
        f"Delete{name}Policy": Entry(partial(inline_policies.delete, holder), named, writes=True),
        f"Attach{name}Policy": Entry(partial(attached_policies.attach, holder), named, writes=True),
        f"Detach{name}Policy": Entry(partial(attached_policies.detach, holder), named, writes=True),
        f"ListAttached{name}Policies": Entry(partial(attached_policies.listed, holder), named),
    }


def _of_identity(holder: Holder, named: Resource) -> dict[str, Entry]:
    """Return the rows of what users and roles have alike and groups have not."""
    name, boundary = holder.name, permissions_boundaries
    return {
        f"Put{name}PermissionsBoundary": Entry(partial(boundary.put, holder), named, writes=True),
        f"Delete{name}PermissionsBoundary": Entry(
            partial(boundary.delete, holder), named, writes=True
        ),
        f"Tag{name}": Entry(partial(principal_tags.tag, holder), named, writes=True),
        f"Untag{name}": Entry(partial(principal_tags.untag, holder), named, writes=True),
        f"List{name}Tags": Entry(partial(principal_tags.listed, holder), named),
    }


_ROWS: Final[dict[str, Entry]] = {
    **_of_policies(USER, named_user),
    **_of_policies(GROUP, named_group),
    **_of_policies(ROLE, named_role),
    **_of_identity(USER, named_user),
    **_of_identity(ROLE, named_role),
    "AddUserToGroup": Entry(groups.add_user_to_group, named_group, writes=True),
    "CreateAccessKey": Entry(
        access_keys.create_access_key,
        named_user,
        writes=True,
        makes="AccessKey",
        identifier="accessKey",
        again=access_keys.access_key_again,
    ),
    "CreateGroup": Entry(
        groups.create_group,
        named_group,
        writes=True,
        makes="Group",
        identifier="group",
        again=groups.group_again,
    ),
    "CreatePolicy": Entry(
        policies.create_policy,
        new_policy,
        writes=True,
        makes="Policy",
        identifier="policy",
        again=policies.policy_again,
    ),
    "CreatePolicyVersion": Entry(
        policies.create_policy_version,
        given_policy,
        writes=True,
        makes="PolicyVersion",
        identifier="policyVersion",
        again=policies.policy_version_again,
    ),
    "CreateRole": Entry(
        partial(new_principals.create, ROLE, roles.create_role),
        named_role,
        writes=True,
        makes="Role",
        identifier="role",
        again=partial(new_principals.again, ROLE, roles.role_again),
    ),
    "CreateUser": Entry(
        partial(new_principals.create, USER, principals.create_user),
        named_user,
        writes=True,
        makes="User",
        identifier="user",
        again=partial(new_principals.again, USER, principals.user_again),
    ),
    "CreateVirtualMFADevice": Entry(
        mfa_devices.create_virtual_mfa_device, new_mfa_device, writes=True
    ),
    "DeactivateMFADevice": Entry(mfa_devices.deactivate_mfa_device, named_user, writes=True),
    "DeleteAccessKey": Entry(access_keys.delete_access_key, named_user, writes=True),
    "DeleteGroup": Entry(groups.delete_group, named_group, writes=True),
    "DeletePolicy": Entry(policies.delete_policy, given_policy, writes=True),
    "DeleteRole": Entry(roles.delete_role, named_role, writes=True),
    "DeleteUser": Entry(principals.delete_user, named_user, writes=True),
    "DeleteVirtualMFADevice": Entry(
        mfa_devices.delete_virtual_mfa_device, named_mfa_device, writes=True
    ),
    "EnableMFADevice": Entry(mfa_devices.enable_mfa_device, named_user, writes=True),
    "GetAccessKeyLastUsed": Entry(access_keys.get_access_key_last_used, users_of_account),
    "GetGroup": Entry(groups.get_group, named_group),
    "GetPolicy": Entry(policies.get_policy, uses_of_policy),
    "GetPolicyVersion": Entry(policies.get_policy_version, given_policy),
    "GetRole": Entry(roles.get_role, named_role),
    "GetUser": Entry(principals.get_user, named_user),
    "ListAccessKeys": Entry(access_keys.list_access_keys, named_user),
    "ListEntitiesForPolicy": Entry(policy_lists.list_entities_for_policy, uses_of_policy),
    "ListGroups": Entry(groups.list_groups, groups_of_account),
    "ListGroupsForUser": Entry(groups.list_groups_for_user, named_user),
    "ListMFADevices": Entry(mfa_devices.list_mfa_devices, named_user),
    "ListPolicies": Entry(policy_lists.list_policies, policies_of_account),
    "ListRoles": Entry(roles.list_roles, roles_of_account),
    "ListUsers": Entry(principals.list_users, users_of_account),
    "ListVirtualMFADevices": Entry(mfa_devices.list_virtual_mfa_devices, mfa_devices_of_account),
    "RemoveUserFromGroup": Entry(groups.remove_user_from_group, named_group, writes=True),
    "SimulatePrincipalPolicy": Entry(simulations.simulate_principal_policy, simulated_principal),
    "UpdateAccessKey": Entry(access_keys.update_access_key, named_user, writes=True),
    "UpdateAssumeRolePolicy": Entry(roles.update_assume_role_policy, named_role, writes=True),
    "UpdateRole": Entry(roles.update_role, named_role, writes=True),
}

IAM_OPERATIONS: Final = {name: replace(row, own_account=True) for name, row in _ROWS.items()}
"""Every operation on principals and policies, by name."""
