"""Escalated findings and the proactive cases that they open or join.

A finding for which no case can be opened, because the quota of cases is used up, stays escalated
without one: the next ingestion and the sweep try again, the oldest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from larum.domain.cases import EngagementType, ResolverType, ThreatActorIp
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType
from larum.domain.regions import IMPACTED_REGIONS
from larum.domain.related_findings import (
    Grouping,
    case_address,
    description,
    is_incident,
    marks,
    title,
)
from larum.errors import ServiceQuotaExceededException
from larum.operations.case_changes import Opening, change, open_case
from larum.operations.case_edits import SERVICE_PRINCIPAL, CaseEdit, append_record
from larum.operations.notices import CaseTold
from larum.store import cases, findings, memberships

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from larum.domain.cases import Case
    from larum.domain.findings import Finding, TriagedFinding
    from larum.domain.memberships import Membership
    from larum.operations.notices import Surroundings
    from larum.store.engine import Transaction

MANAGED: Final = {"SecurityIncidentResponseManaged": "true"}
TRIED_AT_ONCE: Final = 100
# The model's limits of what a case lists (service-behaviour §2.1, §11 row 29).
MOST_ACCOUNTS: Final = 200
MOST_ADDRESSES: Final = 200
MOST_REGIONS: Final = 50
MOST_SERVICES: Final = 600


def place(
    surroundings: Surroundings, membership: Membership, escalated: Sequence[TriagedFinding]
) -> list[TriagedFinding]:
    """Let findings join open cases or open new ones; return those that have a case now.

    They are not stored: that is the caller's, in the same transaction.
    """
    if not escalated:
        return []
    own = [mark for each in escalated for mark in marks(each.finding)]
    grouping = Grouping(findings.open_cases(surroundings.tx, membership, own))
    for each in escalated:
        grouping.add(each)
    placed: list[TriagedFinding] = []
    for case_id, group in grouping.joining.items():
        _join(surroundings, membership, case_id, group)
        placed += _in_case(surroundings, membership, case_id, group)
    for group in grouping.opening:
        try:
            case = _open(surroundings, membership, [each.finding for each in group])
        except ServiceQuotaExceededException:
            break
        placed += _in_case(surroundings, membership, case.case_id, group)
    return placed


def waiting(surroundings: Surroundings, membership: Membership) -> list[TriagedFinding]:
    """Return the oldest escalated findings that wait for a case, as many as are tried at once."""
    return findings.waiting(surroundings.tx, membership, TRIED_AT_ONCE)


def memberships_with_waiting(tx: Transaction) -> list[tuple[str, str, str]]:
    """Return account, Region and id of every membership that has a finding that waits."""
    return findings.memberships_with_waiting(tx)


def place_waiting(surroundings: Surroundings, key: tuple[str, str, str]) -> int:
    """Try again for the membership, if it is Active, as the sweep does; return how many got a case.

    One membership in one transaction: each holds the writer for some 10 ms.
    """
    membership = memberships.get(surroundings.tx, *key, surroundings.now)
    if membership is None or not membership.is_active:
        return 0
    placed = place(surroundings, membership, waiting(surroundings, membership))
    findings.update(surroundings.tx, membership, placed)
    return len(placed)


def _in_case(
    surroundings: Surroundings, membership: Membership, case_id: str, group: list[TriagedFinding]
) -> list[TriagedFinding]:
    own = dict.fromkeys(mark for each in group for mark in marks(each.finding))
    findings.put_marks(surroundings.tx, membership, case_id, own, surroundings.now)
    return [replace(each, case_id=case_id) for each in group]


def _open(surroundings: Surroundings, membership: Membership, found: Sequence[Finding]) -> Case:
    seen = [each.first_seen for each in found if each.first_seen is not None]
    kinds = EngagementType.SECURITY_INCIDENT, EngagementType.INVESTIGATION
    opening = Opening(
        title=title(found),
        description=description(found),
        engagement_type=kinds[0] if is_incident(found) else kinds[1],
        resolver_type=ResolverType.AWS,
        reported_incident_start_date=min([*seen, surroundings.now]),
        threat_actor_ip_addresses=_addresses(found),
        impacted_services=_services(found),
        impacted_aws_regions=_regions(found),
        impacted_accounts=_accounts(found),
        tags=MANAGED,
    )
    case = open_case(surroundings, membership, opening, actor=SERVICE_PRINCIPAL)
    message = f"Opened the case for {_many(found)}."
    append_record(
        surroundings,
        "CreateCase",
        CaseEdit(case.arn, SERVICE_PRINCIPAL, "Create case", message),
    )
    return case


def _join(
    surroundings: Surroundings,
    membership: Membership,
    case_id: str,
    group: Sequence[TriagedFinding],
) -> None:
    before = cases.get(surroundings.tx, membership.account, membership.region, case_id)
    if before is None:
        message = f"a mark names case {case_id}, which is not there"
        raise LookupError(message)
    found = [each.finding for each in group]
    after = replace(
        before,
        threat_actor_ip_addresses=_with_addresses(before, found),
        impacted_services=_merged(before.impacted_services, _services(found), MOST_SERVICES),
        impacted_aws_regions=_merged(before.impacted_aws_regions, _regions(found), MOST_REGIONS),
        impacted_accounts=_merged(before.impacted_accounts, _accounts(found), MOST_ACCOUNTS),
    )
    told = CaseTold(DetailType.CASE_UPDATED, CommunicationType.CASE_UPDATED, SERVICE_PRINCIPAL)
    change(surroundings, before, after, membership, told)
    message = f"Added {_many(found)} to the case."
    append_record(
        surroundings,
        "UpdateCase",
        CaseEdit(before.arn, SERVICE_PRINCIPAL, "Update case", message),
    )


def _many(found: Sequence[Finding]) -> str:
    return "1 finding" if len(found) == 1 else f"{len(found)} findings"


def _merged(present: Iterable[str], more: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*present, *more)))[:most]


def _accounts(found: Sequence[Finding]) -> tuple[str, ...]:
    return _merged((), (each.account for each in found), MOST_ACCOUNTS)


def _regions(found: Sequence[Finding]) -> tuple[str, ...]:
    named = (each.region for each in found if each.region in IMPACTED_REGIONS)
    return _merged((), named, MOST_REGIONS)


def _services(found: Sequence[Finding]) -> tuple[str, ...]:
    return _merged((), (name for each in found for name in each.services), MOST_SERVICES)


def _addresses(found: Sequence[Finding]) -> tuple[ThreatActorIp, ...]:
    texts = (case_address(each) for finding in found for each in finding.actor_ips)
    return tuple(ThreatActorIp(each) for each in _merged((), texts, MOST_ADDRESSES))


def _with_addresses(case: Case, found: Sequence[Finding]) -> tuple[ThreatActorIp, ...]:
    known = {each.ip_address for each in case.threat_actor_ip_addresses}
    more = [each for each in _addresses(found) if each.ip_address not in known]
    return (*case.threat_actor_ip_addresses, *more)[:MOST_ADDRESSES]
