"""Session tokens open for their own key alone, whole and unaltered, and hold what was sealed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from larum.access import session_tokens
from larum.access.session_tokens import SessionTokens
from larum.domain.principals import Principal
from larum.domain.sessions import Session, assumed_role

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKENS = SessionTokens(bytes(range(32)), os.urandom)
SESSION = Session(
    principal=assumed_role("1" * 12, "lister", "work"),
    identity=Principal("1" * 12, "arn:aws:iam::111111111111:role/lister"),
    identity_id="AROAEXAMPLE0123456789",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    multi_factor=True,
    policies=('{"Statement": []}',),
    tags={"Team": "rot-grün"},
    policy_arns=("arn:aws:iam::aws:policy/X",),
    transitive_keys=frozenset({"team"}),
)
KEY = TOKENS.issue(SESSION)


def test_a_token_holds_the_whole_session() -> None:
    """What was sealed comes back, with the secret, and the repr shows neither."""
    found = TOKENS.open(KEY.access_key.access_key_id, KEY.token)
    assert found == KEY
    assert found is not None
    assert found.session == SESSION
    assert found.access_key.principal == SESSION.principal
    assert KEY.access_key.access_key_id.startswith(session_tokens.PREFIX)
    assert KEY.access_key.secret_access_key not in repr(KEY)
    assert KEY.token not in repr(KEY)
    assert KEY.token.isascii()
    assert len(KEY.token) < 2048


def test_a_token_is_bound_to_its_key() -> None:
    """A24: the token of one session is foreign to the key of another, and to a long-lived one."""
    other = TOKENS.issue(SESSION)
    assert other.token != KEY.token
    assert TOKENS.open(other.access_key.access_key_id, KEY.token) is None
    assert TOKENS.open("LARUEXAMPLEEXAMPLE00", KEY.token) is None


def test_another_installation_opens_nothing() -> None:
    """A token is of no use under another master key."""
    other = SessionTokens(bytes(32), os.urandom)
    assert other.open(KEY.access_key.access_key_id, KEY.token) is None


@given(st.integers(0, len(KEY.token) - 1), st.characters(codec="utf-8"))
@example(len(KEY.token) - 1, "A")
@example(0, "=")
def test_no_altered_character_passes(place: int, character: str) -> None:
    """G15: a token that differs in any character, another spelling included, is none."""
    altered = KEY.token[:place] + character + KEY.token[place + 1 :]
    opened = TOKENS.open(KEY.access_key.access_key_id, altered)
    assert (opened is None) == (altered != KEY.token)


def test_no_altered_bit_passes() -> None:
    """G15: each bit of the sealed bytes counts."""
    raw = session_tokens._decoded(KEY.token)
    assert raw is not None
    for place in range(len(raw)):
        for bit in range(8):
            flipped = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
            token = session_tokens._encoded(flipped)
            assert TOKENS.open(KEY.access_key.access_key_id, token) is None


@given(st.one_of(st.text(max_size=200), st.binary(max_size=300).map(session_tokens._encoded)))
@example("")
@example("A" * 9_000)
@example(KEY.token + "=")
@example(KEY.token[:-1])
@example(KEY.token + "AAAA")
def test_nothing_else_is_a_token(text: str) -> None:
    """Whatever a stranger sends is no session, and no failure of the server."""
    assert TOKENS.open(KEY.access_key.access_key_id, text) is None


def test_what_is_too_large_is_not_sealed() -> None:
    """No token is longer than a header may be."""
    tags = {str(number): os.urandom(150).hex() for number in range(50)}
    session = Session(
        principal=SESSION.principal,
        identity=SESSION.identity,
        identity_id="",
        issued_at=NOW,
        expires_at=NOW,
        multi_factor=False,
        tags=tags,
    )
    with pytest.raises(ValueError, match="too large"):
        TOKENS.issue(session)
