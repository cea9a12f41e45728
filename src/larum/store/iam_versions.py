"""A number for each account that grows with every change of what decides there.

Whatever changes users, groups, roles, policies or attachments of an account calls `grow` in the
same transaction; what was compiled for an older number is not used again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larum.store.engine import Transaction

GET = "SELECT version FROM iam_versions WHERE account = :account"
GROW = """
INSERT INTO iam_versions (account, version) VALUES (:account, 1)
ON CONFLICT (account) DO UPDATE SET version = iam_versions.version + 1
"""


def get(tx: Transaction, account: str) -> int:
    """Return the account's number; 0 before its first change."""
    row = tx.row(GET, {"account": account})
    return 0 if row is None else int(row[0])


def grow(tx: Transaction, account: str) -> None:
    """Say that this transaction changes what decides in the account.

    For an organization's service control policies it is the management account's number.
    """
    tx.change(GROW, {"account": account})
