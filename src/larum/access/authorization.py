"""What the Authorization header claims: read strictly, believed by nobody until it is verified.

The way of authentication is chosen once, here: a header, never the query, never both
(MinIO CVE-2026-41145). Codes, texts and order are rows 2 to 6, 11 and 12 of
reliability-and-security §4.2, after the order that AWS shows:
https://github.com/dacut/scratchstack-aws-signature (AWS Auth Error Ordering).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from larum.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
INVALID_KEY = "The security token included in the request is invalid."

_PARAMETERS = ("Credential", "Signature", "SignedHeaders")
# How SDKs write it; whatever else is legal takes the slower way below, with the same result.
_USUAL = re.compile(
    "AWS4-HMAC-SHA256 Credential=([^,]*+), ?SignedHeaders=([^,]*+), ?Signature=([^,]*+)"
)
_ACCESS_KEY_ID = re.compile(r"[!-~]{1,128}")
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=_-]{40,}")
_UNPRINTABLE = re.compile(r"[^ -~]")


class Authorization(NamedTuple):
    """The three parameters of the header, as sent."""

    credential: str
    signed_headers: str
    signature: str


class Scope(NamedTuple):
    """The credential: whose key, and the day, Region and service that it is scoped to."""

    access_key_id: str
    date: str
    region: str
    service: str


def excerpt(text: str) -> str:
    """Return at most 100 printable characters of what the caller sent, fit for an error text.

    A run that is long enough to be a secret access key or a signature is left out.
    """
    return _LONG_RUN.sub("...", _UNPRINTABLE.sub("?", text[:400]))[:100]


def read_authorization(
    headers: tuple[tuple[str, str], ...],
    arrived: Mapping[str, str],
    pairs: list[tuple[str, str]],
    *,
    date_needed: bool,
) -> Authorization:
    """Return what the one Authorization header says.

    `arrived` are the same headers by name, `pairs` the query's parameters. With `date_needed`, a
    request without `x-amz-date` and `date` lacks a part too.

    Raises:
        MissingAuthenticationTokenException: nothing authenticates the request.
        InvalidSignatureException: the query does, or the header comes twice.
        IncompleteSignatureException: another algorithm, or parameters missing, repeated, unknown.

    """
    value = arrived.get("authorization", "")
    by_query = bool(pairs) and any(name.lower().startswith("x-amz-") for name, _ in pairs)
    if not by_query and not value.strip(" \t"):
        raise MissingAuthenticationTokenException("Missing Authentication Token")
    if by_query or (len(arrived) != len(headers) and _repeated(headers)):
        raise InvalidSignatureException(
            "The request must be authenticated by exactly one Authorization header, and not by "
            "the query string."
        )
    dated = not date_needed or "x-amz-date" in arrived or "date" in arrived
    usual = _USUAL.fullmatch(value)
    if usual and dated:
        return Authorization._make(usual.groups())
    return _read_parameters(value, dated=dated)


def _repeated(headers: tuple[tuple[str, str], ...]) -> bool:
    return sum(name == "authorization" for name, _ in headers) > 1


def _read_parameters(value: str, *, dated: bool) -> Authorization:
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        raise IncompleteSignatureException(f"Unsupported AWS 'algorithm': '{excerpt(algorithm)}'.")
    found: dict[str, str] = {}
    for parameter in re.split(", ?", rest) if rest else ():
        name, equals, content = parameter.partition("=")
        if not equals:
            raise IncompleteSignatureException(
                f"'{excerpt(parameter)}' not a valid key=value pair (missing equal-sign) in "
                f"Authorization header: '{ALGORITHM} ...'."
            )
        if name in found or name not in _PARAMETERS:
            raise IncompleteSignatureException(
                f"Authorization header must have each of 'Credential', 'SignedHeaders' and "
                f"'Signature' once and nothing else. Got '{excerpt(name)}'."
            )
        found[name] = content
    _require_parts(found, dated=dated)
    return Authorization(found["Credential"], found["SignedHeaders"], found["Signature"])


def _require_parts(found: Mapping[str, str], *, dated: bool) -> None:
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in _PARAMETERS
        if name not in found
    ]
    if not dated:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing:
        raise IncompleteSignatureException(" ".join(missing))


def read_scope(
    credential: str,
    *,
    service: frozenset[str],
    regions: frozenset[str],
    stamp: str | None,
) -> Scope:
    """Return the credential's parts, each checked against what this server allows.

    `stamp` is the request's time (`YYYYMMDDTHHMMSSZ`), whose day the scope must name; None where no
    date is checked.

    Raises:
        IncompleteSignatureException: the credential has not five parts.
        InvalidSignatureException: it is scoped to something else; all faults in one text.

    """
    parts = credential.split("/")
    if len(parts) != 5:  # noqa: PLR2004 - the text below names the five
        raise IncompleteSignatureException(
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{excerpt(credential)}'"
        )
    access_key_id, date, region, name, terminator = parts
    right_date = stamp is None or date == stamp[:8]
    if region in regions and name in service and terminator == TERMINATOR and right_date:
        return Scope(access_key_id, date, region, name)
    allowed = " or ".join(f"'{each}'" for each in sorted(service))
    other_date = (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        f"HTTP: '{excerpt(date)}' != '{(stamp or '')[:8]}', from '{stamp}'."
    )
    faults = (
        (region in regions, "Credential should be scoped to a valid region."),
        (name in service, f"Credential should be scoped to correct service: {allowed}."),
        (
            terminator == TERMINATOR,
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.",
        ),
        (right_date, other_date),
    )
    raise InvalidSignatureException(" ".join(text for holds, text in faults if not holds))


def is_access_key_id(access_key_id: str) -> bool:
    """Whether `access_key_id` could be one: 1 to 128 printable ASCII characters."""
    return _ACCESS_KEY_ID.fullmatch(access_key_id) is not None


def unknown_key() -> UnrecognizedClientException:
    """Return the one refusal of an access key that is unknown, disabled or no key at all."""
    return UnrecognizedClientException(INVALID_KEY)
