"""`larum organizations sync`: the organization as AWS Organizations has it, once or repeatedly."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
import msgspec

from larum.edge.cli.calls import (
    CANNOT_OPEN,
    REFUSED,
    Stopped,
    connected,
    print_json,
    print_rows,
    reaching,
    stop,
    working,
)
from larum.edge.cli.printing import count, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.edge.cli.calls import Connection, Where

CHANGE_WIDTHS: Final = (28, 14)
MOST_LEAVING: Final = 10
SERVICE_PRINCIPAL: Final = "security-ir.amazonaws.com"
NOTHING: Final = "Nothing was changed."
# Organizations is one endpoint for all Regions.
AWS_REGION: Final = "us-east-1"
ATTEMPTS: Final = 10


class _Source(msgspec.Struct, frozen=True):
    """Where to read from: boto3's usual chain, or as given."""

    profile: str | None
    region: str | None
    endpoint_url: str | None
    service_principal: str


class _Wish(msgspec.Struct, frozen=True):
    """What to do with what was read."""

    dry_run: bool
    most_leaving: int
    with_administrator: bool
    other_management_account: bool
    output: str


@click.command(short_help="Take the organization over from AWS Organizations.")
@click.option("--aws-profile", help="Profile to read AWS Organizations with; else boto3's chain.")
@click.option("--aws-region", help="Region of AWS Organizations; else the profile's.")
@click.option("--organizations-endpoint-url", help="AWS Organizations, if not AWS's own.")
@click.option("--every", type=click.IntRange(1), metavar="SECONDS", help="Go on so often.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--most-leaving",
    type=click.IntRange(0, 100),
    default=MOST_LEAVING,
    show_default=True,
    metavar="PERCENT",
    help="Change nothing where more of the accounts, or of the units, would go; one always may.",
)
@click.option(
    "--service-principal",
    default=SERVICE_PRINCIPAL,
    show_default=True,
    help="Whose delegated administrator is taken over.",
)
@click.option(
    "--keep-delegated-administrator",
    is_flag=True,
    help="Leave the delegated administrator as it is here.",
)
@click.option(
    "--other-management-account",
    is_flag=True,
    help="Also where AWS's management account is not this installation's: a member, then.",
)
@reaching
def sync(  # noqa: PLR0913 - a parameter for each option
    where: Where,
    output: str,
    aws_profile: str | None,
    aws_region: str | None,
    organizations_endpoint_url: str | None,
    every: int | None,
    most_leaving: int,
    service_principal: str,
    *,
    dry_run: bool,
    keep_delegated_administrator: bool,
    other_management_account: bool,
) -> None:
    """Make the organization here that which AWS Organizations has, read through boto3.

    Accounts join, leave and move, units keep their ids and are renamed, suspended and closed
    accounts are so here, and so is the delegated administrator, with all that this does to
    memberships. What cannot be read whole changes nothing. Trusted access stays as it is.
    """
    source = _Source(aws_profile, aws_region, organizations_endpoint_url, service_principal)
    wish = _Wish(
        dry_run,
        most_leaving,
        not keep_delegated_administrator,
        other_management_account,
        output,
    )
    if every is None:
        _sync(where, source, wish)
        return
    while True:
        try:
            _sync(where, source, wish)
        except Stopped as stopped:
            # What is wrong now may be right the next time: AWS or the server may be back.
            stopped.show()
        time.sleep(every)


def _sync(where: Where, source: _Source, wish: _Wish) -> None:
    management_account, directory = _read(source, wish)
    with connected(where) as connection, working("Comparing the organizations"):
        _check_management_account(connection, management_account, wish)
        answer = _answer(connection, directory, dry_run=True)
        _check_leaving(directory, answer["changes"], wish)
        if not wish.dry_run:
            answer = _answer(connection, directory, dry_run=False)
    _report(answer["changes"], wish)


def _read(source: _Source, wish: _Wish) -> tuple[str, dict[str, Any]]:
    """Return the management account in AWS, and the directory that it tells."""
    from larum.edge import organizations_sync

    with _reading(), working("Reading AWS Organizations"):
        client = _client(source)
        try:
            found = organizations_sync.read(client, source.service_principal)
        finally:
            client.close()
        directory = found.directory(with_administrator=wish.with_administrator)
        return found.management_account, directory


