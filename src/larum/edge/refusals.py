"""What the edge refuses by itself: on the connection, or before the service sees a request."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from larum.errors import ServiceError

MAX_URI_BYTES = 8 * 1024
MAX_HEADER_BYTES = 16 * 1024
MAX_HEADERS = 100
MAX_PIPELINED = 16


class DisconnectedError(Exception):
    """The peer left before its request was whole: there is nobody to answer."""


class RefusedError(Exception):
    """The edge refuses the request; the connection cannot be used again."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.code)
        self.error = error


class Refusal(msgspec.Struct, frozen=True):
    """An answer that is written without reaching the application; the connection closes after."""

    status: int
    code: str
    message: str


_MALFORMED = "MalformedHttpRequestException"
MALFORMED = Refusal(400, _MALFORMED, "The request is not well-formed HTTP/1.1.")
VERSION = Refusal(400, _MALFORMED, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
TARGET = Refusal(400, _MALFORMED, "The request target must be a path that begins with '/'.")
TRAILERS = Refusal(400, _MALFORMED, "Trailer fields are not accepted.")
FRAMING = Refusal(400, _MALFORMED, "The body is framed with too many bytes that carry nothing.")
UPGRADE = Refusal(400, _MALFORMED, "A request with a body cannot ask for an upgrade here.")
PIPELINED = Refusal(400, _MALFORMED, "Too many requests wait on this connection.")
URI_TOO_LONG = Refusal(414, _MALFORMED, f"The request target is over {MAX_URI_BYTES} bytes.")
HEADERS_TOO_LARGE = Refusal(
    431, _MALFORMED, f"The headers are over {MAX_HEADERS} fields or {MAX_HEADER_BYTES} bytes."
)
TOO_SLOW = Refusal(408, "RequestTimeoutException", "The request did not arrive in time.")
FULL = Refusal(503, "ServiceUnavailable", "The server has as many connections as it can serve.")

FULL_OF_SOURCE = Refusal(
    503, "ServiceUnavailable", "This address has as many connections as one address may have."
)


def rendered(refusal: Refusal, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the whole answer; `default_headers` are the server's own."""
    body = json.dumps({"message": refusal.message}).encode()
    headers = [
        *default_headers,
        (b"content-type", b"application/json"),
        (b"x-amzn-errortype", refusal.code.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", b"1"))
    status = f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}".encode()
    return b"\r\n".join([status, *(name + b": " + value for name, value in headers), b"", body])
