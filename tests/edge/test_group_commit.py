"""Concurrent writers share one commit, and nobody can tell: the rules of design 1.5 over HTTP.

The checks are in `group_commit_checks.py`; `tests/faults/test_planted_bugs.py` sees each of them
fail on a product that breaks its rule.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import apsw
import boto3
import pytest
from botocore.config import Config

from larum.edge.embedded import EmbeddedService
from larum.edge.group_commit import GroupCommit
from larum.edge.server import HttpServer
from larum.service import Service
from larum.settings import Settings
from tests.edge import group_commit_checks as checks
from tests.edge.group_commit_checks import (
    FSYNC_ERROR,
    PATIENCE,
    RELAXED,
    SHORT_WAIT,
    WRITE_ERROR,
    Served,
    served,
    stalled,
)
from tests.store.calls import Wire, account, membership
from tests.store.promises import broken_promises
from tests.store.vfs import Fail, Stall, WatchedDisk, full, io_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

SHORT_WAIT_SIGNED = Settings(in_flight_wait=0.3)
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """A server on a disk that can be stalled and broken."""
    with served(tmp_path) as made:
        yield made


def test_answer_waits_for_sync(server: Served) -> None:
    """Nobody is told of a write, or reads it, before its sync; a stalled disk stops no read."""
    checks.check_answer_waits_for_sync(server)


def test_whole_group_waits(server: Served) -> None:
    """A replay and a 409 wait for the commit that they were computed from."""
    checks.check_whole_group_waits(server)


@pytest.mark.parametrize(
    "error", [FSYNC_ERROR, full, io_error(apsw.SQLITE_IOERR)], ids=["fsync", "full", "other"]
)
def test_failed_commit_fails_all(server: Served, error: Callable[[], Exception]) -> None:
    """A failed sync gives every call of the group a 500 with Retry-After, and no 2xx."""
    checks.check_failed_commit_fails_all(server, error)


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    """A full disk leaves nothing behind, in the store or in memory: the retry converges."""
    with served(tmp_path, SHORT_WAIT) as server:
        checks.check_failure_leaves_nothing(server)


def test_refusal_leaves_nothing(server: Served) -> None:
    """A request that is refused half-way leaves nothing; its group's other requests are kept."""
    checks.check_refusal_leaves_nothing(server)


def test_no_write_after_sync_failed(server: Served) -> None:
    """After a sync failed, no 2xx for a write until the restart; /readyz says 503; reads go on."""
    checks.check_no_write_after_sync_failed(server)


def test_one_answer_for_each_token(server: Served) -> None:
    """200 tokens x 16 concurrent callers: 200 memberships, one id for each token, all 201."""
    checks.check_one_answer_for_each_token(server, tokens=200, callers=16)


def test_one_answer_for_each_token_in_process() -> None:
    """The same race with boto3 clients in threads of one process: 20 tokens x 8 callers."""
    with EmbeddedService() as service, ThreadPoolExecutor(8) as threads:
        for number in range(20):
            client = service.client(account=account(number), config=ONCE)
            start = threading.Barrier(8)
            params = membership(f"token-{number}")
            calls = [threads.submit(_create_at_once, client, start, params) for _ in range(8)]
            assert len({each.result() for each in calls}) == 1
            client.close()
        assert broken_promises(service) == []


def _create_at_once(
    client: SecurityIncidentResponseClient, start: threading.Barrier, params: dict[str, Any]
) -> str:
    start.wait(PATIENCE)
    made = client.create_membership(**params)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    return made["membershipId"]


def test_in_flight_duplicate_is_423_over_http(tmp_path: Path) -> None:
    """A duplicate of a request that still runs gets InvalidTokenException; a later one its id."""
    with served(tmp_path, SHORT_WAIT) as server:
        client = boto3.client(
            "security-ir",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=account(1),
            aws_secret_access_key="any",
            config=ONCE,
        )
        with stalled(server) as stall:
            first = server.creating(1, "same")
            assert stall.reached.wait(PATIENCE)
            with pytest.raises(client.exceptions.InvalidTokenException) as caught:
                client.create_membership(**membership("same"))
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 423
            assert not first.done()
        assert first.result().status == 201
        again = client.create_membership(**membership("same"))
        assert again["membershipId"] == first.result().membership_id
        client.close()


