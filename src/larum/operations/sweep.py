"""What the time does, without a caller.

A membership whose billing month is over ends, a cancellation becomes a termination
(service-behaviour §11 row 7); the order in which cases were listed a day ago is forgotten, and so
are client tokens.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain.coverage import LONGEST_DELAY
from larum.domain.memberships import Ending
from larum.operations.membership_ends import end_by_time
from larum.store import case_places, directory_versions, idempotency, memberships

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.store.engine import Transaction

# A sweep holds the writer: this bounds how long, some 10 ms.
ENDED_AT_ONCE: Final = 100
# A list of cases is paged for 24 hours at most (operations/case_lists.py).
PLACES_KEPT: Final = timedelta(hours=25)


class Sweep(msgspec.Struct, frozen=True):
    """One run of the sweep: its time (UTC), where randomness comes from, its transaction."""

    now: datetime
    random: Callable[[int], bytes]
    tx: Transaction


def once(sweep: Sweep, before: datetime) -> int:
    """Do some of everything; return how much, 0 when nothing is left to do.

    What was cancelled at `before` or earlier becomes Terminated.
    """
    done = end_due(sweep) + terminate_long_cancelled(sweep, before) + forget_old_places(sweep)
    done += directory_versions.purge(sweep.tx, sweep.now - LONGEST_DELAY)
    return done + idempotency.purge(sweep.tx, sweep.now)


def end_due(sweep: Sweep) -> int:
    """Cancel memberships whose billing month is over; return how many.

    At most ENDED_AT_ONCE in one run: call again until it returns 0. Whoever looked since then has
    seen them ended already (`Membership.at`).
    """
    found = memberships.due(sweep.tx, sweep.now, ENDED_AT_ONCE)
    for membership in found:
        end_by_time(sweep, membership, Ending.CANCEL)
    return len(found)


def terminate_long_cancelled(sweep: Sweep, before: datetime) -> int:
    """Terminate memberships that were cancelled at `before` or earlier; return how many.

    At most ENDED_AT_ONCE in one run: call again until it returns 0. The team was told when the
    membership was cancelled and is not told again; the event is for machines.
    """
    found = memberships.long_cancelled(sweep.tx, before, ENDED_AT_ONCE)
    for membership in found:
        end_by_time(sweep, membership, Ending.TERMINATE, None)
    return len(found)


def forget_old_places(sweep: Sweep) -> int:
    """Delete places in the list of cases that no page can ask for any more; return how many.

    A bounded number in one run: call again until it returns 0.
    """
    return case_places.purge(sweep.tx, sweep.now - PLACES_KEPT)
