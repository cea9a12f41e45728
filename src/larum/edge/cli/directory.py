"""The commands on the directory: apply a file, describe what is, list the accounts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from larum.domain.principals import AccessKey, Principal
from larum.edge.cli.calls import (
    CANNOT_OPEN,
    REFUSED,
    WRONG_CALL,
    Stopped,
    connected,
    own_credentials,
    print_json,
    print_rows,
    reaching,
    stop,
    working,
)
from larum.store import credentials_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larum.edge.cli.calls import Connection, Where
    from larum.edge.directory_file import DirectoryFile
    from larum.edge.directory_nodes import Fault

CHANGE_WIDTHS: Final = (28, 14)
ACCOUNT_WIDTHS: Final = (12, 9, 7, 14, 24, 24)
ACCOUNT_HEADINGS: Final = ("ACCOUNT", "STATUS", "SERVICE", "ORGANIZATION", "UNIT", "NAME", "E-MAIL")
PAGE: Final = 100
CASE_LIMITS: Final = {
    "activeSelfManagedCases": "self-managed cases, at most",
    "activeServiceManagedCases": "AWS-supported cases, at most",
    "serviceManagedCasesPerDay": "AWS-supported cases a day",
}


@click.command(short_help="Make a file true: accounts, who may do what in them, limits.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--credentials",
    type=click.Path(path_type=Path),
    help="Where to add the access keys that are made, if not to the data directory's.",
)
@reaching
def apply(
    file: Path, where: Where, output: str, credentials: Path | None, *, dry_run: bool
) -> None:
    """Make FILE true: the organization, accounts, policies, groups, users and roles, and limits.

    Everything is changed or nothing; every fault in FILE is listed. What FILE does not name stays
    as it is, a list that it gives is the whole list; nobody is removed. Access keys that it asks
    for are added to the file credentials of the data directory, as profiles named by the account,
    or USER@ACCOUNT.
    """
    from larum.edge import directory_file

    with working(f"Reading {file}"):
        try:
            wanted = directory_file.read(file.read_bytes())
        except OSError as error:
            stop(CANNOT_OPEN, f"{file} cannot be read: {error.strerror or error}.")
    if wanted.faults:
        found = [*wanted.faults, *_faults_of_service(where, wanted)]
        stop(WRONG_CALL, *_told(file, found))
    with connected(where, attempts=1) as connection, working("Applying the file") as tell:
        keys_file = credentials or own_credentials(where, connection)
        if wanted.asks_for_keys and not dry_run:
            _check_keys_file(connection, wanted, keys_file, owned=credentials is None)
        tell("Applying the file: waiting for the server")
        answer = _applied(connection, file, wanted, dry_run=dry_run)
        keys = _keys(answer)
        if keys and keys_file is not None:
            _keep(keys, keys_file)
    _report(answer, keys_file if keys else None, output, dry_run=dry_run)


@click.command(short_help="Describe the organization and the limits.")
@reaching
def directory(where: Where, output: str) -> None:
    """Describe the organization, its units, the number of accounts and the limits."""
    with connected(where) as connection:
        answer = connection.client.describe_directory()
    del answer["ResponseMetadata"]
    if output == "json":
        print_json(answer)
        return
    limits = answer["limits"]
    print_rows(
        [
            ("organization", answer["organizationId"]),
            ("management account", answer["managementAccount"]),
            ("delegated administrator", answer.get("delegatedAdministrator", "none")),
            ("trusted access", "on" if answer["trustedAccess"] else "off"),
            ("accounts", f"{answer['accountCount']:,}"),
            ("Active memberships", _of(answer["activeMemberships"], limits.get("memberships"))),
            ("covered accounts, at most", _of(None, limits.get("coveredAccountsPerMembership"))),
            *((told, f"{limits[name]:,}") for name, told in CASE_LIMITS.items() if name in limits),
            *(
                ("organizational unit", f"{unit['organizationalUnitId']}  {unit['path']}")
                for unit in answer["organizationalUnits"]
            ),
        ],
        (26,),
    )


@click.group(short_help="See the accounts of the installation.")
def accounts() -> None:
    """See the accounts of the installation; `larum apply` declares them."""


@accounts.command("list")
@reaching
def list_accounts(where: Where, output: str) -> None:
    """List all accounts of the installation, those of no organization too."""
    found: list[dict[str, Any]] = []
    with connected(where) as connection, working("Reading the accounts") as tell:
        pages = connection.client.get_paginator("list_accounts")
        for page in pages.paginate(PaginationConfig={"PageSize": PAGE}):
            found += page["items"]
            tell(f"Reading the accounts: {len(found):,}")
    if output == "json":
        print_json(found)
    else:
        print_rows([ACCOUNT_HEADINGS, *map(_account_row, found)], ACCOUNT_WIDTHS)


def _account_row(account: dict[str, Any]) -> tuple[str, ...]:
    return (
        account["accountId"],
        account["status"],
        "on" if account["serviceOn"] else "off",
        account.get("organizationId", "-"),
        account.get("organizationalUnit", "-"),
        account.get("name", "-"),
        account.get("email", "-"),
    )


def _of(number: int | None, limit: int | None) -> str:
    most = "no limit" if limit is None else f"{limit:,}"
    return (
        most if number is None else f"{number:,} of {most}" if limit is not None else f"{number:,}"
    )


def _faults_of_service(where: Where, wanted: DirectoryFile) -> list[Fault]:
    """Return what the service finds wrong with the rest of the file, if it can be asked."""
    if not wanted.rest_stands:
        return []
    from botocore.exceptions import ClientError

    try:
        with connected(where) as connection, working("Checking the rest of the file"):
            try:
                connection.client.apply_directory(directory=wanted.directory, dryRun=True)
            except ClientError as error:
                return wanted.faults_from(error.response)
    except Stopped:
        pass
    return []


def _applied(
    connection: Connection, file: Path, wanted: DirectoryFile, *, dry_run: bool
) -> dict[str, Any]:
    """Return the service's answer; Stopped with every fault in the words of the file."""
    client = connection.client
    try:
        answer: dict[str, Any] = client.apply_directory(directory=wanted.directory, dryRun=dry_run)
    except client.exceptions.ValidationException as error:
        found = wanted.faults_from(error.response)
        if not found:
            raise
        stop(REFUSED, *_told(file, found))
    return answer