def test_in_flight_duplicate_is_423_in_process(tmp_path: Path) -> None:
    """The same in process, where each call commits by itself."""
    with WatchedDisk() as disk, EmbeddedService(tmp_path, SHORT_WAIT_SIGNED, vfs=disk.name) as made:
        client = made.client(account=account(1), config=ONCE)
        with Stall() as stall, ThreadPoolExecutor(1) as threads:
            disk.before = stall
            first = threads.submit(client.create_membership, **membership("same"))
            assert stall.reached.wait(PATIENCE)
            with pytest.raises(client.exceptions.InvalidTokenException) as caught:
                client.create_membership(**membership("same"))
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 423
            assert client.list_memberships()["items"] == []
            stall.release()
            answer = first.result(PATIENCE)
        again = client.create_membership(**membership("same"))
        assert again["membershipId"] == answer["membershipId"]
        client.close()


def test_duplicate_answers_the_id_when_the_first_ends_in_time(server: Served) -> None:
    """A duplicate that waits less than the in-flight wait is answered as a replay: 201, same id."""
    with stalled(server) as stall:
        first = server.creating(1, "same")
        assert stall.reached.wait(PATIENCE)
        second = server.creating(1, "same")
        server.queue(second)
    assert first.result().status == second.result().status == 201
    assert first.result().membership_id == second.result().membership_id


def test_sdk_retries_until_the_first_is_done(tmp_path: Path) -> None:
    """boto3 retries a 423 by itself with the same token, and gets the first request's id."""
    with served(tmp_path, SHORT_WAIT) as server:
        client = boto3.client(
            "security-ir",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=account(1),
            aws_secret_access_key="any",
            config=Config(retries={"mode": "standard", "total_max_attempts": 6}),
        )
        with stalled(server) as stall:
            first = server.creating(1, "same")
            assert stall.reached.wait(PATIENCE)
            timer = threading.Timer(0.5, stall.release)
            timer.start()
            answer = client.create_membership(**membership("same"))
            timer.join()
        assert answer["ResponseMetadata"]["RetryAttempts"] >= 1
        assert answer["membershipId"] == first.result().membership_id
        client.close()


def test_given_up_request_still_holds_its_token(tmp_path: Path) -> None:
    """A request that was answered "unknown" but still runs makes its retry wait, then 423."""
    settings = Settings(auth="relaxed", in_flight_wait=0.3, request_deadline=0.6)
    with served(tmp_path, settings) as server, stalled(server) as stall:
        first = server.creating(1, "same")
        assert stall.reached.wait(PATIENCE)
        assert first.result(PATIENCE).status == 500
        retry = server.create(1, "same")
        assert retry.told == (423, "InvalidTokenException"), retry
        stall.release()
        checks.wait_until(lambda: server.create(1, "same").status == 201, "it did not converge")
    assert stall.reached.is_set()


@pytest.mark.parametrize("error", [WRITE_ERROR, FSYNC_ERROR], ids=["write", "fsync"])
def test_retry_converges_after_restart(tmp_path: Path, error: Callable[[], Exception]) -> None:
    """After a failed disk and a restart, each retried token has one membership and one answer."""
    with served(tmp_path) as server:
        before = server.create(1, "before").membership_id
        server.disk.before = Fail("write|sync", 1, error)
        calls = [server.creating(number, f"token-{number}") for number in range(2, 8)]
        assert {call.result().status for call in calls} == {500}
        assert server.ids(1) == [before]
    with served(tmp_path) as server:
        assert server.create(1, "before").membership_id == before
        for number in range(2, 8):
            ids = {server.create(number, f"token-{number}").membership_id for _ in range(2)}
            assert ids == set(server.ids(number))
            assert len(ids) == 1
        assert broken_promises(server.service) == []


