"""Rows of cases, with their places in the list and the counters of their membership.

Only what writes a case here writes those two: the three cannot disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain import values
from larum.domain.cases import (
    Case,
    CaseStatus,
    ClosureCode,
    EngagementType,
    PendingAction,
    ResolverType,
    ThreatActorIp,
    Watcher,
)
from larum.store import case_places

if TYPE_CHECKING:
    from datetime import datetime

    from larum.domain.memberships import Membership
    from larum.store.engine import Row, Transaction

INSERT = """
INSERT INTO cases (
    account, region, case_id, membership_id, place, service_managed_number, title, description,
    engagement_type, resolver_type, status, pending_action, closure_code,
    reported_incident_start_date, actual_incident_start_date, watchers,
    threat_actor_ip_addresses, impacted_services, impacted_aws_regions, impacted_accounts,
    case_metadata, created_at, updated_at, closed_at, comments
) VALUES (
    :account, :region, :case_id, :membership_id, :place, :service_managed_number, :title,
    :description, :engagement_type, :resolver_type, :status, :pending_action, :closure_code,
    :reported_incident_start_date, :actual_incident_start_date, :watchers,
    :threat_actor_ip_addresses, :impacted_services, :impacted_aws_regions, :impacted_accounts,
    :case_metadata, :created_at, :updated_at, :closed_at, :comments
)
ON CONFLICT (account, region, case_id) DO NOTHING
"""
# In the order of `_case`.
GET = """
SELECT membership_id,
       title, description, engagement_type, resolver_type, status, pending_action, closure_code,
       reported_incident_start_date, actual_incident_start_date, watchers,
       threat_actor_ip_addresses, impacted_services, impacted_aws_regions, impacted_accounts,
       case_metadata, created_at, updated_at, closed_at, comments
FROM cases
WHERE account = :account AND region = :region AND case_id = :case_id
"""
UPDATE = """
UPDATE cases SET
    place = :place, title = :title, description = :description, engagement_type = :engagement_type,
    resolver_type = :resolver_type, status = :status, pending_action = :pending_action,
    closure_code = :closure_code, reported_incident_start_date = :reported_incident_start_date,
    actual_incident_start_date = :actual_incident_start_date, watchers = :watchers,
    threat_actor_ip_addresses = :threat_actor_ip_addresses, impacted_services = :impacted_services,
    impacted_aws_regions = :impacted_aws_regions, impacted_accounts = :impacted_accounts,
    case_metadata = :case_metadata, updated_at = :updated_at, closed_at = :closed_at,
    comments = :comments
WHERE account = :account AND region = :region AND case_id = :case_id
"""
PLACE = """
SELECT cases.place, case_counters.last_place FROM cases
JOIN case_counters ON case_counters.account = cases.account
  AND case_counters.region = cases.region AND case_counters.membership_id = cases.membership_id
WHERE cases.account = :account AND cases.region = :region AND cases.case_id = :case_id
"""
COUNTS = """
SELECT cases, active_self_managed, active_service_managed, service_managed, last_place
FROM case_counters
WHERE account = :account AND region = :region AND membership_id = :membership_id
"""
COUNT = """
INSERT INTO case_counters (
    account, region, membership_id, cases, active_self_managed, active_service_managed,
    service_managed, last_place
) VALUES (
    :account, :region, :membership_id, :cases, :active_self_managed, :active_service_managed,
    :service_managed, :last_place
)
ON CONFLICT (account, region, membership_id) DO UPDATE SET
    cases = case_counters.cases + :cases,
    active_self_managed = case_counters.active_self_managed + :active_self_managed,
    active_service_managed = case_counters.active_service_managed + :active_service_managed,
    service_managed = case_counters.service_managed + :service_managed,
    last_place = :last_place
"""
NUMBERED = """
SELECT created_at FROM cases
WHERE account = :account AND region = :region AND membership_id = :membership_id
  AND service_managed_number = :number
"""
ATTACHMENTS = """
SELECT attachment_id, file_name, status, creator, created_at FROM attachments
WHERE account = :account AND region = :region AND case_id = :case_id
ORDER BY created_at, attachment_id
"""

_encode = msgspec.json.Encoder().encode
_watchers = msgspec.json.Decoder(tuple[Watcher, ...]).decode
_addresses = msgspec.json.Decoder(tuple[ThreatActorIp, ...]).decode
_metadata = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode
_texts = msgspec.json.Decoder(tuple[str, ...]).decode


class Counts(msgspec.Struct, frozen=True):
    """How many cases a membership has: all, active by resolver, ever created as AWS-supported."""

    cases: int = 0
    active_self_managed: int = 0
    active_service_managed: int = 0
    service_managed: int = 0
    last_place: int = 0


def counts(tx: Transaction, membership: Membership) -> Counts:
    """Return the numbers of the membership's cases."""
    row = tx.row(COUNTS, _membership_key(membership))
    return Counts() if row is None else Counts(*row)


def service_managed_created_at(
    tx: Transaction, membership: Membership, number: int
) -> datetime | None:
    """Return when the `number`-th AWS-supported case (from 1) was created; None: not so many."""
    row = tx.row(NUMBERED, _membership_key(membership) | {"number": number})
    return None if row is None else values.moment(row[0])


