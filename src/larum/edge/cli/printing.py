"""How commands print for people: facts beside their names, times, and lists of any length."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.terminal import escaped, harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from larum.edge.cli.calls import Connection

ABSENT: Final = "-"


def when(moment: datetime | None) -> str:
    """Return a time as people read it, UTC to the second; a dash for none."""
    return ABSENT if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def count(number: int, noun: str) -> str:
    """Return `1 case`, `2 cases`, `1,000 cases`."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the service said, without botocore's notes on how it was carried."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns; a value of several lines keeps its own."""
    rows = [(name, harmless(str(value))) for name, value in facts]
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        first, *more = value.splitlines() or [""]
        click.echo(f"{name:<{width}}  {first}".rstrip())
        for line in more:
            click.echo(f"{'':<{width}}  {line}".rstrip())


def print_json_list(items: Iterable[object]) -> None:
    """Print a JSON array item by item, so that one of any length needs no memory."""
    opened = False
    for item in items:
        click.echo(",\n" if opened else "[\n", nl=False)
        click.echo(_indented(item), nl=False)
        opened = True
    click.echo("\n]" if opened else "[]")


def _indented(item: object) -> str:
    text = json.dumps(item, indent=2, ensure_ascii=False, default=lambda each: each.isoformat())
    return "\n".join(f"  {line}" for line in escaped(text).splitlines())


def pages(connection: Connection, operation: str, **params: Any) -> Iterator[dict[str, Any]]:
    """Give every page of a list, asked for only as it is needed."""
    token: dict[str, Any] = {}
    while True:
        page = getattr(connection.client, operation)(**params, **token)
        yield page
        if "nextToken" not in page:
            return
        token = {"nextToken": page["nextToken"]}
