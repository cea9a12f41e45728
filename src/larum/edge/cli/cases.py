"""The commands on cases: `larum cases list|show|comments|edits|investigations`.

They read as the account whose credentials are in use (`security-ir`); with `--account` or
`--archived` as the operator (`larum`), who also sees the cases of cancelled memberships.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.calls import connected, print_json, print_rows, reaching
from larum.edge.cli.printing import (
    ABSENT,
    count,
    pages,
    plain,
    print_facts,
    print_json_list,
    when,
)
from larum.edge.cli.terminal import harmless, on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from larum.edge.cli.calls import Connection, Where

HEADINGS: Final = ("CASE", "STATUS", "RESOLVER", "WAITS FOR", "UPDATED", "TITLE")
WIDTHS: Final = (10, 37, 8, 9, 20)
EDIT_WIDTHS: Final = (20, 24, 40)
# How many a list shows unless all are asked for, and how many each model gives in a page.
SHOWN: Final = 25
OWN_PAGE: Final = 25
OPERATOR_PAGE: Final = 100


@click.group(short_help="Read cases, archived ones too.")
def cases() -> None:
    """Read cases: lists, one case, its comments, edits and investigations.

    The administrator reads those of any account with --account, and with --archived those of
    cancelled memberships, which the API itself no longer shows.
    """


def _of_account(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--account`, beside what `reaching` gives."""
    told = "The account that has the case; for the administrator, archived ones too."
    return click.option("--account", help=told)(reaching(command))


@contextmanager
def _reading(
    where: Where, account: str | None, *, operator: bool
) -> Iterator[tuple[Connection, dict[str, str]]]:
    """Give a connection and what addresses the account in each call: nothing for the own one."""
    if account is None and not operator:
        with connected(where, "security-ir") as connection:
            yield connection, {}
        return
    with connected(where) as connection:
        holder = account or connection.client.describe_directory()["managementAccount"]
        yield connection, {"accountId": holder, "region": connection.region}


@cases.command("list", short_help="List cases, the one that changed last first.")
@click.option("--archived", is_flag=True, help="Those of cancelled memberships instead.")
@click.option("--account", help="Those of this account; for the administrator.")
@click.option("--all", "every", is_flag=True, help=f"All of them, not only {SHOWN}.")
@reaching
def list_cases(
    where: Where, output: str, account: str | None, *, archived: bool, every: bool
) -> None:
    """List the cases of the account in the Region, the one that changed last first.

    With --archived, those of its cancelled memberships: of the administrator's own account unless
    --account names another.
    """
    with _reading(where, account, operator=archived) as (connection, address):
        size = OPERATOR_PAGE if address else OWN_PAGE
        params = {**address, "archived": archived} if address else {}
        found = pages(connection, "list_cases", maxResults=size, **params)
        total = 0

        def items() -> Iterator[dict[str, Any]]:
            nonlocal total
            for page in found:
                total = page["total"]
                yield from page["items"]

        shown = items() if every else islice(items(), SHOWN)
        if output == "json":
            print_json_list(shown)
            return
        number = _print(shown)
    _say_how_many(number, total, archived=archived)


@cases.command(short_help="Show one case.")
@click.argument("case")
@_of_account
def show(case: str, where: Where, output: str, account: str | None) -> None:
    """Show CASE (its ten digits): everything but its comments, edits and investigations."""
    with _reading(where, account, operator=False) as (connection, address):
        found = plain(connection.client.get_case(caseId=case, **address))
    if output == "json":
        print_json(found)
        return
    print_facts(_facts(case, found))


