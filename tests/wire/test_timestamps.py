"""Both spellings of an instant mean the same millisecond, and nothing else is an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from larum.wire.timestamps import from_epoch, from_iso, to_epoch
from tests.wire.strategies import INSTANTS

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-01T12:00:00Z", NOON),
        ("2026-11-01T12:00:00.789Z", NOON + timedelta(milliseconds=789)),
        ("2026-11-01T12:00:00.789000Z", NOON + timedelta(milliseconds=789)),
        ("2026-11-01T12:00:00.7Z", NOON + timedelta(milliseconds=700)),
        ("2026-11-01T12:00:00.789499Z", NOON + timedelta(milliseconds=789)),
        ("2026-11-01T12:00:00.789500Z", NOON + timedelta(milliseconds=790)),
        ("2026-11-01T12:00:00.789499999Z", NOON + timedelta(milliseconds=789)),
        ("2026-11-01T11:59:59.999999Z", NOON),
        ("0001-01-01T00:00:00Z", FIRST),
        ("9999-12-31T23:59:59.999Z", LAST),
        ("1969-12-31T23:59:59.500Z", datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
    ],
)
def test_iso_is_read(text: str, instant: datetime) -> None:
    """Zero to nine digits of fraction, rounded to the nearest millisecond."""
    assert from_iso(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-01",
        "2026-11-01T12:00:00",
        "2026-11-01T12:00:00z",
        "2026-11-01 12:00:00Z",
        "2026-11-01T12:00:00+00:00",
        "2026-11-01T12:00:00.Z",
        "2026-11-01T12:00:00.1234567890Z",
        "2026-11-01T12:00:00Z\n",
        "2026-11-01T24:00:00Z",
        "2026-11-01T12:00:60Z",
        "2026-02-30T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999Z",
        "٢٠٢٦-11-01T12:00:00Z",
        "1793534400",
    ],
)
def test_other_texts_are_not_instants(text: str) -> None:
    """No other form, no impossible date, nothing that rounds into the year 10000."""
    assert from_iso(text) is None


@pytest.mark.parametrize(
    ("seconds", "instant"),
    [
        (1793534400, NOON),
        (1793534400.0, NOON),
        (1793534400.789, NOON + timedelta(milliseconds=789)),
        (1793534400.7894, NOON + timedelta(milliseconds=789)),
        (1793534400.7896, NOON + timedelta(milliseconds=790)),
        (-0.5, datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
        (-62135596800, FIRST),
        (253402300799.999, LAST),
    ],
)
def test_epoch_seconds_are_read(seconds: float, instant: datetime) -> None:
    """Whole or with a fraction, before and after 1970."""
    assert from_epoch(seconds) == instant


@pytest.mark.parametrize(
    "seconds",
    [-62135596801, 253402300800, 253402300799.9996, 1e15, -1e15, 1e300, 10**30, -(10**30)],
)
def test_numbers_outside_the_calendar_are_not_instants(seconds: float) -> None:
    """The years 1 to 9999 are the range; beyond it nothing overflows."""
    assert from_epoch(seconds) is None


@given(INSTANTS)
def test_writing_and_reading_are_inverse(instant: datetime) -> None:
    """What is answered is what was given, to the millisecond."""
    assert from_epoch(to_epoch(instant)) == instant
    assert from_iso(instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")) == instant
