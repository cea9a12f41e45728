"""Page tokens: they open where they were made, unaltered and in time, and nowhere else."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larum.access.next_token import LIFETIME, open_token, seal
from larum.errors import ValidationException

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
NONCE = b"twelve bytes"
BOUND = ("111111111111", "us-east-1", "ListMemberships", "d" * 64)
CURSOR = "m-0123456789é"


def sealed(cursor: str = CURSOR) -> str:
    """Return a token for `cursor`."""
    return seal(cursor, key=KEY, bound=BOUND, now=NOW, nonce=NONCE)


def refusal(
    token: str, *, key: bytes = KEY, bound: tuple[str, ...] = BOUND, now: datetime = NOW
) -> tuple[str, str, object]:
    """Return all that the refusal of `token` tells; opening it fails the test."""
    with pytest.raises(ValidationException) as caught:
        open_token(token, key=key, bound=bound, now=now)
    return caught.value.message, caught.value.reason, caught.value.field_list


@given(
    st.text(max_size=300),
    st.lists(st.text(max_size=20), max_size=5),
    st.binary(min_size=12, max_size=12),
)
def test_a_token_opens_where_it_was_made(cursor: str, bound: list[str], nonce: bytes) -> None:
    """Any cursor comes back, by a token of URL-safe characters within the model's length."""
    token = seal(cursor, key=KEY, bound=tuple(bound), now=NOW, nonce=nonce)
    assert open_token(token, key=KEY, bound=tuple(bound), now=NOW) == cursor
    assert len(token) <= 2000
    assert token.replace("-", "").replace("_", "").isalnum()


@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    """Not one character can be changed, added or removed, and none of it is told apart."""
    token = sealed()
    at = data.draw(st.integers(0, len(token)))
    char = data.draw(st.characters() | st.sampled_from("AQgw-_+/= \n\x00é"))
    changed = data.draw(
        st.sampled_from(
            (token[:at] + char + token[at + 1 :], token[:at] + char + token[at:], token[:at])
        )
    )
    if changed != token:
        assert refusal(changed) == refusal("")


def test_every_bit_of_the_token_counts() -> None:
    """Each single bit of each byte, version and nonce included, is authenticated."""
    token = sealed()
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for bit in range(len(raw) * 8):
        raw[bit // 8] ^= 1 << bit % 8
        assert refusal(urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()) == refusal("")
        raw[bit // 8] ^= 1 << bit % 8


def test_a_token_has_one_spelling() -> None:
    """Other base64 of the same bytes (padding, spare bits, standard alphabet) is refused."""
    tokens = [sealed("a" * length) for length in range(4)]
    for token in tokens:
        last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(token[-1])
        spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]
        for other in (token + "=", token + "==", token + "\n", " " + token, token[:-1] + spare):
            assert refusal(other) == refusal("")
        if "_" in token or "-" in token:
            assert refusal(token.replace("_", "/").replace("-", "+")) == refusal("")


@pytest.mark.parametrize("index", range(4))
def test_a_token_from_elsewhere_is_refused(index: int) -> None:
    """Another account, Region, operation or other parameters: the same refusal."""
    elsewhere = (*BOUND[:index], "x", *BOUND[index + 1 :])
    assert refusal(sealed(), bound=elsewhere) == refusal("x")


def test_what_a_token_is_bound_to_cannot_be_regrouped() -> None:
    """Two tuples that read alike when joined are two different places."""
    for bound in (("a", "bc"), ("abc",), ("a", "b", "c"), ("abc", ""), ("", "abc")):
        token = seal("c", key=KEY, bound=("ab", "c"), now=NOW, nonce=NONCE)
        assert refusal(token, bound=bound) == refusal("")


def test_another_instances_token_is_refused() -> None:
    """Another key: the same refusal."""
    assert refusal(sealed(), key=OTHER_KEY) == refusal("x")


def test_a_token_lives_24_hours() -> None:
    """At the last second it opens, a second later it is refused like any other."""
    assert open_token(sealed(), key=KEY, bound=BOUND, now=NOW + LIFETIME) == CURSOR
    late = NOW + LIFETIME + timedelta(seconds=1)
    assert refusal(sealed(), now=late) == refusal("")


@pytest.mark.parametrize("token", ["", "A", "AQ", "é", "x" * 2001, "A" * 1_000_000, "\ud800"])
def test_nonsense_is_refused_in_the_same_words(token: str) -> None:
    """Empty, short, huge and non-ASCII tokens name the field and nothing else."""
    message, reason, fields = refusal(token)
    assert reason == "FIELD_VALIDATION_FAILED"
    assert "nextToken" in message
    assert refusal("other") == (message, reason, fields)


def test_a_cursor_is_not_readable_in_its_token() -> None:
    """The cursor is encrypted: the same one under two nonces shares no text."""
    again = seal(CURSOR, key=KEY, bound=BOUND, now=NOW, nonce=b"another one!")
    assert again[20:] != sealed()[20:]


def test_a_token_that_would_be_too_long_is_not_made() -> None:
    """A cursor that does not fit, or a nonce of the wrong length, is the service's own fault."""
    assert len(sealed("a" * 1400)) <= 2000
    with pytest.raises(ValueError, match="too long"):
        sealed("a" * 1500)
    with pytest.raises(ValueError, match="nonce"):
        seal(CURSOR, key=KEY, bound=BOUND, now=NOW, nonce=b"short")
