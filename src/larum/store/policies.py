"""Rows of policies: managed ones, which are attached by their ARN, and those inside a principal.

Documents come back as they were written. The policies of the service (`arn:aws:iam::aws:policy/…`)
are no rows; only their attachments are. Whoever writes here grows the account's number
(store/iam_versions.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import policies, values
from larum.domain.policies import ManagedPolicy
from larum.domain.principals import folded

if TYPE_CHECKING:
    from larum.domain.principals import Principal
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO managed_policies (
    account, folded_name, policy_name, policy_id, description, version, document, created_at,
    updated_at
) VALUES (
    :account, :folded_name, :policy_name, :policy_id, :description, :version, :document,
    :created_at, :updated_at
)
ON CONFLICT DO NOTHING
"""
GET = """
SELECT policy_name, policy_id, document, created_at, updated_at, version, description
FROM managed_policies WHERE account = :account AND folded_name = :folded_name
"""
PAGE = """
SELECT policy_name, policy_id, document, created_at, updated_at, version, description
FROM managed_policies
WHERE account = :account AND folded_name > :after
    AND (:any = 1 OR EXISTS (
        SELECT 1 FROM attached_policies
        WHERE attached_policies.account = managed_policies.account
            AND policy_arn = :arns || policy_name
    ))
ORDER BY folded_name LIMIT :limit
"""
COUNT = "SELECT count(*) FROM managed_policies WHERE account = :account"
UPDATE = """
UPDATE managed_policies
SET document = :document, version = :version, updated_at = :updated_at
WHERE account = :account AND folded_name = :folded_name
"""
DELETE = "DELETE FROM managed_policies WHERE account = :account AND folded_name = :folded_name"
ATTACH = """
INSERT INTO attached_policies (account, principal_arn, policy_arn)
VALUES (:account, :principal_arn, :policy_arn)
ON CONFLICT DO NOTHING
"""
DETACH = """
DELETE FROM attached_policies
WHERE account = :account AND principal_arn = :principal_arn AND policy_arn = :policy_arn
"""
ATTACHED = """
SELECT policy_arn FROM attached_policies
WHERE account = :account AND principal_arn = :principal_arn ORDER BY policy_arn
"""
COUNT_ATTACHMENTS = """
SELECT count(*) FROM attached_policies WHERE account = :account AND policy_arn = :policy_arn
"""
PUT_INLINE = """
INSERT INTO inline_policies (account, principal_arn, policy_name, document)
VALUES (:account, :principal_arn, :policy_name, :document)
ON CONFLICT (account, principal_arn, policy_name) DO UPDATE SET document = :document
"""
INLINE = """
SELECT policy_name, document FROM inline_policies
WHERE account = :account AND principal_arn = :principal_arn ORDER BY policy_name
"""
DELETE_INLINE = """
DELETE FROM inline_policies
WHERE account = :account AND principal_arn = :principal_arn AND policy_name = :policy_name
"""


def insert(tx: Transaction, policy: ManagedPolicy) -> bool:
    """Add a policy; return False where the account has one whose name differs in case at most."""
    parameters = {
        **_key(policy),
        "policy_name": policy.policy_name,
        "policy_id": policy.policy_id,
        "description": policy.description,
        "version": policy.version,
        "document": policy.document,
        "created_at": values.microseconds(policy.created_at),
        "updated_at": values.microseconds(policy.updated_at),
    }
    return tx.change(INSERT, parameters) > 0


def get(tx: Transaction, policy_arn: str) -> ManagedPolicy | None:
    """Return the policy that an account has under that ARN, in its own spelling, or None."""
    policy = alike(tx, policy_arn)
    return policy if policy is not None and policy.arn == policy_arn else None


def alike(tx: Transaction, policy_arn: str) -> ManagedPolicy | None:
    """Return the policy whose ARN differs in the case of its name at most, or None."""
    account, name = policies.account_of(policy_arn), policies.name_of(policy_arn)
    row = tx.row(GET, {"account": account, "folded_name": folded(name)})
    return None if row is None else _policy(account, *row)


