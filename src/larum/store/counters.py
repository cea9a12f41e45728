"""Rows of numbers of the whole installation: counters, and the administrator's limits."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from larum.domain.case_quotas import CaseQuota

if TYPE_CHECKING:
    from larum.store.engine import Transaction

# One statement for what is read together: each costs every CreateMembership some microseconds.
ALL = "SELECT name, value FROM counters UNION ALL SELECT name, value FROM limits"
GET = "SELECT value FROM counters WHERE name = :name"
ADD = "UPDATE counters SET value = value + :change WHERE name = :name"
LIMITS = "SELECT name, value FROM limits ORDER BY name"
SET_LIMIT = """
INSERT INTO limits (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = :value
"""
CLEAR_LIMIT = "DELETE FROM limits WHERE name = :name"


class Counter(StrEnum):
    """What is counted; the directory's version only ever grows (domain/coverage.py)."""

    DIRECTORY_VERSION = "directory-version"
    ACTIVE_MEMBERSHIPS = "active-memberships"


class Limit(StrEnum):
    """What an administrator may limit; spelled as in the file of `larum apply`."""

    MEMBERSHIPS = "memberships"
    COVERED_ACCOUNTS = "covered-accounts-per-membership"
    ACTIVE_SELF_MANAGED_CASES = CaseQuota.ACTIVE_SELF_MANAGED.value
    ACTIVE_SERVICE_MANAGED_CASES = CaseQuota.ACTIVE_SERVICE_MANAGED.value
    SERVICE_MANAGED_CASES_PER_DAY = CaseQuota.SERVICE_MANAGED_PER_DAY.value


class Numbers(msgspec.Struct, frozen=True):
    """All counters and limits as one statement saw them; a limit that is not set is None."""

    directory_version: int
    active_memberships: int
    memberships_limit: int | None
    covered_accounts_limit: int | None


def numbers(tx: Transaction) -> Numbers:
    """Return every counter and limit."""
    found: dict[str, int] = dict(tx.rows(ALL, {}))
    return Numbers(
        found[Counter.DIRECTORY_VERSION],
        found[Counter.ACTIVE_MEMBERSHIPS],
        found.get(Limit.MEMBERSHIPS),
        found.get(Limit.COVERED_ACCOUNTS),
    )


def value(tx: Transaction, counter: Counter) -> int:
    """Return what the counter stands at."""
    return int(tx.rows(GET, {"name": counter})[0][0])


def add(tx: Transaction, counter: Counter, change: int) -> None:
    """Count `change` more, or less where it is negative."""
    tx.change(ADD, {"name": counter, "change": change})


def limits(tx: Transaction) -> dict[str, int]:
    """Return every limit that is set."""
    return dict(tx.rows(LIMITS, {}))


def set_limit(tx: Transaction, name: Limit, most: int | None) -> None:
    """Set a limit, or lift it with None."""
    if most is None:
        tx.change(CLEAR_LIMIT, {"name": name})
    else:
        tx.change(SET_LIMIT, {"name": name, "value": most})
