"""The audit records of a service in this process, straight from its store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from larum.store import audit

if TYPE_CHECKING:
    from larum.service import Service

Records: TypeAlias = list[dict[str, Any]]


def records_of(service: Service, account: str) -> Records:
    """Return the records of an account, oldest first; its chain must be whole."""
    assert service.engine.read(lambda tx: audit.first_broken(tx, account)) is None
    rows = service.engine.read(lambda tx: audit.page(tx, account, 0, 100_000))
    return [json.loads(text) for _, text, _ in rows]


def lengths(service: Service) -> dict[str, int]:
    """Return how many records each account has."""
    with_records = service.engine.read(lambda tx: audit.chains(tx, "", 10_000))
    return {each.account: each.sequence for each in with_records}


def added(service: Service, before: dict[str, int]) -> list[tuple[str, dict[str, Any]]]:
    """Return (account, record) of what was appended since `lengths` gave `before`."""
    return [
        (account, record)
        for account, length in lengths(service).items()
        if length > before.get(account, 0)
        for record in records_of(service, account)[before.get(account, 0) :]
    ]
