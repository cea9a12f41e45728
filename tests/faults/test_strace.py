"""A real server whose system calls fail, or are watched, by strace: below everything of ours.

`error` counts are per thread: the n-th sync of the thread that commits, or of the one that starts.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from larum.service import Service
from tests.faults.kills import LARUM, Server
from tests.store.calls import RELAXED, Wire, account, create, get
from tests.store.promises import broken_promises, lost_writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.store.calls import Answer

STRACE = shutil.which("strace")
pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not here")
WRITES = 12
SYNCS = "fsync,fdatasync"
SYNCED = re.compile(r"f(data)?sync\(\d+<[^>]*larum\.db-wal>\) += 0|f(data)?sync resumed.* = 0")


@contextmanager
def served(directory: Path, *options: str) -> Iterator[Server]:
    """Serve a data directory with strace on the process from the first request on."""
    server = Server(directory)
    command = ["strace", "-f", *options, "-p", str(server.process.pid)]
    try:
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            try:
                assert "attached" in strace.stderr.readline()
                yield server
            finally:
                # The end of what it watches is strace's own end.
                server.kill()
                strace.stderr.read()
    finally:
        server.kill()


def injecting(calls: str, error: str, when: str) -> tuple[str, ...]:
    """Return the options of strace that make system calls fail."""
    inject = f"inject={calls}:error={error}:when={when}"
    return ("-o", "/dev/null", "-e", f"trace={calls}", "-e", inject)


def first_start(directory: Path) -> None:
    """Make the data directory beforehand, so that only the commits fail."""
    Service(directory, RELAXED).close()


def told_of(url: str, numbers: range) -> dict[int, Answer]:
    """Create a membership for each account; return what was answered."""
    with Wire(url) as wire:
        return {number: wire.create(account(number), f"token-{number}") for number in numbers}


def check_store(directory: Path, answers: dict[int, Answer]) -> None:
    """Fail unless every promise is kept and every other token has one membership by its retry."""
    service = Service(directory, RELAXED)
    try:
        acknowledged = {
            (account(number), f"token-{number}"): answer.membership_id
            for number, answer in answers.items()
            if answer.status == 201
        }
        assert lost_writes(service, acknowledged) == []
        for number in answers:
            once, again = (create(service, account(number), f"token-{number}") for _ in range(2))
            assert once.membership_id == again.membership_id
            assert get(service, account(number), once.membership_id).status == 200
        assert broken_promises(service) == []
    finally:
        service.close()


@pytest.mark.parametrize("when", ["1", "2", "3", "5", "8", "1+", "4+", "11+"])
def test_failed_sync_stops_writes_until_restart(tmp_path: Path, when: str) -> None:
    """After fdatasync failed once, no write is acknowledged; reads go on; a restart mends it."""
    data = tmp_path / "data"
    first_start(data)
    with served(data, *injecting(SYNCS, "EIO", when)) as server:
        answers = told_of(server.url, range(WRITES))
        told = [answer.status for answer in answers.values()]
        failed = int(when.rstrip("+")) - 1
        assert told == [201] * failed + [500] * (WRITES - failed)
        for answer in list(answers.values())[failed:]:
            assert answer.error == "InternalServerException"
            assert int(answer.headers["retry-after"]) >= 1
        with Wire(server.url) as wire:
            assert wire.call(account(0), "GET", "/readyz").status == 503
            assert wire.call(account(0), "GET", "/healthz").status == 200
            for number in range(failed):
                made = answers[number].membership_id
                assert wire.get(account(number), made).status == 200
            assert wire.call(account(11), "POST", "/v1/memberships").output["items"] == []
    check_store(data, answers)


@pytest.mark.parametrize("when", ["1+", "9+", "40+"])
def test_full_disk_is_an_answer(tmp_path: Path, when: str) -> None:
    """When the disk is full, writes are answered with 500, reads as ever, and nothing is broken."""
    data = tmp_path / "data"
    first_start(data)
    with served(data, *injecting("pwrite64", "ENOSPC", when)) as server:
        answers = told_of(server.url, range(WRITES))
        told = [answer.status for answer in answers.values()]
        assert set(told) <= {201, 500}
        assert told == sorted(told)
        assert told[-1] == 500
        with Wire(server.url) as wire:
            assert wire.call(account(0), "POST", "/v1/memberships").status == 200
            assert wire.call(account(0), "GET", "/healthz").status == 200
    check_store(data, answers)


def end_children(pid: int) -> None:
    """Stop the server under an strace; one that refused to start has ended by itself."""
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children():
            child.terminate()


@pytest.mark.parametrize("when", [str(number) for number in range(1, 13)])
def test_failed_sync_at_the_first_start(tmp_path: Path, when: str) -> None:
    """A first start whose n-th sync fails says so or works; the next start works in any case."""
    data = tmp_path / "data"
    command = ["strace", "-f", "-qq", *injecting(SYNCS, "EIO", when), "--", *LARUM, "serve"]
    command += ["--port", "0", "--data", str(data)]
    piped = subprocess.PIPE
    with subprocess.Popen(command, stdout=piped, stderr=piped, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        listening = any(line.startswith("listening on") for line in run.stdout)
        end_children(run.pid)
        said = run.stderr.read()
    assert "Traceback" not in said, said
    if not listening:
        assert run.returncode == 3
        assert "larum: " in said
        assert "listen" not in said
    check_store(data, {})
    assert (data / "credentials").exists()


def test_answer_follows_its_sync(tmp_path: Path) -> None:
    """As the kernel sees it: the log is written, then synced, and only then is 201 sent."""
    log = tmp_path / "trace"
    data = tmp_path / "data"
    first_start(data)
    options = (
        "-y",
        "-s",
        "16",
        "-o",
        str(log),
        "-e",
        f"trace=pwrite64,write,writev,sendto,{SYNCS}",
    )
    with served(data, *options) as server:
        answers = told_of(server.url, range(WRITES))
    assert {answer.status for answer in answers.values()} == {201}
    written, synced, sent = False, False, 0
    for line in log.read_text().splitlines():
        if "larum.db-wal>" in line and "pwrite64" in line:
            written, synced = True, False
        elif SYNCED.search(line):
            synced = written
        elif "HTTP/1.1 201" in line:
            assert synced, f"sent before its log was written and synced: {line}"
            written, synced, sent = False, False, sent + 1
    assert sent == WRITES


def test_master_key_is_durable_before_the_database_is_written(tmp_path: Path) -> None:
    """A first start syncs the master key and its directory before anything is sealed with it."""
    log = tmp_path / "trace"
    data = tmp_path / "data"
    calls = f"trace=pwrite64,rename,renameat,renameat2,{SYNCS}"
    command = ["strace", "-f", "-qq", "-y", "-o", str(log), "-e", calls, "--", *LARUM, "serve"]
    command += ["--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert any(line.startswith("listening on") for line in run.stdout)
        end_children(run.pid)
    lines = log.read_text().splitlines()

    def first(pattern: str) -> int:
        return next(n for n, line in enumerate(lines) if re.search(pattern, line))

    key_synced = first(r"fsync\(\d+<.*master\.key\.new>\) += 0")
    key_named = first(r"rename.*master\.key")
    directory_synced = next(
        n
        for n, line in enumerate(lines)
        if n > key_named and re.search(rf"fsync\(\d+<{re.escape(str(data))}>\) += 0", line)
    )
    database_written = first(r"pwrite64\(\d+<.*larum\.db>")
    assert key_synced < key_named < directory_synced < database_written