def insert(tx: Transaction, case: Case, before: Counts) -> bool:
    """Add a case on top of the list; `before` is what `counts` gave in this transaction.

    Returns False, and does nothing, where the account has a case of that id in that Region.
    """
    by_aws = case.resolver_type is ResolverType.AWS
    place = before.last_place + 1
    number = before.service_managed + 1 if by_aws else None
    row = _parameters(case) | {"place": place, "service_managed_number": number}
    if not tx.change(INSERT, row):
        return False
    key = _membership_key(case)
    added = {"cases": 1, "service_managed": int(by_aws), "last_place": place}
    tx.change(COUNT, key | added | _active(case, None))
    return True


def update(tx: Transaction, before: Case, after: Case) -> None:
    """Store what changed of a case, which is then on top of the list."""
    case_key = {"account": after.account, "region": after.region, "case_id": after.case_id}
    place, last_place = tx.rows(PLACE, case_key)[0]
    key, active = _membership_key(after), _active(after, before)
    if place != last_place:
        case_places.leave(tx, key, after.case_id, place, last_place + 1, after.updated_at)
        place = last_place + 1
    if place != last_place or any(active.values()):
        tx.change(COUNT, key | {"cases": 0, "service_managed": 0, "last_place": place} | active)
    tx.change(UPDATE, _parameters(after) | {"place": place})


def get(tx: Transaction, account: str, region: str, case_id: str) -> Case | None:
    """Return the account's case of that id in that Region, of whatever membership, or None."""
    row = tx.row(GET, {"account": account, "region": region, "case_id": case_id})
    return None if row is None else _case(account, region, case_id, row)


def attachments(tx: Transaction, case: Case) -> list[Row]:
    """Return (id, file name, status, creator, created at) of each attachment, oldest first."""
    key = {"account": case.account, "region": case.region, "case_id": case.case_id}
    return tx.rows(ATTACHMENTS, key)


def _membership_key(owner: Membership | Case) -> dict[str, Any]:
    return {
        "account": owner.account,
        "region": owner.region,
        "membership_id": owner.membership_id,
    }


def _active(after: Case, before: Case | None) -> dict[str, int]:
    """Return by how much each counter of active cases changes."""
    changes = {ResolverType.SELF: 0, ResolverType.AWS: 0}
    if not after.is_closed:
        changes[after.resolver_type] += 1
    if before is not None and not before.is_closed:
        changes[before.resolver_type] -= 1
    return {
        "active_self_managed": changes[ResolverType.SELF],
        "active_service_managed": changes[ResolverType.AWS],
    }


def _parameters(case: Case) -> dict[str, Any]:
    return {
        "account": case.account,
        "region": case.region,
        "case_id": case.case_id,
        "membership_id": case.membership_id,
        "title": case.title,
        "description": case.description,
        "engagement_type": case.engagement_type,
        "resolver_type": case.resolver_type,
        "status": case.status,
        "pending_action": case.pending_action,
        "closure_code": case.closure_code,
        "reported_incident_start_date": values.microseconds(case.reported_incident_start_date),
        "actual_incident_start_date": _microseconds(case.actual_incident_start_date),
        "watchers": _encode(case.watchers).decode(),
        "threat_actor_ip_addresses": _encode(case.threat_actor_ip_addresses).decode(),
        "impacted_services": _encode(case.impacted_services).decode(),
        "impacted_aws_regions": _encode(case.impacted_aws_regions).decode(),
        "impacted_accounts": _encode(case.impacted_accounts).decode(),
        "case_metadata": _encode(case.metadata).decode(),
        "created_at": values.microseconds(case.created_at),
        "updated_at": values.microseconds(case.updated_at),
        "closed_at": _microseconds(case.closed_at),
        "comments": case.comments,
    }


def _case(account: str, region: str, case_id: str, row: Row) -> Case:
    membership_id, title, description, engagement_type, resolver_type, status, *rest = row
    pending_action, closure_code, reported, actual, watchers, addresses, *rest = rest
    services, regions, accounts, metadata, created_at, updated_at, closed_at, comments = rest
    return Case(
        account=account,
        region=region,
        membership_id=membership_id,
        case_id=case_id,
        title=title,
        description=description,
        engagement_type=EngagementType(engagement_type),
        resolver_type=ResolverType(resolver_type),
        status=CaseStatus(status),
        pending_action=PendingAction(pending_action),
        closure_code=None if closure_code is None else ClosureCode(closure_code),
        reported_incident_start_date=values.moment(reported),
        actual_incident_start_date=_moment(actual),
        watchers=_watchers(watchers),
        threat_actor_ip_addresses=_addresses(addresses),
        impacted_services=_texts(services),
        impacted_aws_regions=_texts(regions),
        impacted_accounts=_texts(accounts),
        metadata=_metadata(metadata),
        created_at=values.moment(created_at),
        updated_at=values.moment(updated_at),
        closed_at=_moment(closed_at),
        comments=comments,
    )


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else values.moment(microseconds)


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else values.microseconds(moment)
