"""Accounts with memberships, straight into a store: as many as an installation may have in years.

Written with the store's own statements, in the order of the keys, 20,000 accounts to a commit.
What neither GetMembership nor ListMemberships reads is left out: tags, client tokens, the outbox,
audit records, and the keys of accounts that nobody calls from.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bench.requests import REGION, Signer, membership_params
from larum.domain import values
from larum.domain.coverage import RuleKind
from larum.domain.memberships import MembershipStatus
from larum.domain.organizations import AccountStatus, CustomerType
from larum.domain.principals import Principal
from larum.service import Service
from larum.settings import Settings
from larum.store import accounts, counters, coverage, directory_versions, memberships
from larum.store.counters import Counter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from larum.store.engine import Transaction

    Row = dict[str, Any]

HOARDER: Final = 0
_AT_ONCE: Final = 20_000
_PLACE_OF_ACCOUNT: Final = "000000000000"
_CANCELLED_AFTER: Final = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class Population:
    """Accounts 0 to `accounts` - 1, each with an Active membership that began at `now` (UTC).

    Account HOARDER has `cancelled` Cancelled ones as well, a second apart and all older. `callers`
    of the accounts, chosen at random but the same in every run, have a root key, and so has
    HOARDER.
    """

    accounts: int
    cancelled: int
    callers: int
    now: datetime

    def membership_id(self, number: int) -> str:
        """Return the id of that account's Active membership."""
        return values.membership_id(self.now, hashlib.sha256(str(number).encode()).digest()[:16])

    def calling(self) -> list[int]:
        """Return the numbers of the accounts that have a key, without HOARDER."""
        rest = range(HOARDER + 1, self.accounts)
        return random.Random(self.accounts).sample(rest, min(self.callers, len(rest)))  # noqa: S311 - repeatable, no secret


def populate(data: Path, population: Population, say: Callable[[str], None]) -> None:
    """Write the population into the empty directory `data`; `say` is told how far it is."""
    service = Service(data, Settings())
    try:
        in_order = sorted(range(population.accounts), key=lambda number: Signer(number).account)
        for first in range(0, population.accounts, _AT_ONCE):
            say(f"writing {population.accounts:,} accounts: {first:,}")
            _write_accounts(service, population, in_order[first : first + _AT_ONCE])
        for first in range(0, population.cancelled, _AT_ONCE):
            say(f"writing {population.cancelled:,} cancelled memberships: {first:,}")
            last = min(first + _AT_ONCE, population.cancelled)
            _write_cancelled(service, population, range(first, last))
        _write_keys(service, population)
        service.engine.checkpoint()
    finally:
        service.close()


def _write_accounts(service: Service, population: Population, numbers: Sequence[int]) -> None:
    def work(tx: Transaction) -> None:
        tx.change_many(accounts.INSERT, (_account(population, each) for each in numbers))
        tx.change_many(memberships.INSERT, (_active(population, each) for each in numbers))
        tx.change_many(coverage.OPEN_RULE, (_own_rule(_active_key(population, n)) for n in numbers))
        counters.add(tx, Counter.ACTIVE_MEMBERSHIPS, len(numbers))

    service.engine.write(work)
    service.engine.checkpoint()


def _write_cancelled(service: Service, population: Population, indexes: range) -> None:
    """Write Cancelled memberships of HOARDER as CancelMembership leaves them."""
    ended = [_cancelled(population, each) for each in reversed(indexes)]

    def work(tx: Transaction) -> None:
        tx.change_many(memberships.INSERT, ended)
        tx.change_many(coverage.OPEN_RULE, (_own_rule(_key(each)) for each in ended))
        since = {"since": directory_versions.begin(tx, population.now)}
        tx.change_many(coverage.OPEN_PAUSE, (_key(each) | since for each in ended))

    service.engine.write(work)
    service.engine.checkpoint()


def _write_keys(service: Service, population: Population) -> None:
    def work(tx: Transaction) -> None:
        for signer in map(Signer, (HOARDER, *population.calling())):
            service.installation.credentials.issue(
                tx,
                Principal.root(signer.account),
                population.now,
                access_key_id=signer.access_key_id,
                secret_access_key=signer.secret_access_key,
            )

    service.engine.write(work)


def _account(population: Population, number: int) -> Row:
    return {
        "account": Signer(number).account,
        "status": AccountStatus.ACTIVE,
        "management_account": None,
        "unit_id": None,
        "name": "",
        "email": "",
        "service_on": True,
        "placed_at": 0,
        "created_at": values.microseconds(population.now),
    }


def _active(population: Population, number: int) -> Row:
    account = Signer(number).account
    return _active_key(population, number) | {
        "region": REGION,
        "membership_name": f"Incident response of {account}",
        "status": MembershipStatus.ACTIVE,
        "customer": account,
        "customer_type": CustomerType.STANDALONE,
        "activated_at": values.microseconds(population.now),
        "deactivated_at": None,
        "incident_response_team": _TEAM.replace(_PLACE_OF_ACCOUNT, account),
        "opt_in_features": '[["Triage",true]]',
        "cover_entire_organization": False,
    }


def _cancelled(population: Population, index: int) -> Row:
    begun = population.now - timedelta(seconds=index + 1)
    return _active(population, HOARDER) | {
        "membership_id": values.membership_id(begun, hashlib.sha256(b"%d" % index).digest()[:16]),
        "status": MembershipStatus.CANCELLED,
        "activated_at": values.microseconds(begun),
        "deactivated_at": values.microseconds(begun + _CANCELLED_AFTER),
    }


def _active_key(population: Population, number: int) -> Row:
    return {
        "account": Signer(number).account,
        "membership_id": population.membership_id(number),
    }


def _key(row: Row) -> Row:
    return {name: row[name] for name in ("account", "membership_id")}


def _own_rule(key: Row) -> Row:
    return key | {"kind": RuleKind.ACCOUNT, "target": key["account"], "since": 0}


def _team() -> Iterator[list[object]]:
    """Yield the responders of the other parts' memberships in the store's form."""
    params: Any = membership_params(Signer(HOARDER))
    own = Signer(HOARDER).account
    for each in params["incidentResponseTeam"]:
        email = each["email"].replace(own, _PLACE_OF_ACCOUNT)
        yield [each["name"], each["jobTitle"], email, each["communicationPreferences"]]


_TEAM: Final = json.dumps(list(_team()), separators=(",", ":"))
