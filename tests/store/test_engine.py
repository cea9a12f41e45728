"""The engine: settings in force on live connections, isolation, refusals, checkpoints, failures."""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

import apsw
import pytest

from larum.errors import ConflictException, InternalServerException
from larum.service import Service
from larum.store import engine as engine_module
from larum.store import migrations
from larum.store.engine import APPLICATION_ID, Engine, Group, Transaction
from larum.store.migrations import SchemaRefused
from tests.store.calls import RELAXED, account, create, membership, relaxed_request
from tests.store.promises import broken_promises
from tests.store.vfs import Fail, Stall, VolatileDisk, WatchedDisk, full, io_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

INSERT = "INSERT INTO tags (account, resource_arn, tag_key, tag_value) VALUES (:a, 'arn', :k, 'v')"
KEYS = "SELECT tag_key FROM tags ORDER BY tag_key"
FULL = 2


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine on a file."""
    made = Engine(tmp_path / "larum.db")
    yield made
    made.close()


def put(key: str) -> Callable[[Transaction], int]:
    """Return work that adds a row."""
    return lambda tx: tx.change(INSERT, {"a": "1", "k": key})


def keys(engine: Engine) -> list[str]:
    """Return the committed rows."""
    return engine.read(lambda tx: [row[0] for row in tx.rows(KEYS, {})])


def pragma(connection: apsw.Connection, name: str) -> object:
    """Return what a live connection says of a setting."""
    return connection.execute(f"PRAGMA {name}").fetchall()[0][0]


@contextmanager
def begun(engine: Engine) -> Iterator[Group]:
    """Begin a group; what was not committed is rolled back at the end."""
    with engine.turn(1.0) as group:
        assert group is not None
        yield group


def test_settings_are_in_force(engine: Engine) -> None:
    """Each live connection has the settings of reliability-and-security §8."""
    engine.checkpoint()
    assert engine._checkpointer is not None
    for connection in (engine._writer, engine._reader, engine._checkpointer):
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "synchronous") == FULL
        assert pragma(connection, "foreign_keys") == 1
        assert pragma(connection, "trusted_schema") == 0
        assert pragma(connection, "cell_size_check") == 1
        assert pragma(connection, "mmap_size") == 0
        assert pragma(connection, "temp_store") == 2
        assert pragma(connection, "busy_timeout") == 5_000
    assert pragma(engine._writer, "wal_autocheckpoint") == 0
    assert pragma(engine._writer, "application_id") == APPLICATION_ID
    assert pragma(engine._reader, "query_only") == 1
    assert tuple(map(int, apsw.sqlite_lib_version().split("."))) >= (3, 51, 3)


def test_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An SQLite that can corrupt the store is refused before a file is made."""
    monkeypatch.setattr(engine_module, "OLDEST_SQLITE", (99, 0, 0))
    with pytest.raises(SchemaRefused, match="can corrupt the store"):
        Engine(tmp_path / "larum.db")
    assert list(tmp_path.iterdir()) == []


def test_reader_cannot_write(engine: Engine) -> None:
    """Work that only reads cannot change a row, even by mistake."""
    with pytest.raises(InternalServerException):
        engine.read(put("a"))
    assert keys(engine) == []


def test_foreign_keys_hold(engine: Engine) -> None:
    """A key of an account that does not exist is refused by the store itself."""
    with pytest.raises(InternalServerException):
        engine.write(
            lambda tx: tx.change(
                "INSERT INTO access_keys (access_key_id, account, principal_arn, sealed_secret,"
                " status, created_at) VALUES ('k', '999999999999', 'arn', x'00', 'Active', 1)",
                {},
            )
        )


def test_reads_see_committed_state_only(engine: Engine) -> None:
    """What a group has done is seen by nobody before its commit, and by everybody after it."""
    with begun(engine) as group:
        group.run(put("a"))
        assert keys(engine) == []
        group.commit()
        assert keys(engine) == ["a"]


def test_uncommitted_group_leaves_nothing(engine: Engine) -> None:
    """A group that is not committed leaves nothing and lets the next one begin."""
    with begun(engine) as left:
        left.run(put("a"))
    assert keys(engine) == []
    engine.write(put("c"))
    assert keys(engine) == ["c"]


