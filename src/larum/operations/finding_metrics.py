"""GetFindingMetrics: what became of the findings that came in on the days of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.finding_metrics import Metric, window
from larum.operations.memberships import own_membership
from larum.store import finding_metrics as rows

if TYPE_CHECKING:
    from larum.context import Context

MEMBERS: Final[dict[Metric, str]] = {
    Metric.INGESTED_SECURITY_HUB: "findingsIngestedSecurityHub",
    Metric.INGESTED_GUARD_DUTY: "findingsIngestedGuardDuty",
    Metric.TRIAGED: "findingsTriaged",
    Metric.TRIAGED_FALSE_POSITIVE: "findingsTriagedFalsePositive",
    Metric.INVESTIGATED: "findingsInvestigated",
    Metric.INVESTIGATED_FALSE_POSITIVE: "findingsInvestigatedFalsePositive",
    Metric.INVESTIGATED_IN_PROGRESS: "findingsInvestigatedInProgress",
    Metric.ESCALATED: "findingsEscalated",
    Metric.ESCALATED_FALSE_POSITIVE: "findingsEscalatedFalsePositive",
    Metric.ESCALATED_IN_PROGRESS: "findingsEscalatedInProgress",
    Metric.TRUE_POSITIVE: "findingsTruePositive",
}


def get_finding_metrics(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the eleven numbers for the findings that came in from startDate to endDate.

    Both are UTC days, both are in the window. Raises AccessDeniedException for an id that is not
    the caller's, and ValidationException for a window that ends before it starts or is longer than
    366 days (service-behaviour §2.11, §11 row 24).
    """
    membership = own_membership(context, params["membershipId"])
    first, last = window(params["startDate"], params["endDate"])
    sums = rows.sums(context.tx, membership, first, last)
    return {member: sums[metric] for metric, member in MEMBERS.items()}
