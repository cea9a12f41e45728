"""The operations that are named as those of AWS Organizations, each with its function.

All are on `*`: who may change the organization may change all of it.
"""

from __future__ import annotations

from typing import Final

from larum.operations import (
    control_policies,
    organization_accounts,
    organizational_units,
    organizations,
)
from larum.operations.entries import Entry
from larum.operations.resources import any_resource

ORGANIZATION_OPERATIONS: Final[dict[str, Entry]] = {
    "CloseAccount": Entry(organization_accounts.close_account, any_resource, writes=True),
    "CreateAccount": Entry(
        organization_accounts.create_account,
        any_resource,
        writes=True,
        makes="Account",
        identifier="createAccountStatus",
        again=organization_accounts.account_again,
    ),
    "CreateOrganizationalUnit": Entry(
        organizational_units.create_organizational_unit,
        any_resource,
        writes=True,
        makes="OrganizationalUnit",
        identifier="organizationalUnit",
        again=organizational_units.unit_again,
    ),
    "DeleteOrganizationalUnit": Entry(
        organizational_units.delete_organizational_unit, any_resource, writes=True
    ),
    "DeregisterDelegatedAdministrator": Entry(
        organizations.deregister_delegated_administrator, any_resource, writes=True
    ),
    "DescribeAccount": Entry(organization_accounts.describe_account, any_resource),
    "DescribeOrganization": Entry(organizations.describe_organization, any_resource),
    "DescribeOrganizationalUnit": Entry(
        organizational_units.describe_organizational_unit, any_resource
    ),
    "DisableAWSServiceAccess": Entry(
        organizations.disable_aws_service_access, any_resource, writes=True
    ),
    "EnableAWSServiceAccess": Entry(
        organizations.enable_aws_service_access, any_resource, writes=True
    ),
    "InviteAccountToOrganization": Entry(
        organization_accounts.invite_account_to_organization, any_resource, writes=True
    ),
    "ListAWSServiceAccessForOrganization": Entry(
        organizations.list_aws_service_access_for_organization, any_resource
    ),
    "ListAccountsForParent": Entry(organizational_units.list_accounts_for_parent, any_resource),
    "ListChildren": Entry(organizational_units.list_children, any_resource),
    "ListDelegatedAdministrators": Entry(organizations.list_delegated_administrators, any_resource),
    "ListOrganizationalUnitsForParent": Entry(
        organizational_units.list_organizational_units_for_parent, any_resource
    ),
    "ListParents": Entry(organizational_units.list_parents, any_resource),
    "ListRoots": Entry(organizational_units.list_roots, any_resource),
    "MoveAccount": Entry(organization_accounts.move_account, any_resource, writes=True),
    "RegisterDelegatedAdministrator": Entry(
        organizations.register_delegated_administrator, any_resource, writes=True
    ),
    "RemoveAccountFromOrganization": Entry(
        organization_accounts.remove_account_from_organization, any_resource, writes=True
    ),
    "UpdateOrganizationalUnit": Entry(
        organizational_units.update_organizational_unit, any_resource, writes=True
    ),
    "AttachServiceControlPolicy": Entry(
        control_policies.attach_service_control_policy, any_resource, writes=True
    ),
    "CreateServiceControlPolicy": Entry(
        control_policies.create_service_control_policy,
        any_resource,
        writes=True,
        makes="ServiceControlPolicy",
        identifier="policy",
        again=control_policies.control_policy_again,
    ),
    "DeleteServiceControlPolicy": Entry(
        control_policies.delete_service_control_policy, any_resource, writes=True
    ),
    "DescribeServiceControlPolicy": Entry(
        control_policies.describe_service_control_policy, any_resource
    ),
    "DetachServiceControlPolicy": Entry(
        control_policies.detach_service_control_policy, any_resource, writes=True
    ),
    "ListServiceControlPolicies": Entry(
        control_policies.list_service_control_policies, any_resource
    ),
    "ListServiceControlPoliciesForTarget": Entry(
        control_policies.list_service_control_policies_for_target, any_resource
    ),
    "ListTargetsForServiceControlPolicy": Entry(
        control_policies.list_targets_for_service_control_policy, any_resource
    ),
    "UpdateServiceControlPolicy": Entry(
        control_policies.update_service_control_policy, any_resource, writes=True
    ),
}
