"""The bytes of attachments in a bucket: clients talk to it by URLs that it signs itself.

Any store that speaks S3 does. Credentials, endpoint and Region are boto3's own to find
(`AWS_ENDPOINT_URL_S3`, `AWS_PROFILE` …). Nobody tells this server that an upload has arrived: it
looks (`length`), outside of every transaction.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from larum.errors import InternalServerException
from larum.store.blobs import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

ATTEMPTS: Final = 3
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 30
ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})
BUCKET_FAILED: Final = "The bucket of the attachments could not be reached. Send the request again."


class BucketBlobs:
    """Blobs in an S3 bucket, beneath a prefix; `location` is `s3://bucket[/prefix]`."""

    def __init__(self, location: str) -> None:
        """Make a client of the bucket; nothing is asked of it yet."""
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        config = Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            # Otherwise a presigned URL demands a checksum that its user does not know of.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self._client: Any = boto3.session.Session().client("s3", config=config)

    @property
    def urls(self) -> BucketBlobs:
        """The bucket signs its own URLs."""
        return self

    def upload(self, key: str, length: int, life: timedelta) -> str:
        """Return a URL that takes exactly `length` bytes, once.

        A bucket demands the header `If-None-Match: *` of the upload, since the URL signs it.
        """
        return self._signed("put_object", key, life, ContentLength=length, IfNoneMatch="*")

    def download(self, key: str, disposition: str, life: timedelta) -> str:
        """Return a URL that gives the bytes, with that Content-Disposition."""
        return self._signed(
            "get_object",
            key,
            life,
            ResponseContentDisposition=disposition,
            ResponseContentType="application/octet-stream",
            ResponseCacheControl="no-store",
        )

    def length(self, key: str) -> int | None:
        """Return how many bytes the bucket has under `key`, or None."""
        with _failures():
            try:
                return int(self._call("head_object", key)["ContentLength"])
            except LookupError:
                return None

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` up to `stop`, a mebibyte at a time."""
        until = "" if stop is None else str(stop - 1)
        with _failures():
            answer = self._call("get_object", key, Range=f"bytes={start}-{until}")
            with contextlib.closing(answer["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    @contextlib.contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        """Return a private copy of the bytes, removed afterwards."""
        with tempfile.TemporaryDirectory(prefix="larum-") as folder:
            copy = Path(folder) / "attachment"
            with copy.open("xb") as file:
                file.writelines(self.read(key))
            yield copy

    def delete(self, key: str) -> None:
        """Delete the bytes."""
        with _failures(), contextlib.suppress(LookupError):
            self._call("delete_object", key)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _signed(self, method: str, key: str, life: timedelta, **more: object) -> str:
        with _failures():
            url: str = self._client.generate_presigned_url(
                method,
                Params={"Bucket": self._bucket, "Key": self._prefix + key, **more},
                ExpiresIn=max(1, int(life.total_seconds())),
            )
        return url

    def _call(self, method: str, key: str, **more: object) -> dict[str, Any]:
        call = getattr(self._client, method)
        try:
            answer: dict[str, Any] = call(Bucket=self._bucket, Key=self._prefix + key, **more)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                raise LookupError("no such blob") from error
            raise
        return answer


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise InternalServerException(BUCKET_FAILED) from error
