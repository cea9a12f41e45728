"""What stands behind the signed URLs of attachments: bytes that are fetched or sent by HTTP.

The URLs lead to a server, to the loopback listener of a service in this process or to a bucket;
each carries its own authorization.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE: Final = 1 << 20
OK: Final = 200


class TransferRefused(Exception):  # noqa: N818 - told to whoever asked for the bytes
    """The other end answered with an error; the message holds its status and no URL."""


def download(url: str) -> Iterator[bytes]:
    """Give the bytes in pieces of at most 1 MiB.

    Raises TransferRefused, and botocore's HTTPClientError where the connection fails.
    """
    with _answer("GET", url) as answer:
        yield from answer.raw.stream(PIECE)


def upload(url: str, content: bytes) -> None:
    """Send the bytes as AWS's own clients do; raises as `download` does."""
    headers = {"If-None-Match": "*", "Content-Type": "application/octet-stream"}
    with _answer("PUT", url, data=content, headers=headers):
        pass


@contextmanager
def _answer(method: str, url: str, **more: Any) -> Iterator[Any]:
    # As boto3 trusts: AWS_CA_BUNDLE, or the profile's ca_bundle.
    http = URLLib3Session(verify=Session().get_config_variable("ca_bundle") or True)
    try:
        answer = http.send(AWSRequest(method, url, stream_output=True, **more).prepare())
        if answer.status_code != OK:
            raise TransferRefused(f"HTTP {answer.status_code} for the bytes of an attachment.")
        yield answer
    finally:
        http.close()
