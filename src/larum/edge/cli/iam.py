"""`larum iam`: principals and their policies, with the verbs and options of `aws iam`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli import iam_mfa_devices, iam_policies, verbs
from larum.edge.cli.verbs import Verb, facts, sentence, table

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN_ONCE: Final = "Keep the secret now: it can never be read again."
LOST: Final = (
    "The key was made, but the answer with its secret was lost on the way. "
    "Delete the key and make another one."
)
OPTIONS: Final[Mapping[str, str]] = {
    "accessKeyId": "The access key of that user.",
    "accountId": "Whose account is meant; your own if left out.",
    "assumeRolePolicyDocument": "Who may assume the role: JSON, or file://FILE.",
    "assignmentStatus": "Only devices that somebody has, or that nobody has.",
    "authenticationCode1": "A code of the device.",
    "authenticationCode2": "The code after that.",
    "description": "What it is for.",
    "entityFilter": "Only principals of that kind.",
    "groupName": "The group.",
    "maxSessionDuration": "The longest session of the role in seconds, 3,600 to 43,200.",
    "onlyAttached": "Only policies that are attached to somebody.",
    "permissionsBoundary": "The ARN of the policy that bounds what it may do.",
    "policyArn": "The ARN of the managed policy.",
    "policyDocument": "The policy: JSON, or file://FILE.",
    "policyName": "The policy.",
    "policyUsageFilter": "Only whom it is attached to, or only whom it bounds.",
    "roleName": "The role.",
    "scope": "Only the policies of AWS, or only those of the account.",
    "serialNumber": "The ARN of the device.",
    "setAsDefault": "That the version acts; the only way there is.",
    "status": "What it is to be.",
    "tagKeys": "The keys of the tags, one after the other.",
    "tags": "The tags, one after the other.",
    "userName": "The user.",
    "versionId": "The version, such as v1.",
    "virtualMFADeviceName": "What the device is called.",
}


def _tell_key(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    made = answer["accessKey"]
    secret = made.get("secretAccessKey", "")
    names = {"AWS_ACCESS_KEY_ID": made["accessKeyId"], "AWS_SECRET_ACCESS_KEY": secret}
    for name, value in names.items():
        click.echo(f"export {name}={value}")


def _tell_group(given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    GROUP(given, answer)
    click.echo()
    USERS(given, answer)


def _warn_of_key(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    click.echo(SHOWN_ONCE if "secretAccessKey" in answer["accessKey"] else LOST, err=True)


USER: Final = facts(
    "user",
    ("user", "userName"),
    ("id", "userId"),
    ("ARN", "arn"),
    ("boundary", "permissionsBoundary.permissionsBoundaryArn"),
    ("tags", "tags"),
    ("created", "createDate"),
)
ROLE: Final = facts(
    "role",
    ("role", "roleName"),
    ("id", "roleId"),
    ("ARN", "arn"),
    ("description", "description"),
    ("longest session", "maxSessionDuration"),
    ("boundary", "permissionsBoundary.permissionsBoundaryArn"),
    ("tags", "tags"),
    ("created", "createDate"),
    ("trust policy", "assumeRolePolicyDocument"),
)
GROUP: Final = facts(
    "group", ("group", "groupName"), ("id", "groupId"), ("ARN", "arn"), ("created", "createDate")
)
GROUPS: Final = table(
    "groups", ("GROUP", "groupName"), ("ID", "groupId"), ("CREATED", "createDate")
)
USERS: Final = table("users", ("USER", "userName"), ("ID", "userId"), ("CREATED", "createDate"))
OF_USERS: Final = (
    Verb("create-user", "CreateUser", "Add a user to an account; it has no access key yet.", USER),
    Verb("get-user", "GetUser", "Show a user of an account.", USER),
    Verb("list-users", "ListUsers", "List the users of an account by their names.", USERS),
    Verb(
        "delete-user",
        "DeleteUser",
        "Remove a user of an account; its keys, groups and policies must have been removed.",
        sentence("{userName} is deleted."),
    ),
    Verb(
        "create-access-key",
        "CreateAccessKey",
        "Make an access key for a user, who can have two; the secret is shown this once.",
        _tell_key,
        always=_warn_of_key,
    ),
    Verb(
        "list-access-keys",
        "ListAccessKeys",
        "List the access keys of a user, oldest first.",
        table(
            "accessKeyMetadata",
            ("ACCESS KEY", "accessKeyId"),
            ("STATUS", "status"),
            ("CREATED", "createDate"),
        ),
    ),
    Verb(
        "get-access-key-last-used",
        "GetAccessKeyLastUsed",
        "Show whose an access key is, and when it was used last.",
        facts(
            "",
            ("user", "userName"),
            ("last used", "accessKeyLastUsed.lastUsedDate"),
            ("service", "accessKeyLastUsed.serviceName"),
            ("region", "accessKeyLastUsed.region"),
        ),
        options={"accessKeyId": "The access key."},
    ),
    Verb(
        "update-access-key",
        "UpdateAccessKey",
        "Make an access key of a user Inactive, or Active again; it acts at once.",
        sentence("{accessKeyId} is {status}."),
    ),
    Verb(
        "delete-access-key",
        "DeleteAccessKey",
        "Delete an access key of a user, for good; it acts at once.",
        sentence("{accessKeyId} is deleted."),
    ),
)
OF_GROUPS: Final = (
    Verb("create-group", "CreateGroup", "Add a group to an account, for policies of many.", GROUP),
    Verb("get-group", "GetGroup", "Show a group and its users.", _tell_group),
    Verb("list-groups", "ListGroups", "List the groups of an account by their names.", GROUPS),
    Verb(
        "list-groups-for-user",
        "ListGroupsForUser",
        "List the groups that a user is in.",
        GROUPS,
    ),
    Verb(
        "add-user-to-group",
        "AddUserToGroup",
        "Put a user into a group, whose policies then count for it too.",
        sentence("{userName} is in {groupName}."),
    ),
    Verb(
        "remove-user-from-group",
        "RemoveUserFromGroup",
        "Take a user out of a group.",
        sentence("{userName} is not in {groupName} any more."),
    ),
    Verb(
        "delete-group",
        "DeleteGroup",
        "Remove a group; its users and policies must have been removed.",
        sentence("{groupName} is deleted."),
    ),
)
OF_ROLES: Final = (
    Verb("create-role", "CreateRole", "Add a role to an account, for others to assume.", ROLE),
    Verb("get-role", "GetRole", "Show a role with its trust policy.", ROLE),
    Verb(
        "list-roles",
        "ListRoles",
        "List the roles of an account by their names.",
        table("roles", ("ROLE", "roleName"), ("ID", "roleId"), ("CREATED", "createDate")),
    ),
    Verb(
        "update-role",
        "UpdateRole",
        "Change a role's description, or its longest session.",
        sentence("{roleName} is changed."),
    ),
    Verb(
        "update-assume-role-policy",
        "UpdateAssumeRolePolicy",
        "Replace the policy that says who may assume a role.",
        sentence("The trust policy of {roleName} is replaced."),
        options={"policyDocument": "Who may assume the role: JSON, or file://FILE."},
    ),
    Verb(
        "delete-role",
        "DeleteRole",
        "Remove a role; its policies must have been removed. Its sessions end.",
        sentence("{roleName} is deleted."),
    ),
)
VERBS: Final = (
    *OF_USERS,
    *iam_mfa_devices.VERBS,
    *OF_GROUPS,
    *OF_ROLES,
    *iam_policies.VERBS,
)


@click.group(short_help="Users, groups, roles, policies, access keys and MFA devices.")
def iam() -> None:
    """Administer who may do what in an account: users, groups, roles, access keys, policies.

    Verbs and options are those of `aws iam`, and so is the JSON of --output json. Without --account
    your own account is meant; principals of the administrator account can name any other one.
    """


verbs.add(iam, VERBS, OPTIONS)
