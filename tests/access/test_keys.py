"""Derived keys: separate for each purpose, the same after every start, RFC 5869's HKDF."""

from __future__ import annotations

import hmac
from typing import get_args

import pytest

from larum.access.keys import KeyLabel, derive

MASTER = bytes(range(32))


def test_each_purpose_has_a_key_of_its_own() -> None:
    """No two labels share a key, none is the master, and each is the same the next time."""
    keys = {derive(MASTER, label) for label in get_args(KeyLabel)}
    assert len(keys) == len(get_args(KeyLabel)) == 7
    assert MASTER not in keys
    assert keys == {derive(MASTER, label) for label in get_args(KeyLabel)}
    assert keys.isdisjoint(derive(bytes(32), label) for label in get_args(KeyLabel))


def test_derivation_is_rfc_5869() -> None:
    """Stored data stays readable: extract with a zero salt, expand with `larum/v1/` and label."""
    extracted = hmac.digest(bytes(32), MASTER, "sha256")
    expanded = hmac.digest(extracted, b"larum/v1/fingerprint\x01", "sha256")
    assert derive(MASTER, "fingerprint") == expanded


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_master_key_has_32_bytes(length: int) -> None:
    """A short or long master key is refused, not stretched."""
    with pytest.raises(ValueError, match="not 32"):
        derive(bytes(length), "fingerprint")
