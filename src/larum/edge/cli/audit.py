"""The commands on the audit: read it, export it, and check that nobody changed it."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from larum.edge import audit_files
from larum.edge.cli.calls import (
    CANNOT_OPEN,
    REFUSED,
    WRONG_CALL,
    connected,
    print_json,
    print_rows,
    reaching,
    stop,
    working,
)
from larum.edge.cli.printing import count, pages, print_json_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.domain.audit_chain import ChainCheck, Link
    from larum.edge.audit_files import Checkpoints
    from larum.edge.cli.calls import Connection, Where

PAGE: Final = 1_000
CHAINS_PAGE: Final = 100
HEADINGS: Final = ("RECORD", "WHEN", "WHO", "WHAT", "RESOURCE")
WIDTHS: Final = (8, 25, 38, 24)
CHAIN_HEADINGS: Final = ("ACCOUNT", "RECORDS", "HASH OF THE LAST")
CHAIN_WIDTHS: Final = (12, 10)


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--account` and `--all`, as `account` and `every`."""
    every = click.option("--all", "every", is_flag=True, help="All accounts: without --account.")
    account = click.option("--account", help="The account whose records are meant.")
    return account(every(command))


@click.group(short_help="Read, export and check the record of who did what.")
def audit() -> None:
    """Read, export and check the record of who did what."""


@audit.command("list")
@click.option("--account", help="The account whose records are meant.")
@click.option("--since", help="Only records of this time or later, ISO 8601; UTC unless it says.")
@click.option("--until", help="Only records before this time.")
@reaching
def list_records(
    where: Where, output: str, account: str | None, since: str | None, until: str | None
) -> None:
    """List the audit records of --account, oldest first; without it the accounts that have any."""
    if account is None and (since or until):
        stop(WRONG_CALL, "--since and --until go with --account.")
    times = {"startTime": _moment("--since", since), "endTime": _moment("--until", until)}
    given = {name: each for name, each in times.items() if each is not None}
    with connected(where) as connection:
        if account is None:
            _print_chains(list(_chains(connection)), output)
            return
        _print_records(_records(connection, account, **given), output)


@audit.command("export")
@click.argument("file", type=click.File("wb"), default="-")
@_choosing
@reaching
def export_records(
    where: Where,
    output: str,  # noqa: ARG001 - JSON lines, whatever it says
    file: IO[bytes],
    account: str | None,
    every: bool,  # noqa: FBT001 - a flag
) -> None:
    """Write the audit records to FILE, or standard output: one a line in JSON, with their hashes.

    `larum audit verify FILE` checks what was exported, without a server.
    """
    _check_choice(account, every=every)
    with connected(where) as connection:
        for name in _accounts(connection, account):
            for each in _records(connection, name):
                line = audit_files.export_line(name, each["sequence"], each["record"], each["hash"])
                click.echo(line, file=file, nl=False)


@audit.command("verify")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@_choosing
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Checkpoints that `--audit-checkpoints` wrote: they show a cut or rewritten chain.",
)
@click.option("--public-key", help="What `larum audit key` printed; else the service is asked.")
@reaching
def verify(
    where: Where,
    output: str,
    file: Path | None,
    account: str | None,
    every: bool,  # noqa: FBT001 - a flag
    checkpoint: Path | None,
    public_key: str | None,
) -> None:
    """Check every record's hash, of a service or of an exported FILE, and name the first broken.

    Records that were cut off at the end, and a chain that was written anew as a whole, show by
    --checkpoint alone: keep that file, and the public key, where who runs the server cannot write.
    """
    _check_choice(account, every=every)
    if file is not None and checkpoint is not None and public_key is None:
        stop(WRONG_CALL, "With FILE and --checkpoint say --public-key too: nobody else is asked.")
    with ExitStack() as stack, working("Checking the audit") as tell:
        connection = None if file is not None else stack.enter_context(connected(where))
        signed = _checkpoints(connection, checkpoint, public_key)
        try:
            checks = _checks(connection, file, account, signed, tell)
        except audit_files.NotAnAuditFile as error:
            stop(CANNOT_OPEN, str(error))
        except OSError as error:
            stop(CANNOT_OPEN, f"{file} cannot be read: {error.strerror}.")
    _report(checks, signed, output)


@audit.command("key")
@reaching
def key(where: Where, output: str) -> None:
    """Print the public key that checkpoints are checked with: Ed25519, base64."""
    with connected(where) as connection:
        public = connection.client.get_audit_key()["publicKey"]
    if output == "json":
        print_json({"publicKey": public})
    else:
        click.echo(public)


def _check_choice(account: str | None, *, every: bool) -> None:
    if account is not None and every:
        stop(WRONG_CALL, "Say --account or --all, not both.")
    if account is not None and not re.fullmatch("[0-9]{12}", account):
        stop(WRONG_CALL, "--account must be twelve digits.")


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        stop(WRONG_CALL, f"{option} must be a time such as 2026-11-01T12:00:00Z.")
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _chains(connection: Connection) -> Iterator[dict[str, Any]]:
    for page in pages(connection, "list_audit_chains", maxResults=CHAINS_PAGE):
        yield from page["items"]


