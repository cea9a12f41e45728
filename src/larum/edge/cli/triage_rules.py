"""The commands on triage rules: `larum findings apply-rules|list-rules|test-rules`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge import triage_rules_file
from larum.edge.cli.calls import (
    WRONG_CALL,
    connected,
    print_json,
    print_rows,
    reaching,
    stop,
    working,
)
from larum.edge.cli.findings import OF_ACCOUNT, content_of
from larum.edge.cli.printing import ABSENT, count, pages, plain, when

if TYPE_CHECKING:
    from larum.edge.cli.calls import Connection, Where

HEADINGS: Final = ("PRIORITY", "NAME", "OUTCOME", "EXPIRES", "MATCHES")
WIDTHS: Final = (8, 24, 14, 20)
TESTED: Final = ("OUTCOME", "FINDINGS")
FILE: Final = click.Path(path_type=Path)
TESTED_AT_MOST: Final = 1_000


@click.command("apply-rules", short_help="Make a file of triage rules true.")
@click.argument("file", type=FILE)
@OF_ACCOUNT
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@reaching
def apply_rules(file: Path, account: str, where: Where, output: str, *, dry_run: bool) -> None:
    """Make the triage rules of a membership those of FILE: rules that are not in it are removed.

    A file with a fault changes nothing, and every fault is listed. The second run changes nothing.
    """
    rules = _read(file)
    with connected(where) as connection:
        address = {"accountId": account, "region": connection.region}
        present = {each["name"]: each for each in _present(connection, address)}
        changed = [each for each in rules if _whole(each) != present.get(each["name"])]
        removed = sorted(present.keys() - {each["name"] for each in rules})
        if not dry_run:
            for name in removed:
                connection.client.delete_triage_rule(**address, name=name)
            for each in changed:
                connection.client.put_triage_rule(**address, **each)
    done = [{"action": "put", "name": each["name"]} for each in changed]
    done += [{"action": "remove", "name": name} for name in removed]
    if output == "json":
        print_json({"changes": done})
        return
    for each in done:
        click.echo(f"{each['action']} {each['name']}")
    told = "would change" if dry_run else "changed"
    click.echo(f"{count(len(done), 'rule')} {told}." if done else "Nothing to change.", err=True)


@click.command("list-rules", short_help="List the triage rules of a membership.")
@OF_ACCOUNT
@reaching
def list_rules(account: str, where: Where, output: str) -> None:
    """List the triage rules of a membership in the order in which they are asked."""
    with connected(where) as connection:
        found = _present(connection, {"accountId": account, "region": connection.region})
    if output == "json":
        print_json(found)
    elif found:
        print_rows([HEADINGS, *map(_row, found)], WIDTHS)
    else:
        click.echo("There are no triage rules: the severity decides.", err=True)


@click.command("test-rules", short_help="Try triage rules on past findings.")
@click.argument("file", type=FILE, required=False)
@OF_ACCOUNT
@click.option(
    "--findings",
    type=click.IntRange(1, 10_000),
    default=TESTED_AT_MOST,
    show_default=True,
    help="How many of the newest findings are tried.",
)
@reaching
def test_rules(file: Path | None, account: str, where: Where, output: str, findings: int) -> None:
    """Decide anew on past findings by the rules of FILE, or by those of the membership.

    Nothing is changed. It tells how many findings would get which outcome, how many each rule
    would decide, and which ones triage decided on otherwise when they came in.
    """
    given = {} if file is None else {"rules": _read(file)}
    with connected(where) as connection, working("Trying the rules"):
        address = {"accountId": account, "region": connection.region}
        answer = plain(
            connection.client.test_triage_rules(**address, maxFindings=findings, **given)
        )
    if output == "json":
        print_json(answer)
        return
    outcomes = [(each["outcome"], f"{each['count']:,}") for each in answer["outcomes"]]
    print_rows([TESTED, *outcomes], (16,))
    rules = [(each["name"], f"{each['count']:,}") for each in answer["rules"]]
    print_rows([("RULE", "FINDINGS"), *rules], (24,))
    click.echo(f"{count(answer['changedCount'], 'finding')} would be decided otherwise.", err=True)


COMMANDS: Final = (apply_rules, list_rules, test_rules)


def _read(file: Path) -> list[dict[str, Any]]:
    found = triage_rules_file.read(content_of(file))
    if found.faults:
        stop(WRONG_CALL, *(f"{file}: {each}" for each in found.faults))
    return found.rules


def _present(connection: Connection, address: dict[str, str]) -> list[dict[str, Any]]:
    found = pages(connection, "list_triage_rules", maxResults=100, **address)
    return [each for page in found for each in page["items"]]


def _whole(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as the service tells it: with its match, without empty lists."""
    match = {name: each for name, each in rule.get("match", {}).items() if each}
    return rule | {"match": match}


def _row(rule: dict[str, Any]) -> tuple[str, ...]:
    told = [
        f"{name}={','.join(each) if isinstance(each, list) else each}"
        for name, each in rule["match"].items()
    ]
    expires = when(rule["expiresAt"]) if "expiresAt" in rule else ABSENT
    return (
        str(rule["priority"]),
        rule["name"],
        rule["outcome"],
        expires,
        " ".join(told) or "everything",
    )
