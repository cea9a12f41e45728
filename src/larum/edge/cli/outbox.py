"""The commands on the outbox: what waits for delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.calls import connected, print_json, print_rows, reaching, working

if TYPE_CHECKING:
    from larum.edge.cli.calls import Where

HEADINGS: Final = ("WHEN", "ACCOUNT", "REGION", "KIND", "TYPE", "FOR")
WIDTHS: Final = (25, 12, 14, 6, 44)
PAGE: Final = 100


@click.group(short_help="See what waits for delivery.")
def outbox() -> None:
    """See what waits for delivery: events for machines, notices for people."""


@outbox.command("list")
@reaching
def list_entries(where: Where, output: str) -> None:
    """List what waits for delivery, of all accounts and Regions, oldest first."""
    entries: list[dict[str, Any]] = []
    with connected(where) as connection, working("Reading the outbox") as tell:
        pages = connection.client.get_paginator("list_outbox_entries")
        for page in pages.paginate(PaginationConfig={"PageSize": PAGE}):
            entries += page["items"]
            tell(f"Reading the outbox: {len(entries):,} entries")
    if output == "json":
        print_json(entries)
    elif entries:
        print_rows([HEADINGS, *map(_row, entries)], WIDTHS)
    else:
        click.echo("Nothing waits for delivery.", err=True)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    return (
        entry["createdAt"].isoformat(timespec="seconds"),
        entry["accountId"],
        entry["region"],
        entry["kind"],
        entry["type"],
        entry.get("recipient", entry["resourceArn"]),
    )
