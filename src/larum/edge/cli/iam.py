"""`larum iam`: users and access keys, with the verbs and options of `aws iam`.

What a script is told has the shape that the AWS CLI gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.calls import connected, print_json, print_rows, reaching
from larum.edge.cli.printing import pages, plain, print_facts, when

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.edge.cli.calls import Connection, Where

PAGE: Final = 100
USER_HEADINGS: Final = ("USER", "ID", "CREATED")
USER_WIDTHS: Final = (24, 21)
KEY_HEADINGS: Final = ("ACCESS KEY", "STATUS", "CREATED")
KEY_WIDTHS: Final = (20, 8)
SHOWN_ONCE: Final = "Keep the secret now: it can never be read again."
LOST: Final = (
    "The key was made, but the answer with its secret was lost on the way. "
    "Delete the key and make another one."
)
OF_ACCOUNT: Final = click.option(
    "--account", metavar="ACCOUNT", help="Whose users are meant; else those of your own account."
)
USER_NAME: Final = click.option("--user-name", metavar="NAME", required=True, help="The user.")
KEY_ID: Final = click.option(
    "--access-key-id", metavar="ID", required=True, help="The access key of that user."
)
STATUS: Final = click.option(
    "--status", type=click.Choice(["Active", "Inactive"]), required=True, help="What it is to be."
)


@click.group(short_help="Users of an account and their access keys.")
def iam() -> None:
    """Make, list and remove the users of an account and their access keys.

    Verbs and options are those of `aws iam`, with --account for the account that is meant. Only the
    root of the administrator account may do this. A user may do nothing yet: there are no policies.
    """


@iam.command("create-user", short_help="Add a user to an account.")
@USER_NAME
@OF_ACCOUNT
@reaching
def create_user(user_name: str, account: str | None, where: Where, output: str) -> None:
    """Add a user to an account; it has no access key yet."""
    with connected(where) as connection:
        answer = connection.client.create_user(**_of(account), userName=user_name)
    _tell_user(answer, output)


@iam.command("get-user", short_help="Show a user.")
@USER_NAME
@OF_ACCOUNT
@reaching
def get_user(user_name: str, account: str | None, where: Where, output: str) -> None:
    """Show a user of an account."""
    with connected(where) as connection:
        answer = connection.client.get_user(**_of(account), userName=user_name)
    _tell_user(answer, output)


@iam.command("list-users", short_help="List the users of an account.")
@OF_ACCOUNT
@reaching
def list_users(account: str | None, where: Where, output: str) -> None:
    """List the users of an account by their names."""
    with connected(where) as connection:
        found = _all(connection, "list_users", "users", _of(account))
    if output == "json":
        print_json({"Users": [_as_aws(each) for each in found]})
        return
    rows = [(each["userName"], each["userId"], when(each["createDate"])) for each in found]
    print_rows([USER_HEADINGS, *rows], USER_WIDTHS)


@iam.command("delete-user", short_help="Remove a user.")
@USER_NAME
@OF_ACCOUNT
@reaching
def delete_user(user_name: str, account: str | None, where: Where, output: str) -> None:
    """Remove a user of an account; its access keys must have been deleted before."""
    with connected(where) as connection:
        connection.client.delete_user(**_of(account), userName=user_name)
    _tell_done(f"{user_name} is deleted.", output)


@iam.command("create-access-key", short_help="Make an access key for a user.")
@USER_NAME
@OF_ACCOUNT
@reaching
def create_access_key(user_name: str, account: str | None, where: Where, output: str) -> None:
    """Make an access key for a user, who can have two; the secret is shown this once."""
    with connected(where) as connection:
        made = connection.client.create_access_key(**_of(account), userName=user_name)["accessKey"]
    if output == "json":
        print_json({"AccessKey": _as_aws(made)})
    else:
        secret = made.get("secretAccessKey", "")
        names = {"AWS_ACCESS_KEY_ID": made["accessKeyId"], "AWS_SECRET_ACCESS_KEY": secret}
        for name, value in names.items():
            click.echo(f"export {name}={value}")
    click.echo(SHOWN_ONCE if "secretAccessKey" in made else LOST, err=True)


@iam.command("list-access-keys", short_help="List the access keys of a user.")
@USER_NAME
@OF_ACCOUNT
@reaching
def list_access_keys(user_name: str, account: str | None, where: Where, output: str) -> None:
    """List the access keys of a user, oldest first."""
    given = _of(account) | {"userName": user_name}
    with connected(where) as connection:
        found = _all(connection, "list_access_keys", "accessKeyMetadata", given)
    if output == "json":
        print_json({"AccessKeyMetadata": [_as_aws(each) for each in found]})
        return
    rows = [(each["accessKeyId"], each["status"], when(each["createDate"])) for each in found]
    print_rows([KEY_HEADINGS, *rows], KEY_WIDTHS)


@iam.command("update-access-key", short_help="Disable or enable an access key.")
@USER_NAME
@KEY_ID
@STATUS
@OF_ACCOUNT
@reaching
def update_access_key(
    user_name: str, access_key_id: str, status: str, account: str | None, where: Where, output: str
) -> None:
    """Make an access key of a user Inactive, or Active again; it acts at once."""
    given = _of(account) | {"userName": user_name, "accessKeyId": access_key_id}
    with connected(where) as connection:
        connection.client.update_access_key(**given, status=status)
    _tell_done(f"{access_key_id} is {status}.", output)


@iam.command("delete-access-key", short_help="Delete an access key.")
@USER_NAME
@KEY_ID
@OF_ACCOUNT
@reaching
def delete_access_key(
    user_name: str, access_key_id: str, account: str | None, where: Where, output: str
) -> None:
    """Delete an access key of a user, for good; it acts at once."""
    given = _of(account) | {"userName": user_name, "accessKeyId": access_key_id}
    with connected(where) as connection:
        connection.client.delete_access_key(**given)
    _tell_done(f"{access_key_id} is deleted.", output)


def _of(account: str | None) -> dict[str, str]:
    return {} if account is None else {"accountId": account}


def _all(
    connection: Connection, operation: str, member: str, given: Mapping[str, str]
) -> list[dict[str, Any]]:
    found = pages(connection, operation, maxResults=PAGE, **given)
    return [each for page in found for each in page[member]]


def _as_aws(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return members as IAM spells them: `userName` is `UserName`."""
    return {name[0].upper() + name[1:]: value for name, value in told.items()}


def _tell_user(answer: Mapping[str, Any], output: str) -> None:
    user = plain(answer)["user"]
    if output == "json":
        print_json({"User": _as_aws(user)})
        return
    print_facts(
        [
            ("user", user["userName"]),
            ("id", user["userId"]),
            ("ARN", user["arn"]),
            ("created", when(user["createDate"])),
        ]
    )


def _tell_done(text: str, output: str) -> None:
    # The AWS CLI prints nothing for these either.
    if output == "text":
        click.echo(text, err=True)
