"""Signed statements of where the audit chain of an account stood: what is kept elsewhere.

Whoever can write the database can write a whole chain anew, and its hashes fit; they cannot sign
for it. One line of JSON each, with an Ed25519 signature (RFC 8032) over the other members as they
stand, and the signature of the account's checkpoint before it, so that none can be left out
(reliability-and-security §9.3).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from datetime import datetime

# What is signed begins with it: no signature of ours over anything else fits.
CONTEXT: Final = b"larum/v1/audit-checkpoint\n"

_encode = msgspec.json.Encoder(order="deterministic").encode


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a chain stood at a time: the number and hash (hexadecimal) of its last record.

    `previous` and `signature` are base64; `previous` is empty in an account's first checkpoint.
    """

    account: str
    sequence: int
    hash: str
    time: str
    previous: str
    signature: str = ""
    format: Literal["larum-audit-checkpoint"] = "larum-audit-checkpoint"

    def line(self) -> bytes:
        """Return it as one line of a file."""
        return _encode(self) + b"\n"


_decode = msgspec.json.Decoder(Checkpoint).decode


class CheckpointKey:
    """What signs checkpoints; `public` is what they are checked with, 32 bytes in base64."""

    def __init__(self, seed: bytes) -> None:
        """Make the key of a `seed` of 32 bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def signed(
        self, account: str, sequence: int, kept: bytes, now: datetime, previous: str
    ) -> Checkpoint:
        """Return the checkpoint of a chain whose record `sequence` has the hash `kept`."""
        bare = Checkpoint(account, sequence, kept.hex(), now.isoformat(), previous)
        signature = base64.b64encode(self._key.sign(_signed_bytes(bare))).decode()
        return msgspec.structs.replace(bare, signature=signature)


def parse(line: bytes) -> Checkpoint | None:
    """Return the checkpoint that a line of a file holds, or None where it holds none."""
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def is_public_key(text: str) -> bool:
    """Return whether `text` is a public key as `CheckpointKey.public` tells one."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        return False
    return True


def is_signed(checkpoint: Checkpoint, public: str) -> bool:
    """Return whether the holder of the key `public` (base64) signed the checkpoint."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    try:
        signature = base64.b64decode(checkpoint.signature, validate=True)
        key.verify(signature, _signed_bytes(checkpoint))
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed_bytes(checkpoint: Checkpoint) -> bytes:
    return CONTEXT + _encode(msgspec.structs.replace(checkpoint, signature=""))
