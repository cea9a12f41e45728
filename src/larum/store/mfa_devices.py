"""Rows of MFA devices; a seed lies in them only sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.mfa_devices import MfaDevice
from larum.domain.principals import folded

if TYPE_CHECKING:
    from datetime import datetime

    from larum.store.engine import Transaction

INSERT = """
INSERT INTO mfa_devices (account, device_name, sealed_seed, created_at)
VALUES (:account, :device_name, :sealed_seed, :created_at)
ON CONFLICT DO NOTHING
"""
GET = """
SELECT device_name, sealed_seed, created_at, folded_user, enabled_at, last_step
FROM mfa_devices WHERE account = :account AND device_name = :device_name
"""
PAGE = """
SELECT device_name, sealed_seed, created_at, folded_user, enabled_at, last_step
FROM mfa_devices
WHERE account = :account AND device_name > :after
    AND (:assigned < 0 OR (:assigned = 1) = (folded_user IS NOT NULL))
ORDER BY device_name LIMIT :limit
"""
OF_USER = """
SELECT device_name, sealed_seed, created_at, folded_user, enabled_at, last_step
FROM mfa_devices
WHERE account = :account AND folded_user = :folded_user AND device_name > :after
ORDER BY device_name LIMIT :limit
"""
COUNT = "SELECT count(*) FROM mfa_devices WHERE account = :account"
COUNT_OF_USER = """
SELECT count(*) FROM mfa_devices WHERE account = :account AND folded_user = :folded_user
"""
ENABLE = """
UPDATE mfa_devices SET folded_user = :folded_user, enabled_at = :enabled_at, last_step = :last_step
WHERE account = :account AND device_name = :device_name AND folded_user IS NULL
"""
DEACTIVATE = """
UPDATE mfa_devices SET folded_user = NULL, enabled_at = NULL
WHERE account = :account AND device_name = :device_name
"""
# Only forward: of two requests with one code, the second finds nothing to change.
TAKE = """
UPDATE mfa_devices SET last_step = :last_step
WHERE account = :account AND device_name = :device_name AND last_step < :last_step
"""
DELETE = "DELETE FROM mfa_devices WHERE account = :account AND device_name = :device_name"


def insert(tx: Transaction, device: MfaDevice) -> bool:
    """Add a device; return False where the account has one of that name."""
    parameters = {
        **_key(device),
        "sealed_seed": device.sealed_seed,
        "created_at": values.microseconds(device.created_at),
    }
    return tx.change(INSERT, parameters) > 0


def get(tx: Transaction, account: str, device_name: str) -> MfaDevice | None:
    """Return the account's device of that name, or None."""
    row = tx.row(GET, {"account": account, "device_name": device_name})
    return None if row is None else _device(account, *row)


def page(
    tx: Transaction, account: str, after: str, limit: int, *, assigned: bool | None = None
) -> list[MfaDevice]:
    """Return at most `limit` devices behind the name `after`; those with a user, without, or all.

    `assigned` None means all.
    """
    parameters = {
        "account": account,
        "after": after,
        "limit": limit,
        "assigned": -1 if assigned is None else int(assigned),
    }
    return [_device(account, *row) for row in tx.rows(PAGE, parameters)]


def of_user(
    tx: Transaction, account: str, user_name: str, after: str, limit: int
) -> list[MfaDevice]:
    """Return at most `limit` devices that a user has enabled, behind the name `after`."""
    parameters = {
        "account": account,
        "folded_user": folded(user_name),
        "after": after,
        "limit": limit,
    }
    return [_device(account, *row) for row in tx.rows(OF_USER, parameters)]


def count(tx: Transaction, account: str) -> int:
    """Return how many devices the account has."""
    return int(tx.rows(COUNT, {"account": account})[0][0])


def count_of_user(tx: Transaction, account: str, user_name: str) -> int:
    """Return how many devices a user has enabled."""
    parameters = {"account": account, "folded_user": folded(user_name)}
    return int(tx.rows(COUNT_OF_USER, parameters)[0][0])


def enable(tx: Transaction, device: MfaDevice, user_name: str, now: datetime, step: int) -> bool:
    """Give a device to a user, its codes up to `step` taken; return False where it has one."""
    parameters = _key(device) | {
        "folded_user": folded(user_name),
        "enabled_at": values.microseconds(now),
        "last_step": step,
    }
    return tx.change(ENABLE, parameters) > 0


def deactivate(tx: Transaction, device: MfaDevice) -> None:
    """Take a device from its user."""
    tx.change(DEACTIVATE, _key(device))


def take(tx: Transaction, device: MfaDevice, step: int) -> bool:
    """Say that the code of `step` is taken; return False where it, or a later one, was."""
    return tx.change(TAKE, _key(device) | {"last_step": step}) > 0


def delete(tx: Transaction, device: MfaDevice) -> None:
    """Remove a device."""
    tx.change(DELETE, _key(device))


def _key(device: MfaDevice) -> dict[str, Any]:
    return {"account": device.account, "device_name": device.device_name}


def _device(
    account: str,
    device_name: str,
    sealed_seed: bytes,
    created_at: int,
    folded_user: str | None,
    enabled_at: int | None,
    last_step: int,
) -> MfaDevice:
    enabled = None if enabled_at is None else values.moment(enabled_at)
    return MfaDevice(
        account,
        device_name,
        bytes(sealed_seed),
        values.moment(created_at),
        folded_user,
        enabled,
        last_step,
    )
