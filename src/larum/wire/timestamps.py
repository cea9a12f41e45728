"""Instants on the wire: epoch seconds in bodies, ISO 8601 in queries, milliseconds in between.

Milliseconds are what this service keeps and answers, so both spellings of an instant are rounded to
the nearest one before anything compares them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
# Farther than any year that counts, near enough that the arithmetic below stays exact.
_BEYOND = 1e12
# Smithy's date-time: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z",
    re.ASCII,
)


def _from_milliseconds(count: int) -> datetime | None:
    return _EPOCH + count * _MILLISECOND if _FIRST <= count <= _LAST else None


def from_epoch(seconds: float) -> datetime | None:
    """Return the UTC instant, to the nearest millisecond; None outside the years 1 to 9999."""
    if not -_BEYOND < seconds < _BEYOND:
        return None
    if isinstance(seconds, int):
        return _from_milliseconds(seconds * 1000)
    return _from_milliseconds(int((seconds * 1000 + 0.5) // 1))


def from_iso(text: str) -> datetime | None:
    """Return the UTC instant of `2026-11-01T12:34:56.789Z`, None where `text` is no such thing.

    The fraction may be absent or have one to nine digits; the zone is always `Z`.
    """
    parts = _ISO.fullmatch(text)
    if parts is None:
        return None
    year, month, day, hour, minute, second = map(int, parts.groups()[:6])
    try:
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    nanoseconds = int((parts[7] or "0").ljust(9, "0"))
    count = (whole - _EPOCH) // _MILLISECOND + (nanoseconds + 500_000) // 1_000_000
    return _from_milliseconds(count)


def to_milliseconds(instant: datetime) -> int:
    """Return whole milliseconds since 1970; `instant` must be aware."""
    since = instant - _EPOCH
    # The same as a division by _MILLISECOND, in less time.
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def to_epoch(instant: datetime) -> int | float:
    """Return epoch seconds with at most three decimals, whole ones as an int."""
    since = instant - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    milliseconds = since.microseconds // 1000
    return (seconds * 1000 + milliseconds) / 1000 if milliseconds else seconds
