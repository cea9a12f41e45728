"""Opening and changing cases: whoever does it, the row, the event and the notices go together.

    active_membership(context)                      NotActive where there is none
    own_case, changeable_case(context, case_id)     404; 409 where a changeable one is Closed
    open_case(surroundings, membership, opening, actor=...)
    change(surroundings, before, after, membership, told)

A caller's operation returns `Edited` with its CaseEdit; what is no call appends a record of its own
(operations/case_edits.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from larum.domain import case_quotas, values
from larum.domain.case_quotas import CaseQuota
from larum.domain.cases import (
    Case,
    EngagementType,
    ResolverType,
    ThreatActorIp,
    Watcher,
    no_such_case,
)
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType
from larum.domain.organizations import Account
from larum.errors import SecurityIncidentResponseNotActiveException
from larum.operations.finding_verdicts import conclude
from larum.operations.notices import CaseTold, tell_case
from larum.store import cases as rows
from larum.store import counters, memberships
from larum.store import tags as tag_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from larum.context import Context
    from larum.domain.memberships import Membership
    from larum.operations.notices import Surroundings
    from larum.store.cases import Counts
    from larum.store.engine import Transaction

# With a million cases a drawn id is taken once in ten thousand draws.
DRAWS: Final = 10


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What a new case is opened with."""

    title: str
    description: str
    engagement_type: EngagementType
    resolver_type: ResolverType
    reported_incident_start_date: datetime
    watchers: tuple[Watcher, ...] = ()
    threat_actor_ip_addresses: tuple[ThreatActorIp, ...] = ()
    impacted_services: tuple[str, ...] = ()
    impacted_aws_regions: tuple[str, ...] = ()
    impacted_accounts: tuple[str, ...] = ()
    tags: Mapping[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Leave what it says out: it is sensitive."""
        return f"Opening({self.resolver_type})"


def active_membership(context: Context) -> Membership:
    """Return the caller's Active membership in the Region of the call.

    Raises SecurityIncidentResponseNotActiveException (service-behaviour §11 row 4).
    """
    return membership_of(context, context.account, context.region)


def membership_of(surroundings: Surroundings, account: str, region: str) -> Membership:
    """Return the account's Active membership in the Region.

    Raises SecurityIncidentResponseNotActiveException where there is none, or the service is
    switched off for the account.
    """
    tx, now = surroundings.tx, surroundings.now
    service_on, membership = memberships.in_use(tx, account, region, now)
    Account(account, service_on=service_on).check_service_on()
    if membership is None:
        message = (
            f"Account {account} has no Active membership in {region}. "
            "Create one with CreateMembership."
        )
        raise SecurityIncidentResponseNotActiveException(message)
    return membership


def own_case(context: Context, case_id: str) -> tuple[Case, Membership]:
    """Return the caller's case of that id, with its membership.

    Raises SecurityIncidentResponseNotActiveException, and ResourceNotFoundException for a case of
    nobody, of another account or of a former membership alike.
    """
    membership = active_membership(context)
    return case_of(context.tx, membership, case_id), membership


def changeable_case(context: Context, case_id: str) -> tuple[Case, Membership]:
    """Return what `own_case` returns; raises ConflictException where the case is Closed."""
    case, membership = own_case(context, case_id)
    case.check_open()
    return case, membership


def case_of(tx: Transaction, membership: Membership, case_id: str) -> Case:
    """Return the membership's case of that id; raises ResourceNotFoundException."""
    case = rows.get(tx, membership.account, membership.region, case_id)
    if case is None or case.membership_id != membership.membership_id:
        raise no_such_case(case_id)
    return case


def open_case(
    surroundings: Surroundings,
    membership: Membership,
    opening: Opening,
    *,
    actor: str,
    within_quotas: bool = True,
) -> Case:
    """Open a case of the membership; tell the team and the watchers; return it.

    `actor` is an account id, `AWS Responder` or `security-ir.amazonaws.com`. The quotas are the
    customer's: what the other side opens counts, and is not refused (`within_quotas` False).
    Raises ServiceQuotaExceededException.
    """
    counts = rows.counts(surroundings.tx, membership)
    if within_quotas:
        _check_quotas(surroundings, membership, opening.resolver_type, counts)
    case = _inserted(surroundings, membership, opening, counts)
    tag_rows.put(surroundings.tx, case.account, case.arn, opening.tags)
    told = CaseTold(DetailType.CASE_CREATED, CommunicationType.CASE_CREATED, actor)
    tell_case(surroundings, case.arn, told, membership, [each.email for each in case.watchers])
    return case


def change(
    surroundings: Surroundings, before: Case, after: Case, membership: Membership, told: CaseTold
) -> Case:
    """Store the changed case, tell of it, and return it as it is now.

    Its time of change becomes now, and it moves to the top of the list. Raises ConflictException
    where the case was Closed: nothing may change then, whoever asks. What its closing says of the
    findings in it is known of them at once.
    """
    before.check_open()
    after = replace(after, updated_at=max(surroundings.now, before.updated_at))
    rows.update(surroundings.tx, before, after)
    if after.is_closed:
        conclude(surroundings, after)
    tell_case(surroundings, after.arn, told, membership, [each.email for each in after.watchers])
    return after


def check_active_quota(
    tx: Transaction, membership: Membership, resolver_type: ResolverType, counts: Counts
) -> None:
    """Raise ServiceQuotaExceededException unless one more such case may be active."""
    quota, active = {
        ResolverType.SELF: (CaseQuota.ACTIVE_SELF_MANAGED, counts.active_self_managed),
        ResolverType.AWS: (CaseQuota.ACTIVE_SERVICE_MANAGED, counts.active_service_managed),
    }[resolver_type]
    most = _most(counters.limits(tx), quota)
    if active >= most:
        raise case_quotas.exceeded(quota, membership.account, most)


def _check_quotas(
    surroundings: Surroundings, membership: Membership, resolver_type: ResolverType, counts: Counts
) -> None:
    check_active_quota(surroundings.tx, membership, resolver_type, counts)
    if resolver_type is ResolverType.SELF:
        return
    quota = CaseQuota.SERVICE_MANAGED_PER_DAY
    most = _most(counters.limits(surroundings.tx), quota)
    # If the case so many before the new one is older than a day, no more than that are younger.
    number = counts.service_managed + 1 - most
    created_at = rows.service_managed_created_at(surroundings.tx, membership, number)
    recent = created_at is not None and created_at > surroundings.now - case_quotas.LAST_DAY
    if most == 0 or recent:
        raise case_quotas.exceeded(quota, membership.account, most)


def _most(limits: Mapping[str, int], quota: CaseQuota) -> int:
    return limits.get(quota, case_quotas.QUOTAS[quota].default)


def _inserted(
    surroundings: Surroundings, membership: Membership, opening: Opening, counts: Counts
) -> Case:
    for _ in range(DRAWS):
        case = Case(
            account=membership.account,
            region=membership.region,
            membership_id=membership.membership_id,
            case_id=values.case_id(surroundings.random(values.RANDOM_BYTES)),
            title=opening.title,
            description=opening.description,
            engagement_type=opening.engagement_type,
            resolver_type=opening.resolver_type,
            reported_incident_start_date=opening.reported_incident_start_date,
            created_at=surroundings.now,
            updated_at=surroundings.now,
            watchers=opening.watchers,
            threat_actor_ip_addresses=opening.threat_actor_ip_addresses,
            impacted_services=opening.impacted_services,
            impacted_aws_regions=opening.impacted_aws_regions,
            impacted_accounts=opening.impacted_accounts,
        )
        if rows.insert(surroundings.tx, case, counts):
            return case
    message = f"{DRAWS} case ids in a row were taken"
    raise LookupError(message)
