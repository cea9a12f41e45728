"""The last use of each access key: remembered at once, and written down now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import larum
from larum import last_uses
from larum.context import Caller
from larum.domain.principals import LastUse, Principal
from larum.domain.sessions import Session
from larum.last_uses import LastUses
from larum.store import access_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.domain.principals import AccessKey
    from larum.store.engine import Engine

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ACCOUNT = "123456789012"


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """A service of its own."""
    with larum.Service() as made:
        yield made


@pytest.fixture
def key(service: larum.Service) -> AccessKey:
    """The administrator's root key."""
    return service.installation.root_access_key(ACCOUNT, NOW)


def caller(key_id: str, region: str = "us-east-1") -> Caller:
    """Return who signs with that key."""
    return Caller(Principal.root(ACCOUNT), key_id, region)


def written(engine: Engine, key: AccessKey) -> LastUse | None:
    """Return what the store has of a key."""
    found = engine.read(lambda tx: access_keys.last_use(tx, ACCOUNT, key.access_key_id))
    assert found is not None
    return found[1]


def test_it_is_written_once_a_minute_at_most(service: larum.Service, key: AccessKey) -> None:
    """The newest use is known at once; the store has it at the first sweep, then a minute later."""
    uses = LastUses(service.engine)
    for second in (0, 1, 30, 59):
        now = NOW + second * SECOND
        uses.note(caller(key.access_key_id), "security-ir", now)
        uses.sweep(now)
        assert uses.get(key.access_key_id) == LastUse(now, "security-ir", "us-east-1")
        assert written(service.engine, key) == LastUse(NOW, "security-ir", "us-east-1")
    uses.sweep(NOW + 60 * SECOND)
    found = written(service.engine, key)
    assert found is not None
    assert found.at == NOW + 59 * SECOND


def test_a_use_that_was_written_is_not_written_again(
    service: larum.Service, key: AccessKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that rests costs nothing, however long."""
    uses = LastUses(service.engine)
    uses.note(caller(key.access_key_id), "larum", NOW)
    uses.sweep(NOW)
    writes: list[object] = []
    monkeypatch.setattr(service.engine, "write", writes.append)
    for minute in range(5):
        uses.sweep(NOW + minute * 60 * SECOND)
    uses.close(NOW)
    assert writes == []


def test_a_stop_writes_everything(service: larum.Service, key: AccessKey) -> None:
    """Nothing waits for a minute that does not come."""
    uses = LastUses(service.engine)
    uses.note(caller(key.access_key_id), "larum", NOW)
    uses.sweep(NOW)
    uses.note(caller(key.access_key_id, "eu-west-1"), "security-ir", NOW + SECOND)
    uses.close(NOW + SECOND)
    assert written(service.engine, key) == LastUse(NOW + SECOND, "security-ir", "eu-west-1")


def test_an_older_use_takes_no_newer_one_s_place(service: larum.Service, key: AccessKey) -> None:
    """Of two processes that serve the same data the one that saw the later use is believed."""
    here, there = LastUses(service.engine), LastUses(service.engine)
    here.note(caller(key.access_key_id), "security-ir", NOW)
    there.note(caller(key.access_key_id), "larum", NOW + SECOND)
    there.sweep(NOW + SECOND)
    here.sweep(NOW + SECOND)
    assert written(service.engine, key) == LastUse(NOW + SECOND, "larum", "us-east-1")


def test_a_clock_that_went_back_stops_nothing(service: larum.Service, key: AccessKey) -> None:
    """What is seen afterwards is written all the same, where it is later than what is there."""
    uses = LastUses(service.engine)
    uses.note(caller(key.access_key_id), "larum", NOW - 7_200 * SECOND)
    uses.sweep(NOW)
    uses.note(caller(key.access_key_id), "larum", NOW - 3_600 * SECOND)
    uses.sweep(NOW - 3_600 * SECOND)
    found = written(service.engine, key)
    assert found is not None
    assert found.at == NOW - 3_600 * SECOND


def test_unknown_keys_and_sessions_leave_nothing(service: larum.Service, key: AccessKey) -> None:
    """A key that was deleted since is no error; temporary credentials are no access keys."""
    uses = LastUses(service.engine)
    root = Principal.root(ACCOUNT)
    session = Session(root, root, ACCOUNT, NOW, NOW + SECOND, multi_factor=False)
    uses.note(Caller(root, key.access_key_id, "us-east-1", session), "larum", NOW)
    assert uses.get(key.access_key_id) is None
    uses.note(caller("LARU2222222222222222"), "larum", NOW)
    uses.sweep(NOW)
    assert written(service.engine, key) is None


def test_what_is_remembered_is_bounded(
    service: larum.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond 10,000 keys the first to come is forgotten, with what was written of it."""
    assert last_uses.KEPT == 10_000
    monkeypatch.setattr(last_uses, "KEPT", 2)
    uses = LastUses(service.engine)
    for name in "abc":
        uses.note(caller(name), "larum", NOW)
        uses.sweep(NOW)
    assert [uses.get(name) is None for name in "abc"] == [True, False, False]
    assert len(uses._written) == 2


def test_a_store_that_fails_lets_the_service_stop(
    service: larum.Service, key: AccessKey, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be written is told in the log and stops nothing."""
    uses = LastUses(service.engine)
    uses.note(caller(key.access_key_id), "larum", NOW)
    service.engine.close()
    uses.close(NOW)
    assert "when access keys were used last is not written" in caplog.text
