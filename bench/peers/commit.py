"""One fsynced SQLite commit, alone: what a durable write costs before anything is built on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from pathlib import Path


class Commits:
    """A table of one column, in a database set as the store's is.

    Its log is grown beforehand and then overwritten in place, as that of a server that has run for
    a while: growing a file costs the file system a commit of its own.
    """

    def __init__(self, file: Path, body: bytes, at_once: int) -> None:
        """Make the database `file`; each commit inserts `body`."""
        self._body = body
        self._at_once = at_once
        self._connection = apsw.Connection(str(file))
        self._connection.execute("PRAGMA journal_mode = WAL").fetchall()
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.wal_autocheckpoint(0)
        self._connection.execute("CREATE TABLE bodies (body BLOB NOT NULL)")
        self.seconds()
        self.seconds()

    def seconds(self) -> list[float]:
        """Commit `at_once` times, one full sync each; return how long each took."""
        execute = self._connection.execute
        taken = []
        for _ in range(self._at_once):
            begun = time.perf_counter()
            execute("BEGIN IMMEDIATE")
            execute("INSERT INTO bodies (body) VALUES (?)", (self._body,))
            execute("COMMIT")
            taken.append(time.perf_counter() - begun)
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        return taken

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
