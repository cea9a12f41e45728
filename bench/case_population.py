"""Cases straight into a store, where their accounts have memberships and keys already.

Written with the store's own statements, but for attachments: those are rows without bytes, as
GetCase reads no more of them. Events, tags and audit records are left out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bench.population import HOARDER, Population
from bench.requests import REGION, Signer
from larum.domain import values
from larum.domain.case_quotas import CaseQuota
from larum.domain.cases import Case, EngagementType, ResolverType, Watcher
from larum.service import Service
from larum.settings import Settings
from larum.store import cases, counters
from larum.store.cases import Counts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from larum.store.engine import Transaction

ATTACHMENTS: Final = 50
WATCHERS: Final = 30
ACCOUNTS: Final = 200
# More than any run opens.
QUOTA: Final = 10**9
_AT_ONCE: Final = 20_000
_ATTACH: Final = """
INSERT INTO attachments (
    account, region, case_id, attachment_id, file_name, content_length, status, creator, blob_key,
    created_at, url_expires_at
) VALUES (
    :account, :region, :case_id, :attachment_id, :file_name, 1048576, 'Verified', :creator,
    :blob_key, :created_at, :created_at
)
"""


def case_id(number: int) -> str:
    """Return the id of an account's case `number`."""
    return f"{number:010d}"


def raise_quotas(data: Path) -> None:
    """Let every membership of the store in `data` have as many cases as a run opens."""

    def work(tx: Transaction) -> None:
        tx.change_many(counters.SET_LIMIT, ({"name": each, "value": QUOTA} for each in CaseQuota))

    _write(data, work)


def add_whole_cases(data: Path, population: Population, count: int) -> None:
    """Give each of the accounts 0 to `count` - 1 its case 0, as full as a case may be."""

    def work(tx: Transaction) -> None:
        for number in range(count):
            case = _whole_case(population, number)
            cases.insert(tx, case, Counts())
            tx.change_many(_ATTACH, (_attachment(case, each) for each in range(ATTACHMENTS)))

    _write(data, work)


def add_cases(data: Path, population: Population, count: int, say: Callable[[str], None]) -> None:
    """Give account HOARDER the cases 0 to `count` - 1, a millisecond apart, the last one newest."""
    service = Service(data, Settings())
    try:
        for first in range(0, count, _AT_ONCE):
            say(f"writing {count:,} cases of one account: {first:,}")
            _add_cases(service, population, range(first, min(first + _AT_ONCE, count)))
            service.engine.checkpoint()
    finally:
        service.close()


def _add_cases(service: Service, population: Population, numbers: range) -> None:
    def work(tx: Transaction) -> None:
        for number in numbers:
            cases.insert(tx, _case(population, HOARDER, number), Counts(last_place=number))

    service.engine.write(work)


def _write(data: Path, work: Callable[[Transaction], None]) -> None:
    service = Service(data, Settings())
    try:
        service.engine.write(work)
    finally:
        service.close()


def _case(population: Population, account: int, number: int, **members: Any) -> Case:
    created_at = population.now + timedelta(milliseconds=number)
    usual = {
        "impacted_accounts": (Signer(account).account,),
        "impacted_aws_regions": (REGION,),
        "impacted_services": ("Amazon S3",),
    }
    return Case(
        account=Signer(account).account,
        region=REGION,
        membership_id=population.membership_id(account),
        case_id=case_id(number),
        title=f"Unusual API calls, number {number}",
        description="A key of a build server was used from an address that it never had. " * 4,
        engagement_type=EngagementType.SECURITY_INCIDENT,
        resolver_type=ResolverType.SELF,
        reported_incident_start_date=population.now,
        created_at=created_at,
        updated_at=created_at,
        **(usual | members),
    )


def _whole_case(population: Population, account: int) -> Case:
    watchers = tuple(
        Watcher(f"watcher-{each}@example.com", f"Watcher {each}", "Security engineer")
        for each in range(WATCHERS)
    )
    impacted = tuple(sorted(Signer(each).account for each in range(ACCOUNTS)))
    return _case(population, account, 0, watchers=watchers, impacted_accounts=impacted)


def _attachment(case: Case, number: int) -> dict[str, Any]:
    key = {"account": case.account, "region": case.region, "case_id": case.case_id}
    return key | {
        "attachment_id": f"{number:08d}-0000-4000-8000-000000000000",
        "file_name": f"evidence-{number}.log",
        "creator": case.account,
        "blob_key": f"{case.account}-{number}",
        "created_at": values.microseconds(case.created_at) + number,
    }
