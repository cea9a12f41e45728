"""What a signature covers: one request written as SigV4's canonical request, from the raw bytes.

Nothing here decodes the path or trusts a framework's idea of it: the bytes that are routed are the
bytes that are signed. A path that a proxy or a client could read in two ways is refused before
anybody looks at the signature.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
and reliability-and-security §4.1 rules 5 to 8.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote_to_bytes

from larum.errors import MalformedHttpRequestException

if TYPE_CHECKING:
    from collections.abc import Mapping


class SignedRequest(Protocol):
    """The parts of an HTTP request that a signature covers.

    Header names are in lower case, repeats kept; values hold one character per byte (Latin-1).
    `raw_path` and `raw_query` are still percent-encoded; the query has no `?`.
    """

    @property
    def method(self) -> str:
        """The method as sent."""

    @property
    def raw_path(self) -> str:
        """The path as sent, without the query."""

    @property
    def raw_query(self) -> str:
        """The query as sent, without the question mark."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each header line, in the order of arrival."""

    @property
    def body(self) -> bytes:
        """The whole body."""


# RFC 3986 §3.3 and §3.4. Each part matches possessively, so that no input makes it backtrack.
_SEGMENT = r"[A-Za-z0-9\-._~!$&'()*+,;=:@]*+(?:%[0-9A-Fa-f]{2}[A-Za-z0-9\-._~!$&'()*+,;=:@]*+)*+"
_EMPTY_OR_DOTS = r"(?!/|(?:\.|%2[Ee]){1,2}(?:/|\Z))"
_PATH = re.compile(rf"(?:/{_EMPTY_OR_DOTS}{_SEGMENT})*+")
_QUERY_TEXT = r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*+"
_QUERY = re.compile(rf"{_QUERY_TEXT}(?:%[0-9A-Fa-f]{{2}}{_QUERY_TEXT})*+")
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]*+")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-._~/%]*+")
_SPACES = re.compile(" {2,}")
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")


def check_raw_target(raw_path: str, raw_query: str) -> None:
    """Refuse a path or query that is not RFC 3986's, or that two readers could take differently.

    That is: empty or dot segments, encoded dots included; control bytes, spaces, anything beyond
    ASCII; a percent sign without two hexadecimal digits.

    Raises:
        MalformedHttpRequestException: the target is one of those.

    """
    if not _PATH.fullmatch(raw_path) or (raw_query and not _QUERY.fullmatch(raw_query)):
        raise MalformedHttpRequestException("The path or the query of the request is malformed.")


def canonical_path(raw_path: str) -> str:
    """Return the path with each segment percent-encoded once more; the empty path is `/`."""
    if _PLAIN_PATH.fullmatch(raw_path):  # all that SDKs send; quote() takes ten times as long
        return raw_path.replace("%", "%25") or "/"
    return quote(raw_path)


def query_pairs(raw_query: str) -> list[tuple[str, str]]:
    """Return the parameters, each name and value decoded once and encoded again, sorted.

    `+` means space here, as some SDKs send `a+b` and sign `a%20b`. Repeats are kept, and a name
    without `=` has an empty value.
    """
    if not raw_query:
        return []
    parts = (pair.partition("=") for pair in raw_query.split("&"))
    return sorted((_encoded(name), _encoded(value)) for name, _, value in parts)


def _encoded(text: str) -> str:
    if _UNRESERVED.fullmatch(text):
        return text
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="")


def collect_headers(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return each header's value by name: repeats trimmed and joined with commas, in order."""
    arrived = dict(headers)
    if len(arrived) == len(headers):
        return arrived
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value.strip(" \t"))
    return {name: ",".join(each) for name, each in values.items()}


@lru_cache(maxsize=256)
def signed_names(signed_headers: str) -> tuple[str, ...] | None:
    """Return the names in SignedHeaders, or None if they are not lower-case, sorted and unique."""
    names = tuple(signed_headers.split(";"))
    if not all(_HEADER_NAME.fullmatch(name) for name in names):
        return None
    return names if list(names) == sorted(set(names)) else None


def canonical_headers(arrived: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Return the block of the headers `names`; None if one did not arrive or holds a line break.

    Every `x-amz-*` header that arrived must be among the names: one outside of the signature could
    have been added by anybody (RustFS GHSA-g8w9-qw9q-fghr and others).
    """
    for name in arrived:
        if name[:6] == "x-amz-" and name not in names:
            return None
    block = ""
    for name in names:
        value = arrived.get(name)
        if value is None:
            return None
        value = value.strip(" \t")
        block += f"{name}:{_SPACES.sub(' ', value) if '  ' in value else value}\n"
    return block if block.count("\n") == len(names) else None
