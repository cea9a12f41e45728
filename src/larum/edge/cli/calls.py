"""How a command calls the API: by HTTP, or in this process with a data directory that is free.

A command takes `reaching` for its options and calls inside `connected`, which turns whatever goes
wrong into one line and an exit code.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import urlsplit

import click
import msgspec

from larum.domain.regions import REGIONS
from larum.edge.cli.terminal import escaped, harmless, on_one_line
from larum.settings import Settings, SettingsError, is_loopback, of_environment
from larum.store import credentials_file
from larum.store.credentials import WrongMasterKey
from larum.store.data_directory import DirectoryInUse, DirectoryRefused
from larum.store.migrations import SchemaRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.exceptions import ClientError

    from larum.edge.embedded import EmbeddedService

REFUSED: Final = 1
WRONG_CALL: Final = 2
CANNOT_OPEN: Final = 3
REFUSALS: Final = (DirectoryRefused, SchemaRefused, WrongMasterKey, SettingsError)
DEFAULT_URL: Final = "http://127.0.0.1:8181"
DEFAULT_REGION: Final = "us-east-1"
# Longer than the server lets a call wait, so that its own answer comes first.
READ_SECONDS: Final = 90
CONNECT_SECONDS: Final = 5
ATTEMPTS: Final = 3


class Stopped(click.ClickException):
    """The command ends with `exit_code` and says why, one line each."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.exit_code = code  # type: ignore[misc]  # as UsageError and others of click do
        self.lines = lines

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the lines to standard error."""
        for line in self.lines:
            click.echo(f"larum: {harmless(line)}", err=file is None, file=file)


def stop(code: int, *lines: str) -> NoReturn:
    """End the command with an exit code and lines that say why and what to do."""
    raise Stopped(code, *lines)


class Where(msgspec.Struct, frozen=True):
    """Whom to call, as given: `url` of the server, AWS `profile`, data directory, Region."""

    url: str
    profile: str | None
    data: Path | None
    region: str | None = None


class Connection(msgspec.Struct, frozen=True):
    """A boto3 client in `region`; `access_key_id` is what signs its calls to a server."""

    client: Any
    region: str
    access_key_id: str = ""


def reaching(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--endpoint-url`, `--profile`, `--region`, `--data`, `--output`.

    It takes them as `where` (a Where) and `output` (`text` or `json`).
    """

    @wraps(command)
    def called(
        *,
        endpoint_url: str,
        profile: str | None,
        region: str | None,
        data: Path | None,
        **given: Any,
    ) -> None:
        if urlsplit(endpoint_url).scheme not in {"http", "https"}:
            stop(WRONG_CALL, f"--endpoint-url must be an http or https URL, not {endpoint_url}.")
        if region is not None and region not in REGIONS:
            stop(WRONG_CALL, f"--region must be one of {', '.join(sorted(REGIONS))}.")
        command(where=Where(endpoint_url.rstrip("/"), profile, data, region), **given)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called


_OPTIONS: Final = (
    click.option(
        "--endpoint-url",
        envvar="LARUM_ENDPOINT_URL",
        default=DEFAULT_URL,
        show_default=True,
        help="The server. [LARUM_ENDPOINT_URL]",
    ),
    click.option("--profile", help="Profile of the AWS credentials to sign with."),
    click.option("--region", help="Region to call; else the profile's or AWS_DEFAULT_REGION."),
    click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="A data directory: used without a server if none has it open.",
    ),
    click.option(
        "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
    ),
)


@contextmanager
def connected(
    where: Where, name: str = "larum", *, attempts: int = ATTEMPTS
) -> Iterator[Connection]:
    """Give a connection to a service; what botocore raises inside ends the command as a Stopped.

    `name` is `larum` or `security-ir`; `attempts` is how often a call is sent at most: 1 for one
    that must not be sent twice.
    """
    from botocore import exceptions

    try:
        service = _embedded(where.data) if where.data is not None else None
        connection = (
            _in_process(service, where, name) if service else _over_http(where, name, attempts)
        )
        try:
            yield connection
        finally:
            connection.client.close()
            if service is not None:
                service.close()
    except exceptions.ClientError as error:
        raise _refusal(error, where) from error
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
        stop(CANNOT_OPEN, *_unreachable(where, error))
    except (exceptions.NoCredentialsError, exceptions.ProfileNotFound) as error:
        stop(WRONG_CALL, f"{error}.".replace("..", "."), _NO_KEY)
    except exceptions.BotoCoreError as error:
        stop(WRONG_CALL, str(error))


_NO_KEY: Final = (
    "Paste the lines that `larum serve` printed, or set AWS_SHARED_CREDENTIALS_FILE to the file "
    "credentials in its data directory."
)
_FOREIGN_KEY: Final = f"The credentials in use are not this server's. {_NO_KEY}"
_DENIED: Final = "AccessDeniedException"
_HINTS: Final = {
    "UnrecognizedClientException": _FOREIGN_KEY,
    "InvalidSignatureException": _FOREIGN_KEY,
    "SecurityIncidentResponseNotActiveException": "Cases of a cancelled membership are archived: "
    "`larum cases list --archived` shows them, `larum memberships undo-cancel` brings them back.",
}


def _embedded(data: Path) -> EmbeddedService | None:
    """Return a service on the directory, None where a server has it; Stopped where it is none."""
    if not (data / "larum.db").exists():
        message = f"{data} holds no Larum data. `larum serve --data {data}` makes it."
        stop(CANNOT_OPEN, message)
    from larum.edge.embedded import EmbeddedService

    try:
        master_key = of_environment("master_key")
        return EmbeddedService(data, Settings(region=tuple(sorted(REGIONS)), master_key=master_key))
    except DirectoryInUse:
        return None
    except REFUSALS as error:
        stop(CANNOT_OPEN, str(error))


