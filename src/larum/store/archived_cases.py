"""The cases of memberships that have ended: a list that nothing changes any more.

Each membership's cases are together, in the order that its own list had; the newest membership
comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from larum.domain import values
from larum.store import case_places

if TYPE_CHECKING:
    from datetime import datetime

    from larum.store.case_places import ListedCase
    from larum.store.engine import Transaction

# Memberships first: what the Active one has is not read at all.
PAGE = """
SELECT cases.membership_id, cases.created_at, cases.updated_at, cases.closed_at, cases.place,
       cases.case_id, cases.title, cases.engagement_type, cases.resolver_type, cases.status,
       cases.pending_action
FROM memberships
JOIN cases ON cases.account = memberships.account AND cases.region = memberships.region
  AND cases.membership_id = memberships.membership_id
  AND cases.place < CASE memberships.membership_id WHEN :last THEN :place ELSE :every_place END
WHERE memberships.account = :account AND memberships.region = :region
  AND memberships.membership_id BETWEEN :first AND :last
  AND (memberships.status <> 'Active' OR memberships.deactivated_at <= :now)
ORDER BY memberships.membership_id DESC, cases.place DESC LIMIT :limit
"""
COUNT = """
SELECT COALESCE(SUM(case_counters.cases), 0) FROM case_counters
JOIN memberships ON memberships.account = case_counters.account
  AND memberships.region = case_counters.region
  AND memberships.membership_id = case_counters.membership_id
WHERE case_counters.account = :account AND case_counters.region = :region
  AND case_counters.membership_id BETWEEN :first AND :last
  AND (memberships.status <> 'Active' OR memberships.deactivated_at <= :now)
"""
# Above every place, and below and above every id, which begins with m.
EVERY_PLACE: Final = 2**63 - 1
FIRST_ID: Final = ""
LAST_ID: Final = "~"


class Archive(msgspec.Struct, frozen=True):
    """Whose archived cases, as of `now`: of one membership, or of all that ended there for None."""

    account: str
    region: str
    membership_id: str | None
    now: datetime

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements ask for."""
        return {
            "account": self.account,
            "region": self.region,
            "first": self.membership_id or FIRST_ID,
            "last": self.membership_id or LAST_ID,
            "now": values.microseconds(self.now),
        }


class ArchivePlace(msgspec.Struct, frozen=True):
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


def top(membership_id: str | None) -> ArchivePlace:
    """Return the place above all cases of the membership, or of all memberships for None."""
    return ArchivePlace(membership_id or LAST_ID, EVERY_PLACE)


def page(
    tx: Transaction, archive: Archive, below: ArchivePlace, limit: int
) -> list[tuple[str, ListedCase]]:
    """Return (membership id, case) of at most `limit` archived cases from `below` on down."""
    parameters = archive.parameters | {
        "last": below.membership_id,
        "place": below.place,
        "every_place": EVERY_PLACE,
        "limit": limit,
    }
    return [
        (membership_id, case_places.listed(row))
        for membership_id, *row in tx.rows(PAGE, parameters)
    ]


def count(tx: Transaction, archive: Archive) -> int:
    """Return how many cases the archive has."""
    (row,) = tx.rows(COUNT, archive.parameters)
    return int(row[0])
