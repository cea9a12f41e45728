"""Rows of coverage rules and of the pauses of memberships; how many accounts they cover now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain.coverage import Coverage, Rule, RuleKind, Span
from larum.domain.organizations import AccountStatus
from larum.store import counters
from larum.store.counters import Counter

if TYPE_CHECKING:
    from larum.domain.memberships import Membership
    from larum.store.engine import Transaction

OPEN_RULE = """
INSERT INTO coverage_rules (account, membership_id, kind, target, since)
VALUES (:account, :membership_id, :kind, :target, :since)
"""
CLOSE_RULES = """
UPDATE coverage_rules SET until = :until
WHERE account = :account AND membership_id = :membership_id AND kind = :kind AND until IS NULL
"""
CLOSE_RULE = CLOSE_RULES + "AND target = :target"
CLOSE_UNIT = """
UPDATE coverage_rules SET until = :until
WHERE kind = 'unit' AND target = :unit_id AND until IS NULL
"""
OPEN_TARGETS = """
SELECT target FROM coverage_rules
WHERE account = :account AND membership_id = :membership_id AND kind = :kind AND until IS NULL
ORDER BY target
"""
# Of the rules by account only those of the accounts that are asked for: there may be thousands.
RULES_FOR = """
SELECT kind, target, since, until FROM coverage_rules
WHERE account = :account AND membership_id = :membership_id
  AND (kind <> 'account' OR target = :target)
"""
OPEN_PAUSE = """
INSERT INTO membership_pauses (account, membership_id, since)
VALUES (:account, :membership_id, :since)
"""
CLOSE_PAUSE = """
UPDATE membership_pauses SET until = :until
WHERE account = :account AND membership_id = :membership_id AND until IS NULL
"""
PAUSES = """
SELECT since, until FROM membership_pauses
WHERE account = :account AND membership_id = :membership_id ORDER BY since
"""
# What GetMembership shows, in one statement: it is the hot path of every poller.
STANDING = """
SELECT accounts.status, accounts.management_account, organizations.active_accounts,
    (SELECT string_agg(target, ',' ORDER BY target) FROM coverage_rules
     WHERE account = :account AND membership_id = :membership_id AND kind = 'unit'
       AND until IS NULL),
    EXISTS (SELECT 1 FROM coverage_rules
     WHERE account = :account AND membership_id = :membership_id AND kind = 'account'
       AND target = :account AND until IS NULL)
FROM accounts
LEFT JOIN organizations ON organizations.management_account = accounts.management_account
WHERE accounts.account = :account
"""
COVERED_UNITS = """
SELECT unit_ancestors.unit_id FROM coverage_rules
JOIN unit_ancestors ON unit_ancestors.management_account = :management_account
    AND unit_ancestors.ancestor_id = coverage_rules.target
WHERE coverage_rules.account = :account AND coverage_rules.membership_id = :membership_id
  AND coverage_rules.kind = 'unit' AND coverage_rules.until IS NULL
"""
ACTIVE_IN_UNITS = (
    """