def _listing(
    operation: str, items: str, print_one: Callable[[dict[str, Any]], None], noun: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that lists what belongs to one case, page by page, oldest first."""

    def make(described: Callable[..., None]) -> Callable[..., None]:
        @wraps(described)
        def listed(case: str, where: Where, output: str, account: str | None) -> None:
            with _reading(where, account, operator=False) as (connection, address):
                size = OPERATOR_PAGE if address else OWN_PAGE
                found = pages(connection, operation, caseId=case, maxResults=size, **address)
                flat = (item for page in found for item in page[items])
                if output == "json":
                    print_json_list(flat)
                    return
                number = 0
                for number, each in enumerate(flat, start=1):  # noqa: B007 - how many there were
                    print_one(each)
            told = f"{number:,} {noun}." if number else f"Case {case} has no {noun}."
            click.echo(told, err=True)

        return click.argument("case")(_of_account(listed))

    return make


def _print_comment(each: dict[str, Any]) -> None:
    edited = each["lastUpdatedDate"] != each["createdDate"]
    later = f", edited {when(each['lastUpdatedDate'])}" if edited else ""
    heading = f"{each['commentId']}  {when(each['createdDate'])}{later}  {each['creator']}"
    _print_text(heading, each["body"])


def _print_edit(each: dict[str, Any]) -> None:
    row = (when(each["eventTimestamp"]), each["action"], each["principal"], each["message"])
    print_rows([row], EDIT_WIDTHS)


def _print_investigation(each: dict[str, Any]) -> None:
    changed = when(each["lastUpdated"])
    heading = f"{each['investigationId']}  {changed}  {each['status']}  {each['actionType']}"
    _print_text(f"{heading}: {each['title']}", each["content"])


def _print_text(heading: str, text: str) -> None:
    lines = [f"    {line}" for line in harmless(text).splitlines()]
    click.echo("\n".join([on_one_line(heading), *lines, ""]))


@cases.command("comments", short_help="Show the comments of a case.")
@_listing("list_comments", "items", _print_comment, "comments")
def list_comments() -> None:
    """Show the comments of CASE (its ten digits), oldest first."""


@cases.command("edits", short_help="Show who changed what of a case.")
@_listing("list_case_edits", "items", _print_edit, "edits")
def list_edits() -> None:
    """Show who changed what of CASE (its ten digits), oldest first."""


@cases.command("investigations", short_help="Show the investigations of a case.")
@_listing("list_investigations", "investigationActions", _print_investigation, "investigations")
def list_investigations() -> None:
    """Show the investigations of CASE (its ten digits), as the service lists them."""


def _print(items: Iterable[dict[str, Any]]) -> int:
    number = 0
    for number, each in enumerate(items, start=1):
        row = (
            each["caseId"],
            each["caseStatus"],
            each["resolverType"],
            ABSENT if each["pendingAction"] == "None" else each["pendingAction"],
            when(each["lastUpdatedDate"]),
            each["title"],
        )
        print_rows([HEADINGS, row] if number == 1 else [row], WIDTHS)
    return number


def _say_how_many(number: int, total: int, *, archived: bool) -> None:
    if number == 0:
        where = " --account names another account, --region another Region." if archived else ""
        told = f"There are no {'archived ' if archived else ''}cases.{where}"
    elif number < total:
        told = f"{number} of {total:,}; --all shows them all."
    else:
        told = f"{count(total, 'case')}."
    click.echo(told, err=True)


def _facts(case: str, found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "case", case
    yield "title", found["title"]
    yield (
        "status",
        ", ".join(found[each] for each in ("caseStatus", "closureCode") if each in found),
    )
    if "archived" in found:
        yield "account", f"{found['accountId']} in {found['region']}, {found['membershipId']}"
        yield "archived", "yes" if found["archived"] else "no"
    yield "resolver", found["resolverType"]
    yield "type", found["engagementType"]
    yield "waits for", ABSENT if found["pendingAction"] == "None" else found["pendingAction"]
    yield "reported start", when(found["reportedIncidentStartDate"])
    yield "actual start", when(found.get("actualIncidentStartDate"))
    yield "created", when(found["createdDate"])
    yield "updated", when(found["lastUpdatedDate"])
    yield "closed", when(found.get("closedDate"))
    yield from _lists(found)
    yield "description", found["description"]


def _lists(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    regions = [each["region"] for each in found.get("impactedAwsRegions", [])]
    addresses = [each["ipAddress"] for each in found.get("threatActorIpAddresses", [])]
    people = [
        ", ".join(each[part] for part in ("name", "jobTitle", "email") if part in each)
        for each in found.get("watchers", [])
    ]
    files = [
        f"{each['attachmentId']} {each['attachmentStatus']:8} {each['fileName']}"
        for each in found.get("caseAttachments", [])
    ]
    metadata = [f"{each['key']}: {each['value']}" for each in found.get("caseMetadata", [])]
    tags = [f"{key}: {value}" for key, value in sorted(found.get("tags", {}).items())]
    yield "accounts", ", ".join(found.get("impactedAccounts", [])) or ABSENT
    yield "services", ", ".join(found.get("impactedServices", [])) or ABSENT
    yield "Regions", ", ".join(regions) or ABSENT
    yield "actor IPs", ", ".join(addresses) or ABSENT
    for name, several in (
        ("watchers", people),
        ("attachments", files),
        ("metadata", metadata),
        ("tags", tags),
    ):
        if several:
            yield name, "\n".join(several)
