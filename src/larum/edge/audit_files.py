"""The audit outside the store: exports and checkpoints as files, and whether chains fit them.

    export       {"account", "sequence", "hash", "record"}, one record a line, as it is kept
    checkpoints  what `--audit-checkpoints` writes (access/audit_checkpoints.py)

An export is checked byte by byte: a record that was formatted anew does not fit its hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from larum.access import audit_checkpoints as signing
from larum.domain.audit_chain import ChainCheck
from larum.store import audit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from larum.access.audit_checkpoints import Checkpoint
    from larum.domain.audit_chain import Link


class NotAnAuditFile(Exception):  # noqa: N818 - told to whoever asked
    """A file is not what it should be; the message says where and why."""


class _Line(msgspec.Struct):
    account: str
    sequence: int
    hash: str
    record: msgspec.Raw


_decode = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.Encoder().encode


class Checkpoints(msgspec.Struct):
    """What a file of checkpoints says: by account, the hash at each sequence number.

    `faults` tells of lines that are not signed, or were left out; `ended_lines` counts those that
    broke off, as a crash leaves them.
    """

    hashes: dict[str, dict[int, bytes]] = msgspec.field(default_factory=dict)
    faults: list[str] = msgspec.field(default_factory=list)
    ended_lines: int = 0


def export_line(account: str, sequence: int, record: str, kept: str) -> bytes:
    """Return the line of an export for a record: its text as it is kept, its hash in hexadecimal.

    A text that is no JSON, which somebody must have damaged, stands as a string.
    """
    try:
        msgspec.json.decode(record)
        raw = record.encode()
        if b"\n" in raw:
            raw = _encode(record)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        raw = _encode(record)
    return _encode(_Line(account, sequence, kept, msgspec.Raw(raw))) + b"\n"


def read_export(file: Path) -> Iterator[tuple[str, Link]]:
    """Give every record of an export with its account.

    Raises NotAnAuditFile and OSError.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                found = _decode(line)
                kept = bytes.fromhex(found.hash)
            except (msgspec.MsgspecError, ValueError) as error:
                message = f"{file}, line {number} is no record of an export."
                raise NotAnAuditFile(message) from error
            yield found.account, audit.link(found.sequence, bytes(found.record), kept)


def read_checkpoints(file: Path, public_key: str) -> Checkpoints:
    """Read a file of checkpoints, signed by the holder of `public_key`; raises OSError."""
    found = Checkpoints()
    last: dict[str, Checkpoint] = {}
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            checkpoint = signing.parse(line)
            if checkpoint is None:
                found.ended_lines += bool(line.strip())
                continue
            fault = _fault(checkpoint, last.get(checkpoint.account), public_key)
            if fault is not None:
                found.faults.append(f"{file}, line {number}: {fault}")
                continue
            last[checkpoint.account] = checkpoint
            _take(found, checkpoint, f"{file}, line {number}")
    return found


def check_chains(
    links: Iterable[tuple[str, Link]], accounts: Iterable[str], checkpoints: Checkpoints
) -> list[ChainCheck]:
    """Check the chains of `accounts`, and of every other account that `links` has records of.

    Returns one check each, by account.
    """
    checks = {name: _check(name, checkpoints) for name in accounts}
    for account, link in links:
        check = checks.get(account) or checks.setdefault(account, _check(account, checkpoints))
        check.walk((link,))
    for check in checks.values():
        check.end()
    return [checks[name] for name in sorted(checks)]


def _check(account: str, checkpoints: Checkpoints) -> ChainCheck:
    return ChainCheck(account, checkpoints.hashes.get(account, {}))


def _fault(checkpoint: Checkpoint, before: Checkpoint | None, public_key: str) -> str | None:
    if not signing.is_signed(checkpoint, public_key):
        return "not signed with this key."
    if before is not None and checkpoint.previous != before.signature:
        return f"a checkpoint of account {checkpoint.account} before it was left out."
    return None


def _take(found: Checkpoints, checkpoint: Checkpoint, place: str) -> None:
    hashes = found.hashes.setdefault(checkpoint.account, {})
    kept = bytes.fromhex(checkpoint.hash)
    if hashes.setdefault(checkpoint.sequence, kept) != kept:
        found.faults.append(
            f"{place}: record {checkpoint.sequence} of account {checkpoint.account} was another "
            "one at an earlier checkpoint: the chain was written anew."
        )
