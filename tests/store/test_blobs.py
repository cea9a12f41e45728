"""Blobs: whole and durable under their key, or not there at all; in a folder and in a bucket."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import threading
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from larum.errors import InternalServerException, PreconditionFailed
from larum.store.blobs import FolderBlobs, TemporaryBlobs
from larum.store.blobs_s3 import BucketBlobs
from tests.conformance.evidence import fetch
from tests.store.buckets import bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from larum.store.blobs import Blobs, Incoming

BODY = bytes(range(256)) * 9_000
HOUR = timedelta(hours=1)


def new_key() -> str:
    """Return a key as operations make them."""
    return secrets.token_bytes(24).hex()


def put(store: Blobs, key: str, body: bytes) -> None:
    """Put `body` as a client does: through this process, or by the bucket's own URL."""
    if isinstance(store, FolderBlobs):
        with closing(store.begin(key, len(body))) as incoming:
            incoming.write(body)
            incoming.finish()
        return
    assert store.urls is not None
    answer = fetch("PUT", store.urls.upload(key, len(body), HOUR), body, {"If-None-Match": "*"})
    if answer.status == 412:
        raise PreconditionFailed("there already")
    assert answer.status == 200, answer


@contextmanager
def opened(kind: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blobs]:
    """Open a store of one kind."""
    if kind == "folder":
        with closing(FolderBlobs(path / "blobs", secrets.token_bytes)) as folder:
            yield folder
    elif kind == "temporary":
        with closing(TemporaryBlobs(secrets.token_bytes)) as temporary:
            yield temporary
    else:
        with bucket(monkeypatch) as location, closing(BucketBlobs(location)) as blobs:
            yield blobs


@pytest.fixture(params=["folder", "temporary", "bucket"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Blobs]:
    """A store of each kind, the bucket that of a real moto server."""
    with opened(request.param, tmp_path, monkeypatch) as made:
        yield made


def test_what_was_put_is_read(store: Blobs) -> None:
    """Length, bytes, a part of them and a local file are those that were put."""
    key = new_key()
    put(store, key, BODY)
    assert store.length(key) == len(BODY)
    assert b"".join(store.read(key)) == BODY
    assert b"".join(store.read(key, 10, 300)) == BODY[10:300]
    assert b"".join(store.read(key, 0, len(BODY))) == BODY
    with store.as_file(key) as file:
        assert file.read_bytes() == BODY


def test_a_key_is_given_once(store: Blobs) -> None:
    """A second upload is refused, and the first one's bytes stay."""
    key = new_key()
    put(store, key, b"first")
    with pytest.raises(PreconditionFailed):
        put(store, key, b"other")
    assert b"".join(store.read(key)) == b"first"


def test_what_is_not_there(store: Blobs) -> None:
    """Nothing has a length, cannot be read, and can be deleted, again and again."""
    key = new_key()
    assert store.length(key) is None
    with pytest.raises(LookupError):
        list(store.read(key))
    put(store, key, b"x")
    store.delete(key)
    store.delete(key)
    assert store.length(key) is None


@pytest.fixture
def folder(tmp_path: Path) -> FolderBlobs:
    """A folder."""
    return FolderBlobs(tmp_path / "blobs", secrets.token_bytes)


def files(path: Path) -> list[Path]:
    """Return every file beneath `path`."""
    return [each for each in path.rglob("*") if each.is_file()]


def test_nothing_shows_before_the_end(folder: FolderBlobs, tmp_path: Path) -> None:
    """What is being written has no length; what was given up leaves no file."""
    key = new_key()
    with closing(folder.begin(key, 10)) as incoming:
        incoming.write(b"12345")
        assert folder.length(key) is None
    assert files(tmp_path) == []


def send(incoming: Incoming, body: bytes) -> None:
    """Write it all, and end."""
    incoming.write(body)
    incoming.finish()


@pytest.mark.parametrize("body", [b"1234", b"123456"])
def test_the_length_is_exact(folder: FolderBlobs, body: bytes, tmp_path: Path) -> None:
    """Fewer bytes than declared and more are refused, and nothing is kept."""
    key = new_key()
    with closing(folder.begin(key, 5)) as incoming, pytest.raises(ValueError, match="declared"):
        send(incoming, body)
    assert folder.length(key) is None
    assert files(tmp_path) == []


def test_the_checksum_is_that_of_the_bytes(folder: FolderBlobs) -> None:
    """What finish tells is the SHA-256 of what was written, however it was cut."""
    with closing(folder.begin(new_key(), len(BODY))) as incoming:
        for start in range(0, len(BODY), 70_001):
            incoming.write(BODY[start : start + 70_001])
        assert incoming.finish().sha256 == hashlib.sha256(BODY).digest()


def test_of_two_at_once_one_wins(folder: FolderBlobs) -> None:
    """Sixteen uploads of one key that end together: one is kept whole, the others are refused."""
    key, won = new_key(), []
    barrier = threading.Barrier(16)

    def upload(number: int) -> None:
        with closing(folder.begin(key, 5)) as incoming:
            incoming.write(b"%05d" % number)
            barrier.wait()
            try:
                incoming.finish()
            except PreconditionFailed:
                return
            won.append(b"%05d" % number)

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [b"".join(folder.read(key))] == won


def test_everything_is_private(folder: FolderBlobs, tmp_path: Path) -> None:
    """Files are their owner's alone and folders too, fanned out by the key."""
    key = new_key()
    put(folder, key, b"x")
    file = tmp_path / "blobs" / key[:2] / key[2:4] / key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in file.parents[:2]} == {0}
    assert [each.name for each in files(tmp_path)] == [key]


