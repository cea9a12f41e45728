"""From body bytes to JSON values, within limits and without echo.

msgspec decodes; it is strict about UTF-8, numbers and surrogates already. What it does not bound is
checked before: depth, number of values, length of numbers, keys and strings. The common case pays
for a few byte counts only; the exact checks run when those leave a doubt.

Limits: reliability-and-security 7.2 and 7.3. Duplicate keys: the last one wins, as in the SDKs.
"""

from __future__ import annotations

import re

import msgspec

from larum.errors import ValidationException

MAX_DEPTH = 32
MAX_VALUES = 20_000
MAX_NUMBER = 32
MAX_KEY = 512
MAX_STRING = 16 * 1024

_DECODER = msgspec.json.Decoder()
_NUMBER_BYTES = b"+-.0123456789Ee"
_NUMBERS = bytes(0x30 if byte in _NUMBER_BYTES else 0x20 for byte in range(256))
_TOO_LONG_NUMBER = b"0" * (MAX_NUMBER + 1)
_QUOTES = bytes(byte if byte in b'"' else 0x20 for byte in range(256))
_LONG_TOKEN = b" " * (MAX_KEY + 1)
# Always matches once a quote opens, so that the text is passed once, whatever it holds.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def _refuse(message: str) -> ValidationException:
    return ValidationException(f"The body is not acceptable: {message}", reason="CANNOT_PARSE")


def _may_exceed(body: bytes, max_values: int) -> bool:
    """Tell whether the cheap bounds leave it open that depth, values or numbers are too many."""
    opening = body.count(b"[") + body.count(b"{")
    return (
        opening > MAX_DEPTH
        or opening + body.count(b",") >= max_values
        or _TOO_LONG_NUMBER in body.translate(_NUMBERS)
    )


def _check_structure(body: bytes, max_values: int) -> None:
    """Refuse too many values, too long numbers and too deep nesting, counted outside strings."""
    bare = _STRING.sub(b'"', body)
    if bare.count(b"[") + bare.count(b"{") + bare.count(b",") >= max_values:
        raise _refuse(f"it has more than {max_values} values")
    if _TOO_LONG_NUMBER in bare.translate(_NUMBERS):
        raise _refuse(f"a number is longer than {MAX_NUMBER} characters")
    depth = 0
    for bracket in _BRACKET.finditer(bare):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise _refuse(f"it is nested more than {MAX_DEPTH} levels deep")
        if depth < 0:
            raise _refuse("a bracket closes that was never opened")


def _check_texts(value: object, max_string: int) -> None:
    """Refuse too long keys and strings anywhere in the decoded `value`."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            if len(each) > max_string:
                raise _refuse(f"a string is longer than {max_string} characters")
        elif isinstance(each, dict):
            if any(len(key) > MAX_KEY for key in each):
                raise _refuse(f"a member name is longer than {MAX_KEY} characters")
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)


def _told(body: bytes, error: Exception) -> str:
    """Say what is wrong and at which byte, in words that hold nothing of the body."""
    if isinstance(error, UnicodeDecodeError):
        try:
            body.decode()
        except UnicodeDecodeError as exact:
            return f"it is not UTF-8 (byte {exact.start})"
    text = str(error)
    if text.startswith("JSON is malformed"):
        return text.removeprefix("JSON is malformed: ")
    if isinstance(error, msgspec.ValidationError):
        return "a number is out of range"
    return "it ends too early"


def decode(body: bytes, max_values: int = MAX_VALUES, max_string: int = MAX_STRING) -> object:
    """Return the JSON value of `body`: dict, list, str, int, float, bool or None.

    Raises ValidationException (CANNOT_PARSE) for anything that is not JSON in UTF-8, for NaN,
    infinities, lone surrogates, and beyond the limits above.
    """
    if _may_exceed(body, max_values):
        _check_structure(body, max_values)
    try:
        value: object = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refuse(_told(body, error)) from None
    if len(body) > MAX_KEY and (b"\\" in body or _LONG_TOKEN in body.translate(_QUOTES)):
        _check_texts(value, max_string)
    return value
