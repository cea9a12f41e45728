"""Rows of access keys; a secret lies in them only sealed (reliability-and-security §9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain import values
from larum.domain.principals import LastUse

if TYPE_CHECKING:
    from datetime import datetime

    from larum.domain.principals import Principal
    from larum.store.engine import Transaction

GET = """
SELECT access_key_id, account, principal_arn, sealed_secret, status FROM access_keys
WHERE access_key_id = :access_key_id
"""
OF_PRINCIPAL = """
SELECT access_key_id, account, principal_arn, sealed_secret, status FROM access_keys
WHERE account = :account AND principal_arn = :principal_arn AND status = 'Active'
ORDER BY created_at DESC LIMIT 1
"""
PAGE = """
SELECT access_key_id, status, created_at FROM access_keys
WHERE account = :account AND principal_arn = :principal_arn
  AND (created_at, access_key_id) > (:created_at, :access_key_id)
ORDER BY created_at, access_key_id LIMIT :limit
"""
COUNT = """
SELECT count(*) FROM access_keys WHERE account = :account AND principal_arn = :principal_arn
"""
SET_STATUS = """
UPDATE access_keys SET status = :status
WHERE account = :account AND principal_arn = :principal_arn AND access_key_id = :access_key_id
"""
DELETE = """
DELETE FROM access_keys
WHERE account = :account AND principal_arn = :principal_arn AND access_key_id = :access_key_id
"""
LAST_USE = """
SELECT principal_arn, last_used_at, last_used_service, last_used_region FROM access_keys
WHERE account = :account AND access_key_id = :access_key_id
"""
SET_LAST_USE = """
UPDATE access_keys SET last_used_at = :last_used_at, last_used_service = :last_used_service,
    last_used_region = :last_used_region
WHERE access_key_id = :access_key_id AND (last_used_at IS NULL OR last_used_at < :last_used_at)
"""
INSERT = """
INSERT INTO access_keys
    (access_key_id, account, principal_arn, sealed_secret, status, created_at)
VALUES (:access_key_id, :account, :principal_arn, :sealed_secret, :status, :created_at)
"""
DEACTIVATE = """
UPDATE access_keys SET status = 'Inactive'
WHERE account = :account AND principal_arn = :principal_arn AND status = 'Active'
"""


class ListedAccessKey(msgspec.Struct, frozen=True):
    """What may be told of a key; `created_at` in microseconds since 1970."""

    access_key_id: str
    status: str
    created_at: int


class SealedAccessKey(msgspec.Struct, frozen=True):
    """A key as the store has it: `sealed_secret` is of no use without the master key."""

    access_key_id: str
    account: str
    principal_arn: str
    sealed_secret: bytes
    status: str


def get(tx: Transaction, access_key_id: str) -> SealedAccessKey | None:
    """Return the key with that id, active or not, or None."""
    row = tx.row(GET, {"access_key_id": access_key_id})
    return None if row is None else SealedAccessKey(*row)


def newest_active(tx: Transaction, account: str, principal_arn: str) -> SealedAccessKey | None:
    """Return the newest active key of a principal, or None."""
    row = tx.row(OF_PRINCIPAL, {"account": account, "principal_arn": principal_arn})
    return None if row is None else SealedAccessKey(*row)


def insert(tx: Transaction, key: SealedAccessKey, now: datetime) -> None:
    """Add a key."""
    parameters = {
        "access_key_id": key.access_key_id,
        "account": key.account,
        "principal_arn": key.principal_arn,
        "sealed_secret": key.sealed_secret,
        "status": key.status,
        "created_at": values.microseconds(now),
    }
    tx.change(INSERT, parameters)


def deactivate_all(tx: Transaction, account: str, principal_arn: str) -> int:
    """Make every active key of a principal inactive; return how many there were."""
    return tx.change(DEACTIVATE, {"account": account, "principal_arn": principal_arn})


def page(
    tx: Transaction, principal: Principal, after: tuple[int, str], limit: int
) -> list[ListedAccessKey]:
    """Return at most `limit` keys of a principal, oldest first, behind `after` (time and id)."""
    created_at, access_key_id = after
    place = {"created_at": created_at, "access_key_id": access_key_id, "limit": limit}
    return [ListedAccessKey(*row) for row in tx.rows(PAGE, _of(principal) | place)]


def count(tx: Transaction, principal: Principal) -> int:
    """Return how many keys a principal has, inactive ones too."""
    return int(tx.rows(COUNT, _of(principal))[0][0])


def set_status(tx: Transaction, principal: Principal, access_key_id: str, status: str) -> bool:
    """Make a key of a principal active or inactive; return False where it has no such key."""
    parameters = _of(principal) | {"access_key_id": access_key_id, "status": status}
    return tx.change(SET_STATUS, parameters) > 0


def delete(tx: Transaction, principal: Principal, access_key_id: str) -> bool:
    """Remove a key of a principal; return False where it has no such key."""
    return tx.change(DELETE, _of(principal) | {"access_key_id": access_key_id}) > 0


def last_use(
    tx: Transaction, account: str, access_key_id: str
) -> tuple[str, LastUse | None] | None:
    """Return the ARN of whose key it is, and its last use as far as it is written down.

    None where the account has no such key; no last use where it has not been used.
    """
    row = tx.row(LAST_USE, {"account": account, "access_key_id": access_key_id})
    if row is None:
        return None
    principal_arn, used_at, service, region = row
    use = None if used_at is None else LastUse(values.moment(used_at), service, region)
    return principal_arn, use


def set_last_use(tx: Transaction, access_key_id: str, use: LastUse) -> None:
    """Write down when a key was used last, unless a later use is; no error without the key."""
    parameters = {
        "access_key_id": access_key_id,
        "last_used_at": values.microseconds(use.at),
        "last_used_service": use.service,
        "last_used_region": use.region,
    }
    tx.change(SET_LAST_USE, parameters)


def _of(principal: Principal) -> dict[str, Any]:
    return {"account": principal.account, "principal_arn": principal.arn}
