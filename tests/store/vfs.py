"""Disks that stall, fail and lose power: SQLite file layers over the operating system's own.

`WatchedDisk` lets a test step in before every read, write, truncate and sync: to wait (`Stall`) or
to fail (`Fail`). `VolatileDisk` keeps apart what was synced from what was only written, so that a
power cut can be simulated at any moment: `image(random)` gives the files as a machine could find
them after it. They are passed as `Service(data, vfs=disk.name)` or `Engine(path, vfs=disk.name)`.

The model is that of SQLite's own crash tests, https://www.sqlite.org/testing.html (3.3), with the
unsynced directory entries of POSIX: a new file may be gone until its first sync, and a removed one
may be back unless the removal asked for its directory to be synced. (SQLite's own layer syncs the
directory with a new log too, but ignores it when that fails.)
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import apsw

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

SECTOR = 512
WAITED_SECONDS = 30.0
_numbers = itertools.count()


class WatchedDisk(apsw.VFS):
    """A file layer that calls `before(kind, file name)` first; what that raises, SQLite gets.

    `kind` is read, write, truncate, sync or delete. A context manager: leaves SQLite's list at the
    end.
    """

    def __init__(self) -> None:
        self.name = f"larum-test-{next(_numbers)}"
        self.before: Callable[[str, str], None] = lambda _kind, _name: None
        self.temporary_files = 0
        super().__init__(self.name, "")

    def __enter__(self) -> Self:
        """Be used in a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let SQLite forget it; every connection is closed by now."""
        self.unregister()

    def xOpen(  # noqa: N802 - SQLite's name
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        """Open a file that is watched; one without a name is temporary, and only counted."""
        if name is None:
            self.temporary_files += 1
            return apsw.VFSFile("", name, flags)
        return WatchedFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802 - SQLite's
        """Remove a file."""
        self.before("delete", Path(filename).name)
        super().xDelete(filename, syncdir)

    def excepthook(self, *_: object) -> bool:
        """Say nothing: the failures are meant."""
        return True


class WatchedFile(apsw.VFSFile):
    """One open file of a `WatchedDisk`."""

    def __init__(self, disk: WatchedDisk, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self.path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's name
        """Read, unless the test has something against it."""
        self._disk.before("read", self.path.name)
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        """Write, unless the test has something against it."""
        self._disk.before("write", self.path.name)
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        """Truncate, unless the test has something against it."""
        self._disk.before("truncate", self.path.name)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        """Sync, unless the test has something against it."""
        self._disk.before("sync", self.path.name)
        super().xSync(flags)

    def excepthook(self, *_: object) -> bool:
        """Say nothing: the failures are meant."""
        return True


class Stall:
    """Holds the `nth` operation of a kind (on files that end in `suffix`) until `release`."""

    def __init__(self, kind: str = "sync", nth: int = 1, suffix: str = "") -> None:
        self.kind = kind
        self.suffix = suffix
        self.left = nth
        self.reached = threading.Event()
        self.released = threading.Event()

    def __call__(self, kind: str, name: str) -> None:
        """Count, and wait where it is time."""
        if kind != self.kind or not name.endswith(self.suffix):
            return
        self.left -= 1
        if self.left == 0:
            self.reached.set()
            self.released.wait(WAITED_SECONDS)

    def release(self) -> None:
        """Let the operation go on."""
        self.released.set()

    def __enter__(self) -> Self:
        """Be used in a `with`, so that a failing test does not leave the disk stalled."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release."""
        self.release()


@dataclass
class Fail:
    """Fails the `nth` operation of a kind, and all later ones while it lasts (`once`: only it)."""

    kind: str
    nth: int = 1
    error: Callable[[], Exception] = lambda: apsw.IOError("planted")
    once: bool = False
    count: int = 0

    def __call__(self, kind: str, name: str) -> None:
        """Count, and raise where it is time."""
        del name
        if kind not in self.kind.split("|"):
            return
        self.count += 1
        if self.count == self.nth or (self.count > self.nth and not self.once):
            raise self.error()


def io_error(code: int) -> Callable[[], Exception]:
    """Return a maker of SQLite's I/O error with an extended code, e.g. SQLITE_IOERR_FSYNC."""

    def make() -> Exception:
        error = apsw.IOError("planted")
        error.extendedresult = code  # type: ignore[attr-defined] # apsw reads it, its stubs lack it
        return error

    return make


