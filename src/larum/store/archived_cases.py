"""The cases of memberships that have ended: a list that nothing changes any more.

Each membership's cases are together, in the order that its own list had; the newest membership
comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from larum.store import case_places

if TYPE_CHECKING:
    from larum.store.case_places import ListedCase
    from larum.store.engine import Transaction

PAGE = """
SELECT cases.membership_id, cases.created_at, cases.updated_at, cases.closed_at, cases.place,
       cases.case_id, cases.title, cases.engagement_type, cases.resolver_type, cases.status,
       cases.pending_action
FROM cases
JOIN memberships ON memberships.account = cases.account AND memberships.region = cases.region
  AND memberships.membership_id = cases.membership_id
WHERE cases.account = :account AND cases.region = :region
  AND (cases.membership_id, cases.place) < (:membership_id, :place)
  AND memberships.status <> 'Active'
ORDER BY cases.membership_id DESC, cases.place DESC LIMIT :limit
"""
COUNT = """
SELECT COALESCE(SUM(case_counters.cases), 0) FROM case_counters
JOIN memberships ON memberships.account = case_counters.account
  AND memberships.region = case_counters.region
  AND memberships.membership_id = case_counters.membership_id
WHERE case_counters.account = :account AND case_counters.region = :region
  AND memberships.status <> 'Active'
"""


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """Where a case stands in the list: a page begins below it."""

    membership_id: str
    place: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the place that `str` wrote."""
        membership_id, place = text.split("/")
        return cls(membership_id, int(place))

    def __str__(self) -> str:
        """Write it for a nextToken."""
        return f"{self.membership_id}/{self.place}"


# Above every id, which has only lower-case letters, digits and a dash.
TOP: Final = ArchivePlace("~", 0)


def page(
    tx: Transaction, account: str, region: str, below: ArchivePlace, limit: int
) -> list[tuple[str, ListedCase]]:
    """Return (membership id, case) of at most `limit` archived cases from `below` on down."""
    parameters = {
        "account": account,
        "region": region,
        "membership_id": below.membership_id,
        "place": below.place,
        "limit": limit,
    }
    return [
        (membership_id, case_places.listed(row))
        for membership_id, *row in tx.rows(PAGE, parameters)
    ]


def count(tx: Transaction, account: str, region: str) -> int:
    """Return how many cases the ended memberships of the account in the Region have."""
    (row,) = tx.rows(COUNT, {"account": account, "region": region})
    return int(row[0])