def test_refused_request_leaves_its_group_alone(engine: Engine) -> None:
    """What one request of a group did before it was refused is gone; the others are committed."""

    def refused(tx: Transaction) -> None:
        put("b")(tx)
        raise ConflictException("no", resource_id="x", resource_type="Membership")

    with begun(engine) as group:
        group.run(put("a"))
        with pytest.raises(ConflictException):
            group.run(refused)
        group.run(put("c"))
        group.commit()
    assert keys(engine) == ["a", "c"]


def test_failing_statement_leaves_its_group_alone(engine: Engine) -> None:
    """A statement that breaks a constraint fails its own request only."""
    with begun(engine) as group:
        group.run(put("a"))
        with pytest.raises(InternalServerException):
            group.run(put("a"))
        group.run(put("b"))
        group.commit()
    assert keys(engine) == ["a", "b"]
    assert engine.failure is None


def test_one_group_at_a_time(engine: Engine) -> None:
    """A second group waits no longer than it was told, and is then not begun."""
    with begun(engine), ThreadPoolExecutor(1) as threads:
        assert threads.submit(engine.begin, 0.0).result() is None
        assert threads.submit(engine.begin, 0.01).result() is None
        assert engine.begin(0.0) is None
    with begun(engine):
        pass


def test_commit_in_another_thread(engine: Engine) -> None:
    """A group may be committed by another thread than the one that ran its statements."""
    with begun(engine) as group, ThreadPoolExecutor(1) as threads:
        group.run(put("a"))
        threads.submit(group.commit).result()
    assert keys(engine) == ["a"]


def test_readers_go_on_while_a_sync_stalls(tmp_path: Path) -> None:
    """A commit that waits for the disk stops no reader."""
    with WatchedDisk() as disk:
        engine = Engine(tmp_path / "larum.db", disk.name)
        with Stall() as stall, ThreadPoolExecutor(1) as threads:
            disk.before = stall
            write = threads.submit(engine.write, put("a"))
            assert stall.reached.wait(5)
            assert keys(engine) == []
            stall.release()
            write.result()
        assert keys(engine) == ["a"]
        engine.close()


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_disk_error_makes_it_read_only(tmp_path: Path, operation: str) -> None:
    """After an I/O error the outcome is unknown, reads go on and writes stop until the restart."""
    with WatchedDisk() as disk:
        engine = Engine(tmp_path / "larum.db", disk.name)
        engine.write(put("a"))
        disk.before = Fail(operation, 1, io_error(apsw.SQLITE_IOERR_WRITE), once=True)
        with pytest.raises(InternalServerException, match="not known"):
            engine.write(put("b"))
        assert engine.failure
        with pytest.raises(InternalServerException, match="restarted"):
            engine.write(put("c"))
        assert keys(engine) == ["a"]
        engine.close()
        engine = Engine(tmp_path / "larum.db")
        assert set(keys(engine)) - {"b"} == {"a"}
        engine.write(put("c"))
        engine.close()


def test_failure_while_a_group_runs_stops_its_commit(engine: Engine) -> None:
    """A group that was begun before the disk failed is not committed after it."""
    with begun(engine) as group:
        group.run(put("a"))
        engine.note(apsw.IOError("planted"))
        with pytest.raises(InternalServerException):
            group.commit()
    assert keys(engine) == []


def test_full_disk_fails_the_group_and_goes_on(tmp_path: Path) -> None:
    """A full disk leaves nothing of the group behind; with room again, writes go on."""
    with WatchedDisk() as disk:
        engine = Engine(tmp_path / "larum.db", disk.name)
        with begun(engine) as group:
            group.run(put("a"))
            disk.before = Fail("write", 1, full)
            with pytest.raises(InternalServerException):
                group.commit()
        assert keys(engine) == []
        disk.before = lambda _kind, _name: None
        engine.write(put("b"))
        assert keys(engine) == ["b"]
        assert engine.failure is None
        engine.close()


