"""The bytes of attachments, in a folder: whole and durable under their key, or not there at all.

    begin -> Incoming: write … write -> finish (file synced, linked to its key, folders synced)

    blobs/incoming/RANDOM   what is being written; emptied at every start
    blobs/ab/cd/abcd…       what has arrived whole

`Blobs` is what this store and the bucket of `blobs_s3.py` have in common. Rules:
reliability-and-security §9.5 and G5.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
import threading
import weakref
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from larum.errors import InternalServerException, PreconditionFailed
from larum.store.private_files import sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import timedelta

CHUNK: Final = 1024 * 1024
INCOMING: Final = "incoming"
DISK_FAILED: Final = "The bytes could not be stored. Send them again."
_KEY: Final = re.compile(r"[0-9a-f]{48}")
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class BlobUrls(Protocol):
    """Makes URLs of a store that clients talk to directly."""

    def upload(self, key: str, length: int, life: timedelta) -> str:
        """Return a URL that takes exactly `length` bytes, once."""
        ...

    def download(self, key: str, disposition: str, life: timedelta) -> str:
        """Return a URL that gives the bytes, with that Content-Disposition."""
        ...


class Blobs(Protocol):
    """What every store of blobs can do; `urls` is None where clients upload through this server.

    Each method raises InternalServerException where the store cannot be reached.
    """

    @property
    def urls(self) -> BlobUrls | None:
        """What makes the URLs of this store, if clients talk to it directly."""
        ...

    def length(self, key: str) -> int | None:
        """Return how many bytes have arrived under `key`; None while they have not."""
        ...

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` up to `stop`; raises LookupError where there are none."""
        ...

    def as_file(self, key: str) -> AbstractContextManager[Path]:
        """Return a local file of the bytes, good while the context is open."""
        ...

    def delete(self, key: str) -> None:
        """Delete the bytes; no error where there are none."""
        ...

    def close(self) -> None:
        """Release what the store holds."""
        ...


class Received(msgspec.Struct, frozen=True):
    """What has arrived: its length in bytes and its SHA-256."""

    length: int
    sha256: bytes


class Incoming:
    """One upload that is being written, seen by nobody until it is finished.

    Methods may run in any thread, one at a time.
    """

    def __init__(self, store: FolderBlobs, key: str, length: int, temporary: Path) -> None:
        self._store = store
        self._key = key
        self._length = length
        self._temporary = temporary
        self._written = 0
        self._digest = sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
        self._descriptor = os.open(temporary, flags, 0o600)
        self._open = True
        # A client that leaves is noticed while another thread still writes.
        self._lock = threading.Lock()

    def write(self, chunk: bytes | bytearray) -> None:
        """Add `chunk`; raises ValueError beyond the declared length, InternalServerException."""
        if self._written + len(chunk) > self._length:
            raise ValueError("more bytes than were declared")
        view = memoryview(chunk)
        with self._lock:
            try:
                self._check_open()
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                raise InternalServerException(DISK_FAILED) from error
            self._digest.update(chunk)
            self._written += len(chunk)

    def finish(self) -> Received:
        """Make the bytes durable and visible under their key; nothing is ever replaced.

        Raises ValueError where bytes are missing, PreconditionFailed where the key has its bytes
        already, and InternalServerException.
        """
        if self._written != self._length:
            raise ValueError("fewer bytes than were declared")
        try:
            with self._lock:
                self._check_open()
                os.fsync(self._descriptor)
                self._store.publish(self._temporary, self._key)
        except FileExistsError as error:
            raise PreconditionFailed("The bytes of this URL have been received already.") from error
        except OSError as error:
            raise InternalServerException(DISK_FAILED) from error
        return Received(self._written, self._digest.digest())

    def close(self) -> None:
        """Leave nothing behind but what was finished; may be called again."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._descriptor)
                with contextlib.suppress(OSError):
                    self._temporary.unlink(missing_ok=True)

    def _check_open(self) -> None:
        if not self._open:
            raise OSError(errno.EBADF, "the upload has ended")


class FolderBlobs:
    """Blobs beneath a directory that nobody else writes to."""

    urls = None

    def __init__(self, path: Path, random: Callable[[int], bytes]) -> None:
        """Use `path`, made if it is not there; what an earlier process left unfinished goes.

        Raises OSError.
        """
        self._path = path
        self._random = random
        self._incoming = path / INCOMING
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        for orphan in self._incoming.iterdir():
            orphan.unlink()

    def begin(self, key: str, length: int) -> Incoming:
        """Start to receive `length` bytes for `key`; raises InternalServerException."""
        self._file(key)
        try:
            return Incoming(self, key, length, self._incoming / self._random(16).hex())
        except OSError as error:
            raise InternalServerException(DISK_FAILED) from error

    def publish(self, temporary: Path, key: str) -> None:
        """Show the synced file `temporary` under `key`, durably.

        Raises FileExistsError where the key has bytes: a link never replaces. OSError.
        """
        file = self._file(key)
        for directory in (file.parent.parent, file.parent):
            if not directory.exists():
                directory.mkdir(mode=0o700, exist_ok=True)
                sync_directory(directory.parent)
        os.link(temporary, file, follow_symlinks=False)
        temporary.unlink()
        sync_directory(file.parent)

    def length(self, key: str) -> int | None:
        """Return how many bytes lie under `key`, or None."""
        try:
            return self._file(key).lstat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InternalServerException(DISK_FAILED) from error

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` up to `stop`, a mebibyte at a time."""
        with self._opened(key) as descriptor:
            os.lseek(descriptor, start, os.SEEK_SET)
            left = CHUNK if stop is None else stop - start
            while left > 0 and (chunk := os.read(descriptor, min(CHUNK, left))):
                yield chunk
                left = CHUNK if stop is None else left - len(chunk)

    @contextlib.contextmanager
    def _opened(self, key: str) -> Iterator[int]:
        try:
            descriptor = os.open(self._file(key), os.O_RDONLY | _NO_FOLLOW)
        except FileNotFoundError as error:
            raise LookupError("no such blob") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        """Return the file itself: whoever gets it may read it, not change it."""
        yield self._file(key)

    def delete(self, key: str) -> None:
        """Delete the bytes, durably."""
        file = self._file(key)
        try:
            file.unlink()
            sync_directory(file.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise InternalServerException(DISK_FAILED) from error

    def close(self) -> None:
        """Do nothing: the folder stays."""

    def _file(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("not a blob's key")
        return self._path / key[:2] / key[2:4] / key


class TemporaryBlobs(FolderBlobs):
    """Blobs of a store in memory: in a private folder, made for the first of them.

    It goes when the store is closed, or forgotten.
    """

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._lock = threading.Lock()
        self._remove: weakref.finalize[..., TemporaryBlobs] | None = None

    def close(self) -> None:
        """Remove the folder and what is in it."""
        if self._remove is not None:
            self._remove()

    def _file(self, key: str) -> Path:
        with self._lock:
            if self._remove is None:
                path = tempfile.mkdtemp(prefix="larum-")
                self._remove = weakref.finalize(self, shutil.rmtree, path, True)  # noqa: FBT003 - rmtree's ignore_errors
                super().__init__(Path(path), self._random)
        return super()._file(key)