def test_write_goes_on_when_the_disk_has_room_again(server: Served) -> None:
    """A full disk answers writes with 500 and reads as ever; with room again writes go on."""
    before = server.create(1, "before").membership_id
    server.disk.before = Fail("write", 1, full)
    for number in range(2, 5):
        answer = server.create(number, "full")
        assert answer.told == (500, "InternalServerException")
        assert server.ids(1) == [before]
    server.disk.before = lambda _kind, _name: None
    assert server.create(2, "full").status == 201
    assert server.status("/readyz") == 200
    assert broken_promises(server.service) == []


def test_readiness_tells_of_a_failed_disk(server: Served) -> None:
    """/readyz is 503 once the store is read-only, and /healthz stays 200."""
    server.disk.before = Fail("sync", 1, FSYNC_ERROR)
    assert server.create(1, None).status == 500
    assert server.status("/readyz") == 503
    assert server.status("/healthz") == 200


def test_internal_server_exception_is_caught_with_its_members(server: Served) -> None:
    """boto3 raises InternalServerException, with all its members, for a failing disk."""
    client = boto3.client(
        "security-ir",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=account(1),
        aws_secret_access_key="any",
        config=ONCE,
    )
    server.disk.before = Fail("sync", 1, FSYNC_ERROR)
    with pytest.raises(client.exceptions.InternalServerException) as caught:
        client.create_membership(**membership("token"))
    told = cast("dict[str, Any]", caught.value.response)
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert told["message"]
    assert told["retryAfterSeconds"] >= 1
    client.close()


def test_long_log_does_not_stop_reads(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a log that grew too long is copied to a slow disk, reads and /healthz go on."""
    monkeypatch.setattr("larum.store.engine.CHECKPOINT_PAGES", 1)
    monkeypatch.setattr("larum.store.engine.RESTART_PAGES", 1)
    with Stall("sync", 1, "larum.db") as stall:
        server.disk.before = stall
        writes = [server.creating(1, None)]
        # A commit in the middle of a checkpoint keeps it from syncing: the next one does.
        while not stall.reached.wait(PATIENCE / 10):
            assert len(writes) < 8, "there was no checkpoint"
            writes.append(server.creating(len(writes) + 1, None))
        assert server.status("/healthz") == 200
        assert server.ids(9) == []
        stall.release()
        assert {write.result(PATIENCE).status for write in writes} == {201}


def test_deadline_answers_a_write_that_cannot_begin(tmp_path: Path) -> None:
    """A write whose turn does not come is told that nothing was done, and nothing was."""
    settings = Settings(auth="relaxed", request_deadline=0.3)
    with served(tmp_path, settings) as server:
        with stalled(server) as stall:
            first = server.creating(1, "first")
            assert stall.reached.wait(PATIENCE)
            late = server.create(2, "late")
            assert late.told == (500, "InternalServerException")
            assert first.result().status == 500
        checks.wait_until(lambda: len(server.ids(1)) == 1, "the first was lost")
        assert server.ids(2) == []


def test_memory_server_reads_while_it_writes() -> None:
    """A server without a data directory answers reads while groups commit, and never with a 500."""
    service = Service(settings=RELAXED)

    def work(client: int) -> list[tuple[int, str]]:
        with Wire(over_http.url) as wire:
            told = []
            for number in range(client * 100, client * 100 + 40):
                made = wire.create(account(number), "token")
                told += [made.told, wire.get(account(number), made.membership_id).told]
                told += [wire.call(account(number), "POST", "/v1/memberships").told]
        return told

    with (
        HttpServer(service, open_writes=GroupCommit) as over_http,
        ThreadPoolExecutor(8) as threads,
    ):
        answers = [each for told in threads.map(work, range(8)) for each in told]
    assert set(answers) == {(201, ""), (200, "")}
    assert broken_promises(service) == []
    service.close()
