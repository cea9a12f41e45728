"""Everything that can be set, read once: flag over environment over TOML file over default.

One row of `FIELDS` is one setting: its flag, its variable, its key in the file, its help and its
parser. All faults are reported together. The only module that reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum import setting_texts as texts
from larum.domain.coverage import LONGEST_DELAY
from larum.domain.memberships import Cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT_ACCOUNT: Final = "123456789012"
DEFAULT_FILE: Final = "larum.toml"
SECOND: Final = timedelta(seconds=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


class SettingsError(Exception):
    """The settings cannot be used; `faults` lists every one, each with what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Field(msgspec.Struct, frozen=True):
    """How one setting is written: `name` is the attribute, the flag and the key derive from it.

    `unit` is what a number stands for where the value is a time; a `secret` is never repeated.
    """

    name: str
    parse: Callable[[str], Any]
    help: str
    example: str = ""
    unit: timedelta = HOUR
    secret: bool = False

    @property
    def flag(self) -> str:
        """The option of `larum serve`, e.g. `--public-url`."""
        return "--" + self.key

    @property
    def key(self) -> str:
        """The key in the TOML file, e.g. `public-url`."""
        return self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, e.g. `LARUM_PUBLIC_URL`."""
        return "LARUM_" + self.name.upper()

    def check(self, value: object) -> None:
        """Raise ValueError for a value made in code that no text stands for."""
        if value is None:
            raise ValueError("must not be None")
        meant = self.parse(
            texts.text_of(value / self.unit if isinstance(value, timedelta) else value)
        )
        if meant != value:
            told = "text" if self.secret else f"given as {meant!r}, not {value!r}"
            raise ValueError(f"must be {told}")


FIELDS: Final = (
    Field("host", texts.host, "Address to listen on.", "127.0.0.1"),
    Field("port", texts.port, "Port to listen on; 0 picks a free one.", "8181"),
    Field("data", texts.path, "Directory of everything that is kept.", "./larum-data"),
    Field("region", texts.regions, "Regions to serve, separated by commas.", "us-east-1"),
    Field(
        "auth", texts.one_of("sigv4", "relaxed"), "Check signatures, or accept any key.", "sigv4"
    ),
    Field(
        "throttle",
        texts.one_of("standard", "aws", "off"),
        "Limits on rates: to protect the node, as AWS has them, or none.",
        "standard",
    ),
    Field("tls_cert", texts.path, "Certificate chain (PEM); with --tls-key.", "FILE"),
    Field("tls_key", texts.path, "Private key of the certificate (PEM).", "FILE"),
    Field("insecure_http", texts.flag, "Allow other hosts without TLS: a proxy does it.", "false"),
    Field(
        "public_url", texts.url, "How clients reach this server, if not by host and port.", "URL"
    ),
    Field("allowed_host", texts.names, "Host names that requests may name, by commas.", "NAME,…"),
    Field("trusted_proxy", texts.networks, "Networks whose X-Forwarded-For is believed.", "CIDR,…"),
    Field("root_account", texts.account, "First start: the administrator account.", ROOT_ACCOUNT),
    Field("root_access_key_id", texts.access_key_id, "First start: its access key id.", "ID"),
    Field(
        "root_secret_access_key",
        texts.secret,
        "First start: its secret access key.",
        "SECRET",
        secret=True,
    ),
    Field(
        "failed_authentications",
        texts.rate,
        "Failed signatures a second, by address and key, before the answer is 429.",
        "10",
    ),
    Field(
        "connections_per_source",
        texts.whole(1, 1_024),
        "Connections that one address may hold, of 1,024 in all.",
        "512",
    ),
    # To 30 days: reliability-and-security §3.5.
    Field(
        "token_retention",
        texts.span(HOUR, 8, 720, "hours"),
        "How long a clientToken is remembered, in hours.",
        "24",
    ),
    Field(
        "cancellation",
        texts.one_of(*Cancellation),
        "When a cancellation takes effect: at once, or with the billing month.",
        "immediate",
    ),
    Field(
        "coverage_delay",
        texts.span(SECOND, 0, LONGEST_DELAY // SECOND, "seconds"),
        "How long a change of coverage takes to show, in seconds.",
        "0",
        unit=SECOND,
    ),
    Field(
        "termination_after",
        texts.span(DAY, 0, 3650, "days"),
        "How long the cancellation of a membership can be undone, in days.",
        "30",
        unit=DAY,
    ),
    Field(
        "blobs", texts.blobs, "Bucket of the attachments, instead of blobs/ in the data.", "s3://…"
    ),
    Field(
        "master_key",
        texts.master_key,
        "Where the key is that seals secrets, instead of master.key in the data.",
        "command:PROGRAM",
    ),
    Field(
        "scanner",
        texts.scanner,
        "What judges attachments: clamd at an address, or a command that is given the file.",
        "clamd://HOST:PORT",
    ),
    Field(
        "attachment_retention",
        texts.span(DAY, 0, 3650, "days"),
        "How long attachments are kept after their case is closed, in days.",
        "7",
        unit=DAY,
    ),
    Field(
        "audit_checkpoints",
        texts.path,
        "File that signed checkpoints of the audit are appended to, best elsewhere.",
        "FILE",
    ),
    Field(
        "audit_checkpoint_command",
        texts.command,
        "Command that is given each new checkpoint, too, as a line of its standard input.",
        "COMMAND",
    ),
    Field(
        "in_flight_wait", texts.seconds(0.05, 10), "How long a repeated token waits, in s.", "10"
    ),
    Field("request_deadline", texts.seconds(0.1, 50), "How long a request may wait, in s.", "30"),
    Field("header_deadline", texts.seconds(0.1, 60), "How long headers may take, in s.", "10"),
    Field("body_deadline", texts.seconds(0.1, 120), "How long a body may take, in s.", "25"),
    Field("idle_deadline", texts.seconds(0.1, 600), "How long a connection may idle, in s.", "60"),
    Field("database", texts.not_yet, "Not yet: PostgreSQL.", "URL"),
    Field("metrics_port", texts.not_yet, "Not yet: Prometheus metrics.", "N"),
    Field("test_mode", texts.not_yet, "Not yet: faults and clock control.", "false"),
)
# No flag: a secret in the arguments would be seen by every user of the machine.
WITHOUT_FLAG: Final = frozenset({"root_account", "root_access_key_id", "root_secret_access_key"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one instance; the defaults are those of the in-process service.

    Raises SettingsError with every fault.
    """

    host: str = "127.0.0.1"
    port: int = 8181
    data: Path | None = None
    region: tuple[str, ...] = ("us-east-1",)
    auth: str = "sigv4"
    throttle: str = "off"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    insecure_http: bool = False
    public_url: str | None = None
    allowed_host: tuple[str, ...] = ()
    trusted_proxy: tuple[str, ...] = ()
    root_account: str = ROOT_ACCOUNT
    root_access_key_id: str | None = None
    root_secret_access_key: str | None = field(default=None, repr=False)
    failed_authentications: float = 1e9
    connections_per_source: int = 512
    token_retention: timedelta = timedelta(hours=24)
    cancellation: str = Cancellation.IMMEDIATE.value
    coverage_delay: timedelta = timedelta(0)
    termination_after: timedelta = timedelta(days=30)
    blobs: str | None = None
    master_key: str | None = None
    scanner: str | None = None
    attachment_retention: timedelta = timedelta(days=7)
    audit_checkpoints: Path | None = None
    audit_checkpoint_command: str | None = None
    in_flight_wait: float = 10.0
    request_deadline: float = 30.0
    header_deadline: float = 10.0
    body_deadline: float = 25.0
    idle_deadline: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what `load` would refuse."""
        found = self._wrong_values() or self.faults()
        if found:
            raise SettingsError(found)

    def _wrong_values(self) -> list[str]:
        found = []
        by_name = {each.name: each for each in FIELDS}
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None and each.default is None:
                continue
            try:
                by_name[each.name].check(value)
            except ValueError as error:
                found.append(f"{each.name} {error}.")
        return found

    def faults(self) -> list[str]:
        """Return what cannot stand together, each with what to do."""
        found = []
        if (self.tls_cert is None) != (self.tls_key is None):
            found.append("--tls-cert and --tls-key go together: give both or neither.")
        if not is_loopback(self.host):
            if self.auth == "relaxed":
                found.append(
                    f"--auth relaxed accepts any key, so it listens on loopback only, not on "
                    f"{self.host}. Use --auth sigv4, or --host 127.0.0.1."
                )
            if self.tls_cert is None and not self.insecure_http:
                found.append(
                    f"Without TLS, secrets and case data would cross the network of {self.host} "
                    "unprotected. Give --tls-cert and --tls-key, or say --insecure-http if a proxy "
                    "in front does it."
                )
        if self.audit_checkpoint_command is not None and self.audit_checkpoints is None:
            found.append(
                "--audit-checkpoint-command is given what --audit-checkpoints writes: name a file "
                "there."
            )
        if (self.root_access_key_id is None) != (self.root_secret_access_key is None):
            found.append(
                "LARUM_ROOT_ACCESS_KEY_ID and LARUM_ROOT_SECRET_ACCESS_KEY go together: "
                "give both or neither."
            )
        return found


SERVE_DEFAULTS: Final[dict[str, Any]] = {
    "throttle": "standard",
    "failed_authentications": 10.0,
    "data": Path("larum-data"),
}


def is_loopback(host: str) -> bool:
    """Return whether `host` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load(
    flags: Mapping[str, str | None],
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """Return the settings of `larum serve`.

    `flags` maps names of `FIELDS` to texts or None; `environment` is the process's by default; an
    empty flag or variable counts as not given. `config` names the TOML file (else `LARUM_CONFIG`,
    else `./larum.toml` where there is one).
    Raises SettingsError with every fault.
    """
    environment = os.environ if environment is None else environment
    faults: list[str] = []
    in_file = _read_file(config, environment, faults)
    values: dict[str, Any] = dict(SERVE_DEFAULTS)
    for each in FIELDS:
        for source, text in (
            # Empty is how a shell and a compose file say "not set".
            (each.flag, flags.get(each.name) or None),
            (each.variable, environment.get(each.variable) or None),
            (f"{each.key} in the file", in_file.get(each.key)),
        ):
            if text is not None:
                _take(each, source, text, values, faults)
                break
    if faults:
        raise SettingsError(faults)
    return Settings(**values)


def of_environment(name: str, environment: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - any setting's
    """Return the setting `name` as the environment has it, None where it has not.

    Raises SettingsError.
    """
    environment = os.environ if environment is None else environment
    (each,) = (field for field in FIELDS if field.name == name)
    text = environment.get(each.variable)
    try:
        return each.parse(text) if text else None
    except ValueError as error:
        raise SettingsError([f"{each.variable} {error}."]) from error


def variable(name: str) -> str | None:
    """Return the text of an environment variable that a setting names, None where it is not set."""
    return os.environ.get(name)


def _take(each: Field, source: str, text: str, values: dict[str, Any], faults: list[str]) -> None:
    try:
        values[each.name] = each.parse(text)
    except ValueError as error:
        faults.append(f"{source} {error}.")


def _read_file(
    config: Path | None, environment: Mapping[str, str], faults: list[str]
) -> dict[str, str]:
    variable = environment.get("LARUM_CONFIG")
    named = config or (Path(variable) if variable else None)
    path = named or Path(DEFAULT_FILE)
    if named is None and not path.exists():
        return {}
    import tomllib  # noqa: PLC0415 - a service in process has no such file

    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        faults.append(f"{path} cannot be read: {error}.")
        return {}
    known = {each.key for each in FIELDS}
    faults += [
        f"{key} in {path} is no setting; see docs/settings.md."
        for key in content
        if key not in known
    ]
    return {key: texts.text_of(value) for key, value in content.items() if key in known}
