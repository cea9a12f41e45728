"""One-time passwords by time, as authenticator applications show them (RFC 6238).

Six digits, SHA-1, a step of thirty seconds: what virtual MFA devices of AWS use. A code of the step
before or after is taken too, as clocks of phones are off (RFC 6238 §5.2).
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

if TYPE_CHECKING:
    from datetime import datetime

# AWS's seeds have 64 characters of base32.
SEED_BYTES: Final = 40
STEP_SECONDS: Final = 30
DIGITS: Final = 6
_DRIFT: Final = (-1, 0, 1)


def base32(seed: bytes) -> str:
    """Return the seed as it is typed into an application."""
    return base64.b32encode(seed).decode("ascii")


def code(seed: bytes, step: int) -> str:
    """Return the code of a step of time: whole steps since 1970."""
    made = TOTP(seed, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - applications know no other hash; in an HMAC it is sound
    return made.generate(step * STEP_SECONDS).decode("ascii")


def step_of(seed: bytes, given: str, now: datetime) -> int | None:
    """Return the step of time whose code is `given`, within one step of `now`; None for none.

    Every candidate is compared, so that the time it takes tells nothing.
    """
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in (current + drift for drift in _DRIFT):
        if hmac.compare_digest(code(seed, step).encode(), given.encode()):
            found = step
    return found