def _told(file: Path, faults: Iterable[Fault]) -> list[str]:
    lines = [f"{file}:{each.line}: {each.text}" for each in sorted(faults)]
    return [*lines, f"{_count(len(lines), 'fault')} in {file}; nothing was changed."]


def _check_keys_file(
    connection: Connection, wanted: DirectoryFile, keys_file: Path | None, *, owned: bool
) -> None:
    """Stop before anything is changed where the keys that will be made could not be kept."""
    if keys_file is not None and owned and os.access(keys_file.parent, os.W_OK):
        return
    preview = connection.client.apply_directory(directory=wanted.directory, dryRun=True)
    made = [
        each["resource"]
        for each in preview["changes"]
        if each["action"] in {"create-root-access-key", "create-access-key"}
    ]
    if not made:
        return
    if keys_file is None:
        message = (
            f"Access keys would be made for {_count(len(made), 'principal')}. Say where to keep "
            "them: --credentials FILE, or --data with the server's data directory. Nothing was "
            "changed."
        )
        stop(WRONG_CALL, message)
    if not os.access(keys_file.parent, os.W_OK):
        stop(CANNOT_OPEN, f"{keys_file} cannot be written. Nothing was changed.")
    try:
        taken = sorted(set(made) & credentials_file.key_ids(keys_file).keys())
    except (OSError, UnicodeDecodeError) as error:
        stop(CANNOT_OPEN, f"{keys_file} cannot be read: {error}. Nothing was changed.")
    if taken and not owned:
        message = f"{keys_file} has a profile {taken[0]} already. Name another --credentials FILE."
        stop(WRONG_CALL, f"{message} Nothing was changed.")


def _keys(answer: dict[str, Any]) -> dict[str, AccessKey]:
    return {
        _profile(each): AccessKey(each["accessKeyId"], each["secretAccessKey"], _principal(each))
        for each in answer["createdAccessKeys"]
    }


def _profile(key: dict[str, Any]) -> str:
    """Return the name under which a key is kept: the account's, or `USER@ACCOUNT`."""
    account: str = key["accountId"]
    return f"{key['userName']}@{account}" if "userName" in key else account


def _principal(key: dict[str, Any]) -> Principal:
    account = key["accountId"]
    user_name = key.get("userName")
    return Principal.root(account) if user_name is None else Principal.user(account, user_name)


def _keep(keys: dict[str, AccessKey], keys_file: Path) -> None:
    try:
        credentials_file.put(keys_file, keys)
    except (OSError, UnicodeDecodeError) as error:
        # They exist and cannot be asked for again: this is the last place to leave them.
        for profile, key in keys.items():
            click.echo(f"[{profile}]\naws_access_key_id = {key.access_key_id}")
            click.echo(f"aws_secret_access_key = {key.secret_access_key}\n")
        message = f"{keys_file} could not be written ({error}). The keys that were made are above."
        stop(CANNOT_OPEN, f"{message} The file was applied.")


def _report(answer: dict[str, Any], keys_file: Path | None, output: str, *, dry_run: bool) -> None:
    changes = answer["changes"]
    if output == "json":
        keys = [
            {name: told for name, told in each.items() if name != "secretAccessKey"}
            for each in answer["createdAccessKeys"]
        ]
        report: dict[str, Any] = {"dryRun": dry_run, "changes": changes, "createdAccessKeys": keys}
        print_json(report | ({"credentials": str(keys_file)} if keys_file else {}))
        return
    print_rows(
        [(each["action"], each["resource"], each.get("detail", "")) for each in changes],
        CHANGE_WIDTHS,
    )
    count = _count(len(changes), "change")
    done = "Nothing to change." if not changes else f"{count} made."
    click.echo(f"{count} would be made." if changes and dry_run else done, err=True)
    if keys_file is not None:
        count = _count(len(answer["createdAccessKeys"]), "access key")
        click.echo(
            f"{count} added to {keys_file}, as profiles named by the account or USER@ACCOUNT.",
            err=True,
        )


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
