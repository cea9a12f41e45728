"""The check of the audit after anything that callers did: it sees what it is there for."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from tests.conformance.service_audit import Chains, faults

ONE, OTHER = "222222222222", "333333333333"


def record(account: str, caller: str, error: str | None = None, of: str = ONE) -> dict[str, Any]:
    """Return a record as the chain of `account` has it."""
    made: dict[str, Any] = {
        "recipientAccountId": account,
        "userIdentity": {"accountId": caller},
        "resources": [f"arn:aws:security-ir:us-east-1:{of}:case/1"],
    }
    return made | ({"errorCode": error} if error else {})


def chain(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """Return records as they are listed."""
    items, previous = [], bytes(32)
    for sequence, each in enumerate(records, start=1):
        text = json.dumps(each)
        previous = sha256(previous + text.encode()).digest()
        items.append({"sequence": sequence, "record": text, "hash": previous.hex()})
    return items


DENIED = "AccessDeniedException"
WHOLE: Chains = {
    ONE: chain(record(ONE, ONE), record(ONE, ONE, DENIED, of=OTHER)),
    OTHER: chain(record(OTHER, OTHER, of=OTHER)),
}
WRONG: dict[str, tuple[str, Chains]] = {
    "a stranger's denial": ("who was refused", {OTHER: chain(record(OTHER, ONE, DENIED))}),
    "a stranger's change": ("was done by", {OTHER: chain(record(OTHER, ONE, of=OTHER))}),
    "somebody else's record": ("is of", {OTHER: chain(record(ONE, OTHER, of=OTHER))}),
    "somebody else's resource": ("is about", {OTHER: chain(record(OTHER, OTHER, of=ONE))}),
    "a gap": ("is broken", {ONE: WHOLE[ONE][1:]}),
    "a lost denial": ("are recorded", {ONE: WHOLE[ONE][:1]}),
}


def test_a_whole_audit_has_no_fault() -> None:
    """Records of each account's own, and a denial in the chain of who asked."""
    assert faults(WHOLE, 1) == []


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said(kind: str) -> None:
    """Each kind of fault by its own words."""
    said, chains = WRONG[kind]
    assert said in " ".join(faults(chains, 1 if kind == "a lost denial" else 0))