def _in_process(service: EmbeddedService, where: Where, name: str) -> Connection:
    """Return a client of the service: as the administrator's root, or as the profile says."""
    from larum.edge import api_client
    from larum.edge.embedded import embedded

    # A profile with a role asks for its credentials here as well.
    with embedded(service):
        keys, region = _identity(where, known=where.profile is not None)
    if keys is None:
        client_of: Any = service.client
        account = service.installation.administrator_account
        return Connection(client_of(name, account=account, region=region), region)
    client = api_client.isolated_client(
        name,
        region_name=region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=_config(where, ATTEMPTS),
    )
    service.attach(client)
    return Connection(client, region)


def _over_http(where: Where, name: str, attempts: int) -> Connection:
    from larum.edge import api_client

    keys, region = _identity(where)
    client = api_client.session().client(
        name,  # type: ignore[call-overload] # our own model, which the stubs do not know
        endpoint_url=where.url,
        region_name=region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=_config(where, attempts),
    )
    return Connection(client, region, keys.access_key or "")


def _config(where: Where, attempts: int) -> Config:
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        # The service validates, and better; a proxy has no business on the way to loopback.
        parameter_validation=False,
        proxies={} if is_loopback(urlsplit(where.url).hostname or "") else None,
    )


def _identity(where: Where, *, known: bool = True) -> tuple[Any, str]:
    """Return the credentials and the Region of a call, by AWS's own order.

    Where that has no such profile, or no credentials, the data directory's own file is asked.
    The credentials are None unless they must be `known`. Raises botocore's NoCredentialsError and
    ProfileNotFound.
    """
    from botocore.exceptions import NoCredentialsError, ProfileNotFound

    from larum.edge import api_client

    own = where.data / "credentials" if where.data is not None else None
    try:
        session = api_client.session(where.profile, where.url)
        region = where.region or session.region_name or DEFAULT_REGION
        found = session.get_credentials() if known else None
    except ProfileNotFound:
        if own is None:
            raise
        found, region = None, where.region or DEFAULT_REGION
    if not known:
        return None, region
    found = found or _credentials_in(own, where.profile)
    if found is None:
        raise ProfileNotFound(profile=where.profile) if where.profile else NoCredentialsError
    return found.get_frozen_credentials(), region


def _credentials_in(file: Path | None, profile: str | None) -> Credentials | None:
    """Return the credentials of a profile, or the default one, in a file of a data directory."""
    from botocore.exceptions import ProfileNotFound
    from botocore.session import Session

    if file is None:
        return None
    session = Session()
    session.set_config_variable("credentials_file", str(file))
    session.set_config_variable("profile", profile or "default")
    try:
        return session.get_credentials()
    except ProfileNotFound:
        return None


def _refusal(error: ClientError, where: Where) -> Stopped:
    told = error.response.get("Error", {})
    code, message = told.get("Code", ""), told.get("Message", "")
    if re.fullmatch("[0-9]*", code):
        return Stopped(CANNOT_OPEN, f"What answers at {where.url} is no Larum server ({message}).")
    response: Mapping[str, Any] = error.response
    fields = response.get("fieldList", [])
    lines = [f"{code}: {message}"]
    if len(fields) > 1:
        lines = [f"{code}: {len(fields)} faults:"]
        lines += [f"  {each['name']}: {each['message']}" for each in fields]
    if code in _HINTS:
        lines.append(_HINTS[code])
    request = error.response.get("ResponseMetadata", {}).get("RequestId")
    if code == _DENIED and request:
        lines.append(f"Request {request}: `larum why-denied {request}` tells an administrator why.")
    refusal = Stopped(REFUSED, *lines)
    refusal.__cause__ = error
    return refusal


def _unreachable(where: Where, error: Exception) -> list[str]:
    return [
        f"{where.url} does not answer ({type(error).__name__}).",
        "Start it with `larum serve`, or name it with --endpoint-url or LARUM_ENDPOINT_URL.",
    ]


@contextmanager
def working(text: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal's standard error that something is done; call what is given to retell."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _text: None
        return
    with console.status(text) as status:
        yield status.update


def own_credentials(where: Where, connection: Connection) -> Path | None:
    """Return the credentials file of the server's data directory, as far as it is known.

    Without --data it is that of ./larum-data if the server on this machine is called with a key
    that stands in it: then the directory is that server's.
    """
    if where.data is not None:
        return where.data / "credentials"
    file = Path("larum-data") / "credentials"
    if not is_loopback(urlsplit(where.url).hostname or ""):
        return None
    try:
        known = credentials_file.key_ids(file)
    except (OSError, UnicodeDecodeError):
        return None
    return file if connection.access_key_id in known.values() else None


def print_json(value: object) -> None:
    """Print a value for a script; times as ISO 8601."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=lambda each: each.isoformat())
    click.echo(escaped(text))


def print_rows(rows: list[tuple[str, ...]], widths: tuple[int, ...]) -> None:
    """Print rows in columns that are at least that wide; the last one is as long as it is."""
    for row in rows:
        cells = zip(map(on_one_line, row), (*widths, 0), strict=True)
        told = [f"{cell:<{width}}" for cell, width in cells]
        click.echo("  ".join(told).rstrip())
