"""The record of who did what: append-only, hash-chained per account, part of the change itself.

How records are chained: domain/audit_chain.py. A record holds ids and member names, and never a
sensitive text (reliability-and-security §9.3).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.domain.audit_chain import NO_HASH, ChainCheck, Link, hash_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.store.engine import Transaction

LAST = """
SELECT sequence, hash FROM audit_records
WHERE account = :account ORDER BY sequence DESC LIMIT 1
"""
INSERT = """
INSERT INTO audit_records (account, sequence, record, hash, case_arn, request_id)
VALUES (:account, :sequence, :record, :hash, :case_arn, :request_id)
"""
OF_CASE = """
SELECT sequence, record FROM audit_records
WHERE account = :account AND case_arn = :case_arn AND sequence > :after
ORDER BY sequence LIMIT :limit
"""
COUNT_OF_CASE = """
SELECT count(*) FROM audit_records WHERE account = :account AND case_arn = :case_arn
"""
PAGE = """
SELECT sequence, record, hash FROM audit_records
WHERE account = :account AND sequence > :after ORDER BY sequence LIMIT :limit
"""
OF_DENIAL = """
SELECT sequence, record FROM audit_records
WHERE account = :account AND request_id = :request_id ORDER BY sequence LIMIT 1
"""
NEXT_ACCOUNT = "SELECT min(account) FROM audit_records WHERE account > :after"
READ_AT_ONCE: Final = 1_000

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class _Recipient(msgspec.Struct):
    recipientAccountId: str | None = None  # noqa: N815 - CloudTrail's name


_recipient = msgspec.json.Decoder(_Recipient).decode


class Chain(msgspec.Struct, frozen=True):
    """Where the chain of an account ends: the number and the hash of its last record."""

    account: str
    sequence: int
    hash: bytes


def append(
    tx: Transaction,
    account: str,
    record: Mapping[str, object],
    case_arn: str | None = None,
    denied_request: str | None = None,
) -> int:
    """Add a record to the account's chain; return its sequence number, from 1 up without gaps.

    The record gets its eventID, and the account as recipientAccountId: moved to another account's
    chain it does not fit. `case_arn` names the case that it tells an edit of, `denied_request` is
    the id of the request that it tells the denial of.
    """
    last = tx.row(LAST, {"account": account})
    sequence, previous = (0, NO_HASH) if last is None else last
    stamped = {
        **record,
        "eventID": _event_id(account, sequence + 1, previous),
        "recipientAccountId": account,
    }
    text = _encode(stamped)
    parameters = {
        "account": account,
        "sequence": sequence + 1,
        "record": text.decode(),
        "hash": hash_of(previous, text),
        "case_arn": case_arn,
        "request_id": denied_request,
    }
    tx.change(INSERT, parameters)
    return int(sequence) + 1


def of_case(
    tx: Transaction, account: str, case_arn: str, after: int, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """Return (sequence, record) of at most `limit` edits of a case, oldest first.

    They begin after the sequence number `after`.
    """
    parameters = {"account": account, "case_arn": case_arn, "after": after, "limit": limit}
    return [(sequence, _decode(text)) for sequence, text in tx.rows(OF_CASE, parameters)]


def count_of_case(tx: Transaction, account: str, case_arn: str) -> int:
    """Return how many edits a case has."""
    parameters = {"account": account, "case_arn": case_arn}
    return int(tx.rows(COUNT_OF_CASE, parameters)[0][0])


def of_denial(tx: Transaction, account: str, request_id: str) -> tuple[int, str] | None:
    """Return (sequence, text) of the record of a request's denial in that account's chain."""
    row = tx.row(OF_DENIAL, {"account": account, "request_id": request_id})
    return None if row is None else (row[0], row[1])


def page(tx: Transaction, account: str, after: int, limit: int) -> list[tuple[int, str, bytes]]:
    """Return (sequence, text, hash) of at most `limit` records of the account after `after`."""
    rows = tx.rows(PAGE, {"account": account, "after": after, "limit": limit})
    return [(sequence, text, kept) for sequence, text, kept in rows]


def chains(tx: Transaction, after: str, limit: int) -> list[Chain]:
    """Return where at most `limit` chains end, of accounts after `after`, in their order."""
    found: list[Chain] = []
    while len(found) < limit:
        (account,) = tx.rows(NEXT_ACCOUNT, {"after": after})[0]
        if account is None:
            break
        sequence, kept = tx.rows(LAST, {"account": account})[0]
        found.append(Chain(account, sequence, kept))
        after = account
    return found


def link(sequence: int, text: bytes, kept: bytes) -> Link:
    """Return a record as the chain's check takes it; what is no record of ours has no recipient."""
    try:
        recipient = _recipient(text).recipientAccountId
    except (msgspec.MsgspecError, UnicodeDecodeError):
        recipient = None
    return Link(sequence, text, kept, recipient)


def first_broken(tx: Transaction, account: str) -> int | None:
    """Return the sequence number of the first record that does not fit the chain, or None."""
    check, after = ChainCheck(account), 0
    while rows := page(tx, account, after, READ_AT_ONCE):
        check.walk(link(sequence, text.encode(), kept) for sequence, text, kept in rows)
        after = rows[-1][0]
    return None if check.broken is None else check.broken.sequence


def _event_id(account: str, sequence: int, previous: bytes) -> str:
    """Return a UUID for the record: of what is before it, so that no other record has it."""
    digest = hashlib.sha256(b"%s/%d/%s" % (account.encode(), sequence, previous))
    text = digest.hexdigest()
    # Version 8 of RFC 9562: its bits are made by a rule of one's own.
    return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-a{text[17:20]}-{text[20:32]}"
