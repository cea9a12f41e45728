"""Page tokens that only this service can make, read or alter: a cursor sealed with AES-GCM.

    token = base64url( version | nonce (12) | AES-GCM( issued at (8) | cursor ) )

What the token is bound to (account, Region, operation, parameters) is authenticated with it and not
stored, so a token that is taken elsewhere does not open. All that is wrong with a token is told in
the same words (reliability-and-security §9.1, contracts.md).
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from larum.errors import FieldFailure, ValidationException

if TYPE_CHECKING:
    from datetime import datetime

LIFETIME = timedelta(hours=24)
NONCE_BYTES = 12

_VERSION = b"\x01"
_ISSUED_BYTES = 8
_TAG_BYTES = 16
_LONGEST = 2000


def seal(cursor: str, *, key: bytes, bound: tuple[str, ...], now: datetime, nonce: bytes) -> str:
    """Return the token for `cursor`, at most 2,000 URL-safe characters.

    `key` has 32 bytes; `nonce` has 12, random and new for each token; `bound` is what must be the
    same when the token comes back: account, Region, operation, digest of the other parameters.

    Raises:
        ValueError: the nonce has another length, or the cursor is too long (about 1,450 bytes).

    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"The nonce has {len(nonce)} bytes, not {NONCE_BYTES}.")
    issued = int(now.timestamp()).to_bytes(_ISSUED_BYTES, "big")
    sealed = AESGCM(key).encrypt(nonce, issued + cursor.encode(), _bound_bytes(bound))
    token = _encoded(_VERSION + nonce + sealed)
    if len(token) > _LONGEST:
        raise ValueError("The cursor is too long for a page token.")
    return token


def open_token(
    token: str,
    *,
    key: bytes,
    bound: tuple[str, ...],
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> str:
    """Return the cursor of a token that `seal` made with the same `key` and `bound`.

    Raises:
        ValidationException: it is altered, from elsewhere, or older than `lifetime`.

    """
    try:
        raw = _decoded(token)
        if raw[:1] != _VERSION or len(raw) < 1 + NONCE_BYTES + _ISSUED_BYTES + _TAG_BYTES:
            raise _refusal()
        nonce, sealed = raw[1 : 1 + NONCE_BYTES], raw[1 + NONCE_BYTES :]
        opened = AESGCM(key).decrypt(nonce, sealed, _bound_bytes(bound))
    except (InvalidTag, binascii.Error, ValueError):
        raise _refusal() from None
    issued = int.from_bytes(opened[:_ISSUED_BYTES], "big")
    if now.timestamp() - issued > lifetime.total_seconds():
        raise _refusal()
    return opened[_ISSUED_BYTES:].decode()


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decoded(token: str) -> bytes:
    if len(token) > _LONGEST or not token.isascii():
        raise _refusal()
    raw = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    # Base64 has several spellings of the same bytes; only ours is a token.
    if not hmac.compare_digest(_encoded(raw), token):
        raise _refusal()
    return raw


def _bound_bytes(bound: tuple[str, ...]) -> bytes:
    """Join with lengths, so that no two tuples give the same bytes."""
    parts = [part.encode() for part in bound]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _refusal() -> ValidationException:
    failure = FieldFailure("nextToken", "Member must be a token of this list, less than 24 h old")
    return ValidationException.of_fields((failure,))
