"""Requests signed by botocore's own signer and sent as they are: past every check of an SDK.

`signed` makes an `HttpRequest` that can be handed to `Service.handle`, or sent by `send` over a
socket that adds no header of its own.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from larum.domain.principals import AccessKey
    from tests.wire.raw_requests import RawRequest

IN_PROCESS = "http://localhost"


def unsigned(raw: RawRequest, url: str = IN_PROCESS) -> HttpRequest:
    """Return the request with its Host and Content-Type alone."""
    headers = [("host", urlsplit(url).netloc)]
    if raw.content_type:
        headers.append(("content-type", raw.content_type))
    return HttpRequest(raw.method, raw.raw_path, raw.raw_query, tuple(headers), raw.body)


def signed(
    raw: RawRequest,
    key: AccessKey,
    url: str = IN_PROCESS,
    region: str = "us-east-1",
    service: str = "security-ir",
) -> HttpRequest:
    """Return the request as botocore signs it for `url` with `key`, now."""
    plain = unsigned(raw, url)
    query = f"?{raw.raw_query}" if raw.raw_query else ""
    request = AWSRequest(
        method=raw.method,
        url=f"{url}{raw.raw_path}{query}",
        data=raw.body,
        headers=dict(plain.headers),
    )
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    SigV4Auth(credentials, service, region).add_auth(request)
    headers = tuple((name.lower(), value) for name, value in request.headers.items())
    return HttpRequest(raw.method, raw.raw_path, raw.raw_query, headers, raw.body)


class Wire:
    """A kept connection to a server, as a function from request to answer; a context manager."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)

    def __enter__(self) -> Self:
        """Be used in a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self._connection.close()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Send the request byte for byte, with Content-Length added, and read the answer."""
        query = f"?{request.raw_query}" if request.raw_query else ""
        target = f"{request.raw_path}{query}"
        self._connection.putrequest(request.method, target, skip_host=True,
                                    skip_accept_encoding=True)  # fmt: skip
        for name, value in request.headers:
            self._connection.putheader(name, value)
        if request.body:
            self._connection.putheader("content-length", str(len(request.body)))
        self._connection.endheaders(request.body)
        answer = self._connection.getresponse()
        headers = tuple((name.lower(), value) for name, value in answer.getheaders())
        return HttpResponse(answer.status, headers, answer.read())


def error_of(response: HttpResponse) -> str | None:
    """Return the error that an answer names, or None for a success."""
    return dict(response.headers).get("x-amzn-errortype")


def told(response: HttpResponse) -> dict[str, Any]:
    """Return the JSON object of an answer's body."""
    content: dict[str, Any] = json.loads(response.body) if response.body else {}
    return content
