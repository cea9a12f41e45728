"""Giving findings another status: by a responder's word, or because their case was closed.

Whoever does it, the status and the numbers of GetFindingMetrics change together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.domain import finding_metrics
from larum.domain.cases import ClosureCode
from larum.domain.findings import TRANSITIONS, FindingStep
from larum.store import finding_metrics as numbers
from larum.store import findings, memberships

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.domain.cases import Case
    from larum.domain.findings import TriagedFinding
    from larum.domain.memberships import Membership
    from larum.operations.notices import Surroundings

# What the end of a case says of its findings. A case that was closed without a code, as the
# customer does it, says nothing of them.
BY_CLOSURE_CODE: Final[Mapping[ClosureCode, FindingStep]] = {
    ClosureCode.FALSE_POSITIVE: FindingStep.FALSE_POSITIVE,
    ClosureCode.INVESTIGATION_COMPLETED: FindingStep.TRUE_POSITIVE,
    ClosureCode.NOT_RESOLVED: FindingStep.TRUE_POSITIVE,
    ClosureCode.DUPLICATE: FindingStep.TRUE_POSITIVE,
}


def store(
    surroundings: Surroundings,
    membership: Membership,
    changed: Sequence[tuple[TriagedFinding, TriagedFinding]],
) -> None:
    """Store findings, each as it was and as it is, and count them anew on their days."""
    findings.update(surroundings.tx, membership, [after for _, after in changed])
    numbers.add(
        surroundings.tx,
        membership,
        [
            (
                finding_metrics.day(before.ingested_at),
                finding_metrics.moved(before.status, after.status),
            )
            for before, after in changed
        ],
    )


def conclude(surroundings: Surroundings, case: Case) -> None:
    """Let what is known of a case that was closed be known of the findings in it.

    Nothing joins it any more. Findings on which a responder had a word before keep it.
    """
    findings.drop_marks(surroundings.tx, case.account, case.region, case.case_id)
    if case.closure_code is None:
        return
    step = BY_CLOSURE_CODE[case.closure_code]
    tx, place = surroundings.tx, (case.account, case.region, case.case_id)
    key = case.account, case.region, case.membership_id
    membership = memberships.get(tx, *key, surroundings.now)
    if membership is None:
        return
    # All of one status at once: a case can hold more findings than could be read in a moment.
    counts = findings.counts_of_case(tx, *place)
    moves = {
        status: after
        for status, _, _ in counts
        if status.is_in_progress and (after := TRANSITIONS.get((status, step))) is not None
    }
    for before, after in moves.items():
        findings.move_in_case(tx, *place, before=before, after=after)
    changes = []
    for status, day, number in counts:
        if status in moves:
            moved = finding_metrics.moved(status, moves[status])
            changes.append((day, {metric: each * number for metric, each in moved.items()}))
    numbers.add(tx, membership, changes)
