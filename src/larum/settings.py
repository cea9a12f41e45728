"""Everything that can be set, read once: flag over environment over TOML file over default.

One row of `FIELDS` is one setting: its flag, its variable, its key in the file, its help and its
parser. All faults are reported together. The only module that reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from larum.domain.regions import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT_ACCOUNT: Final = "123456789012"
DEFAULT_FILE: Final = "larum.toml"
HIGHEST_PORT: Final = 65535
SHORTEST_SECRET: Final = 16
# 8 hours to 30 days: reliability-and-security §3.5.
TOKEN_HOURS: Final = range(8, 721)
TERMINATION_DAYS: Final = range(3651)


class SettingsError(Exception):
    """The settings cannot be used; `faults` lists every one, each with what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError("must be a host name or an address")
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > HIGHEST_PORT:
        raise ValueError("must be a number from 0 (any free port) to 65535")
    return int(text)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _regions(text: str) -> tuple[str, ...]:
    regions = _list(text)
    unknown = [region for region in regions if region not in REGIONS]
    if unknown or not regions:
        # The model's ARN patterns cannot express the others (service-behaviour §11 row 39).
        raise ValueError(
            f"has no Region of this service in {', '.join(unknown) or 'it'}; "
            f"choose from {', '.join(sorted(REGIONS))}"
        )
    return regions


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _account(text: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", text):
        raise ValueError("must be twelve digits, quoted in a file")
    return text


def _access_key_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]{16,128}", text):
        raise ValueError("must be 16 to 128 letters, digits or _")
    return text


def _secret(text: str) -> str:
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError("must be an http or https URL without a query")
    return text.rstrip("/")


def _networks(text: str) -> tuple[str, ...]:
    for network in _list(text):
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ValueError(f"must be networks such as 10.0.0.0/8 ({error})") from error
    return _list(text)


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0", "yes", "no"}:
        raise ValueError("must be true or false")
    return text.lower() in {"true", "1", "yes"}


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not least <= number <= most:
            raise ValueError(f"must be {least:g} to {most:g} seconds")
        return number

    return parse


def _rate(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise ValueError("must be a whole number from 1 up")
    return float(text)


def _hours(text: str) -> timedelta:
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) not in TOKEN_HOURS:
        raise ValueError(f"must be {TOKEN_HOURS[0]} to {TOKEN_HOURS[-1]} hours")
    return timedelta(hours=int(text))


def _days(text: str) -> timedelta:
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) not in TERMINATION_DAYS:
        raise ValueError(f"must be {TERMINATION_DAYS[0]} to {TERMINATION_DAYS[-1]} days")
    return timedelta(days=int(text))


def _not_yet(_: str) -> None:
    raise ValueError("does not work yet: see docs/coverage.md. Leave it out")


@dataclass(frozen=True, slots=True)
class Field:
    """How one setting is written: `name` is the attribute, the flag and the key derive from it."""

    name: str
    parse: Callable[[str], Any]
    help: str
    example: str = ""

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


FIELDS: Final = (
    Field("host", _host, "Address to listen on.", "127.0.0.1"),
    Field("port", _port, "Port to listen on; 0 picks a free one.", "8181"),
    Field("data", Path, "Directory of everything that is kept.", "./larum-data"),
    Field("region", _regions, "Regions to serve, separated by commas.", "us-east-1"),
    Field("auth", _one_of("sigv4", "relaxed"), "Check signatures, or accept any key.", "sigv4"),
    Field(
        "throttle",
        _one_of("standard", "aws", "off"),
        "Limits on rates: to protect the node, as AWS has them, or none.",
        "standard",
    ),
    Field("tls_cert", Path, "Certificate chain (PEM); with --tls-key.", "FILE"),
    Field("tls_key", Path, "Private key of the certificate (PEM).", "FILE"),
    Field("insecure_http", _flag, "Allow other hosts without TLS: a proxy does it.", "false"),
    Field("public_url", _url, "How clients reach this server, if not by host and port.", "URL"),
    Field("allowed_host", _list, "Host names that requests may name, by commas.", "NAME,…"),
    Field("trusted_proxy", _networks, "Networks whose X-Forwarded-For is believed.", "CIDR,…"),
    Field("root_account", _account, "First start: the administrator account.", ROOT_ACCOUNT),
    Field("root_access_key_id", _access_key_id, "First start: its access key id.", "ID"),
    Field("root_secret_access_key", _secret, "First start: its secret access key.", "SECRET"),
    Field(
        "failed_authentications",
        _rate,
        "Failed signatures a second, by address and key, before the answer is 429.",
        "10",
    ),
    Field("token_retention", _hours, "How long a clientToken is remembered, in hours.", "24"),
    Field(
        "termination_after",
        _days,
        "How long the cancellation of a membership can be undone, in days.",
        "30",
    ),
    Field("in_flight_wait", _seconds(0.05, 10), "How long a repeated token waits, in s.", "10"),
    Field("request_deadline", _seconds(0.1, 50), "How long a request may wait, in s.", "30"),
    Field("header_deadline", _seconds(0.1, 60), "How long headers may take, in s.", "10"),
    Field("body_deadline", _seconds(0.1, 120), "How long a body may take, in s.", "25"),
    Field("idle_deadline", _seconds(0.1, 600), "How long a connection may idle, in s.", "60"),
    Field("database", _not_yet, "Not yet: PostgreSQL.", "URL"),
    Field("metrics_port", _not_yet, "Not yet: Prometheus metrics.", "N"),
    Field("test_mode", _not_yet, "Not yet: faults and clock control.", "false"),
)
# No flag: a secret in the arguments would be seen by every user of the machine.
WITHOUT_FLAG: Final = frozenset({"root_account", "root_access_key_id", "root_secret_access_key"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one instance; the defaults are those of the in-process service."""

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
    token_retention: timedelta = timedelta(hours=24)
    termination_after: timedelta = timedelta(days=30)
    in_flight_wait: float = 10.0
    request_deadline: float = 30.0
    header_deadline: float = 10.0
    body_deadline: float = 25.0
    idle_deadline: float = 60.0

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

    `flags` maps names of `FIELDS` to texts or None; `environment` is the process's by default;
    `config` names the TOML file (else `LARUM_CONFIG`, else `./larum.toml` where there is one).
    Raises SettingsError with every fault.
    """
    environment = os.environ if environment is None else environment
    faults: list[str] = []
    in_file = _read_file(config, environment, faults)
    values: dict[str, Any] = dict(SERVE_DEFAULTS)
    for each in FIELDS:
        for source, text in (
            (each.flag, flags.get(each.name)),
            (each.variable, environment.get(each.variable)),
            (f"{each.key} in the file", in_file.get(each.key)),
        ):
            if text is not None:
                _take(each, source, text, values, faults)
                break
    if not faults:
        known = {each.name for each in fields(Settings)}
        settings = Settings(**{name: value for name, value in values.items() if name in known})
        faults = settings.faults()
        if not faults:
            return settings
    raise SettingsError(faults)


def _take(each: Field, source: str, text: str, values: dict[str, Any], faults: list[str]) -> None:
    try:
        values[each.name] = each.parse(text)
    except ValueError as error:
        faults.append(f"{source} {error}.")


def _read_file(
    config: Path | None, environment: Mapping[str, str], faults: list[str]
) -> dict[str, str]:
    named = config or (Path(environment["LARUM_CONFIG"]) if "LARUM_CONFIG" in environment else None)
    path = named or Path(DEFAULT_FILE)
    if named is None and not path.exists():
        return {}
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
    return {key: _text(value) for key, value in content.items() if key in known}


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