def document(tx: Transaction, policy_arn: str) -> str | None:
    """Return the document of an account's policy; None where there is none of that ARN."""
    policy = get(tx, policy_arn)
    return None if policy is None else policy.document


def page(
    tx: Transaction, account: str, after: str, limit: int, *, only_attached: bool = False
) -> list[ManagedPolicy]:
    """Return at most `limit` policies of the account, by name, behind the name `after`."""
    parameters = {
        "account": account,
        "after": folded(after),
        "limit": limit,
        "any": int(not only_attached),
        "arns": policies.policy_arn(account, ""),
    }
    return [_policy(account, *row) for row in tx.rows(PAGE, parameters)]


def count(tx: Transaction, account: str) -> int:
    """Return how many policies the account has."""
    return int(tx.rows(COUNT, {"account": account})[0][0])


def update(tx: Transaction, policy: ManagedPolicy) -> None:
    """Keep the document and version of a policy that is there."""
    parameters = {
        **_key(policy),
        "document": policy.document,
        "version": policy.version,
        "updated_at": values.microseconds(policy.updated_at),
    }
    tx.change(UPDATE, parameters)


def delete(tx: Transaction, policy: ManagedPolicy) -> None:
    """Remove a policy."""
    tx.change(DELETE, _key(policy))


def attach(tx: Transaction, principal: Principal, policy_arn: str) -> bool:
    """Attach a policy to a principal; return False where it is attached."""
    return tx.change(ATTACH, _of(principal) | {"policy_arn": policy_arn}) > 0


def detach(tx: Transaction, principal: Principal, policy_arn: str) -> bool:
    """Detach a policy from a principal; return False where it is not attached."""
    return tx.change(DETACH, _of(principal) | {"policy_arn": policy_arn}) > 0


def attached(tx: Transaction, account: str, principal_arn: str) -> list[str]:
    """Return the ARNs of the policies that are attached to a principal: ten at most."""
    parameters = {"account": account, "principal_arn": principal_arn}
    return [policy_arn for (policy_arn,) in tx.rows(ATTACHED, parameters)]


def count_attachments(tx: Transaction, account: str, policy_arn: str) -> int:
    """Return to how many principals of an account a policy is attached."""
    parameters = {"account": account, "policy_arn": policy_arn}
    return int(tx.rows(COUNT_ATTACHMENTS, parameters)[0][0])


def put_inline(tx: Transaction, principal: Principal, policy_name: str, document: str) -> None:
    """Put a policy into a principal, in the place of one of that name."""
    parameters = _of(principal) | {"policy_name": policy_name, "document": document}
    tx.change(PUT_INLINE, parameters)


def inline(tx: Transaction, account: str, principal_arn: str) -> dict[str, str]:
    """Return the documents of the policies inside a principal, by name, which is case-sensitive."""
    parameters = {"account": account, "principal_arn": principal_arn}
    return dict(tx.rows(INLINE, parameters))


def delete_inline(tx: Transaction, principal: Principal, policy_name: str) -> bool:
    """Remove a policy from inside a principal; return False where there is none of that name."""
    return tx.change(DELETE_INLINE, _of(principal) | {"policy_name": policy_name}) > 0


def _of(principal: Principal) -> dict[str, Any]:
    return {"account": principal.account, "principal_arn": principal.arn}


def _key(policy: ManagedPolicy) -> dict[str, Any]:
    return {"account": policy.account, "folded_name": folded(policy.policy_name)}


def _policy(
    account: str,
    name: str,
    policy_id: str,
    text: str,
    created_at: int,
    updated_at: int,
    *others: Any,
) -> ManagedPolicy:
    created, updated = values.moment(created_at), values.moment(updated_at)
    return ManagedPolicy(account, name, policy_id, text, created, updated, *others)
