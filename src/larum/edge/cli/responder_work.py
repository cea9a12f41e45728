"""The responder's commands on investigations and evidence; they call the `larum` model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.calls import WRONG_CALL, connected, print_json, print_rows, reaching, stop
from larum.edge.cli.printing import ABSENT, pages, plain, when
from larum.edge.cli.responder import OF_ACCOUNT, addressed, tell, text_of

if TYPE_CHECKING:
    from larum.edge.cli.calls import Where

TYPES = ("Evidence", "Investigation", "Summarization")
STATUSES = ("Pending", "InProgress", "Waiting", "Completed", "Failed", "Cancelled")
VERDICTS = ("Verified", "Failed")
HEADINGS = ("INVESTIGATION", "TYPE", "STATUS", "LAST UPDATED", "FEEDBACK", "TITLE")
WIDTHS = (34, 13, 10, 20, 10)


@click.command(short_help="Add an investigation to a case.")
@click.argument("case")
@click.argument("title")
@click.argument("content")
@OF_ACCOUNT
@click.option(
    "--type",
    "action_type",
    type=click.Choice(TYPES, case_sensitive=False),
    default="Investigation",
    show_default=True,
    help="What it is for.",
)
@click.option(
    "--status",
    type=click.Choice(STATUSES, case_sensitive=False),
    default="Pending",
    show_default=True,
    help="What it is by now.",
)
@reaching
def investigate(
    case: str,
    title: str,
    content: str,
    account: str | None,
    where: Where,
    output: str,
    *,
    action_type: str,
    status: str,
) -> None:
    """Add an investigation to CASE and print its id; CONTENT is Markdown, to 5,000 characters.

    A Summarization that is Completed, now or later, is a comment on the case too.
    """
    text = text_of(content)
    with connected(where) as connection:
        address = addressed(connection, case, account)
        answer = plain(
            connection.client.put_investigation(
                **address, actionType=action_type, title=title, content=text, status=status
            )
        )
    tell(answer, output, answer["investigationId"])


@click.command(short_help="Advance an investigation, or change its text.")
@click.argument("case")
@click.argument("investigation")
@OF_ACCOUNT
@click.option(
    "--status", type=click.Choice(STATUSES, case_sensitive=False), help="Its status from now on."
)
@click.option("--title", help="Its title from now on.")
@click.option("--content", help="Its content from now on, Markdown; - for standard input.")
@reaching
def advance(
    case: str,
    investigation: str,
    account: str | None,
    where: Where,
    output: str,
    *,
    status: str | None,
    title: str | None,
    content: str | None,
) -> None:
    """Advance INVESTIGATION (its id) of CASE, or change its text while it has not ended."""
    given = {"status": status, "title": title, "content": content and text_of(content)}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        stop(WRONG_CALL, "Nothing to change: give --status, --title or --content.")
    with connected(where) as connection:
        address = addressed(connection, case, account)
        answer = plain(
            connection.client.update_investigation(
                **address, investigationId=investigation, **changes
            )
        )
    tell(answer, output, f"{answer['investigationId']} is {answer['status']}.")


@click.command(short_help="List a case's investigations and the customer's feedback.")
@click.argument("case")
@OF_ACCOUNT
@reaching
def investigations(case: str, account: str | None, where: Where, output: str) -> None:
    """List the investigations of CASE, oldest first, with what the customer says of them."""
    with connected(where) as connection:
        address = addressed(connection, case, account)
        found = pages(connection, "list_investigations", maxResults=100, **address)
        items = [item for page in found for item in page["investigationActions"]]
    if output == "json":
        print_json(items)
    elif items:
        print_rows([HEADINGS, *map(_row, items)], WIDTHS)
    else:
        click.echo("The case has no investigation.", err=True)


@click.command(short_help="Decide on an attachment.")
@click.argument("case")
@click.argument("attachment")
@click.argument("verdict", type=click.Choice(VERDICTS, case_sensitive=False))
@OF_ACCOUNT
@reaching
def verdict(
    case: str, attachment: str, verdict: str, account: str | None, where: Where, output: str
) -> None:
    """Decide on ATTACHMENT (its id) of CASE, which is Pending and has been received whole.

    Verified, it can be downloaded; Failed, it never can.
    """
    with connected(where) as connection:
        address = addressed(connection, case, account)
        answer = plain(
            connection.client.set_attachment_verdict(
                **address, attachmentId=attachment, attachmentStatus=verdict
            )
        )
    tell(answer, output, f"{answer['attachmentId']} is {answer['attachmentStatus']}.")


COMMANDS: Final = (investigate, advance, investigations, verdict)


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    return (
        item["investigationId"],
        item["actionType"],
        item["status"],
        when(item["lastUpdated"]),
        item.get("feedback", {}).get("usefulness", ABSENT),
        item["title"],
    )
