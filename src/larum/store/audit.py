"""The record of who did what: append-only, hash-chained per account, part of the change itself.

hash = SHA-256(previous hash, record); the first previous hash is 32 zero bytes. A record holds ids
and member names, never a sensitive text (reliability-and-security §9.3).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.store.engine import Transaction

LAST = """
SELECT sequence, hash FROM audit_records
WHERE account = :account ORDER BY sequence DESC LIMIT 1
"""
INSERT = """
INSERT INTO audit_records (account, sequence, record, hash, case_arn)
VALUES (:account, :sequence, :record, :hash, :case_arn)
"""
OF_CASE = """
SELECT sequence, record FROM audit_records
WHERE account = :account AND case_arn = :case_arn AND sequence > :after
ORDER BY sequence LIMIT :limit
"""
COUNT_OF_CASE = """
SELECT count(*) FROM audit_records WHERE account = :account AND case_arn = :case_arn
"""
ALL = "SELECT sequence, record, hash FROM audit_records WHERE account = :account ORDER BY sequence"
NO_HASH: Final = bytes(32)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def append(
    tx: Transaction, account: str, record: Mapping[str, object], case_arn: str | None = None
) -> int:
    """Add a record to the account's chain; return its sequence number, from 1 up without gaps.

    `case_arn` names the case that it tells an edit of.
    """
    last = tx.row(LAST, {"account": account})
    sequence, previous = (0, NO_HASH) if last is None else last
    text = _encode(record)
    parameters = {
        "account": account,
        "sequence": sequence + 1,
        "record": text.decode(),
        "hash": hashlib.sha256(previous + text).digest(),
        "case_arn": case_arn,
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


def first_broken(tx: Transaction, account: str) -> int | None:
    """Return the sequence number of the first record that does not fit the chain, or None."""
    previous = NO_HASH
    for expected, (sequence, text, kept) in enumerate(tx.rows(ALL, {"account": account}), start=1):
        if sequence != expected or hashlib.sha256(previous + text.encode()).digest() != kept:
            return expected
        previous = kept
    return None
