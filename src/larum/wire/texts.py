"""Which characters a string may hold where the model has no pattern.

The model's free texts would admit NUL, terminal escapes and half surrogate pairs; no database, log
or console should meet those. Rules: reliability-and-security 6 and 7.3, the facts file says which
shape follows which. A client token is compared and never shown, so it may hold any text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category

from larum.wire.model import TextRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_PROSE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_ASCII_TAG = re.compile(r"[A-Za-z0-9 _.:/=+\-@]*")
_TAG_PUNCTUATION = frozenset("_.:/=+-@")
_TAG_CATEGORIES = frozenset("LNZ")

NOT_TEXT = "Member must not contain lone surrogates"
NOT_LINE = "Member must not contain control characters"
NOT_PROSE = (
    "Member must not contain control characters other than tab, line feed and carriage return"
)
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
NOT_TAG = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*"
RESERVED_TAG = "Member must not start with the reserved prefix aws:"


def _any(value: str) -> str | None:
    return NOT_TEXT if not value.isascii() and _SURROGATE.search(value) else None


def _line(value: str) -> str | None:
    return None if value.isprintable() or not _CONTROL.search(value) else NOT_LINE


def _prose(value: str) -> str | None:
    return None if value.isprintable() or not _CONTROL_IN_PROSE.search(value) else NOT_PROSE


def _tag_value(value: str) -> str | None:
    if _ASCII_TAG.fullmatch(value):
        return None
    for character in value:
        if category(character)[0] not in _TAG_CATEGORIES and character not in _TAG_PUNCTUATION:
            return NOT_TAG
    return None


def _tag_key(value: str) -> str | None:
    return RESERVED_TAG if value[:4].lower() == "aws:" else _tag_value(value)


# Each takes a string and returns what is wrong with it, in words that hold nothing of it, or None.
RULES: Mapping[TextRule, Callable[[str], str | None]] = {
    TextRule.ANY: _any,
    TextRule.LINE: _line,
    TextRule.PROSE: _prose,
    TextRule.TAG_KEY: _tag_key,
    TextRule.TAG_VALUE: _tag_value,
}
