"""The chain of an account's audit records: how a record is bound to all before it.

hash = SHA-256(previous hash, record as it stands); the first previous hash is 32 zero bytes
(reliability-and-security §9.3). A chain alone shows every change but two: one that is cut at its
end and one that was written anew as a whole. A signed checkpoint, kept elsewhere, shows those.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NO_HASH: Final = bytes(32)


def hash_of(previous: bytes, text: bytes) -> bytes:
    """Return the hash of the record `text` that follows the one with the hash `previous`."""
    return hashlib.sha256(previous + text).digest()


class Link(msgspec.Struct, frozen=True):
    """One record as it is kept: its text (UTF-8) and its hash.

    `recipient` is the account that the text says it is of, None where it says nothing.
    """

    sequence: int
    text: bytes
    hash: bytes
    recipient: str | None = None


class Break(msgspec.Struct, frozen=True):
    """What does not fit, and the first record, by its sequence number, where that shows."""

    sequence: int
    reason: str


class ChainCheck(msgspec.Struct):
    """A walk along one account's chain, record by record; `broken` is the first fault, or None.

    `checkpoints` has the hash that each of some sequence numbers is known to have had.
    """

    account: str
    checkpoints: Mapping[int, bytes] = msgspec.field(default_factory=dict)
    sequence: int = 0
    hash: bytes = NO_HASH
    broken: Break | None = None
    _fitting: int = 0

    def walk(self, links: Iterable[Link]) -> None:
        """Take the records that follow, up to the first that does not fit."""
        for link in links:
            if self.broken is not None:
                return
            self._take(link)

    def end(self) -> Break | None:
        """Say that there are no more records; return the first fault, or None."""
        last = max(self.checkpoints, default=0)
        if self.broken is None and last > self.sequence:
            self.broken = Break(
                self.sequence + 1,
                f"the chain ends at {self.sequence}, and a checkpoint was signed at {last}: "
                "the records after it were cut off",
            )
        return self.broken

    def _take(self, link: Link) -> None:
        expected = self.sequence + 1
        reason = self._fault(link, expected)
        if reason is not None:
            self.broken = Break(expected, reason)
            return
        self.sequence, self.hash = expected, link.hash
        signed = self.checkpoints.get(expected)
        if signed is None:
            return
        if signed != link.hash:
            self.broken = Break(
                self._fitting + 1,
                f"the checkpoint at {expected} was signed over another chain, so what comes "
                f"after record {self._fitting} was written anew",
            )
        self._fitting = expected

    def _fault(self, link: Link, expected: int) -> str | None:
        if link.sequence != expected:
            return f"it is not there, {link.sequence} comes instead"
        if hash_of(self.hash, link.text) != link.hash:
            return "its hash is not that of it and all before it"
        if link.recipient not in {None, self.account}:
            return f"it is a record of account {link.recipient}"
        return None
