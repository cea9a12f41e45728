"""botocore's requests and answers, and ours: what one side calls a header the other must read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse

from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest


class _Body(io.BytesIO):
    """An answer's body as botocore reads it: through urllib3's `stream`."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def from_botocore(request: AWSPreparedRequest) -> HttpRequest:
    """Return a request that botocore has signed, as the service takes it."""
    url = urlsplit(request.url)
    given: Any = request.headers  # signing has left some values as bytes
    headers = [
        (name.lower(), value.decode("latin-1") if isinstance(value, bytes) else str(value))
        for name, value in given.items()
    ]
    if "host" not in given:
        headers.append(("host", url.netloc))
    body: Any = request.body or b""
    return HttpRequest(
        method=request.method,
        raw_path=url.path or "/",
        raw_query=url.query,
        headers=tuple(headers),
        body=body.encode() if isinstance(body, str) else bytes(body),
        secure=url.scheme == "https",
    )


def as_botocore(url: str, response: HttpResponse) -> AWSResponse:
    """Return the service's answer to a request of `url`, as botocore takes it."""
    headers: Any = dict(response.headers)
    return AWSResponse(url, response.status, headers, _Body(response.body))
