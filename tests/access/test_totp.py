"""Codes of MFA devices are RFC 6238's, and each is one step of time's."""

from __future__ import annotations

from base64 import b32decode
from datetime import UTC, datetime

import pytest

from larum.access import totp

# RFC 6238, appendix B: the last six of the eight digits there.
SEED = b"12345678901234567890"
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


def at(seconds: int) -> datetime:
    """Return the moment that many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The RFC's own vectors, made and recognised."""
    step = seconds // totp.STEP_SECONDS
    assert totp.code(SEED, step) == code
    assert totp.step_of(SEED, code, at(seconds)) == step


def test_a_code_lives_a_step_longer_on_each_side() -> None:
    """Phones may be half a minute off, and no more."""
    step = 1_000_000
    code = totp.code(SEED, step)
    first, last = step * 30 - 30, step * 30 + 59
    for seconds, expected in ((first - 1, None), (first, step), (last, step), (last + 1, None)):
        assert totp.step_of(SEED, code, at(seconds)) == expected


@pytest.mark.parametrize("code", ["", "28708", "2870820", "287083", "２８７０８２", " 287082"])
def test_nothing_else_is_a_code(code: str) -> None:
    """Six digits of ASCII that are right, or nothing."""
    assert totp.step_of(SEED, code, at(59)) is None


def test_a_seed_is_typed_as_base32() -> None:
    """What a device is given is what the codes are made from."""
    assert b32decode(totp.base32(SEED)) == SEED
    assert len(totp.base32(bytes(totp.SEED_BYTES))) == 64
