"""The rules of the shared commit (design 1.5) as checks: each raises AssertionError when broken.

`test_group_commit.py` runs them on the product; `tests/faults/test_planted_bugs.py` runs the same
checks on a product with a bug planted in it, and each must fail there.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING

import apsw

from larum.edge.group_commit import GroupCommit
from larum.edge.server import HttpServer
from larum.service import Service
from larum.settings import Settings
from tests.store.calls import TEAM, Answer, Wire, account
from tests.store.promises import broken_promises
from tests.store.vfs import Fail, Stall, WatchedDisk, full, io_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

ANA = TEAM[0]
PATIENCE = 5.0
# Long enough for an answer that comes too early to be seen.
A_WHILE = 0.15
RELAXED = Settings(auth="relaxed")
SHORT_WAIT = Settings(auth="relaxed", in_flight_wait=0.3)
FSYNC_ERROR = io_error(apsw.SQLITE_IOERR_FSYNC)
WRITE_ERROR = io_error(apsw.SQLITE_IOERR_WRITE)
# What a check fails with when the server does not answer as it must, or not at all.
BROKEN = (AssertionError, OSError, HTTPException)


@dataclass
class Served:
    """A server in a thread, on a disk that can be stalled and broken."""

    service: Service
    disk: WatchedDisk
    url: str
    writes: GroupCommit
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32))

    def create(self, number: int, token: str | None, **members: object) -> Answer:
        """Create a membership of account `number` over HTTP."""
        with Wire(self.url, PATIENCE) as wire:
            return wire.create(account(number), token, **members)

    def creating(self, number: int, token: str | None, **members: object) -> Future[Answer]:
        """Start to create a membership; return at once."""
        return self._threads.submit(self.create, number, token, **members)

    def ids(self, number: int) -> list[str]:
        """Return the ids that ListMemberships gives to account `number`."""
        with Wire(self.url, PATIENCE) as wire:
            listed = wire.call(account(number), "POST", "/v1/memberships")
        assert listed.status == 200, listed
        return [each["membershipId"] for each in listed.output["items"]]

    def status(self, path: str) -> int:
        """Return the status of a GET, e.g. of /healthz."""
        with Wire(self.url, PATIENCE) as wire:
            return wire.call(account(0), "GET", path).status

    def queue(self, *started: Future[Answer]) -> None:
        """Wait until these calls wait for the next group."""
        wait_until(lambda: len(self.writes._waiting) == len(started), "the calls did not queue")

    def close(self) -> None:
        """Wait for every call."""
        self._threads.shutdown()


def wait_until(true: Callable[[], bool], otherwise: str) -> None:
    """Wait at most `PATIENCE` until something is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, otherwise
        time.sleep(0.005)


@contextmanager
def served(
    directory: Path,
    settings: Settings = RELAXED,
    open_writes: Callable[[Service], GroupCommit] = GroupCommit,
) -> Iterator[Served]:
    """Serve a data directory on a watched disk; every call has ended when this ends."""
    opened: list[GroupCommit] = []

    def opening(service: Service) -> GroupCommit:
        opened.append(open_writes(service))
        return opened[0]

    with WatchedDisk() as disk:
        service = Service(directory, settings, vfs=disk.name)
        try:
            with HttpServer(service, open_writes=opening) as server:
                served = Served(service, disk, server.url, opened[0])
                try:
                    yield served
                finally:
                    served.close()
        finally:
            disk.before = lambda _kind, _name: None
            service.close()


