"""A rehearsal finds what the doing would find, and leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larum.store import counters
from larum.store.counters import Limit
from larum.store.engine import Engine
from larum.store.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.store.engine import Transaction


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A store in memory."""
    made = Engine(None)
    yield made
    made.close()


def raise_limit(tx: Transaction) -> int | None:
    """Set a limit and return it as the transaction sees it."""
    counters.set_limit(tx, Limit.MEMBERSHIPS, 9)
    return counters.numbers(tx).memberships_limit


def test_what_was_rehearsed_is_undone(engine: Engine) -> None:
    """Inside it the change shows, outside it never was, and the rest of the transaction stands."""

    def work(tx: Transaction) -> tuple[int | None, int | None]:
        counters.set_limit(tx, Limit.COVERED_ACCOUNTS, 5)
        inside = rehearse(tx, lambda: raise_limit(tx))
        return inside, counters.numbers(tx).memberships_limit

    assert engine.write(work) == (9, None)
    assert engine.read(counters.limits) == {"covered-accounts-per-membership": 5}


def test_a_rehearsal_that_fails_is_undone_too(engine: Engine) -> None:
    """What it raises comes through, and the transaction can go on."""

    def work(tx: Transaction) -> None:
        def fail() -> None:
            raise_limit(tx)
            raise LookupError("refused")

        with pytest.raises(LookupError, match="refused"):
            rehearse(tx, fail)
        counters.set_limit(tx, Limit.COVERED_ACCOUNTS, 6)

    engine.write(work)
    assert engine.read(counters.limits) == {"covered-accounts-per-membership": 6}
