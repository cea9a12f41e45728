"""What the text of a setting may be, and which value it stands for.

Each function takes a text and raises ValueError with what would be right, worded to follow the
setting's name; each value has a text again (`text_of`).
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from larum.domain.regions import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

HIGHEST_PORT: Final = 65535


def host(text: str) -> str:
    """Return a host name or an address."""
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError("must be a host name or an address")
    return text


def port(text: str) -> int:
    """Return a port number; 0 stands for any free one."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > HIGHEST_PORT:
        raise ValueError("must be a number from 0 (any free port) to 65535")
    return int(text)


def path(text: str) -> Path:
    """Return a path; the empty text is none, and would be the current directory."""
    if not text or "\0" in text:
        raise ValueError("must be a path")
    return Path(text)


def names(text: str) -> tuple[str, ...]:
    """Return the parts of a list that is separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def regions(text: str) -> tuple[str, ...]:
    """Return Regions that the service has, at least one."""
    regions = names(text)
    unknown = [region for region in regions if region not in REGIONS]
    if unknown or not regions:
        # The model's ARN patterns cannot express the others (service-behaviour §11 row 39).
        raise ValueError(
            f"has no Region of this service in {', '.join(unknown) or 'it'}; "
            f"choose from {', '.join(sorted(REGIONS))}"
        )
    return regions


def one_of(*choices: str) -> Callable[[str], str]:
    """Return the parser of a choice."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def account(text: str) -> str:
    """Return an account id."""
    if not re.fullmatch(r"[0-9]{12}", text):
        raise ValueError("must be twelve digits, quoted in a file")
    return text


def access_key_id(text: str) -> str:
    """Return an access key id of the length that IAM gives them."""
    if not re.fullmatch(r"[A-Za-z0-9_]{16,128}", text):
        raise ValueError("must be 16 to 128 letters, digits or _")
    return text


def secret(text: str) -> str:
    """Return a secret access key; what is refused is never repeated."""
    # What every shell, every credentials file and every SDK passes on as it is.
    if not re.fullmatch(r"[!-~]{16,128}", text):
        raise ValueError("must be 16 to 128 printable ASCII characters, no spaces")
    return text


def url(text: str) -> str:
    """Return the URL of a server, without a slash at its end."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not re.fullmatch(r"[!-~]+", text) or re.search("[?#@]", text):
        raise ValueError("must be an http or https URL without a user, a query or a fragment")
    return text.rstrip("/")


def blobs(text: str) -> str:
    """Return where a bucket is: `s3://bucket`, with or without a prefix."""
    # Names of buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]*)?", text):
        raise ValueError("must be s3://bucket or s3://bucket/prefix")
    return text


def master_key(text: str) -> str:
    """Return where the master key is; the key itself is no setting, so it is not repeated."""
    kind, _, place = text.partition(":")
    try:
        words = shlex.split(place) if kind == "command" else [place]
    except ValueError:
        words = []
    fits = kind in {"file", "command"} or (
        kind == "env" and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", place)
    )
    if not fits or not words or not words[0] or "\0" in text:
        raise ValueError("must be file:PATH, env:VARIABLE or command:PROGRAM ARGUMENTS")
    return text


def command(text: str) -> str:
    """Return a command with its arguments, as a shell would read it."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words or "\0" in text:
        raise ValueError("must be a command")
    return text


def scanner(text: str) -> str:
    """Return how attachments are scanned: the address of a clamd, or a command with arguments."""
    if text.startswith("clamd:"):
        if not re.fullmatch(
            r"clamd:///[^\0]+|clamd://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d+", text
        ):
            raise ValueError("must be clamd://HOST:PORT or clamd:///path/of/its/socket")
        return text
    try:
        return command(text)
    except ValueError:
        raise ValueError("must be clamd://HOST:PORT, clamd:///PATH or a command") from None


def networks(text: str) -> tuple[str, ...]:
    """Return networks in CIDR notation."""
    for network in names(text):
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ValueError(f"must be networks such as 10.0.0.0/8 ({error})") from error
    return names(text)


def flag(text: str) -> bool:
    """Return yes or no."""
    if text.lower() not in {"true", "false", "1", "0", "yes", "no"}:
        raise ValueError("must be true or false")
    return text.lower() in {"true", "1", "yes"}


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{0,20})?", text) else -1.0


def seconds(least: float, most: float) -> Callable[[str], float]:
    """Return the parser of a number of seconds, from `least` to `most`."""

    def parse(text: str) -> float:
        number = _number(text)
        if not least <= number <= most:
            raise ValueError(f"must be {least:g} to {most:g} seconds")
        return number

    return parse


def span(unit: timedelta, least: int, most: int, word: str) -> Callable[[str], timedelta]:
    """Return the parser of a number of units that stands for a time; `word` names the unit."""

    def parse(text: str) -> timedelta:
        number = _number(text)
        if not least <= number <= most:
            raise ValueError(f"must be {least} to {most} {word}")
        return number * unit

    return parse


def rate(text: str) -> float:
    """Return a number of times a second."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) == 0:
        raise ValueError("must be a whole number from 1 up")
    return float(text)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return the parser of a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def not_yet(_: str) -> None:
    """Refuse a setting of a later release."""
    raise ValueError("does not work yet: see docs/coverage.md. Leave it out")


def text_of(value: object) -> str:
    """Return the text that stands for `value`, as a TOML file or code has it."""
    if isinstance(value, list | tuple):
        return ",".join(str(each) for each in value)
    if isinstance(value, float):
        return f"{value:.20f}".rstrip("0").rstrip(".")
    return str(value).lower() if isinstance(value, bool) else str(value)