def in_turn(*steps: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Return what does all of these before each operation of the disk."""

    def before(kind: str, name: str) -> None:
        for step in steps:
            step(kind, name)

    return before


@contextmanager
def stalled(served: Served, nth: int = 1) -> Iterator[Stall]:
    """Hold the `nth` sync of the log until the block ends or releases it."""
    with Stall("sync", nth, "-wal") as stall:
        served.disk.before = stall
        yield stall
        stall.release()
    served.disk.before = lambda _kind, _name: None


def check_answer_waits_for_sync(served: Served) -> None:
    """A success is told only after the sync; until then nobody can read it, and all else works."""
    with stalled(served) as stall:
        call = served.creating(1, "first")
        assert stall.reached.wait(PATIENCE), "no sync was asked for"
        time.sleep(A_WHILE)
        assert not call.done(), f"answered before the sync: {call.result()}"
        assert served.ids(1) == [], "read before it was durable"
        assert served.status("/healthz") == 200
    assert call.result().status == 201
    assert served.ids(1) == [call.result().membership_id]


def check_whole_group_waits(served: Served) -> None:
    """A success, its replay and a 409 of one group all wait for its one sync."""
    with stalled(served, 1) as first, Stall("sync", 2, "-wal") as second:
        served.disk.before = in_turn(first, second)
        other = served.creating(1, "other")
        assert first.reached.wait(PATIENCE)
        calls = [served.creating(2, token) for token in ("a", "a", "b")]
        served.queue(*calls)
        first.release()
        assert other.result(PATIENCE).status == 201
        assert second.reached.wait(PATIENCE)
        time.sleep(A_WHILE)
        early = [call.result() for call in calls if call.done()]
        assert not early, f"answered before the sync: {early}"
        assert served.ids(2) == []
        second.release()
        answers = [call.result(PATIENCE) for call in calls]
    told = sorted((each.status, each.error) for each in answers)
    assert [status for status, _ in told] in ([201, 201, 409], [201, 409, 409]), told
    created = {each.membership_id for each in answers if each.status == 201}
    assert len(created) == 1
    assert set(served.ids(2)) == created


def check_failed_commit_fails_all(served: Served, error: Callable[[], Exception]) -> None:
    """When a group's sync fails, each of its calls gets a 500 that says when to try again."""
    with stalled(served, 1) as stall:
        served.disk.before = in_turn(stall, Fail("sync", 2, error))
        other = served.creating(1, "other")
        assert stall.reached.wait(PATIENCE)
        calls = [served.creating(2, token) for token in ("a", "a", "b")]
        calls.append(served.creating(3, "c"))
        served.queue(*calls)
        stall.release()
        assert other.result(PATIENCE).status == 201
        answers = [call.result(PATIENCE) for call in calls]
    for answer in answers:
        assert answer.told == (500, "InternalServerException"), answer
        assert int(answer.headers["retry-after"]) >= 1
    assert served.ids(2) == []
    assert served.ids(3) == []


def check_failure_leaves_nothing(served: Served) -> None:
    """After a commit failed on a full disk, the retry is a first request: made once, never 423.

    Needs the settings `SHORT_WAIT`.
    """
    served.disk.before = Fail("write", 1, full)
    assert served.create(1, "again").status == 500
    served.disk.before = lambda _kind, _name: None
    assert served.ids(1) == []
    with stalled(served) as stall:
        retry = served.creating(1, "again")
        assert stall.reached.wait(PATIENCE), "the retry was answered without a write"
        time.sleep(2 * served.service.settings.in_flight_wait)
        assert not retry.done(), f"the failed request is still remembered: {retry.result()}"
    assert retry.result().status == 201
    assert served.ids(1) == [retry.result().membership_id]
    assert broken_promises(served.service) == []


def check_no_write_after_sync_failed(served: Served) -> None:
    """After a sync failed nothing is written until a restart, though the disk seems well again."""
    assert served.create(1, "before").status == 201
    served.disk.before = Fail("sync", 1, FSYNC_ERROR, once=True)
    assert served.create(2, "during").status == 500
    for number, token in ((1, "before"), (2, "during"), (3, "after")):
        answer = served.create(number, token)
        assert answer.told == (500, "InternalServerException"), answer
        assert int(answer.headers["retry-after"]) >= 1
    assert served.status("/readyz") == 503
    assert len(served.ids(1)) == 1


def check_refusal_leaves_nothing(served: Served) -> None:
    """Of a request that is refused in the midst of its work nothing is kept; its neighbours are."""
    with stalled(served) as stall:
        first = served.creating(1, "first")
        assert stall.reached.wait(PATIENCE)
        both = [ANA, ANA | {"name": "Another Name"}]
        calls = [
            served.creating(2, "refused", incidentResponseTeam=both),
            served.creating(3, "kept"),
        ]
        served.queue(*calls)
    assert first.result().status == 201
    assert [call.result().status for call in calls] == [409, 201]
    assert broken_promises(served.service) == [], "something was left behind"
    assert served.create(2, "refused").status == 201
    assert broken_promises(served.service) == []


def check_one_answer_for_each_token(served: Served, tokens: int, callers: int) -> None:
    """Concurrent requests with one token make one membership, and all are told the same id."""
    told: list[list[Answer]] = [[] for _ in range(tokens)]
    start = threading.Barrier(callers)

    def call() -> None:
        with Wire(served.url) as wire:
            for number in range(tokens):
                start.wait(PATIENCE)
                told[number].append(wire.create(account(number), f"token-{number}"))

    with ThreadPoolExecutor(callers) as threads:
        calls = [threads.submit(call) for _ in range(callers)]
    for each in calls:
        each.result()
    for number, answers in enumerate(told):
        assert [answer.status for answer in answers] == [201] * callers, answers
        ids = {answer.membership_id for answer in answers}
        assert len(ids) == 1
        assert set(served.ids(number)) == ids
    assert broken_promises(served.service) == []
