"""The command `larum export`: a membership copied into a folder, and such a folder checked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.calls import (
    CANNOT_OPEN,
    REFUSED,
    WRONG_CALL,
    Stopped,
    connected,
    print_json,
    reaching,
    stop,
    working,
)
from larum.edge.cli.printing import count, pages, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.edge.cli.calls import Connection, Where
    from larum.edge.export import Address, Counts

ARN: Final = re.compile(
    r"arn:aws:security-ir:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):membership/(?P<id>.+)"
)


@click.command("export", short_help="Copy a membership with its cases and evidence to a folder.")
@click.argument("membership", required=False)
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option("--account", help="The account that holds the membership, if it is to be looked up.")
@click.option(
    "--verify",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Check an export instead: recompute every checksum.",
)
@reaching
def export(
    where: Where,
    output: str,
    membership: str | None,
    directory: Path | None,
    account: str | None,
    verify: Path | None,
) -> None:
    """Copy MEMBERSHIP (id or ARN) with its cases and evidence to DIRECTORY, or --verify one.

    For the administrator, of any account, whether the membership is Active or cancelled. DIRECTORY
    is made, and appears when everything is in it and on the disk; manifest.json has the SHA-256 of
    every file. Keep the checksum of the manifest, which is told at the end, somewhere else.

    \b
    larum export m-0hoekojht7syctsb3gyopkvs7wlwgq ./evidence
    larum export --verify ./evidence
    """  # noqa: D301 - the backslash-b keeps click from joining the lines
    if verify is not None:
        if membership is not None:
            stop(WRONG_CALL, "--verify takes the directory alone: larum export --verify DIR.")
        _verify(verify, output)
        return
    if membership is None or directory is None:
        stop(WRONG_CALL, "Say which membership and where: larum export MEMBERSHIP DIRECTORY.")
    with connected(where) as connection, working("Looking for the membership") as tell:
        address = _address(connection, membership, account)
        counts = _written(connection, address, directory, tell)
    _report(directory, counts, output)
    if counts.damaged:
        lost = count(counts.damaged, "attachment")
        message = (
            f"{lost} left out: the server has not the bytes any more that were uploaded. "
            f"See attachmentsWithoutBytes in {directory}/manifest.json."
        )
        stop(REFUSED, message)


def _address(connection: Connection, membership: str, account: str | None) -> Address:
    """Return where a membership is: as its ARN or the options say, or as found among all."""
    from larum.edge.export import Address

    named = ARN.fullmatch(membership)
    if named:
        return Address(named["account"], named["region"], named["id"])
    given = {"accountId": account} if account else {}
    for page in pages(connection, "list_memberships", maxResults=100, **given):
        for item in page["items"]:
            if item["membershipId"] == membership:
                return Address(item["accountId"], item["region"], membership)
    message = f"There is no membership {membership}: see larum memberships list --all-accounts."
    raise Stopped(REFUSED, message)


def _written(
    connection: Connection, address: Address, directory: Path, tell: Callable[[str], None]
) -> Counts:
    from larum.edge import export as exports
    from larum.edge import signed_urls

    def call(operation: str, **params: Any) -> dict[str, Any]:
        return plain(getattr(connection.client, operation)(**params))

    def told(counts: Counts) -> None:
        tell(
            f"Exporting: {count(counts.cases, 'case')}, {count(counts.comments, 'comment')}, "
            f"{count(counts.attachments, 'attachment')}, {counts.bytes:,} bytes"
        )

    reading = exports.Reading(
        call=call,
        pages=partial(pages, connection),
        download=signed_urls.download,
        now=lambda: datetime.now(UTC),
    )
    try:
        return exports.write(reading, address, directory, told)
    except (exports.ExportRefused, signed_urls.TransferRefused) as error:
        stop(CANNOT_OPEN, str(error))
    except OSError as error:
        what = error.filename or directory
        stop(CANNOT_OPEN, f"{what} cannot be written: {error.strerror or error}.")


def _report(directory: Path, counts: Counts, output: str) -> None:
    from larum.edge import export_check

    sealed = export_check.manifest_sha256(directory)
    if output == "json":
        print_json(
            {
                "directory": str(directory),
                "cases": counts.cases,
                "comments": counts.comments,
                "attachments": counts.attachments,
                "damagedAttachments": counts.damaged,
                "bytes": counts.bytes,
                "manifestSha256": sealed,
            }
        )
        return
    click.echo(
        f"{directory}: {count(counts.cases, 'case')}, {count(counts.comments, 'comment')}, "
        f"{count(counts.attachments, 'attachment')}, {counts.bytes:,} bytes."
    )
    click.echo(f"SHA-256 of {directory}/manifest.json: {sealed}")


def _verify(directory: Path, output: str) -> None:
    from larum.edge import export_check

    try:
        with working(f"Checking {directory}") as tell:
            found = export_check.check(directory, lambda read: tell(f"Checking: {read:,} files"))
    except export_check.NotAnExport as error:
        stop(CANNOT_OPEN, str(error))
    except OSError as error:
        stop(CANNOT_OPEN, f"{error.filename} cannot be read: {error.strerror}.")
    if output == "json":
        print_json(
            {
                "directory": str(directory),
                "difference": found.difference,
                "files": found.files,
                "bytes": found.bytes,
                "manifestSha256": found.manifest_sha256,
            }
        )
    if found.difference is not None:
        stop(REFUSED, f"{directory} is not what was exported: {found.difference}")
    if output == "text":
        told = f"{count(found.files, 'file')} with {found.bytes:,} bytes are as exported."
        click.echo(f"{directory}: {told}")
        click.echo(f"SHA-256 of {directory}/manifest.json: {found.manifest_sha256}")
