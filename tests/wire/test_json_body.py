"""Only JSON within the limits gets in, everything else is one kind of refusal, without echo."""

from __future__ import annotations

import json
import sys
from time import process_time

import pytest
from hypothesis import example as hypothesis_example
from hypothesis import given
from hypothesis import strategies as st

from larum.errors import ValidationException
from larum.wire.json_body import decode

CANARY = "canary"


def _refusal(body: bytes) -> str:
    with pytest.raises(ValidationException) as caught:
        decode(body)
    assert caught.value.reason == "CANNOT_PARSE"
    assert caught.value.field_list == ()
    return caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"{} {}",
        b"]",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"[1,]",
        b'{"a"}',
        b"{a: 1}",
        b"NaN",
        b'{"a": NaN}',
        b"Infinity",
        b"-Infinity",
        b"[1e400]",
        b"[-1e400]",
        b"[01]",
        b"[1.]",
        b"[.5]",
        b"[+1]",
        b"[0x10]",
        b"tru",
        b"// x\n{}",
        b"\x00",
        b'"a\nb"',
        b'"a\x00b"',
        b'"\\x41"',
        b'"\\u00g0"',
        b'"\\ud800"',
        b'"\\udc00"',
        b'"\\ud800\\u0041"',
        b'"\\udc00\\ud800"',
        b'{"\\ud800abcdefghijk": 1}',
        b'"\xed\xa0\x80\xed\xb0\x80"',
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xe2\x82"',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        "{}".encode("utf-16-le"),
        "{}".encode("utf-32"),
    ],
)
def test_what_is_not_json_in_utf8_is_refused(body: bytes) -> None:
    """No leniency of any parser is a way in."""
    assert _refusal(body).startswith("The body is not acceptable: ")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b' {"a" : [ 1 , 2.5 , true , null ] } \r\n', {"a": [1, 2.5, True, None]}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\udd25\\u00e9\\u0000"', "\N{FIRE}\xe9\0"),
        (b"[1e-400, -0, 1E5]", [0.0, 0, 100000.0]),
        (b"[9223372036854775808]", [2**63]),
    ],
)
def test_json_means_what_it_says(body: bytes, value: object) -> None:
    """Duplicate keys: the last one wins; escapes and numbers are exact."""
    assert decode(body) == value


def test_the_refusal_says_where() -> None:
    """A byte offset tells the caller what to look at, also for broken UTF-8."""
    assert _refusal(b'{"a": 1,}') == "The body is not acceptable: trailing comma in object (byte 8)"
    assert _refusal(b'{"a": "b\xff"}') == "The body is not acceptable: it is not UTF-8 (byte 8)"


def test_depth_is_bounded_exactly() -> None:
    """32 levels are read, 33 are not, and brackets in strings do not count."""
    assert decode(b"[" * 32 + b"]" * 32) is not None
    assert "32 levels" in _refusal(b"[" * 33 + b"]" * 33)
    assert "32 levels" in _refusal(b'{"a":' * 33 + b"1" + b"}" * 33)
    assert decode(json.dumps(["[{" * 500, '\\"[' * 100]).encode()) == ["[{" * 500, '\\"[' * 100]
    assert len(str(decode(b"[" + b"[]," * 500 + b"[]]"))) > 500


