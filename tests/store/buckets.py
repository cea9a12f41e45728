"""A bucket of a real S3 server on loopback: moto's, in a thread of this process."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import boto3
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_numbers = count()


@contextmanager
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the location of an empty bucket, `s3://…/larum`, that boto3 finds by the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "example")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        name = f"evidence-{next(_numbers)}"
        client = boto3.session.Session().client("s3")
        client.create_bucket(Bucket=name)
        client.close()
        yield f"s3://{name}/larum"
    finally:
        server.stop()
