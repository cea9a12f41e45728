"""The directory's versions, and when each began, for as long as a delay may ask for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.domain import values
from larum.store import counters
from larum.store.counters import Counter

if TYPE_CHECKING:
    from datetime import datetime

    from larum.store.engine import Transaction

INSERT = "INSERT INTO directory_versions (version, began_at) VALUES (:version, :began_at)"
YOUNGER = "SELECT min(version) FROM directory_versions WHERE began_at > :moment"
PURGE = "DELETE FROM directory_versions WHERE began_at <= :moment"


def begin(tx: Transaction, now: datetime) -> int:
    """Start a new version of the directory and return it."""
    counters.add(tx, Counter.DIRECTORY_VERSION, 1)
    version = counters.value(tx, Counter.DIRECTORY_VERSION)
    tx.change(INSERT, {"version": version, "began_at": values.microseconds(now)})
    return version


def as_of(tx: Transaction, moment: datetime) -> int | None:
    """Return the version before all that began after `moment`, or None where none did."""
    (younger,) = tx.rows(YOUNGER, {"moment": values.microseconds(moment)})[0]
    return None if younger is None else younger - 1


def purge(tx: Transaction, before: datetime) -> int:
    """Forget when versions began that did so at `before` or earlier; return how many."""
    return tx.change(PURGE, {"moment": values.microseconds(before)})
