"""What is refused before anything else looks at a request: rules over the ASGI scope, pure.

The parser already refuses most of the framing faults; they are named here again so that another
server under the same application could not let them in. Rules: reliability-and-security §7.1;
RFC 9112 §3.2 (Host) and §6 (framing).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from larum.errors import MalformedHttpRequestException, RequestEntityTooLargeException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larum.errors import ServiceError

Fields = dict[bytes, list[bytes]]

_WATCHED: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"content-encoding", b"expect"}
)
_HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_LENGTH: Final = re.compile(rb"[0-9]{1,19}")


def refusal(
    headers: Iterable[tuple[bytes, bytes]],
    *,
    http_version: str,
    allowed_hosts: frozenset[str],
    body_limit: int,
) -> ServiceError | None:
    """Return why a request with these `headers` (names in lower case) is refused, or None.

    `allowed_hosts` are lower-case names, each with or without a port; a name without one allows
    every port, and an empty set allows every host. `body_limit` is in bytes.
    """
    fields: Fields = {}
    for name, value in headers:
        if name in _WATCHED:
            fields.setdefault(name, []).append(value)
    hosts = fields.get(b"host", ())
    fault = (
        _fault_of_host(hosts[0] if len(hosts) == 1 else None, allowed_hosts)
        or _fault_of_framing(fields, http_version)
        or _fault_of_semantics(fields)
    )
    if fault:
        return MalformedHttpRequestException(fault)
    length = fields.get(b"content-length")
    return too_large(body_limit) if length and int(length[0]) > body_limit else None


def too_large(body_limit: int) -> RequestEntityTooLargeException:
    """Return the refusal of a body over `body_limit` bytes."""
    return RequestEntityTooLargeException(
        f"The request body is larger than the {body_limit} bytes that this request may have."
    )


@lru_cache(maxsize=64)
def _fault_of_host(only: bytes | None, allowed_hosts: frozenset[str]) -> str | None:
    if only is None:
        return "The request must have exactly one Host header."
    host = only.decode("latin-1").lower()
    match = _HOST.fullmatch(host)
    if match is None:
        return "The Host header is not a host name with an optional port."
    if allowed_hosts and host not in allowed_hosts and match["name"] not in allowed_hosts:
        return "This server does not answer for that Host; see --allowed-host."
    return None


def _fault_of_framing(fields: Fields, http_version: str) -> str | None:
    lengths, codings = fields.get(b"content-length", ()), fields.get(b"transfer-encoding", ())
    if lengths and codings:
        return "Content-Length and Transfer-Encoding exclude each other."
    if len(lengths) > 1:
        return "The request has more than one Content-Length header."
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        return "Content-Length is not a number."
    if not codings:
        return None
    if len(codings) > 1 or codings[0].lower() != b"chunked":
        return "The only Transfer-Encoding understood here is chunked."
    return "HTTP/1.0 has no Transfer-Encoding." if http_version == "1.0" else None


def _fault_of_semantics(fields: Fields) -> str | None:
    for value in fields.get(b"content-encoding", ()):
        if value.lower() != b"identity":
            return "The body must not have a Content-Encoding."
    for value in fields.get(b"expect", ()):
        if value.lower() != b"100-continue":
            return "The only Expect understood here is 100-continue."
    return None
