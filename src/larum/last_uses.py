"""When each access key was used last: remembered, and written down by the sweep.

A write for each request would cost more than the request. So each process remembers, and the sweep
writes a key's last use at most once a minute: a crash loses a minute of it.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final

from larum.domain.principals import LastUse
from larum.errors import ServiceError
from larum.store import access_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Caller
    from larum.store.engine import Engine, Transaction

log = logging.getLogger(__name__)

WRITTEN_EVERY: Final = timedelta(minutes=1)
# Keys that are remembered; the one that came first is forgotten for another one.
KEPT: Final = 10_000
_NEVER: Final = (None, datetime.min.replace(tzinfo=UTC))


class LastUses:
    """The last uses that one process sees, and writes to the store behind `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[str, LastUse] = {}
        # What was written down of a key, and when.
        self._written: dict[str, tuple[LastUse | None, datetime]] = {}
        self._lock = Lock()

    def note(self, caller: Caller, service: str, now: datetime) -> None:
        """Remember that `caller` called a `service` (its signing name); a session has no key."""
        if caller.session is not None:
            return
        use = LastUse(now, service, caller.region)
        if caller.access_key_id in self._seen:
            self._seen[caller.access_key_id] = use
            return
        with self._lock:
            self._seen[caller.access_key_id] = use
            while len(self._seen) > KEPT:
                oldest = next(iter(self._seen))
                del self._seen[oldest]
                self._written.pop(oldest, None)

    def get(self, access_key_id: str) -> LastUse | None:
        """Return the last use that this process saw, or None."""
        return self._seen.get(access_key_id)

    def sweep(self, now: datetime) -> None:
        """Write down what is new, of each key once a minute; raises InternalServerException."""
        due = {
            each: use
            for each, use in self._new().items()
            if not timedelta(0) <= now - self._written.get(each, _NEVER)[1] < WRITTEN_EVERY
        }
        self._write(due, now)

    def close(self, now: datetime) -> None:
        """Write down all that is new; a store that failed keeps what it has."""
        try:
            self._write(self._new(), now)
        except ServiceError as error:
            log.warning("when access keys were used last is not written: %s", error.message)

    def _new(self) -> dict[str, LastUse]:
        with self._lock:
            seen = self._seen.copy()
        return {
            each: use for each, use in seen.items() if use is not self._written.get(each, _NEVER)[0]
        }

    def _write(self, uses: Mapping[str, LastUse], now: datetime) -> None:
        if not uses:
            return
        self._engine.write(partial(_write_down, uses))
        with self._lock:
            self._written |= {each: (use, now) for each, use in uses.items() if each in self._seen}


def _write_down(uses: Mapping[str, LastUse], tx: Transaction) -> None:
    for access_key_id, use in uses.items():
        access_keys.set_last_use(tx, access_key_id, use)
