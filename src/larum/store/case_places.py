"""The order of a membership's cases: the most recently changed first, now and as it was.

A change ends a case's place and gives it the next one. The old row stays for a day, so that a page
goes on in the list that its first page began, whatever changes meanwhile: `snapshot` is the last
place there was then, and a row belongs to that list if nothing had replaced it yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from larum.domain import values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from larum.domain.memberships import Membership
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO case_places (account, region, membership_id, place, case_id)
VALUES (:account, :region, :membership_id, :place, :case_id)
"""
REPLACE = """
UPDATE case_places SET replaced_by = :replaced_by, replaced_at = :replaced_at
WHERE account = :account AND region = :region AND membership_id = :membership_id AND place = :place
"""
# `before` alone would do for the order; the rest keeps what came or moved later out of it.
PAGE = """
SELECT cases.created_at, cases.updated_at, cases.closed_at, case_places.place, cases.case_id,
       cases.title, cases.engagement_type, cases.resolver_type, cases.status, cases.pending_action
FROM case_places
JOIN cases ON cases.account = case_places.account AND cases.region = case_places.region
  AND cases.case_id = case_places.case_id
WHERE case_places.account = :account AND case_places.region = :region
  AND case_places.membership_id = :membership_id AND case_places.place < :before
  AND (case_places.replaced_by IS NULL OR case_places.replaced_by > :snapshot)
ORDER BY case_places.place DESC LIMIT :limit
"""
PURGE = """
DELETE FROM case_places WHERE (account, region, membership_id, place) IN (
    SELECT account, region, membership_id, place FROM case_places
    WHERE replaced_at <= :before ORDER BY replaced_at LIMIT :limit
)
"""
PURGED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class ListedCase:
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
    """Return at most `limit` cases of the list of `snapshot`, from below place `before` down."""
    parameters = {
        "account": membership.account,
        "region": membership.region,
        "membership_id": membership.membership_id,
        "snapshot": snapshot,
        "before": before,
        "limit": limit,
    }
    return [listed(row) for row in tx.rows(PAGE, parameters)]


def listed(row: Iterable[Any]) -> ListedCase:
    """Return a case from the columns that PAGE selects, in their order."""
    created_at, updated_at, closed_at, *rest = row
    return ListedCase(
        values.moment(created_at),
        values.moment(updated_at),
        None if closed_at is None else values.moment(closed_at),
        *rest,
    )


def insert(tx: Transaction, key: dict[str, Any], place: int, case_id: str) -> None:
    """Give a case its place; `key` names the membership: account, region, membership_id."""
    tx.change(INSERT, key | {"place": place, "case_id": case_id})


def move(
    tx: Transaction, key: dict[str, Any], case_id: str, before: int, after: int, now: datetime
) -> None:
    """Move a case from its place `before` to `after`, the next one, at `now`."""
    replaced = {
        "place": before,
        "replaced_by": after,
        "replaced_at": values.microseconds(now),
    }
    tx.change(REPLACE, key | replaced)
    insert(tx, key, after, case_id)


def purge(tx: Transaction, before: datetime) -> int:
    """Delete at most 1,000 places that were replaced at `before` or earlier; return how many."""
    return tx.change(PURGE, {"before": values.microseconds(before), "limit": PURGED_AT_ONCE})
