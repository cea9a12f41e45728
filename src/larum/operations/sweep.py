"""What the time does, without a caller.

A cancellation becomes a termination (service-behaviour §11 row 7), and the order in which cases
were listed a day ago is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from larum.domain.memberships import Ending
from larum.operations.memberships import end
from larum.store import audit, case_places, memberships

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.domain.memberships import Membership
    from larum.store.engine import Transaction

# A sweep holds the writer: this bounds how long, some 10 ms.
TERMINATED_AT_ONCE: Final = 100
# A list of cases is paged for 24 hours at most (operations/case_lists.py).
PLACES_KEPT: Final = timedelta(hours=25)
SERVICE_PRINCIPAL: Final = "security-ir.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run of the sweep: its time (UTC), where randomness comes from, its transaction."""

    now: datetime
    random: Callable[[int], bytes]
    tx: Transaction


def terminate_long_cancelled(sweep: Sweep, before: datetime) -> int:
    """Terminate memberships that were cancelled at `before` or earlier; return how many.

    At most TERMINATED_AT_ONCE in one run: call again until it returns 0. The team was told when the
    membership was cancelled and is not told again; the event is for machines.
    """
    found = memberships.long_cancelled(sweep.tx, before, TERMINATED_AT_ONCE)
    for membership in found:
        end(sweep, membership, Ending.TERMINATE, None)
        audit.append(sweep.tx, membership.account, _record(sweep, membership))
    return len(found)


def forget_old_places(sweep: Sweep) -> int:
    """Delete places in the list of cases that no page can ask for any more; return how many.

    A bounded number in one run: call again until it returns 0.
    """
    return case_places.purge(sweep.tx, sweep.now - PLACES_KEPT)


def _record(sweep: Sweep, membership: Membership) -> dict[str, object]:
    return {
        "eventTime": sweep.now.isoformat(),
        "eventSource": SERVICE_PRINCIPAL,
        "eventName": "TerminateMembership",
        "awsRegion": membership.region,
        "userIdentity": {"type": "AWSService", "invokedBy": SERVICE_PRINCIPAL},
        "resources": [membership.arn],
    }
