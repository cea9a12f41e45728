"""The two values at the edge of the service: what came in and what goes out, as HTTP has them."""

from __future__ import annotations

import msgspec


class HttpRequest(msgspec.Struct, frozen=True):
    """One whole request, untouched: routing and signatures work on the raw path and query.

    Header names are in lower case and in the order of arrival, repeats kept; values are decoded as
    Latin-1 (every byte survives). `raw_path` starts with `/` and is still percent-encoded;
    `raw_query` has no `?`. `origin` is the scheme, host and port by which it came over HTTP.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str = "127.0.0.1"
    secure: bool = False
    origin: str = ""

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name` (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class HttpResponse(msgspec.Struct, frozen=True):
    """One whole answer; the edge adds `content-length` and `date`."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
