"""The commands on memberships: `larum memberships list|show|create|cancel|undo-cancel`.

They call `security-ir` as the account whose credentials are in use; with `--account` they ask the
`larum` model, which only the administrator may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli import cancelling
from larum.edge.cli.calls import (
    WRONG_CALL,
    connected,
    print_json,
    print_rows,
    reaching,
    stop,
    working,
)
from larum.edge.cli.printing import ABSENT, pages, plain, print_facts, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.edge.cli.calls import Connection, Where

HEADINGS: Final = ("MEMBERSHIP", "STATUS", "REGION", "ACCOUNT", "NAME")
WIDTHS: Final = (32, 10, 14, 12)
RESPONDER_PARTS: Final = 3


@click.group(short_help="Create, read and cancel memberships.")
def memberships() -> None:
    """Create, read and cancel memberships.

    A membership opens the service for an account or an organization: cases live in it.
    """


@memberships.command("list", short_help="List the account's memberships, cancelled ones too.")
@click.option("--account", help="Another account; for the administrator.")
@click.option("--all-accounts", is_flag=True, help="Those of every account; for the administrator.")
@reaching
def list_memberships(where: Where, output: str, account: str | None, *, all_accounts: bool) -> None:
    """List the account's memberships in the Region, newest first, cancelled ones too.

    With --account or --all-accounts the administrator sees those of others, in every Region.
    """
    if account and all_accounts:
        stop(WRONG_CALL, "Give --account or --all-accounts, not both.")
    if account or all_accounts:
        with connected(where) as connection, working("Reading the memberships"):
            named = {"accountId": account} if account else {}
            found = pages(connection, "list_memberships", maxResults=100, **named)
            items = [item for page in found for item in page["items"]]
    else:
        with connected(where, "security-ir") as connection, working("Reading the memberships"):
            items = list(_own(connection))
    if output == "json":
        print_json(items)
    elif items:
        print_rows([HEADINGS, *map(_row, items)], WIDTHS)
    else:
        click.echo("There is no membership here. `larum memberships create` opens one.", err=True)


@memberships.command(short_help="Show one membership.")
@click.argument("membership")
@click.option("--account", help="The account that holds it; for the administrator.")
@reaching
def show(membership: str, where: Where, output: str, account: str | None) -> None:
    """Show MEMBERSHIP (its id): status, coverage, features and the incident response team.

    The administrator sees that of another account with --account, and with --region its Region.
    """
    with connected(where, "larum" if account else "security-ir") as connection:
        address = {"accountId": account, "region": connection.region} if account else {}
        found = plain(connection.client.get_membership(membershipId=membership, **address))
    if output == "json":
        print_json(found)
        return
    print_facts(_facts(found))


@memberships.command(short_help="Open a membership for the account.")
@click.argument("name")
@click.option(
    "--responder",
    "responders",
    multiple=True,
    metavar="NAME,JOB,EMAIL",
    help="A person of the incident response team; 2 to 10 of them.",
)
@click.option("--triage", is_flag=True, help="Take findings in and triage them.")
@click.option("--cover-organization", is_flag=True, help="Cover the whole organization.")
@reaching
def create(
    name: str,
    where: Where,
    output: str,
    responders: tuple[str, ...],
    *,
    triage: bool,
    cover_organization: bool,
) -> None:
    """Open a membership called NAME for the account whose credentials are in use.

    \b
    larum memberships create "Example Corp" \\
        --responder "Ana Silva,CISO,ana@example.com" \\
        --responder "Ben Okoye,On-call lead,ben@example.com"
    """  # noqa: D301 - the backslash-b keeps click from joining the lines
    params: dict[str, Any] = {
        "membershipName": name,
        "incidentResponseTeam": [_responder(each) for each in responders],
        "coverEntireOrganization": cover_organization,
    }
    if triage:
        params["optInFeatures"] = [{"featureName": "Triage", "isEnabled": True}]
    with connected(where, "security-ir") as connection:
        made = plain(connection.client.create_membership(**params))
    if output == "json":
        print_json(made)
        return
    click.echo(made["membershipId"])


@memberships.command(short_help="Cancel a membership, after telling what that means.")
@click.argument("membership")
@click.option("--confirm", metavar="NAME", help="The membership's name, instead of being asked.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen, and change nothing.")
@reaching
def cancel(
    membership: str, where: Where, output: str, confirm: str | None, *, dry_run: bool
) -> None:
    """Tell what cancelling MEMBERSHIP (its id) will do, ask for its name, and cancel it.

    Nothing is destroyed, but work stops: its cases can no longer be reached by the API until the
    cancellation is undone.
    """
    with connected(where, "security-ir") as connection:
        client = connection.client
        found = plain(client.get_membership(membershipId=membership))
        if found["membershipStatus"] != "Active":
            stop(WRONG_CALL, f"{membership} is {found['membershipStatus']} already.")
        with working("Counting the open cases"):
            cases = cancelling.open_cases(connection)
        facts = cancelling.facts(found, cases)
        if dry_run:
            _tell(found, cases, facts, output)
            return
        if confirm is None:
            click.echo("\n".join(cancelling.lines(found, cases)), err=True)
        _check_name(found["membershipName"], confirm)
        client.cancel_membership(membershipId=membership)
        found = plain(client.get_membership(membershipId=membership))
    if output == "json":
        names = ("membershipStatus", "membershipDeactivationTimestamp")
        print_json({**facts, **{name: found[name] for name in names if name in found}})
        return
    ended = cancelling.outcome(found)
    click.echo(f"{membership} {ended}. Undo: larum memberships undo-cancel {membership}")


@memberships.command("undo-cancel", short_help="Make a cancelled membership Active again.")
@click.argument("membership")
@reaching
def undo_cancel(membership: str, where: Where, output: str) -> None:
    """Make MEMBERSHIP (its id) Active again, with all its cases."""
    with connected(where, "security-ir") as connection:
        client = connection.client
        client.update_membership(membershipId=membership, undoMembershipCancellation=True)
        found = plain(client.get_membership(membershipId=membership))
    if output == "json":
        print_json(found)
        return
    covered = found["numberOfAccountsCovered"]
    click.echo(f"{membership} is {found['membershipStatus']}; accounts covered: {covered:,}.")


def _own(connection: Connection) -> Iterator[dict[str, Any]]:
    """Give the caller's memberships, each with its name."""
    for page in pages(connection, "list_memberships"):
        for item in page["items"]:
            whole = connection.client.get_membership(membershipId=item["membershipId"])
            yield {**item, "membershipName": whole["membershipName"]}


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    return (
        item["membershipId"],
        item["membershipStatus"],
        item["region"],
        item["accountId"],
        item["membershipName"],
    )