def full() -> Exception:
    """Return SQLite's error of a full disk."""
    return apsw.FullError("planted")


@dataclass
class Contents:
    """What one file certainly holds, and what was done to it since: (offset, bytes) or (size,)."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes] | tuple[int]] = field(default_factory=list)

    def settle(self) -> None:
        """Sync: everything that was done is certain."""
        for change in self.pending:
            _apply(self.durable, change)
        self.pending.clear()

    def after_cut(self, random: Random) -> bytes:
        """Return what may be found: each unsynced change is there, or not, or in part."""
        found = bytearray(self.durable)
        for change in self.pending:
            fate = random.random()
            if fate < 0.45:
                _apply(found, change)
            elif fate < 0.6 and len(change) == 2:
                offset, data = change
                for start in range(0, len(data), SECTOR):
                    if random.random() < 0.5:
                        _apply(found, (offset + start, data[start : start + SECTOR]))
        return bytes(found)


def _apply(contents: bytearray, change: tuple[int, bytes] | tuple[int]) -> None:
    if len(change) == 1:
        del contents[change[0] :]
        return
    offset, data = change
    if len(contents) < offset:
        contents.extend(bytes(offset - len(contents)))
    contents[offset : offset + len(data)] = data


class VolatileDisk(WatchedDisk):
    """A disk whose power can be cut: `image` tells what may be found; the run itself goes on.

    `after(number)` is called after each operation that changes or syncs something.
    """

    def __init__(self) -> None:
        super().__init__()
        self.after: Callable[[int], None] = lambda _number: None
        self.operations = 0
        self._lock = threading.RLock()
        self._files: dict[str, Contents] = {}
        self._new: set[str] = set()
        self._removed: dict[str, Contents] = {}

    def image(self, random: Random) -> dict[str, bytes]:
        """Return file name -> bytes as they may be found if the power failed now."""
        with self._lock:
            found = {
                name: contents.after_cut(random)
                for name, contents in self._files.items()
                if name not in self._new or random.random() < 0.5
            }
            for name, contents in self._removed.items():
                if name not in found and random.random() < 0.5:
                    found[name] = contents.after_cut(random)
            return found

    def xOpen(  # noqa: N802 - SQLite's name
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        """Open a file whose changes are kept apart until they are synced."""
        if name is None:
            return super().xOpen(name, flags)
        opened = VolatileFile(self, name, flags)
        with self._lock:
            if opened.path.name not in self._files:
                found = opened.path.read_bytes()
                self._files[opened.path.name] = Contents(bytearray(found))
                if not found:
                    self._new.add(opened.path.name)
        return opened

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802 - SQLite's
        """Remove a file: for certain only with `syncdir`."""
        super().xDelete(filename, syncdir)
        with self._lock:
            name = Path(filename).name
            contents = self._files.pop(name, None)
            if contents is not None and name not in self._new:
                self._removed[name] = contents
            self._new.discard(name)
            if syncdir:
                self._new.clear()
                self._removed.clear()
            self.count()

    def changed(self, name: str, change: tuple[int, bytes] | tuple[int]) -> None:
        """Note an unsynced change."""
        with self._lock:
            self._files[name].pending.append(change)
            self.count()

    def synced(self, name: str) -> None:
        """Note that a file and its own name are durable."""
        with self._lock:
            self._files[name].settle()
            self._new.discard(name)
            self._removed.pop(name, None)
            self.count()

    def count(self) -> None:
        """Count an operation and tell the test."""
        self.operations += 1
        self.after(self.operations)


class VolatileFile(WatchedFile):
    """One open file of a `VolatileDisk`."""

    def __init__(self, disk: VolatileDisk, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__(disk, name, flags)
        self._volatile = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        """Write, unsynced."""
        super().xWrite(data, offset)
        self._volatile.changed(self.path.name, (offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        """Truncate, unsynced."""
        super().xTruncate(newsize)
        self._volatile.changed(self.path.name, (newsize,))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        """Sync."""
        super().xSync(flags)
        self._volatile.synced(self.path.name)
