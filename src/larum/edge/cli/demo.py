"""The command `larum demo`: an instance with a past, to look at with boto3."""

from __future__ import annotations

import logging
import shlex
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from larum.edge.cli.calls import CANNOT_OPEN, REFUSALS, WRONG_CALL, stop, working
from larum.settings import SERVE_DEFAULTS, Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.edge.demo import Filled
    from larum.service import Service

FAILURES: Final = float(SERVE_DEFAULTS["failed_authentications"])


@click.command(short_help="Look around: an instance with a team, findings and three cases.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Make it there, to keep; it must be new. Else in a temporary directory.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8181,
    show_default=True,
    help="0 picks a free one.",
)
@click.option("--no-serve", is_flag=True, help="Only fill --data.")
def demo(data: Path | None, port: int, *, no_serve: bool) -> None:
    """Make an instance with three weeks of history, say what to type, and serve it.

    An organization with five accounts, an incident response team, findings with metrics, and three
    cases: a self-managed one in containment, an AWS-supported one that waits for the customer, and
    a closed one. It is made by public calls alone. Ctrl-C ends it.
    """
    if no_serve and data is None:
        stop(WRONG_CALL, "--no-serve fills a directory: name it with --data.")
    if data is not None and data.exists():
        message = f"{data} exists already. Serve it: larum serve --data {shlex.quote(str(data))}"
        stop(WRONG_CALL, message)
    with _directory(data) as directory:
        filled = _filled(directory)
        if no_serve:
            click.echo(f"larum serve --data {shlex.quote(str(directory))}")
            return
        _serve(directory, filled, port)


@contextmanager
def _directory(data: Path | None) -> Iterator[Path]:
    """Give the directory to fill; one of our own is deleted at the end."""
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="larum-demo-") as made:
        yield Path(made) / "larum-data"


def _filled(directory: Path) -> Filled:
    from larum.edge.demo import fill

    try:
        with working("Making the demonstration") as tell:
            return fill(directory, datetime.now(UTC), tell)
    except REFUSALS as error:
        stop(CANNOT_OPEN, str(error))


def _serve(directory: Path, filled: Filled, port: int) -> None:
    from larum.edge.server import CannotListen
    from larum.edge.serving import serve

    try:
        settings = Settings(data=directory, port=port, failed_authentications=FAILURES)
    except SettingsError as error:
        stop(WRONG_CALL, *error.faults)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        sys.exit(serve(settings, lambda service, url: _announce(service, url, filled)))
    except (*REFUSALS, CannotListen) as error:
        stop(CANNOT_OPEN, str(error))


def _announce(service: Service, url: str, filled: Filled) -> None:
    from larum.edge.serving import print_announcement

    click.echo(
        f"""\
Ready. Paste the export lines below into another shell, and look around there:

  aws security-ir list-cases
  larum cases list
  larum cases show {filled.aws_supported}
  larum cases comments {filled.self_managed}
  larum cases edits {filled.closed}
  larum findings list --account {service.installation.administrator_account}
  larum memberships cancel {filled.membership_id} --dry-run
  larum export {filled.membership_id} ./demo-export

or in Python:

  import boto3
  client = boto3.client("security-ir")
  for case in client.list_cases()["items"]:
      print(case["caseId"], case["caseStatus"], case["title"])

Ctrl-C ends it.

export LARUM_ENDPOINT_URL={shlex.quote(url)}"""
    )
    print_announcement(service, url)