def _facts(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    configured = found["membershipAccountsConfigurations"]
    covers = configured["organizationalUnits"]
    whole = configured["coverEntireOrganization"]
    features = [
        f"{each['featureName']} {'on' if each['isEnabled'] else 'off'}"
        for each in found.get("optInFeatures", [])
    ]
    yield "membership", found["membershipId"]
    yield "name", found["membershipName"]
    yield "status", found["membershipStatus"]
    yield "account", f"{found['accountId']} ({found['customerType']})"
    yield "Region", found["region"]
    yield "since", when(found["membershipActivationTimestamp"])
    if "membershipDeactivationTimestamp" in found:
        yield "until", when(found["membershipDeactivationTimestamp"])
    yield "accounts covered", f"{found['numberOfAccountsCovered']:,}"
    yield "covers", "the organization" if whole else ", ".join(covers) or "accounts by name"
    yield "features", ", ".join(features) or ABSENT
    yield (
        "team",
        "\n".join(
            f"{each['name']}, {each['jobTitle']}, {each['email']}"
            for each in found["incidentResponseTeam"]
        ),
    )


def _responder(text: str) -> dict[str, str]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != RESPONDER_PARTS:
        message = f"--responder takes NAME,JOB,EMAIL with two commas, not {text!r}."
        stop(WRONG_CALL, message)
    return dict(zip(("name", "jobTitle", "email"), parts, strict=True))


def _tell(
    found: dict[str, Any], cases: cancelling.OpenCases, facts: dict[str, Any], output: str
) -> None:
    if output == "json":
        print_json(facts)
        return
    click.echo("\n".join(cancelling.lines(found, cases)))
    click.echo("Nothing was changed.", err=True)


def _check_name(name: str, confirm: str | None) -> None:
    """Stop unless the name was typed exactly."""
    given = confirm
    if given is None:
        try:
            prompt = "Type the membership's name to cancel it"
            given = click.prompt(prompt, default="", show_default=False, err=True)
        except click.Abort:
            given = ""
    if given != name:
        what = "That is not the membership's name." if given else "No name was given."
        stop(WRONG_CALL, f"{what} Nothing was changed.")