def test_full_disk_in_the_midst_fails_the_whole_group(tmp_path: Path) -> None:
    """When SQLite gives up a transaction by itself, no request of the group is committed."""
    with WatchedDisk() as disk:
        engine = Engine(tmp_path / "larum.db", disk.name)
        engine._writer.execute("PRAGMA cache_size = 1")
        many = [{"a": str(number), "k": "x" * 900} for number in range(300)]
        with begun(engine) as group:
            group.run(put("a"))
            disk.before = Fail("write", 1, full)
            with pytest.raises(InternalServerException):
                group.run(lambda tx: tx.change_many(INSERT, many))
            disk.before = lambda _kind, _name: None
            with pytest.raises(InternalServerException):
                group.run(put("b"))
            with pytest.raises(InternalServerException):
                group.commit()
        assert keys(engine) == []
        engine.write(put("c"))
        assert keys(engine) == ["c"]
        engine.close()


def test_checkpoint_moves_the_log_into_the_file(engine: Engine, tmp_path: Path) -> None:
    """A checkpoint copies what is committed into the database file."""
    engine.write(put("a"))
    before = (tmp_path / "larum.db").stat().st_size
    engine.checkpoint()
    assert (tmp_path / "larum.db").stat().st_size > before


def test_long_log_is_used_from_its_start_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that grew too long is used from its start after a checkpoint: it grows no more."""
    monkeypatch.setattr(engine_module, "CHECKPOINT_PAGES", 1)
    monkeypatch.setattr(engine_module, "RESTART_PAGES", 1)
    engine = Engine(tmp_path / "larum.db")
    engine.write(put("a"))
    assert engine.wants_checkpoint
    engine.checkpoint()
    size = (tmp_path / "larum.db-wal").stat().st_size
    engine.write(put("b"))
    assert (tmp_path / "larum.db-wal").stat().st_size == size
    assert keys(engine) == ["a", "b"]
    engine.close()


def test_checkpoints_and_writes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints that run while others write lose nothing and stop nobody."""
    monkeypatch.setattr(engine_module, "RESTART_PAGES", 20)
    engine = Engine(tmp_path / "larum.db")
    ended = threading.Event()

    def checkpoint() -> None:
        while not ended.is_set():
            engine.checkpoint()

    with ThreadPoolExecutor(1) as threads:
        checkpointing = threads.submit(checkpoint)
        for number in range(300):
            engine.write(put(f"{number:03}"))
        ended.set()
        checkpointing.result()
    assert keys(engine) == [f"{number:03}" for number in range(300)]
    assert engine.failure is None
    engine.close()


def test_failed_checkpoint_stops_writes(tmp_path: Path) -> None:
    """A checkpoint whose sync failed makes the store read-only: no later sync can be believed."""
    with WatchedDisk() as disk:
        engine = Engine(tmp_path / "larum.db", disk.name)
        engine.write(put("a"))
        disk.before = Fail("sync", 1, io_error(apsw.SQLITE_IOERR_FSYNC))
        engine.checkpoint()
        assert engine.failure
        with pytest.raises(InternalServerException):
            engine.write(put("b"))
        disk.before = lambda _kind, _name: None
        engine.close()


def test_no_temporary_files(tmp_path: Path) -> None:
    """No request, however large, spills case data into a file outside the data directory."""
    with WatchedDisk() as disk:
        service = Service(tmp_path, RELAXED, vfs=disk.name)
        tags = {f"key-{number}": "v" * 200 for number in range(200)}
        assert create(service, account(1), "token", tags=tags).status == 201
        assert disk.temporary_files == 0
        service.close()


def test_interrupted_request_frees_the_writer(tmp_path: Path) -> None:
    """Ctrl-C inside a request in process leaves nothing of it, and the next request works."""
    interrupts = iter([False])

    def random(size: int) -> bytes:
        if next(interrupts, False):
            raise KeyboardInterrupt
        return os.urandom(size)

    service = Service(tmp_path, RELAXED, random=random)
    interrupts = iter([False, True])
    with pytest.raises(KeyboardInterrupt):
        service.handle(relaxed_request(account(1), "POST", "/v1/membership", membership("token")))
    assert create(service, account(1), "token").status == 201
    assert broken_promises(service) == []
    service.close()


