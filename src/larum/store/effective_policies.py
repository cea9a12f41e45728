"""All documents that apply to a principal, and the numbers that say whether they still do.

Only read here: `policies.py`, `groups.py` and `roles.py` write. Service control policies are those
of `control_policies.levels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from larum.domain.principals import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.domain.principals import Principal
    from larum.store.engine import Row, Transaction

# The unit is in it, since where an account lies decides which control policies bind it.
STANDING = """
SELECT accounts.management_account, accounts.unit_id,
       COALESCE(own.version, 0), COALESCE(theirs.version, 0), access_keys.status
FROM accounts
LEFT JOIN iam_versions AS own ON own.account = accounts.account
LEFT JOIN iam_versions AS theirs ON theirs.account = accounts.management_account
LEFT JOIN access_keys ON access_keys.access_key_id = :access_key_id
    AND access_keys.account = accounts.account AND access_keys.principal_arn = :principal_arn
WHERE accounts.account = :account
"""
USER = """
SELECT user_name, user_id, boundary_arn FROM users
WHERE account = :account AND folded_name = :folded_name
"""
ROLE = """
SELECT role_name, role_id, boundary_arn FROM roles
WHERE account = :account AND folded_name = :folded_name
"""
OF_UNIQUE_ID = """
SELECT user_id FROM users WHERE account = :account AND user_id = :unique_id
UNION ALL
SELECT role_id FROM roles WHERE account = :account AND role_id = :unique_id
"""
GROUPS = """
SELECT groups.group_name FROM group_members
JOIN groups ON groups.account = group_members.account
    AND groups.folded_name = group_members.folded_group
WHERE group_members.account = :account AND group_members.folded_user = :folded_name
ORDER BY groups.folded_name
"""
INLINE = """
SELECT policy_name, document FROM inline_policies
WHERE account = :account AND principal_arn = :principal_arn ORDER BY policy_name
"""
ATTACHED = """
SELECT policy_arn FROM attached_policies
WHERE account = :account AND principal_arn = :principal_arn ORDER BY policy_arn
"""
MANAGED = """
SELECT document FROM managed_policies WHERE account = :account AND folded_name = :folded_name
"""
TAGS = """
SELECT tag_key, tag_value FROM principal_tags
WHERE account = :account AND principal_arn = :principal_arn ORDER BY folded_key
"""


class Document(msgspec.Struct, frozen=True):
    """A policy by its name or ARN; `text` is None for one that the store does not have."""

    name: str
    text: str | None


class Holder(msgspec.Struct, frozen=True):
    """A user or role as decisions see it; `boundary` is the policy that bounds it, or None."""

    unique_id: str
    policies: tuple[Document, ...]
    boundary: Document | None
    tags: Mapping[str, str]


def standing(tx: Transaction, principal: Principal, access_key_id: str) -> Row | None:
    """Return where the principal's account is and what has changed there; None for no account.

    Management account or None, unit or None, the account's IAM number, the management account's,
    and the status of the access key, None where it is not a key of that principal.
    """
    parameters = {
        "account": principal.account,
        "principal_arn": principal.arn,
        "access_key_id": access_key_id,
    }
    return tx.row(STANDING, parameters)


def is_there(tx: Transaction, account: str, unique_id: str) -> bool:
    """Return whether the account has the user or role with that unique id, or is its own root."""
    if unique_id == account:
        return True
    return tx.row(OF_UNIQUE_ID, {"account": account, "unique_id": unique_id}) is not None


def holder(tx: Transaction, principal: Principal) -> Holder | None:
    """Return the user or role with all that grants it something, or None where it is gone."""
    account = principal.account
    kind, _, name = principal.arn.rpartition(":")[2].partition("/")
    sql = {"user": USER, "role": ROLE}.get(kind)
    named = {"account": account, "folded_name": folded(name)}
    row = None if sql is None else tx.row(sql, named)
    # Names are told apart without regard to case, but nobody is meant by another spelling.
    if row is None or row[0] != name:
        return None
    _, unique_id, boundary = row
    own = principal.arn
    groups = tx.rows(GROUPS, named) if kind == "user" else []
    arns = [own, *(f"arn:aws:iam::{account}:group/{group}" for (group,) in groups)]
    tags = tx.rows(TAGS, {"account": account, "principal_arn": own})
    return Holder(
        unique_id,
        tuple(found for arn in arns for found in _documents_of(tx, account, arn)),
        None if boundary is None else managed(tx, account, boundary),
        dict(tags),
    )


def managed(tx: Transaction, account: str, policy_arn: str) -> Document:
    """Return the account's managed policy with that ARN; those of the service have no text here."""
    own = f"arn:aws:iam::{account}:policy/"
    row = None
    if policy_arn.startswith(own):
        folded_name = folded(policy_arn.removeprefix(own))
        row = tx.row(MANAGED, {"account": account, "folded_name": folded_name})
    return Document(policy_arn, None if row is None else row[0])


def _documents_of(tx: Transaction, account: str, principal_arn: str) -> list[Document]:
    parameters = {"account": account, "principal_arn": principal_arn}
    found = [
        Document(f"{principal_arn}/{name}", text) for name, text in tx.rows(INLINE, parameters)
    ]
    return found + [managed(tx, account, arn) for (arn,) in tx.rows(ATTACHED, parameters)]
