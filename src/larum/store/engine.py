"""The one place that knows which database is underneath: connections, transactions, commits.

    read(work)          one snapshot of what is committed, on a connection that cannot write
    begin(wait) -> Group
        group.run(work)     one request's statements, in a savepoint of their own
        group.commit()      one full sync for all of them; only then may anybody be answered
        group.end()         what was not committed is rolled back, and the next one may begin

Settings of SQLite and why: reliability-and-security §8 and F4-F6, stack §4b. An error of a commit
means that the outcome is unknown, never that nothing happened (F6).
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

import apsw

from larum.errors import InternalServerException
from larum.store import migrations
from larum.store.migrations import SchemaRefused
from larum.store.rising import Rising

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

T = TypeVar("T")
Row = tuple[Any, ...]
log = logging.getLogger(__name__)

# SQLite 3.7.0 to 3.51.2 can corrupt a database that is checkpointed from a second connection:
# https://www.sqlite.org/wal.html#walresetbug
OLDEST_SQLITE: Final = (3, 51, 3)
APPLICATION_ID: Final = 0x4C415255
BUSY_MILLISECONDS: Final = 5_000
CHECKPOINT_PAGES: Final = 4_000
RESTART_PAGES: Final = 20_000

UNKNOWN_OUTCOME: Final = (
    "The outcome is not known. Send the same request with the same clientToken again."
)
READ_ONLY: Final = (
    "The storage failed, so nothing more is written until the server is restarted. "
    "Send the same request with the same clientToken again then."
)
TOO_OLD: Final = "SQLite {} can corrupt the store; renew apsw."
NOT_OURS: Final = "{} is not a Larum database. Choose another --data directory."
CLOSED: Final = "The service is closed; nothing was done."
NOT_READ: Final = "The store could not be read. Send the same request again."
NOT_DONE: Final = "The server is busy; nothing was done. Send the same request again."

SAFETY: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
    # SQLite's own 2 MiB make it read and spill pages all the time (bench/RESULTS.md).
    "PRAGMA cache_size = -12288",
    # What a savepoint may have to undo stays in memory: else a file of case data lies in /tmp.
    "PRAGMA temp_store = MEMORY",
)
# On macOS fsync alone does not reach the disk: https://www.sqlite.org/pragma.html#pragma_fullfsync
DARWIN: Final = ("PRAGMA fullfsync = ON", "PRAGMA checkpoint_fullfsync = ON")


class Transaction:
    """Statements inside one transaction; the only way to the rows."""

    __slots__ = ("_connection", "rising")

    def __init__(self, connection: apsw.Connection, rising: Rising) -> None:
        self._connection = connection
        self.rising = rising

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Return every row that the statement gives."""
        return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Mapping[str, Any]) -> Row | None:
        """Return the first row, or None."""
        return self._connection.execute(sql, parameters).fetchone()

    def change(self, sql: str, parameters: Mapping[str, Any]) -> int:
        """Run a statement that writes; return how many rows it changed."""
        self._connection.execute(sql, parameters)
        return self._connection.changes()

    def change_many(self, sql: str, parameters: Iterable[Mapping[str, Any]]) -> None:
        """Run one statement for each of `parameters`."""
        self._connection.executemany(sql, parameters)


