"""The operations of the `larum` model that list managed policies, and whom one reaches.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.policies import name_of
from larum.domain.principals import Principal, PrincipalKind
from larum.operations.pages import limit_of, page
from larum.operations.policies import (
    account_of_policy,
    aws_policy_out,
    check_known,
    policy_out,
)
from larum.operations.principals import account_of
from larum.store import groups, policy_entities, principals, roles
from larum.store import policies as rows
from larum.store.policy_entities import Sought

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context

# IAM's words for `scope` and `policyUsageFilter`.
OF_AWS: Final = "AWS"
LOCAL: Final = "Local"
ATTACHED: Final = "PermissionsPolicy"
BOUNDING: Final = "PermissionsBoundary"
KINDS: Final = {
    "User": PrincipalKind.USER,
    "Group": PrincipalKind.GROUP,
    "Role": PrincipalKind.ROLE,
}
# A cursor says in which of the two lists it is; those of the service come first.
_IN_AWS: Final = "0"
_IN_LOCAL: Final = "1"


def list_policies(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the policies that an account can attach: the service's, then its own.

    `scope` leaves one of the two lists out. Raises ResourceNotFoundException.
    """
    account, scope = account_of(context, params), params.get("scope")
    only_attached = params.get("onlyAttached", False)
    cursor = context.cursor or _IN_AWS
    found: list[tuple[str, dict[str, Any]]] = []
    if scope != LOCAL and cursor.startswith(_IN_AWS):
        shown = {
            arn: aws_policy_out(context, account, arn)
            for arn in sorted(context.service_policies)
            if arn > cursor[1:]
        }
        found += [
            (_IN_AWS + arn, each)
            for arn, each in shown.items()
            if each["attachmentCount"] or not only_attached
        ]
    if scope != OF_AWS:
        after = cursor[1:] if cursor.startswith(_IN_LOCAL) else ""
        own = rows.page(
            context.tx, account, after, limit_of(params) + 1, only_attached=only_attached
        )
        found += [(_IN_LOCAL + each.policy_name, policy_out(context, each)) for each in own]
    return page(params, found, "policies", lambda each: each[1], lambda each: each[0])


def list_entities_for_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the users, groups and roles that have a policy, or are bounded by it.

    Raises ResourceNotFoundException.
    """
    account, arn = account_of_policy(context, params), params["policyArn"]
    check_known(context, account, arn)
    usage, kind = params.get("policyUsageFilter"), params.get("entityFilter")
    sought = Sought(
        account,
        arn,
        attached=usage != BOUNDING,
        bounded=usage != ATTACHED,
        prefix="" if kind is None else Principal.named(account, KINDS[kind], "").arn,
    )
    found = policy_entities.page(context.tx, sought, context.cursor or "", limit_of(params) + 1)
    told = page(params, found, "entities", str, str)
    return _by_kind(context, account, told.pop("entities")) | told


def _by_kind(context: Context, account: str, arns: list[str]) -> dict[str, list[Mapping[str, str]]]:
    output: dict[str, list[Mapping[str, str]]] = {
        "policyGroups": [],
        "policyUsers": [],
        "policyRoles": [],
    }
    for arn in arns:
        name, kind = name_of(arn), arn.rpartition(":")[2].partition("/")[0]
        if kind == PrincipalKind.USER and (user := principals.get(context.tx, account, name)):
            output["policyUsers"].append({"userName": name, "userId": user.user_id})
        if kind == PrincipalKind.GROUP and (group := groups.get(context.tx, account, name)):
            output["policyGroups"].append({"groupName": name, "groupId": group.group_id})
        if kind == PrincipalKind.ROLE and (role := roles.get(context.tx, account, name)):
            output["policyRoles"].append({"roleName": name, "roleId": role.role_id})
    return output
