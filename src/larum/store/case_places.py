"""The order of a membership's cases: the most recently changed first, now and as it was.

A change gives a case the next place and keeps the one that it leaves for a day, so that a page goes
on in the list that its first page began, whatever changes meanwhile. `snapshot` is the last place
there was then: a case stands in that list where it stood before its first change after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.domain import values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from larum.domain.memberships import Membership
    from larum.store.engine import Transaction

LEAVE = """
INSERT INTO former_case_places (
    account, region, membership_id, replaced_by, replaced_at, place, case_id
) VALUES (
    :account, :region, :membership_id, :replaced_by, :replaced_at, :place, :case_id
)
"""
PRESENT = """
SELECT created_at, updated_at, closed_at, place, case_id, title, engagement_type, resolver_type,
       status, pending_action
FROM cases
WHERE account = :account AND region = :region AND membership_id = :membership_id
  AND place < :before
ORDER BY place DESC LIMIT :limit
"""
FORMER = """
SELECT cases.created_at, cases.updated_at, cases.closed_at, former_case_places.place,
       cases.case_id, cases.title, cases.engagement_type, cases.resolver_type, cases.status,
       cases.pending_action
FROM former_case_places
JOIN cases ON cases.account = former_case_places.account
  AND cases.region = former_case_places.region AND cases.case_id = former_case_places.case_id
WHERE former_case_places.account = :account AND former_case_places.region = :region
  AND former_case_places.membership_id = :membership_id
  AND former_case_places.replaced_by > :snapshot AND former_case_places.place < :before
ORDER BY former_case_places.place DESC LIMIT :limit
"""
PURGE = """
DELETE FROM former_case_places WHERE (account, region, membership_id, replaced_by) IN (
    SELECT account, region, membership_id, replaced_by FROM former_case_places
    WHERE replaced_at <= :before ORDER BY replaced_at LIMIT :limit
)
"""
PURGED_AT_ONCE: Final = 1_000


class ListedCase(msgspec.Struct, frozen=True):
    """What a list tells of a case, and its place in that list."""

    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    place: int
    case_id: str
    title: str
    engagement_type: str
    resolver_type: str
    status: str
    pending_action: str

    def __repr__(self) -> str:
        """Name it without its title, which is sensitive."""
        return f"ListedCase({self.case_id}, {self.status})"


def page(
    tx: Transaction, membership: Membership, *, snapshot: int, before: int, limit: int
) -> list[ListedCase]:
    """Return at most `limit` cases of the list of `snapshot`, from below place `before` down.

    The first page's `before` is the place after `snapshot`.
    """
    key = {
        "account": membership.account,
        "region": membership.region,
        "membership_id": membership.membership_id,
    }
    bounds = {"before": before, "limit": limit}
    rows = tx.rows(PRESENT, key | bounds)
    rows += tx.rows(FORMER, key | bounds | {"snapshot": snapshot})
    found = [listed(row) for row in rows]
    found.sort(key=lambda each: each.place, reverse=True)
    return found[:limit]


def listed(row: Iterable[Any]) -> ListedCase:
    """Return a case from the columns that PRESENT selects, in their order."""
    created_at, updated_at, closed_at, *rest = row
    return ListedCase(
        values.moment(created_at),
        values.moment(updated_at),
        None if closed_at is None else values.moment(closed_at),
        *rest,
    )


def leave(
    tx: Transaction, key: dict[str, Any], case_id: str, before: int, after: int, now: datetime
) -> None:
    """Keep that a case left its place `before` for `after`, the next one, at `now`.

    `key` names the membership: account, region, membership_id.
    """
    left = {
        "case_id": case_id,
        "place": before,
        "replaced_by": after,
        "replaced_at": values.microseconds(now),
    }
    tx.change(LEAVE, key | left)


def purge(tx: Transaction, before: datetime) -> int:
    """Delete at most 1,000 places that were left at `before` or earlier; return how many."""
    return tx.change(PURGE, {"before": values.microseconds(before), "limit": PURGED_AT_ONCE})
