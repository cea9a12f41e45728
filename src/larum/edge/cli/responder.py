"""The responder's commands on cases: acknowledge, ask, set the status, comment, close, open.

Those on investigations and evidence are in edge/cli/responder_work.py; all call the `larum` model.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from larum.edge.cli.calls import WRONG_CALL, connected, print_json, reaching, stop
from larum.edge.cli.printing import plain
from larum.edge.cli.terminal import harmless

if TYPE_CHECKING:
    from larum.edge.cli.calls import Connection, Where

STATUSES = (
    "Acknowledged",
    "Detection and Analysis",
    "Containment, Eradication and Recovery",
    "Post-incident Activities",
    "Ready to Close",
)
CODES = ("Investigation Completed", "Not Resolved", "False Positive", "Duplicate")
ENGAGEMENTS = ("Security Incident", "Investigation")
OF_ACCOUNT = click.option(
    "--account", metavar="ACCOUNT", help="The account that has the case, if CASE is not an ARN."
)


@click.group(short_help="Work on AWS-supported cases, as the responder.")
def responder() -> None:
    """Be the other side of AWS-supported cases: the one that AWS's engineers are elsewhere.

    CASE is a case's ARN, or its id with --account. A BODY or CONTENT of - is read from standard
    input. It is for principals of the administrator account that may do it; what the customer sees
    comes from `AWS Responder`.

    \b
    larum responder acknowledge 8403556009 --account 222222222222
    larum responder comment 8403556009 --account 222222222222 "Which hosts are affected?"
    larum responder request-action 8403556009 --account 222222222222
    larum responder set-status 8403556009 --account 222222222222 "Ready to Close"
    larum responder close 8403556009 --account 222222222222 "False Positive"
    """  # noqa: D301 - the backslash-b keeps click from joining the lines


@responder.command(short_help="Acknowledge a Submitted case.")
@click.argument("case")
@OF_ACCOUNT
@reaching
def acknowledge(case: str, account: str | None, where: Where, output: str) -> None:
    """Acknowledge CASE: it was Submitted and is Acknowledged. Again is no change."""
    with connected(where) as connection:
        address = addressed(connection, case, account)
        answer = plain(connection.client.acknowledge_case(**address))
    tell(answer, output, f"Case {address['caseId']} is {answer['caseStatus']}.")


@responder.command("request-action", short_help="Say that a case waits for its customer.")
@click.argument("case")
@OF_ACCOUNT
@click.option("--comment", metavar="BODY", help="Comment first: what the customer is to do.")
@reaching
def request_action(
    case: str, account: str | None, where: Where, output: str, comment: str | None
) -> None:
    """Say that CASE waits for its customer, who is reminded by e-mail.

    It waits until the customer comments on the case or updates it.
    """
    body = None if comment is None else text_of(comment)
    with connected(where) as connection:
        address = addressed(connection, case, account)
        if body is not None:
            connection.client.create_case_comment(**address, body=body)
        answer = plain(connection.client.request_customer_action(**address))
    tell(answer, output, f"Case {address['caseId']} waits for its customer.")


@responder.command("set-status", short_help="Set the status of a case.")
@click.argument("case")
@click.argument("status", type=click.Choice(STATUSES, case_sensitive=False))
@OF_ACCOUNT
@reaching
def set_status(case: str, status: str, account: str | None, where: Where, output: str) -> None:
    """Set the status of CASE; its customer cannot while it is AWS-supported.

    From Ready to Close the work can be taken up again; what is Closed stays so.
    """
    with connected(where) as connection:
        address = addressed(connection, case, account)
        answer = plain(connection.client.set_case_status(**address, caseStatus=status))
    tell(answer, output, f"Case {address['caseId']} is {answer['caseStatus']}.")


@responder.command(short_help="Comment on a case, or change a comment.")
@click.argument("case")
@click.argument("body")
@OF_ACCOUNT
@click.option("--edit", metavar="COMMENT", help="Change the comment of that id instead.")
@reaching
def comment(
    case: str, body: str, account: str | None, where: Where, output: str, edit: str | None
) -> None:
    """Comment BODY on CASE as AWS Responder, 1 to 12,000 characters.

    With --edit the body of an earlier comment of the responder is replaced.
    """
    text = text_of(body)
    with connected(where) as connection:
        address = addressed(connection, case, account)
        if edit is None:
            answer = plain(connection.client.create_case_comment(**address, body=text))
        else:
            answer = plain(
                connection.client.update_case_comment(**address, commentId=edit, body=text)
            )
    tell(answer, output, answer["commentId"])


@responder.command(short_help="Close a case with a closure code.")
@click.argument("case")
@click.argument("code", type=click.Choice(CODES, case_sensitive=False))
@OF_ACCOUNT
@reaching
def close(case: str, code: str, account: str | None, where: Where, output: str) -> None:
    """Close CASE as CODE, in whatever status it is. Closing is final."""
    with connected(where) as connection:
        address = addressed(connection, case, account)
        answer = plain(connection.client.close_case(**address, closureCode=code))
    tell(answer, output, f"Case {address['caseId']} is Closed: {answer['closureCode']}.")


@responder.command("open-case", short_help="Open a proactive case for a customer.")
@click.argument("account")
@click.argument("title")
@click.argument("description")
@click.option(
    "--type",
    "engagement_type",
    type=click.Choice(ENGAGEMENTS, case_sensitive=False),
    default=ENGAGEMENTS[0],
    show_default=True,
    help="What the case is about.",
)
@click.option(
    "--impacted-account", "accounts", multiple=True, help="An impacted account; as often as needed."
)
@click.option(
    "--impacted-service", "services", multiple=True, help="An impacted service; as often as needed."
)
@reaching
def open_case(
    account: str,
    title: str,
    description: str,
    where: Where,
    output: str,
    *,
    engagement_type: str,
    accounts: tuple[str, ...],
    services: tuple[str, ...],
) -> None:
    """Open an AWS-supported case in the Active membership of ACCOUNT and print its id.

    Its TITLE begins with `[Proactive case]`, and the membership's team is told. A DESCRIPTION of -
    is read from standard input.
    """
    text = text_of(description)
    with connected(where) as connection:
        answer = plain(
            connection.client.open_proactive_case(
                accountId=account,
                region=connection.region,
                title=title,
                description=text,
                engagementType=engagement_type,
                impactedAccounts=list(accounts),
                impactedServices=list(services),
            )
        )
    tell(answer, output, answer["caseId"])


def addressed(connection: Connection, case: str, account: str | None) -> dict[str, Any]:
    """Return accountId, region and caseId of a case that was typed as an ARN, or as an id."""
    if case.startswith("arn:"):
        parts = case.split(":", 5)
        if len(parts) < 6 or not parts[5].startswith("case/"):  # noqa: PLR2004 - an ARN
            stop(WRONG_CALL, f"{case} is not the ARN of a case.")
        if account not in {None, parts[4]}:
            stop(WRONG_CALL, f"--account is {account}, but the case is of {parts[4]}.")
        return {
            "accountId": parts[4],
            "region": parts[3],
            "caseId": parts[5].removeprefix("case/"),
        }
    if account is None:
        stop(WRONG_CALL, "Whose case? Add --account ACCOUNT, or give the case's ARN.")
    return {"accountId": account, "region": connection.region, "caseId": case}


def text_of(typed: str) -> str:
    """Return what was typed, or for `-` what standard input has, without its last line end."""
    return sys.stdin.read().removesuffix("\n") if typed == "-" else typed


def tell(answer: dict[str, Any], output: str, line: str) -> None:
    """Print the answer as JSON, or the line that sums it up."""
    if output == "json":
        print_json(answer)
    else:
        click.echo(harmless(line))
