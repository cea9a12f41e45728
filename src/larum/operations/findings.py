"""The operations of the `larum` model on findings: taking them in, listing and advancing them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from larum.domain import finding_metrics, values
from larum.domain.findings import FindingStatus, FindingStep, TriagedFinding
from larum.domain.triage_rules import Triage
from larum.errors import ConflictException, ResourceNotFoundException
from larum.operations import escalations, finding_documents, finding_verdicts
from larum.operations.case_changes import membership_of
from larum.store import accounts, coverage, triage_rules
from larum.store import finding_metrics as numbers
from larum.store import findings as rows
from larum.store.findings import NEWEST, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from larum.context import Context
    from larum.domain.memberships import Membership
    from larum.operations.finding_documents import Given

TRIAGE: Final = "Triage"
PAGE_SIZE: Final = 25


def ingest_findings(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take in up to 100 findings of a membership; return how many were what, and what failed.

    A finding that is there already is counted as a duplicate and changes nothing, so the call may
    be sent again. Raises SecurityIncidentResponseNotActiveException without an Active membership
    and ConflictException while its Triage feature is off.
    """
    membership = _named(context, params)
    _check_triage(membership)
    given, failures = finding_documents.read_all(params["findings"])
    told: Counter[str] = Counter()
    taken = _taken(context, membership, given, told)
    triage = Triage(triage_rules.of_membership(context.tx, membership), context.now)
    triaged = [_triaged(context, triage, each) for each in taken]
    told["ingestedCount"] = len(triaged)
    documents = [each.document for each in taken]
    told["escalatedCount"] = _store(context, membership, triaged, documents)
    output: dict[str, Any] = {name: told[name] for name in _COUNTS}
    output["failures"] = [{"index": each.index, "reason": each.reason} for each in failures]
    return output


_COUNTS: Final = (
    "ingestedCount",
    "escalatedCount",
    "duplicateCount",
    "sampleCount",
    "postureCount",
    "notCoveredCount",
)


