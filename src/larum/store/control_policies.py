"""Rows of service control policies and of what they are attached to, by management account.

A target without a row has FULL_ACCESS alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.domain.control_policies import FULL_ACCESS, FULL_ACCESS_ID, ControlPolicy
from larum.store import accounts

if TYPE_CHECKING:
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO control_policies (account, policy_id, policy_name, description, document)
VALUES (:account, :policy_id, :policy_name, :description, :document)
"""
UPDATE = """
UPDATE control_policies
SET policy_name = :policy_name, description = :description, document = :document
WHERE account = :account AND policy_id = :policy_id
"""
DELETE = "DELETE FROM control_policies WHERE account = :account AND policy_id = :policy_id"
GET = """
SELECT policy_id, policy_name, description, document FROM control_policies
WHERE account = :account AND policy_id = :policy_id
"""
NAMED = """
SELECT policy_id, policy_name, description, document FROM control_policies
WHERE account = :account AND policy_name = :policy_name
"""
PAGE = """
SELECT policy_id, policy_name, description, document FROM control_policies
WHERE account = :account AND policy_id > :after ORDER BY policy_id LIMIT :limit
"""
COUNT = "SELECT count(*) FROM control_policies WHERE account = :account"
ATTACHED = """
SELECT policy_id FROM control_policy_targets
WHERE account = :account AND target_id = :target_id ORDER BY policy_id
"""
TARGETS = """
SELECT target_id FROM control_policy_targets
WHERE account = :account AND policy_id = :policy_id AND target_id > :after
ORDER BY target_id LIMIT :limit
"""
WITH_ANY = "SELECT DISTINCT target_id FROM control_policy_targets WHERE account = :account"
ATTACH = """
INSERT INTO control_policy_targets (account, target_id, policy_id)
VALUES (:account, :target_id, :policy_id)
ON CONFLICT DO NOTHING
"""
DETACH = """
DELETE FROM control_policy_targets
WHERE account = :account AND target_id = :target_id AND policy_id = :policy_id
"""
FORGET = "DELETE FROM control_policy_targets WHERE account = :account AND target_id = :target_id"
# A unit that lies deeper lies beneath more.
PATH = """
SELECT ancestor_id FROM unit_ancestors
WHERE management_account = :account AND unit_id = :unit_id
ORDER BY (SELECT count(*) FROM unit_ancestors AS above
    WHERE above.management_account = unit_ancestors.management_account
      AND above.unit_id = unit_ancestors.ancestor_id)
"""


def insert(tx: Transaction, management_account: str, policy: ControlPolicy) -> None:
    """Add a policy; its id and name must be new in the organization."""
    tx.change(INSERT, _row(management_account, policy))


def update(tx: Transaction, management_account: str, policy: ControlPolicy) -> None:
    """Store a policy's name, description and document."""
    tx.change(UPDATE, _row(management_account, policy))


def delete(tx: Transaction, management_account: str, policy_id: str) -> None:
    """Remove a policy, which must be attached to nothing."""
    tx.change(DELETE, {"account": management_account, "policy_id": policy_id})


def get(tx: Transaction, management_account: str, policy_id: str) -> ControlPolicy | None:
    """Return the policy of that id, FULL_ACCESS among them, or None."""
    if policy_id == FULL_ACCESS_ID:
        return FULL_ACCESS
    row = tx.row(GET, {"account": management_account, "policy_id": policy_id})
    return None if row is None else ControlPolicy(*row)


def named(tx: Transaction, management_account: str, name: str) -> ControlPolicy | None:
    """Return the policy of that name, FULL_ACCESS among them, or None."""
    if name == FULL_ACCESS.name:
        return FULL_ACCESS
    row = tx.row(NAMED, {"account": management_account, "policy_name": name})
    return None if row is None else ControlPolicy(*row)


def page(tx: Transaction, management_account: str, after: str, limit: int) -> list[ControlPolicy]:
    """Return at most `limit` policies that the organization wrote, by id, behind `after`."""
    parameters = {"account": management_account, "after": after, "limit": limit}
    return [ControlPolicy(*row) for row in tx.rows(PAGE, parameters)]


def count(tx: Transaction, management_account: str) -> int:
    """Return how many policies the organization wrote."""
    return int(tx.rows(COUNT, {"account": management_account})[0][0])


def attached(tx: Transaction, management_account: str, target_id: str) -> list[str]:
    """Return the ids of the policies of a target, sorted; never none."""
    rows = tx.rows(ATTACHED, {"account": management_account, "target_id": target_id})
    return [row[0] for row in rows] or [FULL_ACCESS_ID]


def targets(
    tx: Transaction, management_account: str, policy_id: str, after: str = "", limit: int = 1
) -> list[str]:
    """Return at most `limit` targets that somebody attached the policy to, behind `after`."""
    parameters = {
        "account": management_account,
        "policy_id": policy_id,
        "after": after,
        "limit": limit,
    }
    return [row[0] for row in tx.rows(TARGETS, parameters)]


def targets_with_any(tx: Transaction, management_account: str) -> set[str]:
    """Return the targets that somebody attached anything to: all others have FULL_ACCESS alone."""
    return {row[0] for row in tx.rows(WITH_ANY, {"account": management_account})}


def attach(tx: Transaction, management_account: str, target_id: str, policy_id: str) -> None:
    """Attach a policy to a target, beside those that it has."""
    for each in (*attached(tx, management_account, target_id), policy_id):
        tx.change(ATTACH, _target(management_account, target_id) | {"policy_id": each})


def detach(tx: Transaction, management_account: str, target_id: str, policy_id: str) -> None:
    """Detach a policy from a target, which must keep another one."""
    tx.change(DETACH, _target(management_account, target_id) | {"policy_id": policy_id})


def forget_target(tx: Transaction, management_account: str, target_id: str) -> None:
    """Detach everything from what is no target any more: it was removed, or left."""
    tx.change(FORGET, _target(management_account, target_id))


def levels(tx: Transaction, account: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return (name, document) of each policy at each level, from the root over units to `account`.

    () where nothing bounds it: it is in no organization, or is the management account. This is
    another answer after the account changed its organization or unit, or after the management
    account's number in iam_versions grew.
    """
    found = accounts.get(tx, account)
    if found is None or found.organization is None:
        return ()
    management_account = found.organization.management_account
    if account == management_account:
        return ()
    path = tx.rows(PATH, {"account": management_account, "unit_id": found.unit_id})
    return tuple(
        _level(tx, management_account, target)
        for target in (found.organization.root_id, *(row[0] for row in path), account)
    )


def _level(tx: Transaction, management_account: str, target_id: str) -> tuple[tuple[str, str], ...]:
    policies = (
        get(tx, management_account, policy_id)
        for policy_id in attached(tx, management_account, target_id)
    )
    return tuple((each.name, each.document) for each in policies if each is not None)


def _row(management_account: str, policy: ControlPolicy) -> dict[str, object]:
    return {
        "account": management_account,
        "policy_id": policy.policy_id,
        "policy_name": policy.name,
        "description": policy.description,
        "document": policy.document,
    }


def _target(management_account: str, target_id: str) -> dict[str, object]:
    return {"account": management_account, "target_id": target_id}
