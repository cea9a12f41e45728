"""What each state of a finding counts as: the eleven numbers of GetFindingMetrics.

The numbers are nested as the stages are: an escalated finding has been triaged and investigated
too. So ingested = triaged >= investigated >= escalated, and what is escalated is in progress, a
false positive or a true one (service-behaviour §2.11; docs/findings.md).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from larum.domain.findings import FindingSource, FindingStatus
from larum.domain.values import EPOCH
from larum.errors import FieldFailure, ValidationException

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WINDOW: Final = timedelta(days=366)


class Metric(StrEnum):
    """What is counted, as the store names it."""

    INGESTED_SECURITY_HUB = "ingested_security_hub"
    INGESTED_GUARD_DUTY = "ingested_guard_duty"
    TRIAGED = "triaged"
    TRIAGED_FALSE_POSITIVE = "triaged_false_positive"
    INVESTIGATED = "investigated"
    INVESTIGATED_FALSE_POSITIVE = "investigated_false_positive"
    INVESTIGATED_IN_PROGRESS = "investigated_in_progress"
    ESCALATED = "escalated"
    ESCALATED_FALSE_POSITIVE = "escalated_false_positive"
    ESCALATED_IN_PROGRESS = "escalated_in_progress"
    TRUE_POSITIVE = "true_positive"


INGESTED: Final[dict[FindingSource, Metric]] = {
    FindingSource.SECURITY_HUB: Metric.INGESTED_SECURITY_HUB,
    FindingSource.GUARD_DUTY: Metric.INGESTED_GUARD_DUTY,
}
COUNTED: Final[dict[FindingStatus, tuple[Metric, ...]]] = {
    FindingStatus.SUPPRESSED: (Metric.TRIAGED,),
    FindingStatus.FALSE_POSITIVE: (Metric.TRIAGED, Metric.TRIAGED_FALSE_POSITIVE),
    FindingStatus.INVESTIGATING: (
        Metric.TRIAGED,
        Metric.INVESTIGATED,
        Metric.INVESTIGATED_IN_PROGRESS,
    ),
    FindingStatus.INVESTIGATED_FALSE_POSITIVE: (
        Metric.TRIAGED,
        Metric.INVESTIGATED,
        Metric.INVESTIGATED_FALSE_POSITIVE,
    ),
    FindingStatus.INVESTIGATED_TRUE_POSITIVE: (
        Metric.TRIAGED,
        Metric.INVESTIGATED,
        Metric.TRUE_POSITIVE,
    ),
    FindingStatus.ESCALATED: (
        Metric.TRIAGED,
        Metric.INVESTIGATED,
        Metric.ESCALATED,
        Metric.ESCALATED_IN_PROGRESS,
    ),
    FindingStatus.ESCALATED_FALSE_POSITIVE: (
        Metric.TRIAGED,
        Metric.INVESTIGATED,
        Metric.ESCALATED,
        Metric.ESCALATED_FALSE_POSITIVE,
    ),
    FindingStatus.ESCALATED_TRUE_POSITIVE: (
        Metric.TRIAGED,
        Metric.INVESTIGATED,
        Metric.ESCALATED,
        Metric.TRUE_POSITIVE,
    ),
}


def counted(source: FindingSource, status: FindingStatus) -> Counter[Metric]:
    """Return what a finding of that source adds to its day while it has that status."""
    return Counter((INGESTED[source], *COUNTED[status]))


def moved(before: FindingStatus, after: FindingStatus) -> Mapping[Metric, int]:
    """Return what a change of status adds to the day of the finding; numbers may be negative."""
    change = Counter(COUNTED[after])
    change.subtract(COUNTED[before])
    return {metric: number for metric, number in change.items() if number}


def day(moment: datetime) -> int:
    """Return the UTC day of `moment`, counted from 1970-01-01."""
    return (moment.astimezone(UTC) - EPOCH).days


def window(start: datetime, end: datetime) -> tuple[int, int]:
    """Return the first and the last day of the window, both of them in it.

    Raises ValidationException where it ends before it starts or has more than 366 days
    (service-behaviour §11 row 24).
    """
    first, last = day(start), day(end)
    if last < first:
        message = "Member must not be before startDate"
        raise ValidationException.of_fields((FieldFailure("endDate", message),))
    if last - first >= LONGEST_WINDOW.days:
        message = f"Member must be at most {LONGEST_WINDOW.days} days after startDate, both counted"
        raise ValidationException.of_fields((FieldFailure("endDate", message),))
    return first, last