def list_findings(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a membership's findings, newest first."""
    membership = _named(context, params)
    limit = params.get("maxResults", PAGE_SIZE)
    found = rows.page(
        context.tx,
        membership,
        _place(context.cursor),
        limit + 1,
        status=params.get("status", ""),
        case_id=params.get("caseId", ""),
    )
    output: dict[str, Any] = {"items": [_finding_out(each) for _, each in found[:limit]]}
    if len(found) > limit:
        last, _ = found[limit - 1]
        output["nextToken"] = f"{values.microseconds(last.ingested_at)}/{last.number}"
    return output


def get_finding(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a finding with the document that it came with; raises ResourceNotFoundException."""
    membership, finding_id = _named(context, params), params["findingId"]
    found = rows.get(context.tx, membership, [finding_id]).get(finding_id)
    if found is None:
        message = f"Membership {membership.membership_id} has no finding {finding_id}."
        raise ResourceNotFoundException(message)
    document = rows.document(context.tx, membership, finding_id)
    description = found.finding.description
    return {**_finding_out(found), "description": description, "document": document}


def advance_findings(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say of findings how they stand; return how many changed, and those that cannot stand so.

    What stands so already is no change.
    """
    membership, step = _named(context, params), FindingStep(params["step"])
    known = rows.get(context.tx, membership, params["findingIds"])
    failures: list[dict[str, Any]] = []
    changed: list[tuple[TriagedFinding, TriagedFinding]] = []
    for finding_id in dict.fromkeys(params["findingIds"]):
        before = known.get(finding_id)
        after = None if before is None else before.after(step)
        if before is None:
            failures.append({"findingId": finding_id, "reason": "The membership has none such."})
        elif after is None:
            reason = f"It is {before.status}: it cannot become {step}."
            failures.append({"findingId": finding_id, "reason": reason})
        elif after is not before:
            changed.append((before, after))
    escalated = [
        after for _, after in changed if step is FindingStep.ESCALATED and after.case_id is None
    ]
    placed = {each.finding_id: each for each in escalations.place(context, membership, escalated)}
    changed = [(before, placed.get(after.finding_id, after)) for before, after in changed]
    finding_verdicts.store(context, membership, changed)
    return {"changedCount": len(changed), "failures": failures}


def _named(context: Context, params: Mapping[str, Any]) -> Membership:
    return membership_of(context, params["accountId"], params["region"])


def _check_triage(membership: Membership) -> None:
    features = membership.opt_in_features or ()
    if not any(each.feature_name == TRIAGE and each.is_enabled for each in features):
        message = (
            f"Triage is not enabled for membership {membership.membership_id}. Its holder enables "
            "it with UpdateMembership, optInFeatures."
        )
        raise ConflictException(
            message, resource_id=membership.membership_id, resource_type="Membership"
        )


def _taken(
    context: Context, membership: Membership, given: Sequence[Given], told: Counter[str]
) -> list[Given]:
    """Return what is to be triaged, and count in `told` why the rest is not."""
    ids = [each.finding.finding_id for each in given]
    known = rows.known(context.tx, membership, ids)
    covered = _covered(context, membership, {each.finding.account for each in given})
    taken = []
    for finding_id, each in zip(ids, given, strict=True):
        if each.finding.is_sample:
            told["sampleCount"] += 1
        elif each.finding.is_posture:
            told["postureCount"] += 1
        elif each.finding.account not in covered:
            told["notCoveredCount"] += 1
        elif finding_id in known:
            told["duplicateCount"] += 1
        else:
            known.add(finding_id)
            taken.append(each)
    return taken


def _covered(context: Context, membership: Membership, named: Iterable[str]) -> set[str]:
    covered = set()
    for account_id in named:
        account = accounts.get(context.tx, account_id)
        if account is not None:
            rules = coverage.coverage_for(context.tx, membership, account_id)
            if rules.covers(account_id, accounts.places_of(context.tx, account)):
                covered.add(account_id)
    return covered


def _triaged(context: Context, triage: Triage, given: Given) -> TriagedFinding:
    decision = triage.decide(given.finding)
    return TriagedFinding(
        given.finding, decision.outcome, decision.status, context.now, decision.rule
    )


def _store(
    context: Context,
    membership: Membership,
    triaged: Sequence[TriagedFinding],
    documents: Sequence[str],
) -> int:
    """Store new findings, those that escalate with their case; return how many escalate."""
    waiting = escalations.waiting(context, membership)
    escalated = [each for each in triaged if each.status is FindingStatus.ESCALATED]
    placed = {
        each.finding_id: each
        for each in escalations.place(context, membership, [*waiting, *escalated])
    }
    new = [placed.pop(each.finding_id, each) for each in triaged]
    rows.insert(context.tx, membership, list(zip(new, documents, strict=True)))
    rows.update(context.tx, membership, placed.values())
    day = finding_metrics.day(context.now)
    changes = [(day, finding_metrics.counted(each.finding.source, each.status)) for each in new]
    numbers.add(context.tx, membership, changes)
    return len(escalated)


def _place(cursor: str | None) -> Place:
    if cursor is None:
        return NEWEST
    ingested_at, _, number = cursor.partition("/")
    return Place(values.moment(int(ingested_at)), int(number))


def _finding_out(each: TriagedFinding) -> dict[str, Any]:
    finding = each.finding
    return {
        "findingId": each.finding_id,
        "source": finding.source,
        "sourceFindingId": finding.source_id,
        "types": list(finding.types),
        "severity": finding.severity,
        "title": finding.title,
        "accountId": finding.account,
        "region": finding.region,
        "resources": [
            {"type": resource.kind, "resourceId": resource.resource_id}
            for resource in finding.resources
        ],
        "actorIpAddresses": list(finding.actor_ips),
        "outcome": each.outcome,
        "rule": each.rule,
        "status": each.status,
        "caseId": each.case_id,
        "ingestedAt": each.ingested_at,
    }
