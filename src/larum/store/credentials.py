"""Access keys in use: issued sealed, found again through a cache that is bounded in size and age.

A secret must be known to check a signature, so it is kept encrypted with AES-256-GCM under a key
derived from the master key, bound to its account and key id (reliability-and-security §9.2).
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from larum.domain.principals import AccessKey, AccessKeyStatus, Principal
from larum.store import access_keys as rows
from larum.store.access_keys import SealedAccessKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.store.engine import Engine, Transaction

NONCE_BYTES: Final = 12
CACHED_KEYS: Final = 4_000
# What another process changes is noticed a second later at the latest (goal G17).
CACHED_SECONDS: Final = 1.0
# Longer than a call may take from here to its commit (settings, request_deadline): until then a key
# that this process changes is read from the store each time.
UNSETTLED_SECONDS: Final = 60.0


class WrongMasterKey(Exception):  # noqa: N818 - told to whoever starts the server
    """The master key does not open what lies in the store."""


class Credentials:
    """Finds and issues access keys; `clock()` gives monotonic seconds, `random(n)` n bytes."""

    def __init__(
        self,
        engine: Engine,
        sealing_key: bytes,
        clock: Callable[[], float],
        random: Callable[[int], bytes],
    ) -> None:
        self._engine = engine
        self._cipher = AESGCM(sealing_key)
        self._clock = clock
        self._random = random
        self._cache: OrderedDict[str, tuple[float, SealedAccessKey, AccessKey]] = OrderedDict()
        self._unsettled: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return the key with that id, active or not and a second old at most; None if none."""
        now = self._clock()
        cached = self._cache.get(access_key_id)
        if cached is not None and now - cached[0] < CACHED_SECONDS:
            return cached[2]
        sealed = self._engine.read(lambda tx: rows.get(tx, access_key_id))
        if sealed is None:
            return None
        # Read again each second, so that a disabled key is noticed; unsealed again only if changed.
        unchanged = cached is not None and cached[1] == sealed
        key = cached[2] if cached is not None and unchanged else self.unseal(sealed)
        with self._lock:
            if self._unsettled.get(access_key_id, now) > now:
                return key
            self._cache[access_key_id] = (now, sealed, key)
            self._cache.move_to_end(access_key_id)
            while len(self._cache) > CACHED_KEYS:
                self._cache.popitem(last=False)
        return key

    def changing(self, access_key_id: str) -> None:
        """Say that a transaction which is not committed yet disables, enables or deletes a key.

        Once it is committed, no request of this process is let in by what the key was before.
        """
        now = self._clock()
        with self._lock:
            self._cache.pop(access_key_id, None)
            self._unsettled[access_key_id] = now + UNSETTLED_SECONDS
            self._unsettled.move_to_end(access_key_id)
            while len(self._unsettled) > CACHED_KEYS:
                self._unsettled.popitem(last=False)

    def newest_of_root(self, tx: Transaction, account: str) -> AccessKey | None:
        """Return the newest active key of the account's root principal, or None."""
        sealed = rows.newest_active(tx, account, Principal.root(account).arn)
        return None if sealed is None else self.unseal(sealed)

    def issue(
        self,
        tx: Transaction,
        principal: Principal,
        now: datetime,
        *,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
    ) -> AccessKey:
        """Make an active key for `principal`, with the given id and secret or random ones."""
        key = AccessKey(
            access_key_id or self._new_access_key_id(),
            secret_access_key or base64.b64encode(self._random(30)).decode(),
            principal,
        )
        nonce = self._random(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(
            nonce, key.secret_access_key.encode(), _bound_to(principal.account, key.access_key_id)
        )
        row = SealedAccessKey(
            key.access_key_id, principal.account, principal.arn, sealed, key.status
        )
        rows.insert(tx, row, now)
        return key

    def unseal(self, sealed: SealedAccessKey) -> AccessKey:
        """Return the key with its secret; raises WrongMasterKey if it cannot be opened."""
        nonce, text = sealed.sealed_secret[:NONCE_BYTES], sealed.sealed_secret[NONCE_BYTES:]
        try:
            secret = self._cipher.decrypt(
                nonce, text, _bound_to(sealed.account, sealed.access_key_id)
            )
        except InvalidTag as error:
            message = f"The master key does not open access key {sealed.access_key_id}."
            raise WrongMasterKey(message) from error
        return AccessKey(
            sealed.access_key_id,
            secret.decode(),
            Principal(sealed.account, sealed.principal_arn),
            AccessKeyStatus(sealed.status),
        )

    def _new_access_key_id(self) -> str:
        return "LARU" + base64.b32encode(self._random(10)).decode()


def _bound_to(account: str, access_key_id: str) -> bytes:
    return f"{account}/{access_key_id}".encode()
