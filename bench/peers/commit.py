"""One fsynced SQLite commit, alone: what a durable write costs before anything is built on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from pathlib import Path


def commit_seconds(file: Path, body: bytes, count: int) -> list[float]:
    """Insert `body` `count` times, one full sync each, as the store is set; return the seconds."""
    connection = apsw.Connection(str(file))
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.wal_autocheckpoint(0)
    connection.execute("CREATE TABLE IF NOT EXISTS bodies (body BLOB NOT NULL)")
    seconds = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bodies (body) VALUES (?)", (body,))
        connection.execute("COMMIT")
        seconds.append(time.perf_counter() - begun)
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()
    return seconds