def _accounts(connection: Connection, account: str | None) -> list[str]:
    if account is not None:
        return [account]
    return [each["accountId"] for each in _chains(connection)]


def _records(connection: Connection, account: str, **given: Any) -> Iterator[dict[str, Any]]:
    listed = pages(connection, "list_audit_records", accountId=account, maxResults=PAGE, **given)
    for page in listed:
        yield from page["items"]


def _links(
    connection: Connection, accounts: list[str], tell: Callable[[str], None]
) -> Iterator[tuple[str, Link]]:
    from larum.store import audit as kept

    checked = 0
    for account in accounts:
        for each in _records(connection, account):
            text, digest = each["record"].encode(), bytes.fromhex(each["hash"])
            yield account, kept.link(each["sequence"], text, digest)
            checked += 1
            if checked % PAGE == 0:
                tell(f"Checking the audit: {checked:,} records")


def _checkpoints(
    connection: Connection | None, file: Path | None, public_key: str | None
) -> Checkpoints:
    if file is None:
        return audit_files.Checkpoints()
    if public_key is None and connection is not None:
        public_key = connection.client.get_audit_key()["publicKey"]
    from larum.access.audit_checkpoints import is_public_key

    if public_key is None or not is_public_key(public_key):
        stop(WRONG_CALL, "--public-key must be what `larum audit key` prints.")
    try:
        return audit_files.read_checkpoints(file, public_key)
    except OSError as error:
        stop(CANNOT_OPEN, f"{file} cannot be read: {error.strerror}.")


def _checks(
    connection: Connection | None,
    file: Path | None,
    account: str | None,
    signed: Checkpoints,
    tell: Callable[[str], None],
) -> list[ChainCheck]:
    # A chain that is gone as a whole has its checkpoints still.
    wanted = [account] if account is not None else list(signed.hashes)
    if connection is not None:
        names = _accounts(connection, account)
        return audit_files.check_chains(_links(connection, names, tell), wanted + names, signed)
    links = audit_files.read_export(file) if file is not None else iter(())
    chosen = ((name, link) for name, link in links if account in {None, name})
    return audit_files.check_chains(chosen, wanted, signed)


def _report(checks: list[ChainCheck], signed: Checkpoints, output: str) -> None:
    if output == "json":
        print_json([_check_out(each) for each in checks])
    else:
        for each in checks:
            if each.broken is None:
                click.echo(f"{each.account}: {count(each.sequence, 'record')}, as written.")
    if signed.ended_lines:
        lines = count(signed.ended_lines, "line")
        click.echo(f"{lines} of the checkpoints could not be read.", err=True)
    broken = [
        f"{each.account}: record {each.broken.sequence}: {each.broken.reason}."
        for each in checks
        if each.broken is not None
    ]
    if broken or signed.faults:
        stop(REFUSED, *broken, *signed.faults)


def _check_out(check: ChainCheck) -> dict[str, Any]:
    broken = check.broken
    return {
        "accountId": check.account,
        "records": check.sequence,
        "hash": check.hash.hex(),
        "checkpoints": len(check.checkpoints),
        "brokenAt": None if broken is None else broken.sequence,
        "reason": None if broken is None else broken.reason,
    }


def _print_chains(chains: list[dict[str, Any]], output: str) -> None:
    if output == "json":
        print_json(chains)
        return
    rows = [(each["accountId"], f"{each['sequence']:,}", each["hash"]) for each in chains]
    if rows:
        print_rows([CHAIN_HEADINGS, *rows], CHAIN_WIDTHS)
    else:
        click.echo("There are no audit records.", err=True)


def _print_records(records: Iterator[dict[str, Any]], output: str) -> None:
    if output == "json":
        print_json_list(each | {"record": _decoded(each["record"])} for each in records)
        return
    print_rows([HEADINGS], WIDTHS)
    for each in records:
        print_rows([_row(each)], WIDTHS)


def _decoded(text: str) -> Any:  # noqa: ANN401 - JSON, or what somebody made of it
    try:
        return json.loads(text)
    except ValueError:
        return text


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    record = _decoded(item["record"])
    if not isinstance(record, dict):
        return (str(item["sequence"]), "-", "-", "not a record", "-")
    who = record.get("userIdentity", {})
    return (
        str(item["sequence"]),
        str(record.get("eventTime", "-"))[:19],
        who.get("arn", who.get("invokedBy", who.get("accessKeyId", "-"))),
        _what(record),
        ", ".join(record.get("resources", [])),
    )


def _what(record: dict[str, Any]) -> str:
    name, count = str(record.get("eventName", "-")), record.get("additionalEventData", {})
    if "errorCode" in record:
        return f"{name} (refused)"
    return f"{name} ({count['count']:,})" if "count" in count else name
