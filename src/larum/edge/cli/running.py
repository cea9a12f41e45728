"""The commands that run an instance by themselves: serve, replace-root-key, operations."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from larum import settings as settings_module
from larum.edge.cli.calls import CANNOT_OPEN, REFUSALS, WRONG_CALL, stop
from larum.errors import ServiceError
from larum.settings import FIELDS, WITHOUT_FLAG, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.settings import Settings


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    for each in reversed(FIELDS):
        if each.name not in WITHOUT_FLAG:
            told = f"{each.help} [{each.variable}; {each.example}]"
            is_flag = each.name == "insecure_http"
            option: dict[str, Any] = {"is_flag": True, "flag_value": "true"} if is_flag else {}
            command = click.option(each.flag, each.name, default=None, help=told, **option)(command)
    return command


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file with the same settings. [LARUM_CONFIG; ./larum.toml]",
)
@_with_settings
def serve(config: Path | None, **flags: str | None) -> None:
    """Serve the API over HTTP until SIGTERM or Ctrl-C.

    Each option can also be set as the variable in brackets, or in a TOML file by its name without
    the dashes: option over variable over file. The first start takes LARUM_ROOT_ACCOUNT,
    LARUM_ROOT_ACCESS_KEY_ID and LARUM_ROOT_SECRET_ACCESS_KEY from the environment, or makes them.
    """
    try:
        settings = settings_module.load(flags, config=config)
    except SettingsError as error:
        stop(WRONG_CALL, *error.faults)
    _check_certificate(settings)
    # Imported here so that --help and a wrong call answer at once.
    from larum.edge.server import CannotListen
    from larum.edge.serving import serve as run

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        sys.exit(run(settings))
    except (*REFUSALS, CannotListen) as error:
        stop(CANNOT_OPEN, str(error))
    except OSError as error:
        what = error.filename or settings.data
        stop(CANNOT_OPEN, f"{what} cannot be used: {error.strerror or error}.")


@click.command("replace-root-key", short_help="Make a new root key for an account.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("larum-data"),
    show_default=True,
    help="The data directory; no server may have it open.",
)
@click.option("--account", help="Twelve digits; the administrator account if left out.")
def replace_root_key(data: Path, account: str | None) -> None:
    """Make a new access key for an account's root; its old ones stop working.

    Writes it to DIR/credentials (profile default, or the account's digits) and prints the lines to
    paste. Stop the server first.
    """
    from larum.edge.serving import export_lines
    from larum.service import Service
    from larum.settings import Settings, of_environment

    if not (data / "larum.db").exists():
        stop(CANNOT_OPEN, f"{data} holds no Larum data. Name the directory with --data.")
    try:
        service = Service(data, Settings(master_key=of_environment("master_key")))
    except REFUSALS as error:
        stop(CANNOT_OPEN, str(error))
    try:
        key = service.installation.replace_root_access_key(datetime.now(UTC), account)
    except ServiceError as error:
        stop(CANNOT_OPEN, error.message)
    finally:
        service.close()
    click.echo("\n".join(export_lines(key)))


@click.command(short_help="List which operations of the API work.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def operations(output: str) -> None:
    """List the operations of the API and which of them work in this release."""
    from larum.operations import OPERATIONS
    from larum.wire import model

    rows = [
        {"operation": name, "works": name in OPERATIONS}
        for name in sorted(model.load("security-ir").operations)
    ]
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Operation", "Works", box=None)
    for row in rows:
        table.add_row(str(row["operation"]), "yes" if row["works"] else "not yet")
    Console().print(table)


@click.command(short_help="Print the file of the API's own service model.")
def model() -> None:
    """Print the path of the service model of Larum's own API, for tools that take one.

    \b
    aws configure add-model --service-name larum --service-model "file://$(larum model)"
    """  # noqa: D301 - the backslash-b keeps click from joining the lines
    from larum.edge.api_client import MODELS
    from larum.wire.model import DOCUMENTS

    click.echo(Path(MODELS).parent / DOCUMENTS["larum"])


def _check_certificate(settings: Settings) -> None:
    """Stop for TLS files that cannot be used, before a first start is spent on them."""
    if settings.tls_cert is None:
        return
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # The password keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except OSError as error:
        files = f"--tls-cert {settings.tls_cert} with --tls-key {settings.tls_key}"
        reason = error.strerror or error
        stop(CANNOT_OPEN, f"{files} cannot be used: {reason}. Give an unencrypted PEM pair.")