class Group:
    """One transaction that several requests share, ended in the thread that began it.

    Only `commit` may run in another one.
    """

    def __init__(self, engine: Engine, connection: apsw.Connection) -> None:
        self._engine, self._connection = engine, connection
        self._transaction = Transaction(connection, engine.rising)
        self._lost = False

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Do `work` in a savepoint; whatever it raises leaves nothing of it behind.

        Raises what `work` raises, and InternalServerException where the store failed.
        """
        self._check_usable()
        self._connection.execute("SAVEPOINT request")
        try:
            result = work(self._transaction)
            self._connection.execute("RELEASE request")
        except apsw.Error as error:
            self._undo()
            self._engine.note(error)
            raise InternalServerException(UNKNOWN_OUTCOME) from error
        except BaseException:
            self._undo()
            raise
        return result

    def commit(self) -> None:
        """Make everything durable; may be called from another thread than `run`.

        Raises InternalServerException when the outcome is unknown; nobody of the group may be
        told anything else then.
        """
        try:
            self._check_usable()
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            self._engine.note(error)
            raise InternalServerException(UNKNOWN_OUTCOME) from error

    def end(self) -> None:
        """Leave nothing behind that was not committed, and let the next group begin."""
        self._engine.give_back()

    def _undo(self) -> None:
        # SQLite ends the whole transaction by itself on a full disk or an I/O error: what the
        # other requests of the group did is gone too, and they must not be told of a success.
        try:
            self._connection.execute("ROLLBACK TO request")
            self._connection.execute("RELEASE request")
        except apsw.Error:
            self._lost = True

    def _check_usable(self) -> None:
        if self._lost or self._engine.failure or not self._connection.in_transaction:
            raise InternalServerException(UNKNOWN_OUTCOME)


class Engine:
    """An open store: one writing connection, one that reads, and checkpoints from a third."""

    def __init__(self, path: Path | None, vfs: str | None = None) -> None:
        """Open the database file `path`, or a private one in memory for None.

        `vfs` names a registered SQLite file layer; None is the operating system's own.
        Raises SchemaRefused for a file that is not ours or is newer than this release.
        """
        if tuple(map(int, apsw.sqlite_lib_version().split("."))) < OLDEST_SQLITE:
            raise SchemaRefused(TOO_OLD.format(apsw.sqlite_lib_version()))
        self._path, self._vfs = path, vfs
        self._failure: str | None = None
        self._wal_pages = self._copied_pages = 0
        self._reset_at = RESTART_PAGES
        self._closed = False
        self.rising = Rising()
        # Reentrant, since only then it knows its owner: what a thread left behind it can take back.
        self._turn = threading.RLock()
        try:
            self._writer = self._connect()
            try:
                self._prepare_writer()
                self._reader, self._reader_lock = self._open_reader()
            except BaseException:
                self._writer.close()
                raise
        except apsw.NotADBError as error:
            raise SchemaRefused(NOT_OURS.format(path)) from error
        except apsw.Error as error:
            raise SchemaRefused(f"{path} cannot be opened: {error}") from error
        self._checkpointer: apsw.Connection | None = None
        self._checkpoint_lock = threading.Lock()

    @property
    def in_memory(self) -> bool:
        """Whether nothing is kept: one connection, and commits that wait for no disk."""
        return self._path is None

    @property
    def failure(self) -> str | None:
        """What made the store read-only, or None while it is well."""
        return self._failure

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Do `work` on one snapshot of what is committed.

        Raises InternalServerException where the store cannot be read.
        """
        with self._reader_lock:
            if self._closed:
                raise InternalServerException(CLOSED)
            try:
                self._reader.execute("BEGIN")
                return work(Transaction(self._reader, self.rising))
            except apsw.Error as error:
                raise InternalServerException(NOT_READ) from error
            finally:
                if self._reader.in_transaction:
                    self._reader.execute("ROLLBACK")

    def begin(self, wait: float) -> Group | None:
        """Start a group, waiting at most `wait` seconds for the one that runs; None if in vain.

        Raises InternalServerException when the store is closed, read-only, or not writable now.
        """
        if not self._turn.acquire(timeout=wait):
            return None
        try:
            self._check_writable()
            if self._writer.in_transaction:
                # This thread has a group open already.
                self._turn.release()
                return None
            self._writer.execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            self._turn.release()
            self.note(error)
            raise InternalServerException(NOT_DONE) from error
        except InternalServerException:
            self._turn.release()
            raise
        return Group(self, self._writer)

    def _check_writable(self) -> None:
        if self._closed:
            raise InternalServerException(CLOSED)
        if self._failure is not None:
            raise InternalServerException(READ_ONLY, retry_after=5)

    @contextlib.contextmanager
    def turn(self, wait: float) -> Iterator[Group | None]:
        """Begin a group for this thread alone, or give None where the turn did not come.

        It is ended whatever happens, Ctrl-C included: also between the moment that the turn came
        and the moment that anybody knew of it.
        """
        missed = False
        try:
            group = self.begin(wait)
            missed = group is None
            yield group
        finally:
            if not missed:
                self.give_back()

    def give_back(self) -> None:
        """Roll back what this thread left open and give back its turn; nothing if it has none."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except apsw.Error as error:
            self.note(error)
        finally:
            self._turn.release()
            # Once more for the turn itself, which this thread may not have had.
            with contextlib.suppress(RuntimeError):
                self._turn.release()

    def write(self, work: Callable[[Transaction], T], wait: float = 30.0) -> T:
        """Do `work` in a transaction of its own and make it durable.

        Raises what `work` raises, and InternalServerException where the store failed.
        """
        with self.turn(wait) as group:
            if group is None:
                raise InternalServerException(NOT_DONE)
            result = group.run(work)
            group.commit()
        return result

    @property
    def wants_checkpoint(self) -> bool:
        """Whether enough pages of the log have not been copied to be worth a checkpoint."""
        return self._wal_pages - self._copied_pages >= CHECKPOINT_PAGES

    def checkpoint(self) -> None:
        """Copy what the log holds into the database file, from a connection of its own.

        The writer never does it: that made its slowest commits nine times slower (stack §4b).
        """
        if self._path is None or not self._checkpoint_lock.acquire(blocking=False):
            return
        try:
            if self._closed:
                return
            if self._checkpointer is None:
                self._checkpointer = self._connect()
                # A connection that has never read does not know of the log, and copies nothing.
                self._checkpointer.execute("PRAGMA schema_version").fetchall()
            _, self._copied_pages = self._checkpointer.wal_checkpoint()  # a passive one
            if self._wal_pages >= self._reset_at:
                self._reset_log(self._checkpointer)
        except apsw.BusyError:
            log.debug("a checkpoint had to wait")
        except apsw.Error as error:
            self.note(error)
        finally:
            self._checkpoint_lock.release()

    def close(self) -> None:
        """Close every connection, after what runs; the last one folds the log into the file."""
        with self._turn, self._reader_lock, self._checkpoint_lock:
            self._closed = True
            for connection in (self._reader, self._checkpointer, self._writer):
                try:
                    if connection is not None:
                        connection.close()
                except apsw.Error as error:
                    self.note(error)

    def note(self, error: apsw.Error) -> None:
        """Remember a failure of the disk: after one, no later sync can be believed (F6)."""
        log.error("the store failed: %s", error)
        if isinstance(error, apsw.IOError | apsw.CorruptError | apsw.NotADBError):
            self._failure = str(error)

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path or ":memory:"), vfs=self._vfs)
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        # Otherwise many statements are planned again for every value that is bound to them.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        for pragma in (*SAFETY, *(DARWIN if sys.platform == "darwin" else ())):
            connection.execute(pragma)
        return connection

    def _prepare_writer(self) -> None:
        writer = self._writer
        if self._path is not None:
            self._check_ours()
            # Without EXTRA a power cut can undo the switch to the log and what followed (F5).
            writer.execute("PRAGMA synchronous = EXTRA")
            writer.execute("PRAGMA journal_mode = WAL").fetchall()
        self._migrate()
        writer.execute("PRAGMA synchronous = FULL")
        writer.wal_autocheckpoint(0)
        writer.set_wal_hook(self._count_wal_pages)

    def _check_ours(self) -> None:
        (tables,) = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchall()[0]
        (application,) = self._writer.execute("PRAGMA application_id").fetchall()[0]
        if tables and application != APPLICATION_ID:
            raise SchemaRefused(NOT_OURS.format(self._path))

    def _migrate(self) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            self._writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            for script in migrations.pending(Transaction(self._writer, self.rising)):
                self._writer.execute(script)
            self._writer.execute("COMMIT")
        except BaseException:
            # SQLite has ended the transaction by itself where the disk failed.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def _open_reader(self) -> tuple[apsw.Connection, AbstractContextManager[object]]:
        if self._path is None:
            return self._writer, self._turn
        reader = self._connect()
        reader.execute("PRAGMA query_only = ON")
        return reader, threading.Lock()

    def _count_wal_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        if pages < self._wal_pages:
            self._copied_pages = 0  # all had been copied, so the log began anew
        self._wal_pages = pages
        return 0

    def _reset_log(self, checkpointer: apsw.Connection) -> None:
        # A passive checkpoint never resets a log that is always written to. RESTART keeps the file:
        # overwriting is faster than growing it. Writers wait, so it must not wait for a reader.
        self._reset_at = self._wal_pages + RESTART_PAGES
        checkpointer.set_busy_timeout(0)
        with self._turn:
            checkpointer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
            self._wal_pages = self._copied_pages = 0
            self._reset_at = RESTART_PAGES
