"""Rows of the numbers of GetFindingMetrics: one for each day on which findings came in."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from larum.domain.finding_metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.domain.memberships import Membership
    from larum.store.engine import Transaction

_COLUMNS: Final = ", ".join(Metric)
ADD: Final = (
    f"INSERT INTO finding_metrics (account, region, membership_id, day, {_COLUMNS}) "  # noqa: S608 - names of the enum
    f"VALUES (:account, :region, :membership_id, :day, {', '.join(f':{m}' for m in Metric)}) "
    "ON CONFLICT (account, region, membership_id, day) DO UPDATE SET "
    + ", ".join(f"{m} = finding_metrics.{m} + excluded.{m}" for m in Metric)
)
SUMS: Final = (
    f"SELECT {', '.join(f'coalesce(sum({m}), 0)' for m in Metric)} FROM finding_metrics "  # noqa: S608 - names of the enum
    "WHERE account = :account AND region = :region AND membership_id = :membership_id "
    "AND day BETWEEN :first AND :last"
)
_NOTHING: Final = dict.fromkeys(map(str, Metric), 0)


def add(
    tx: Transaction, membership: Membership, changes: Iterable[tuple[int, Mapping[Metric, int]]]
) -> None:
    """Add each change, which may be negative, to the numbers of its day."""
    days: defaultdict[int, dict[str, int]] = defaultdict(_NOTHING.copy)
    for day, change in changes:
        for metric, number in change.items():
            days[day][metric] += number
    tx.change_many(ADD, [_key(membership) | {"day": day} | days[day] for day in sorted(days)])


def sums(tx: Transaction, membership: Membership, first: int, last: int) -> dict[Metric, int]:
    """Return every number, added up over the days from `first` to `last`, both of them in it."""
    row = tx.rows(SUMS, _key(membership) | {"first": first, "last": last})[0]
    return {metric: int(number) for metric, number in zip(Metric, row, strict=True)}


def _key(membership: Membership) -> dict[str, Any]:
    return {
        "account": membership.account,
        "region": membership.region,
        "membership_id": membership.membership_id,
    }
