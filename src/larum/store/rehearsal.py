"""Doing something to see what comes of it, and leaving nothing of it behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.store.engine import Transaction

T = TypeVar("T")


def rehearse(tx: Transaction, work: Callable[[], T]) -> T:
    """Return what `work` returns, or raise what it raises; what it changed by `tx` is undone."""
    tx.change("SAVEPOINT rehearsal", {})
    try:
        return work()
    finally:
        tx.change("ROLLBACK TO rehearsal", {})
        tx.change("RELEASE rehearsal", {})
