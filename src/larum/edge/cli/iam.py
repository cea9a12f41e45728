"""`larum iam`: users and access keys, with the verbs and options of `aws iam`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli import verbs
from larum.edge.cli.verbs import Verb, facts, sentence, table

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN_ONCE: Final = "Keep the secret now: it can never be read again."
LOST: Final = (
    "The key was made, but the answer with its secret was lost on the way. "
    "Delete the key and make another one."
)
OPTIONS: Final[Mapping[str, str]] = {
    "accountId": "Whose account is meant; your own if left out.",
    "userName": "The user.",
    "accessKeyId": "The access key of that user.",
    "status": "What it is to be.",
}


def _tell_key(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    made = answer["accessKey"]
    secret = made.get("secretAccessKey", "")
    names = {"AWS_ACCESS_KEY_ID": made["accessKeyId"], "AWS_SECRET_ACCESS_KEY": secret}
    for name, value in names.items():
        click.echo(f"export {name}={value}")


def _warn_of_key(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    click.echo(SHOWN_ONCE if "secretAccessKey" in answer["accessKey"] else LOST, err=True)


USER: Final = facts(
    "user", ("user", "userName"), ("id", "userId"), ("ARN", "arn"), ("created", "createDate")
)
VERBS: Final = (
    Verb("create-user", "CreateUser", "Add a user to an account; it has no access key yet.", USER),
    Verb("get-user", "GetUser", "Show a user of an account.", USER),
    Verb(
        "list-users",
        "ListUsers",
        "List the users of an account by their names.",
        table("users", ("USER", "userName"), ("ID", "userId"), ("CREATED", "createDate")),
    ),
    Verb(
        "delete-user",
        "DeleteUser",
        "Remove a user of an account; its access keys must have been deleted before.",
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


@click.group(short_help="Users of an account and their access keys.")
def iam() -> None:
    """Make, list and remove the users of an account and their access keys.

    Verbs and options are those of `aws iam`, with --account for the account that is meant. Only the
    root of the administrator account may do this. A user may do nothing yet: there are no policies.
    """


verbs.add(iam, VERBS, OPTIONS)