def test_a_planted_link_is_not_followed(folder: FolderBlobs, tmp_path: Path) -> None:
    """A link in the place of a blob is neither read nor written through."""
    key = new_key()
    victim = tmp_path / "victim"
    victim.write_bytes(b"secret")
    place = tmp_path / "blobs" / key[:2] / key[2:4]
    place.mkdir(parents=True)
    (place / key).symlink_to(victim)
    with pytest.raises(OSError, match=r"symbolic|loop"):
        list(folder.read(key))
    with pytest.raises(PreconditionFailed):
        put(folder, key, b"x")
    assert victim.read_bytes() == b"secret"


@pytest.mark.parametrize("key", ["", "..", "../../etc/passwd", "A" * 48, "0" * 47, "0" * 48 + "\n"])
def test_a_key_is_no_path(folder: FolderBlobs, key: str) -> None:
    """What is not one of our keys never reaches the file system."""
    with pytest.raises(ValueError, match="key"):
        folder.length(key)
    with pytest.raises(ValueError, match="key"):
        folder.begin(key, 1)


def test_a_start_removes_what_was_left(tmp_path: Path) -> None:
    """What a killed process was writing is gone after the next start; what had arrived is not."""
    first = FolderBlobs(tmp_path / "blobs", secrets.token_bytes)
    key = new_key()
    put(first, key, b"x")
    abandoned = first.begin(new_key(), 100)
    abandoned.write(b"12345")
    assert len(files(tmp_path)) == 2
    again = FolderBlobs(tmp_path / "blobs", secrets.token_bytes)
    assert [each.name for each in files(tmp_path)] == [key]
    assert again.length(key) == 1
    abandoned.close()


def test_a_failed_sync_is_no_success(
    folder: FolderBlobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An upload whose file or folder cannot be synced fails; the file's failure shows nothing."""

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    key = new_key()
    with closing(folder.begin(key, 1)) as incoming:
        incoming.write(b"x")
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(InternalServerException):
            incoming.finish()
    assert folder.length(key) is None
    assert files(tmp_path) == []


def test_memory_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a store in memory is made for the first blob and goes with the store."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = TemporaryBlobs(secrets.token_bytes)
    assert list(tmp_path.iterdir()) == []
    put(store, new_key(), b"x")
    assert len(files(tmp_path)) == 1
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_signs_the_length_and_the_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket's upload URL binds length and If-None-Match; no key of ours is in any of it."""
    with bucket(monkeypatch) as location, closing(BucketBlobs(location)) as blobs:
        url = blobs.upload(new_key(), 5, HOUR)
        signed = re.search("X-Amz-SignedHeaders=([^&]*)", url)
        assert signed is not None
        assert signed[1] == "content-length%3Bhost%3Bif-none-match"
        assert "X-Amz-Expires=3600" in url
        assert "checksum" not in url.lower()


def test_a_bucket_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that cannot be reached is an internal error, to be tried again."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "example")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    with (
        closing(BucketBlobs("s3://evidence")) as blobs,
        pytest.raises(InternalServerException, match="bucket"),
    ):
        blobs.length(new_key())
