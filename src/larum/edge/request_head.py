"""What is wrong with the head of a request that the parser takes: its size, target or upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.edge.refusals import (
    HEADERS_TOO_LARGE,
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    MAX_URI_BYTES,
    TARGET,
    UPGRADE,
    URI_TOO_LONG,
    VERSION,
    Refusal,
)

if TYPE_CHECKING:
    from httptools import HttpRequestParser

_HAS_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})
_VERSIONS: Final = frozenset({"1.0", "1.1"})
# The colon and space after a name, and the end of the line.
_AROUND_A_FIELD: Final = 4


def fault(
    url: bytes, headers: list[tuple[bytes, bytes]], parser: HttpRequestParser
) -> Refusal | None:
    """Return what is wrong with a head that is complete; None: nothing that shows in it alone."""
    if len(url) > MAX_URI_BYTES:
        return URI_TOO_LONG
    if len(headers) > MAX_HEADERS or _bytes_of(headers) > MAX_HEADER_BYTES:
        return HEADERS_TOO_LARGE
    if parser.get_http_version() not in _VERSIONS:
        return VERSION
    if not url.startswith(b"/") or b"#" in url:
        return TARGET
    return _fault_of_upgrade(headers, parser) if parser.should_upgrade() else None


def _fault_of_upgrade(
    headers: list[tuple[bytes, bytes]], parser: HttpRequestParser
) -> Refusal | None:
    """Refuse a tunnel, and a body, which llhttp would skip as if it were the new protocol."""
    if parser.get_method() == b"CONNECT":
        return TARGET
    return UPGRADE if any(name in _HAS_BODY for name, _ in headers) else None


def _bytes_of(headers: list[tuple[bytes, bytes]]) -> int:
    return sum([len(name) + len(value) + _AROUND_A_FIELD for name, value in headers])
