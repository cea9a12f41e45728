"""Accounts with root keys, straight into a store: as many as a run makes memberships.

An account holds one Active membership, so every create of the benchmark needs an account.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bench.requests import Signer
from larum.domain.organizations import Account
from larum.domain.principals import Principal
from larum.service import Service
from larum.settings import Settings
from larum.store import accounts

if TYPE_CHECKING:
    from pathlib import Path

    from larum.store.engine import Transaction

_AT_ONCE: Final = 10_000


def seed(data: Path, numbers: range) -> None:
    """Make the accounts with these numbers in the directory `data`, which no server has open."""
    service = Service(data, Settings())
    try:
        for first in range(0, len(numbers), _AT_ONCE):
            add(service, numbers[first : first + _AT_ONCE])
            service.engine.checkpoint()
    finally:
        service.close()


def add(service: Service, numbers: range) -> None:
    """Make the accounts with these numbers, each with its root key, in one transaction."""
    now = datetime.now(UTC)

    def work(tx: Transaction) -> None:
        for number in numbers:
            signer = Signer(number)
            accounts.insert(tx, Account(signer.account), now)
            service.installation.credentials.issue(
                tx,
                Principal.root(signer.account),
                now,
                access_key_id=signer.access_key_id,
                secret_access_key=signer.secret_access_key,
            )

    service.engine.write(work)
