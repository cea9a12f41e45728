"""Rows of triage rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain import values
from larum.domain.findings import Outcome
from larum.domain.triage_rules import Match, TriageRule

if TYPE_CHECKING:
    from datetime import datetime

    from larum.domain.memberships import Membership
    from larum.store.engine import Row, Transaction

PUT = """
INSERT INTO triage_rules (
    account, region, membership_id, name, priority, outcome, match, expires_at, created_at,
    updated_at
) VALUES (
    :account, :region, :membership_id, :name, :priority, :outcome, :match, :expires_at, :now, :now
)
ON CONFLICT (account, region, membership_id, name) DO UPDATE SET
    priority = excluded.priority, outcome = excluded.outcome, match = excluded.match,
    expires_at = excluded.expires_at, updated_at = excluded.updated_at
"""
DELETE = """
DELETE FROM triage_rules
WHERE account = :account AND region = :region AND membership_id = :membership_id AND name = :name
"""
ALL = """
SELECT name, priority, outcome, match, expires_at FROM triage_rules
WHERE account = :account AND region = :region AND membership_id = :membership_id
ORDER BY priority, name
"""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Match).decode


def put(tx: Transaction, membership: Membership, rule: TriageRule, now: datetime) -> None:
    """Add a rule, or replace the one of its name."""
    expires = rule.expires_at
    parameters = _key(membership) | {
        "name": rule.name,
        "priority": rule.priority,
        "outcome": rule.outcome,
        "match": _encode(rule.match).decode(),
        "expires_at": None if expires is None else values.microseconds(expires),
        "now": values.microseconds(now),
    }
    tx.change(PUT, parameters)


def delete(tx: Transaction, membership: Membership, name: str) -> bool:
    """Remove the rule of that name; return False where there is none."""
    return tx.change(DELETE, _key(membership) | {"name": name}) > 0


def of_membership(tx: Transaction, membership: Membership) -> list[TriageRule]:
    """Return every rule of the membership in the order in which they are asked."""
    return [_rule(row) for row in tx.rows(ALL, _key(membership))]


def _rule(row: Row) -> TriageRule:
    name, priority, outcome, match, expires_at = row
    expires = None if expires_at is None else values.moment(expires_at)
    return TriageRule(name, priority, Outcome(outcome), _decode(match), expires)


def _key(membership: Membership) -> dict[str, Any]:
    return {
        "account": membership.account,
        "region": membership.region,
        "membership_id": membership.membership_id,
    }
