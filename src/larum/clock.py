"""The clock of an instance: the wall's time, and whether that has just leapt ahead.

What expires by a clock that leapt would be gone for good: evidence, client tokens, the way back
from a cancellation. Forgotten a day late it harms nobody. Source: reliability-and-security §3.6.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

LEAP: Final = timedelta(hours=1)
MISTRUST: Final = timedelta(hours=24)


def utc_now() -> datetime:
    """Return the wall clock."""
    return datetime.now(UTC)


def steady_seconds() -> float:
    """Return seconds that nobody can set, of a computer's sleep too where the system counts it."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Clock:
    """Gives the time in UTC, of `wall`, and notes when that leaves `steady` (seconds) behind.

    Without `steady` a `wall` of one's own is believed whatever it does, and the system's is held
    against the system's steady one.
    """

    def __init__(
        self, wall: Callable[[], datetime], steady: Callable[[], float] | None = None
    ) -> None:
        self._wall = wall
        trusted = steady is None and wall is not utc_now
        self._steady = None if trusted else steady or steady_seconds
        self._last: tuple[datetime, float] | None = None
        self._mistrusted_until = float("-inf")

    def __call__(self) -> datetime:
        """Return the time."""
        now = self._wall()
        if self._steady is None:
            return now
        steady, last = self._steady(), self._last
        self._last = now, steady
        if last is not None and now - last[0] > timedelta(seconds=steady - last[1]) + LEAP:
            self._mistrusted_until = steady + MISTRUST.total_seconds()
            log.error(
                "the clock leapt ahead, from %s to %s: nothing expires for %s hours",
                last[0].isoformat(timespec="seconds"),
                now.isoformat(timespec="seconds"),
                int(MISTRUST.total_seconds() // 3600),
            )
        return now

    @property
    def has_leapt(self) -> bool:
        """Whether the clock leapt ahead within the last day: nothing may expire by it."""
        return self._steady is not None and self._steady() < self._mistrusted_until