def test_newer_schema_is_refused(tmp_path: Path) -> None:
    """Data of a newer release is refused, with what to do, and left as it is."""
    path = tmp_path / "larum.db"
    engine = Engine(path)
    newest = migrations.scripts()[-1][0]
    engine.write(
        lambda tx: tx.change("INSERT INTO schema_migrations VALUES (:v, 'x')", {"v": newest + 1})
    )
    engine.close()
    before = path.read_bytes()
    with pytest.raises(SchemaRefused, match="newer release"):
        Engine(path)
    assert path.read_bytes() == before


def test_each_migration_runs_once(tmp_path: Path) -> None:
    """Opening again changes nothing, and every migration is recorded."""
    for _ in range(2):
        engine = Engine(tmp_path / "larum.db")
        applied = engine.read(lambda tx: tx.rows("SELECT version, name FROM schema_migrations", {}))
        assert applied == [(version, name) for version, name, _ in migrations.scripts()]
        engine.close()


def test_interrupted_migration_converges(tmp_path: Path) -> None:
    """A disk that fails at any write of the first start leaves a file that the next start opens."""
    for nth in range(1, 600, 7):
        directory = tmp_path / str(nth)
        directory.mkdir()
        with WatchedDisk() as disk:
            fail = Fail("write|sync|truncate", nth, full)
            disk.before = fail
            try:
                engine = Engine(directory / "larum.db", disk.name)
            except SchemaRefused:
                pass
            else:
                disk.before = lambda _kind, _name: None
                engine.close()
        opened = Engine(directory / "larum.db")
        opened.write(put("a"))
        assert keys(opened) == ["a"]
        opened.close()
        shutil.rmtree(directory)
        if fail.count < nth:
            break
    else:
        pytest.fail("the first start has more operations than were tried")


def test_foreign_database_is_refused(tmp_path: Path) -> None:
    """Another program's database is refused and not changed."""
    path = tmp_path / "larum.db"
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE other (a)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(SchemaRefused, match="not a Larum database"):
        Engine(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("contents", [b"hello" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_file_that_is_no_database_is_refused(tmp_path: Path, contents: bytes) -> None:
    """A file that is no database, or a damaged one, is refused and not changed."""
    path = tmp_path / "larum.db"
    path.write_bytes(contents)
    with pytest.raises(SchemaRefused):
        Engine(path)
    assert path.read_bytes() == contents


def test_failing_disk_at_start_is_told(tmp_path: Path) -> None:
    """A disk that fails while the store is opened is a refusal with words, not a traceback."""
    with WatchedDisk() as disk:
        disk.before = Fail("write", 1)
        with pytest.raises(SchemaRefused, match=r"larum\.db"):
            Engine(tmp_path / "larum.db", disk.name)


def test_stores_in_memory_are_private() -> None:
    """Two stores without a path share nothing."""
    first, second = Engine(None), Engine(None)
    first.write(put("a"))
    assert keys(second) == []
    first.close()
    second.close()


def test_in_memory_reads_wait_for_the_group() -> None:
    """In memory too, a read sees committed state only: it waits for the group that runs."""
    engine = Engine(None)
    with ThreadPoolExecutor(1) as threads:
        with begun(engine) as group:
            group.run(put("a"))
            read = threads.submit(keys, engine)
        assert read.result(5) == []
    engine.close()


def test_image_of_a_disk_forgets_what_was_not_synced(tmp_path: Path) -> None:
    """The simulated disk itself has teeth: without a sync, a commit can be gone after a cut."""
    with VolatileDisk() as disk:
        connection = apsw.Connection(str(tmp_path / "a.db"), vfs=disk.name)
        connection.execute("PRAGMA synchronous = OFF; CREATE TABLE a (b)")
        images = [disk.image(Random(seed)) for seed in range(40)]
        connection.close()
    whole = (tmp_path / "a.db").read_bytes()
    assert any(image.get("a.db") != whole for image in images)
    assert any(image.get("a.db") == whole for image in images)
