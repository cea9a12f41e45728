"""The codes of MFA devices: seeds are sealed under a key of this installation, guesses are few.

A seed is encrypted with AES-256-GCM, bound to its account and device; it leaves in the clear once,
when its device is made.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from larum.access import totp
from larum.access.throttle import BucketTable, Rate
from larum.errors import ThrottlingException

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.domain.mfa_devices import MfaDevice

NONCE_BYTES: Final = 12
# Three codes of a million are good at a time: at this pace a guess takes a year to be likely.
ATTEMPTS: Final = Rate("mfa-codes", 1 / 30, 6)


class MfaCodes:
    """Makes seeds and checks codes; `key` has 32 bytes, `random(n)` gives n bytes."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        self._cipher = AESGCM(key)
        self._random = random
        self._attempts = BucketTable()

    def new_seed(self, serial_number: str) -> tuple[bytes, str]:
        """Return a new seed for a device: sealed, and in base32 as its owner needs it once."""
        seed = self._random(totp.SEED_BYTES)
        nonce = self._random(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, seed, serial_number.encode())
        return sealed, totp.base32(seed)

    def step(self, device: MfaDevice, code: str, now: datetime) -> int | None:
        """Return the step of time whose code `code` is, or None where it is none of `now`.

        Raises ThrottlingException where too many codes were tried for the device.
        """
        wait = self._attempts.take(device.serial_number, ATTEMPTS, time.monotonic())
        if wait > 0:
            raise ThrottlingException(
                "Too many codes were tried for this MFA device.",
                retry_after_ms=int(wait * 1000) + 1,
                quota_code=ATTEMPTS.quota_code,
            )
        nonce, sealed = device.sealed_seed[:NONCE_BYTES], device.sealed_seed[NONCE_BYTES:]
        seed = self._cipher.decrypt(nonce, sealed, device.serial_number.encode())
        return totp.step_of(seed, code, now)
