"""The keys that one master key stands for: a separate one for each purpose.

HKDF-SHA256 (RFC 5869) without salt, as the master key is random; the purpose is the info. Nothing
that one derived key gives away helps against another, or against the master
(reliability-and-security §9.2).
"""

from __future__ import annotations

from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32

KeyLabel = Literal[
    "access-key-secrets",
    "audit-checkpoints",
    "fingerprint",
    "mfa-seeds",
    "next-token",
    "session-token",
    "signed-urls",
]
"""What a derived key is for; never rename one, as what it protects is stored."""


def derive(master: bytes, label: KeyLabel) -> bytes:
    """Return the 32-byte key for `label` under the 32-byte `master`.

    Raises:
        ValueError: the master key has another length.

    """
    if len(master) != KEY_BYTES:
        raise ValueError(f"The master key has {len(master)} bytes, not {KEY_BYTES}.")
    info = f"larum/v1/{label}".encode("ascii")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)