SELECT coalesce(sum(active_accounts), 0) FROM organizational_units
WHERE management_account = :management_account AND unit_id IN ("""
    + COVERED_UNITS
    + ")"
)
ACTIVE_BY_NAME = (
    """
SELECT count(*) FROM coverage_rules
JOIN accounts ON accounts.account = coverage_rules.target
WHERE coverage_rules.account = :account AND coverage_rules.membership_id = :membership_id
  AND coverage_rules.kind = 'account' AND coverage_rules.until IS NULL
  AND accounts.status = 'ACTIVE' AND accounts.management_account = :management_account
  AND (accounts.unit_id IS NULL OR accounts.unit_id NOT IN ("""
    + COVERED_UNITS
    + "))"
)
ACTIVE_BY_RULES = (ACTIVE_IN_UNITS, ACTIVE_BY_NAME)
HELD = """account = :account AND membership_id = :membership_id
    AND since <= :version AND (until IS NULL OR until > :version)"""
# Counted account by account, where the counts of today say nothing of an earlier version.
ACTIVE_AS_OF = f"""
SELECT count(*) FROM (
    SELECT account AS place_of, unit_id, management_account FROM accounts
    WHERE management_account = (
        SELECT management_account FROM organizations WHERE organization_id = :customer
    ) AND status = 'ACTIVE' AND placed_at <= :version
    UNION ALL
    SELECT account, unit_id, management_account FROM accounts
    WHERE account = :customer AND management_account IS NULL
      AND status = 'ACTIVE' AND placed_at <= :version
    UNION ALL
    SELECT account, unit_id, management_account FROM former_places
    WHERE until > :version AND since <= :version AND active AND customer = :customer
) AS places
WHERE NOT EXISTS (SELECT 1 FROM membership_pauses WHERE {HELD})
  AND (
    EXISTS (SELECT 1 FROM coverage_rules WHERE {HELD} AND kind = 'organization')
    OR EXISTS (SELECT 1 FROM coverage_rules WHERE {HELD} AND kind = 'account'
        AND target = places.place_of)
    OR EXISTS (SELECT 1 FROM unit_ancestors
        JOIN coverage_rules ON {HELD} AND kind = 'unit' AND target = unit_ancestors.ancestor_id
        WHERE unit_ancestors.management_account = places.management_account
          AND unit_ancestors.unit_id = places.unit_id)
  )
"""  # noqa: S608 - made of the lines above


def open_rule(
    tx: Transaction, membership: Membership, kind: RuleKind, target: str, since: int
) -> None:
    """Cover what `kind` and `target` name from version `since` on."""
    parameters = _key(membership) | {"kind": kind, "target": target, "since": since}
    tx.change(OPEN_RULE, parameters)


def close_rule(
    tx: Transaction, membership: Membership, kind: RuleKind, target: str, until: int
) -> None:
    """No longer cover what `kind` and `target` name."""
    parameters = _key(membership) | {"kind": kind, "target": target, "until": until}
    tx.change(CLOSE_RULE, parameters)


def close_rules(tx: Transaction, membership: Membership, kind: RuleKind, until: int) -> None:
    """Close every open rule of that kind."""
    tx.change(CLOSE_RULES, _key(membership) | {"kind": kind, "until": until})


def close_unit(tx: Transaction, unit_id: str, until: int) -> None:
    """No membership covers the unit any more: it is removed."""
    tx.change(CLOSE_UNIT, {"unit_id": unit_id, "until": until})


def open_targets(tx: Transaction, membership: Membership, kind: RuleKind) -> list[str]:
    """Return the targets of the open rules of that kind, sorted."""
    return [row[0] for row in tx.rows(OPEN_TARGETS, _key(membership) | {"kind": kind})]


def pause(tx: Transaction, membership: Membership, since: int) -> None:
    """Cover nothing from version `since` on: the membership ended."""
    tx.change(OPEN_PAUSE, _key(membership) | {"since": since})


def resume(tx: Transaction, membership: Membership, until: int) -> None:
    """Cover again what the open rules name: the end was undone."""
    tx.change(CLOSE_PAUSE, _key(membership) | {"until": until})


def coverage_for(tx: Transaction, membership: Membership, account: str) -> Coverage:
    """Return the membership's coverage, of its rules by account only those about `account`."""
    rules = tx.rows(RULES_FOR, _key(membership) | {"target": account})
    pauses = [Span(since, until) for since, until in tx.rows(PAUSES, _key(membership))]
    if not membership.is_active and not any(pause.is_open for pause in pauses):
        # Its time has come, and its row has not followed yet.
        pauses.append(Span(counters.value(tx, Counter.DIRECTORY_VERSION) + 1))
    return Coverage(
        membership.customer,
        [Rule(Span(since, until), RuleKind(kind), target) for kind, target, since, until in rules],
        pauses,
    )


class Standing(msgspec.Struct, frozen=True):
    """What a membership covers now: the units, sorted, and how many ACTIVE accounts."""

    organizational_units: tuple[str, ...]
    accounts_covered: int


def standing(tx: Transaction, membership: Membership) -> Standing:
    """Return what the membership covers now; no account while it is not Active.

    The time does not grow with the number of accounts, unless thousands are covered by name.
    """
    row = tx.row(STANDING, _key(membership))
    if row is None:
        return Standing((), 0)
    status, management_account, active_accounts, units, covers_own = row
    organizational_units = tuple(units.split(",")) if units else ()
    if not membership.is_active:
        covered = 0
    elif management_account is None:
        covered = int(bool(covers_own) and status == AccountStatus.ACTIVE)
    elif membership.cover_entire_organization:
        covered = active_accounts
    else:
        parameters = _key(membership) | {"management_account": management_account}
        covered = sum(int(tx.rows(sql, parameters)[0][0]) for sql in ACTIVE_BY_RULES)
    return Standing(organizational_units, covered)


def accounts_covered_as_of(tx: Transaction, membership: Membership, version: int) -> int:
    """Return how many ACTIVE accounts an Active membership covered at `version`.

    The time grows with the organization: some milliseconds with 10,000 accounts.
    """
    parameters = _key(membership) | {"customer": membership.customer, "version": version}
    return int(tx.rows(ACTIVE_AS_OF, parameters)[0][0])


def _key(membership: Membership) -> dict[str, Any]:
    return {"account": membership.account, "membership_id": membership.membership_id}
