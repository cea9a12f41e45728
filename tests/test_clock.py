"""A clock that leaps ahead destroys nothing: reliability-and-security §3.6."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import larum
from larum.clock import LEAP, MISTRUST, Clock, steady_seconds, utc_now
from larum.settings import Settings
from larum.store import attachments as rows
from tests.conformance.evidence import opened_case, uploaded
from tests.store.calls import TEAM

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONTHS = timedelta(days=90)
SECONDS = st.floats(min_value=0, max_value=1e7).map(lambda each: timedelta(seconds=each))
MEMBERSHIP: dict[str, Any] = {"membershipName": "Example", "incidentResponseTeam": TEAM}
ACCOUNT = "123456789012"


@dataclass
class Times:
    """A wall clock and a steady one that the test moves, together or apart."""

    now: datetime = START
    seconds: float = 1_000.0

    def wall(self) -> datetime:
        """Return the time of the wall."""
        return self.now

    def steady(self) -> float:
        """Return the steady seconds."""
        return self.seconds

    def pass_by(self, time: timedelta) -> None:
        """Let the time pass as it does."""
        self.now += time
        self.seconds += time.total_seconds()


@pytest.fixture
def times() -> Times:
    """Clocks that stand still."""
    return Times()


@pytest.fixture
def service(times: Times) -> Iterator[larum.Service]:
    """A service by these clocks."""
    settings = Settings(auth="relaxed")
    with larum.Service(settings=settings, clock=times.wall, steady=times.steady) as made:
        yield made


def swept(service: larum.Service) -> None:
    """Sweep until nothing is left, and do what that asks for."""
    while service.sweep():
        pass
    with service.evidence._working:
        pass
    service.evidence.work(None)


def test_a_leap_destroys_no_evidence(service: larum.Service, times: Times) -> None:
    """Bytes of a closed case outlive a leap of the clock, and are deleted when it is a day old."""
    client = service.client()
    case = opened_case(client)
    uploaded(client, case, "a", b"hello")
    client.close_case(caseId=case)
    (found,) = service.engine.read(lambda tx: rows.of_case(tx, ACCOUNT, "us-east-1", case))
    length = service.installation.blobs.length
    times.now += MONTHS
    swept(service)
    assert length(found.blob_key) == 5
    times.pass_by(MISTRUST)
    swept(service)
    assert length(found.blob_key) is None


@pytest.mark.parametrize("is_swept", [False, True])
def test_a_leap_forgets_no_token(service: larum.Service, times: Times, *, is_swept: bool) -> None:
    """A request that is sent again after a leap of the clock is answered by the first."""
    client = service.client()
    made = client.create_membership(clientToken="once", **MEMBERSHIP)["membershipId"]
    times.now += MONTHS
    if is_swept:
        swept(service)
    assert client.create_membership(clientToken="once", **MEMBERSHIP)["membershipId"] == made
    times.now -= MONTHS
    assert client.create_membership(clientToken="once", **MEMBERSHIP)["membershipId"] == made
    times.pass_by(MISTRUST)
    with pytest.raises(client.exceptions.ConflictException):
        client.create_membership(clientToken="once", **MEMBERSHIP)


def test_a_leap_ends_no_membership(service: larum.Service, times: Times) -> None:
    """A cancellation can be undone after a leap of the clock, long before its time has come."""
    client = service.client()
    made = client.create_membership(**MEMBERSHIP)["membershipId"]
    client.cancel_membership(membershipId=made)
    times.now += MONTHS
    swept(service)
    client.update_membership(membershipId=made, undoMembershipCancellation=True)
    assert client.get_membership(membershipId=made)["membershipStatus"] == "Active"


def test_time_that_passes_is_no_leap(service: larum.Service, times: Times) -> None:
    """What is due after months without a request expires, as nothing leapt."""
    client = service.client()
    made = client.create_membership(clientToken="once", **MEMBERSHIP)["membershipId"]
    client.cancel_membership(membershipId=made)
    times.pass_by(MONTHS)
    swept(service)
    assert client.get_membership(membershipId=made)["membershipStatus"] == "Terminated"
    assert client.create_membership(clientToken="once", **MEMBERSHIP)["membershipId"] != made


def test_a_leap_is_told(
    service: larum.Service, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says from when to when, once, and /readyz says so for a day."""

    def told() -> str | None:
        answer: dict[str, str] = msgspec.json.decode(service.readiness().body)
        return answer.get("clock")

    assert told() is None
    times.now += MONTHS
    with caplog.at_level(logging.ERROR, "larum"):
        service.sweep()
        service.sweep()
    (record,) = caplog.records
    assert "2026-11-22T12:00:00+00:00 to 2027-02-20T12:00:00+00:00" in record.getMessage()
    assert "leapt" in (told() or "")
    times.pass_by(MISTRUST)
    assert told() is None


@given(SECONDS, SECONDS, SECONDS)
def test_only_what_is_more_than_an_hour_ahead_is_a_leap(
    passed: timedelta, ahead: timedelta, back: timedelta
) -> None:
    """Time that passes, a clock set back, and one set ahead by an hour at most, are no leaps."""
    times = Times()
    clock = Clock(times.wall, times.steady)
    clock()
    times.pass_by(passed)
    times.now -= back
    assert clock() == times.now
    assert not clock.has_leapt
    times.now += ahead
    clock()
    assert clock.has_leapt is (ahead > LEAP)


def test_the_systems_clock_is_held_against_a_steady_one() -> None:
    """A service that is given no clock notices leaps; one with a clock of its own believes it."""
    assert Clock(utc_now)._steady is steady_seconds
    times = Times()
    own = Clock(times.wall)
    own()
    times.now += MONTHS
    own()
    assert not own.has_leapt
    before = steady_seconds()
    assert steady_seconds() >= before
