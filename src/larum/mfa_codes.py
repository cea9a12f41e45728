"""The codes of MFA devices: seeds are sealed under a key of this installation, guesses are few.

A seed is encrypted with AES-256-GCM, bound to its account and device; it leaves in the clear once,
when its device is made.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
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
REMEMBERED: Final = 10_000
# Three codes of a million are good at a time: at this pace a guess takes a year to be likely.
ATTEMPTS: Final = Rate("mfa-codes", 1 / 30, 6)


class MfaCodes:
    """Makes seeds and checks codes; `key` has 32 bytes, `random(n)` gives n bytes."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        self._cipher = AESGCM(key)
        self._random = random
        self._attempts = BucketTable()
        self._spent: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

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
        return totp.step_of(self._seed(device), code, now)

    def spend(self, device: MfaDevice, step: int) -> bool:
        """Take the code of `step` for good; return False where it, or a later one, was taken.

        What a transaction writes is undone when its call is denied, and a code that was sent may
        have been seen: this is not. The store has what must outlive the process.
        """
        serial = device.serial_number
        with self._lock:
            if self._spent.get(serial, device.last_step) >= step:
                return False
            self._spent[serial] = step
            self._spent.move_to_end(serial)
            while len(self._spent) > REMEMBERED:
                self._spent.popitem(last=False)
        return True

    def _seed(self, device: MfaDevice) -> bytes:
        nonce, sealed = device.sealed_seed[:NONCE_BYTES], device.sealed_seed[NONCE_BYTES:]
        return self._cipher.decrypt(nonce, sealed, device.serial_number.encode())