def _client(source: _Source) -> Any:  # noqa: ANN401 - boto3's
    from boto3.session import Session
    from botocore.config import Config

    session = Session(profile_name=source.profile)
    return session.client(
        "organizations",
        region_name=source.region or session.region_name or AWS_REGION,
        endpoint_url=source.endpoint_url,
        config=Config(retries={"total_max_attempts": ATTEMPTS, "mode": "standard"}),
    )


@contextmanager
def _reading() -> Iterator[None]:
    """Turn what goes wrong with AWS Organizations into one line and an exit code."""
    from botocore import exceptions

    from larum.edge.organizations_sync import CannotSync

    try:
        yield
    except CannotSync as error:
        _refuse(CANNOT_OPEN, str(error))
    except exceptions.ClientError as error:
        told = error.response.get("Error", {})
        text = f"{told.get('Code', '')}: {told.get('Message', '')}".strip(": ")
        _refuse(CANNOT_OPEN, f"AWS Organizations refused to be read ({text}).")
    except exceptions.BotoCoreError as error:
        _refuse(CANNOT_OPEN, f"AWS Organizations could not be read: {error}.".replace("..", "."))


def _refuse(code: int, text: str) -> NoReturn:
    stop(code, f"{text} {NOTHING}")


def _check_management_account(connection: Connection, in_aws: str, wish: _Wish) -> None:
    here = connection.client.describe_organization()["organization"]["masterAccountId"]
    if here != in_aws and not wish.other_management_account:
        stop(
            REFUSED,
            f"The management account is {in_aws} in AWS and {here} here. {NOTHING}",
            "Start an installation with LARUM_ROOT_ACCOUNT, or give --other-management-account: "
            "then it is a member here.",
        )


def _check_leaving(directory: dict[str, Any], changes: list[dict[str, str]], wish: _Wish) -> None:
    from larum.edge import organizations_sync

    leaving = organizations_sync.leaving(directory, changes)
    if leaving.exceeds(wish.most_leaving) and not wish.dry_run:
        stop(
            REFUSED,
            f"{leaving.accounts:,} of {count(leaving.accounts_before, 'account')} and "
            f"{leaving.units:,} of {count(leaving.units_before, 'unit')} would go, more than "
            f"{wish.most_leaving} %. {NOTHING}",
            "See which with --dry-run; if they shall go, allow it with --most-leaving PERCENT.",
        )


def _answer(connection: Connection, directory: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """Return the service's answer; Stopped with every fault by the account or unit it is of."""
    client = connection.client
    try:
        return plain(client.apply_directory(directory=directory, dryRun=dry_run))
    except client.exceptions.ValidationException as error:
        faults = error.response.get("fieldList", [])
        if not faults:
            raise
        organization = directory["organization"]
        stop(REFUSED, *(_told(organization, each) for each in faults), NOTHING)


def _told(organization: dict[str, Any], fault: dict[str, str]) -> str:
    """Return a fault with the account or unit in the place of its number."""
    found = _NUMBERED.fullmatch(fault["name"])
    if found is None:
        return f"{fault['name']}: {fault['message']}."
    item = organization[found["list"]][int(found["number"])]
    named = f"account {item['id']}" if "id" in item else f"unit {item['organizationalUnitId']}"
    return f"{named}: {fault['message']}."


_NUMBERED: Final = re.compile(r"directory\.organization\.(?P<list>\w+)\[(?P<number>[0-9]+)\].*")


def _report(changes: list[dict[str, str]], wish: _Wish) -> None:
    if wish.output == "json":
        print_json({"dryRun": wish.dry_run, "changes": changes})
        return
    rows: list[tuple[str, ...]] = [
        (each["action"], each["resource"], each.get("detail", "")) for each in changes
    ]
    print_rows(rows, CHANGE_WIDTHS)
    done = f"{count(len(changes), 'change')} {'would be ' if wish.dry_run else ''}made."
    click.echo(done if changes else "Nothing to change.", err=True)
