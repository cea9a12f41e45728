"""`larum organizations`: accounts and units, with the verbs and options of `aws organizations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli import organizations_policies, verbs
from larum.edge.cli.calls import connected, print_json, print_rows, reaching
from larum.edge.cli.organizations_sync import sync
from larum.edge.cli.printing import ABSENT, pages, plain
from larum.edge.cli.verbs import Verb, as_aws, facts, sentence, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.edge.cli.calls import Where

PAGE: Final = 100
OPTIONS: Final[Mapping[str, str]] = {
    "accountId": "The account, twelve digits.",
    "accountName": "What the account is called.",
    "childId": "An account, or a unit.",
    "childType": "What to list.",
    "destinationParentId": "The root or unit that it shall be in.",
    "email": "The account's address.",
    "name": "The name.",
    "organizationalUnitId": "The unit.",
    "parentId": "The organization's root, or a unit.",
    "servicePrincipal": "The service.",
    "sourceParentId": "The root or unit that it is in.",
    "target": "The account that shall join.",
}
UNIT: Final = facts("organizationalUnit", ("unit", "id"), ("name", "name"), ("ARN", "arn"))
ACCOUNT_COLUMNS: Final = (
    ("ACCOUNT", "id"),
    ("STATUS", "status"),
    ("NAME", "name"),
    ("E-MAIL", "email"),
)
UNIT_COLUMNS: Final = (("UNIT", "id"), ("NAME", "name"))
VERBS: Final = (
    Verb(
        "describe-organization",
        "DescribeOrganization",
        "Show the organization.",
        facts(
            "organization",
            ("organization", "id"),
            ("management account", "masterAccountId"),
            ("ARN", "arn"),
        ),
    ),
    Verb(
        "list-roots",
        "ListRoots",
        "Show the organization's root.",
        table("roots", ("ROOT", "id"), ("NAME", "name")),
    ),
    Verb(
        "create-account",
        "CreateAccount",
        "Add an account to the organization; it is there at once.",
        facts("createAccountStatus", ("account", "accountId"), ("state", "state")),
        options={"accountId": "The digits that it shall have; made if left out."},
        account="--account-id",
    ),
    Verb(
        "describe-account",
        "DescribeAccount",
        "Show an account of the organization.",
        facts(
            "account",
            ("account", "id"),
            ("status", "status"),
            ("name", "name"),
            ("e-mail", "email"),
            ("ARN", "arn"),
        ),
    ),
    Verb(
        "list-accounts-for-parent",
        "ListAccountsForParent",
        "List the accounts directly in the root or in a unit.",
        table("accounts", *ACCOUNT_COLUMNS),
    ),
    Verb(
        "move-account",
        "MoveAccount",
        "Move an account to another unit, or to the root.",
        sentence("{accountId} is in {destinationParentId}."),
    ),
    Verb(
        "invite-account-to-organization",
        "InviteAccountToOrganization",
        "Let a standalone account join at once; nobody has to accept.",
        facts("handshake", ("state", "state")),
    ),
    Verb(
        "remove-account-from-organization",
        "RemoveAccountFromOrganization",
        "Let an account leave; it stays as a standalone one.",
        sentence("{accountId} is in no organization."),
    ),
    Verb(
        "close-account",
        "CloseAccount",
        "Close an account: no membership covers it any more.",
        sentence("{accountId} is closed."),
    ),
    Verb(
        "create-organizational-unit",
        "CreateOrganizationalUnit",
        "Add a unit beneath the root or another unit.",
        UNIT,
        options={"organizationalUnitId": "The id that it has in AWS; made if left out."},
    ),
    Verb(
        "describe-organizational-unit",
        "DescribeOrganizationalUnit",
        "Show a unit.",
        UNIT,
    ),
    Verb(
        "list-organizational-units-for-parent",
        "ListOrganizationalUnitsForParent",
        "List the units directly beneath the root or a unit.",
        table("organizationalUnits", *UNIT_COLUMNS),
    ),
    Verb(
        "update-organizational-unit",
        "UpdateOrganizationalUnit",
        "Give a unit another name; it stays the unit that memberships cover.",
        UNIT,
    ),
    Verb(
        "delete-organizational-unit",
        "DeleteOrganizationalUnit",
        "Remove an empty unit.",
        sentence("{organizationalUnitId} is deleted."),
    ),
    Verb(
        "list-parents",
        "ListParents",
        "Show what an account or unit is directly in.",
        table("parents", ("PARENT", "id"), ("TYPE", "type")),
    ),
    Verb(
        "list-children",
        "ListChildren",
        "List the accounts, or the units, directly in the root or a unit.",
        table("children", ("CHILD", "id"), ("TYPE", "type")),
    ),
    Verb(
        "register-delegated-administrator",
        "RegisterDelegatedAdministrator",
        "Let an account of the organization hold its membership too.",
        sentence("{accountId} is the delegated administrator."),
    ),
    Verb(
        "deregister-delegated-administrator",
        "DeregisterDelegatedAdministrator",
        "Let an account hold it no longer; a membership that it holds is Terminated.",
        sentence("{accountId} is not the delegated administrator."),
    ),
    Verb(
        "list-delegated-administrators",
        "ListDelegatedAdministrators",
        "Show the delegated administrator.",
        table("delegatedAdministrators", *ACCOUNT_COLUMNS),
    ),
    Verb(
        "enable-aws-service-access",
        "EnableAWSServiceAccess",
        "Let the service act in the organization.",
        sentence("{servicePrincipal} may act in the organization."),
    ),
    Verb(
        "disable-aws-service-access",
        "DisableAWSServiceAccess",
        "Let it act no longer: the organization's membership is Terminated.",
        sentence("{servicePrincipal} may not act in the organization."),
    ),
    Verb(
        "list-aws-service-access-for-organization",
        "ListAWSServiceAccessForOrganization",
        "Show whether the service may act in the organization.",
        table("enabledServicePrincipals", ("SERVICE", "servicePrincipal")),
    ),
)


@click.group(short_help="Accounts and units of the organization, also straight from AWS.")
def organizations() -> None:
    """Make, move and remove the accounts and units of the organization, one by one.

    Verbs and options are those of `aws organizations`. `larum apply` declares all at once instead,
    and `larum organizations sync` takes all over from AWS.
    """


@organizations.command("list-accounts", short_help="List the accounts of the organization.")
@reaching
def list_accounts(where: Where, output: str) -> None:
    """List the accounts of the organization; those of no organization are in `larum accounts`."""
    with connected(where) as connection:
        found = plain(connection.client.describe_organization())["organization"]
        listed = [
            each
            for page in pages(connection, "list_accounts", maxResults=PAGE)
            for each in page["items"]
            if each.get("organizationId") == found["id"]
        ]
    told = [
        _as_listed(each, found["arn"].replace(":organization/", ":account/")) for each in listed
    ]
    if output == "json":
        print_json({"Accounts": as_aws(told)})
        return
    names = [name for _, name in ACCOUNT_COLUMNS]
    rows = [tuple(each.get(name, ABSENT) for name in names) for each in told]
    print_rows([tuple(heading for heading, _ in ACCOUNT_COLUMNS), *rows], (12, 9, 24))


def _as_listed(item: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    given = {name: item[name] for name in ("email", "name", "status") if name in item}
    return {"id": item["accountId"], "arn": f"{prefix}/{item['accountId']}", **given}


verbs.add(
    organizations,
    (*VERBS, *organizations_policies.VERBS),
    {**OPTIONS, **organizations_policies.OPTIONS},
)
organizations.add_command(sync)
