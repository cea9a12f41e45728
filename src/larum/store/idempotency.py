"""Client tokens: what a token was used for, kept in the transaction of its request.

The exact semantics: reliability-and-security §3. Insert first and look up on conflict: two requests
can never both find that a token is new.
"""

from __future__ import annotations

import hmac
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from larum.domain import values
from larum.errors import ConflictException

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from larum.store.engine import Transaction

# An expired row is absent, whether or not the purge has come by.
CLAIM = """
INSERT INTO client_tokens (
    account, region, operation, token_hash, fingerprint, canon_version, resource_id, principal_arn,
    created_at, expires_at
) VALUES (
    :account, :region, :operation, :token_hash, :fingerprint, :canon_version, '', :principal_arn,
    :created_at, :expires_at
)
ON CONFLICT (account, region, operation, token_hash) DO UPDATE SET
    fingerprint = :fingerprint, canon_version = :canon_version, resource_id = '',
    principal_arn = :principal_arn, created_at = :created_at, expires_at = :expires_at
WHERE client_tokens.expires_at <= :expired_by
"""
GET = """
SELECT fingerprint, resource_id FROM client_tokens
WHERE account = :account AND region = :region AND operation = :operation
  AND token_hash = :token_hash
"""
RECORD = """
UPDATE client_tokens SET resource_id = :resource_id
WHERE account = :account AND region = :region AND operation = :operation
  AND token_hash = :token_hash
"""
PURGE = """
DELETE FROM client_tokens WHERE (account, region, operation, token_hash) IN (
    SELECT account, region, operation, token_hash FROM client_tokens
    WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)
"""
PURGED_AT_ONCE = 1_000


class TokenScope(msgspec.Struct, frozen=True):
    """Where a token is unique: neither the principal nor the resource is part of it (§3.1)."""

    account: str
    region: str
    operation: str
    token_hash: bytes


class TokenUse(msgspec.Struct, frozen=True):
    """A request's use of a token: the scope, and the fingerprint of its parameters."""

    scope: TokenScope
    fingerprint: bytes
    canon_version: int


def replay(
    tx: Transaction,
    use: TokenUse,
    *,
    principal_arn: str,
    resource_type: str,
    now: datetime,
    retention: timedelta,
    expires: bool = True,
) -> str | None:
    """Claim the token for this request, or return the id that its first request made.

    Where the clock cannot be trusted, nothing `expires` (§3.6).
    Raises ConflictException, naming the existing resource, when the parameters differ.
    """
    parameters = {
        **_key(use.scope),
        "fingerprint": use.fingerprint,
        "canon_version": use.canon_version,
        "principal_arn": principal_arn,
        "created_at": values.microseconds(now),
        "expires_at": values.microseconds(now + retention),
        "expired_by": values.microseconds(now) if expires else 0,
    }
    if tx.change(CLAIM, parameters):
        return None
    row = tx.row(GET, _key(use.scope))
    if row is None:
        message = "a client token vanished inside its own transaction"
        raise LookupError(message)
    fingerprint, resource_id = row
    if not hmac.compare_digest(fingerprint, use.fingerprint):
        message = (
            "clientToken was used before with other parameters. Send the first request's "
            "parameters for its answer, or another token for another resource."
        )
        raise ConflictException(message, resource_id=resource_id, resource_type=resource_type)
    return str(resource_id)


def record(tx: Transaction, scope: TokenScope, resource_id: str) -> None:
    """Keep what the claimed token's request made."""
    tx.change(RECORD, {**_key(scope), "resource_id": resource_id})


def purge(tx: Transaction, now: datetime) -> int:
    """Delete at most 1,000 expired tokens; return how many."""
    return tx.change(PURGE, {"now": values.microseconds(now), "limit": PURGED_AT_ONCE})


def _key(scope: TokenScope) -> dict[str, object]:
    return {
        "account": scope.account,
        "region": scope.region,
        "operation": scope.operation,
        "token_hash": scope.token_hash,
    }


class InFlight:
    """The tokens of requests that have not been answered yet: this process's memory only.

    Tells a duplicate that must wait for its first from any other wait (service-behaviour §11
    row 3). It decides nothing else: what a token was used for is read in the transaction.
    """

    def __init__(self) -> None:
        self._running: dict[TokenScope, int] = {}
        self._lock = Lock()

    def enter(self, scope: TokenScope) -> bool:
        """Note a request that uses the token; return whether another one is running."""
        with self._lock:
            others = self._running.get(scope, 0)
            self._running[scope] = others + 1
            return others > 0

    def leave(self, scope: TokenScope) -> None:
        """Note that one of the requests was answered."""
        with self._lock:
            others = self._running.pop(scope) - 1
            if others:
                self._running[scope] = others