@pytest.mark.parametrize("size", [999, 1001, 100_000, 2_000_000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_deep_nesting_is_a_plain_refusal(opening: bytes, size: int) -> None:
    """However deep, it is no RecursionError and takes no time."""
    started = process_time()
    _refusal(opening * (size // len(opening)))
    assert process_time() - started < 2


def test_values_are_bounded_exactly() -> None:
    """20,000 values are read, one more is not, and commas in strings do not count."""
    assert len(str(decode(b"[" + b"0," * 19_998 + b"0]"))) > 19_999
    assert "20000 values" in _refusal(b"[" + b"0," * 19_999 + b"0]")
    assert decode(b'{"a":"' + b"," * 16_000 + b'","b":"' + b"," * 16_000 + b'"}') is not None


@pytest.mark.parametrize("digit", ["1", "0.1", "-1", "1e"])
def test_the_text_of_a_number_is_bounded_exactly(digit: str) -> None:
    """32 characters are read, 33 are not, and digits in strings do not count."""
    longest = digit + "0" * (32 - len(digit))
    assert decode(f"[{longest}]".encode()) is not None
    assert "longer than 32" in _refusal(f"[{longest}0]".encode())
    assert decode(f'["{longest * 9}"]'.encode()) == [longest * 9]
    assert "longer than 32" in _refusal(b"[" + b"9" * 4000 + b"]")


def test_strings_and_names_are_bounded_exactly() -> None:
    """16,384 and 512 characters, not bytes, wherever they stand and however they are escaped."""
    for character in ("a", "\xe9", "\N{FIRE}", '"', "\\", "\n"):
        for ascii_only in (True, False):

            def body(value: object, ascii_only: bool = ascii_only) -> bytes:  # noqa: FBT001 - bound
                return json.dumps([{"a": [value]}], ensure_ascii=ascii_only).encode()

            assert decode(body(character * 16_384)) is not None
            assert "16384" in _refusal(body(character * 16_385))
            assert decode(body({character * 512: 1})) is not None
            assert "512" in _refusal(body({character * 513: 1}))


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 1_000_000,
        b'"' + b"\\" * 2_000_000,
        b'"\\' + b'"\\' * 1_000_000,
        b"[" * 40 + b'"' + b'\\"' * 1_000_000,
        b"[" * 40 + b'"' + b'a\\"' * 700_000 + b"\\",
        b'"",' * 1_000_000,
        b"{" * 40 + b'"a",' * 900_000,
        b"]" * 2_000_000 + b"[" * 40,
        b"-" * 2_000_000,
        b"1" * 2_000_000,
    ],
    ids=range(10),
)
def test_no_body_makes_the_checks_slow(body: bytes) -> None:
    """The structure check passes the text once, also where quotes never close."""
    started = process_time()
    _refusal(body)
    assert process_time() - started < 2


def _outcome(body: bytes) -> tuple[object, ValidationException | None]:
    try:
        return decode(body), None
    except ValidationException as refusal:
        return None, refusal


@given(st.binary())
@hypothesis_example(b"\xff")
def test_any_bytes_give_a_value_or_the_refusal(body: bytes) -> None:
    """Nothing else can come out: no other exception, no value that strict JSON would not have."""
    value, refusal = _outcome(body)
    if refusal is None:
        assert value == json.loads(body.decode())
    else:
        assert refusal.reason == "CANNOT_PARSE"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 1, 4]))
def test_every_json_value_is_read_as_written(
    value: object,
    ascii_only: bool,  # noqa: FBT001 - drawn
    indent: int | None,
) -> None:
    """Escapes, indentation and order do not change what is read."""
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert decode(body) == value


@given(st.binary(max_size=3), st.integers(0, 60), st.integers(0, 60))
def test_nothing_of_the_body_is_echoed(junk: bytes, cut: int, put: int) -> None:
    """A damaged body is described, never quoted: it may hold what is sensitive."""
    body = json.dumps({CANARY: {CANARY: [CANARY, CANARY * 3000]}}).encode()
    damaged = body[:put] + junk + body[put + cut :]
    _, refusal = _outcome(damaged)
    if refusal is not None:
        assert CANARY not in refusal.message
        # A logged traceback must not bring back what the message leaves out.
        assert refusal.__context__ is None or refusal.__suppress_context__


@pytest.mark.parametrize("ascii_only", [True, False])
def test_nothing_of_a_truncated_body_is_echoed(*, ascii_only: bool) -> None:
    """Wherever the connection or a proxy cut it off."""
    value = {CANARY: [CANARY, 1.5, "\N{FIRE}" + CANARY, True]}
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    for end in range(len(body)):
        assert CANARY not in _refusal(body[:end])


def test_the_recursion_limit_is_not_what_protects() -> None:
    """The depth is checked before anything recurses, whatever limit the process has set."""
    before = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(100_000)
        assert "32 levels" in _refusal(b"[" * 19_000)
    finally:
        sys.setrecursionlimit(before)
