"""What is wrong with one string, number or boolean, if anything: the leaves of the validator.

A leaf takes any JSON value and returns the constraint that it breaks, worded as AWS words it and
without the value, or None. Patterns are full matches in ASCII and run after the length check, so no
pattern ever meets an unbounded string (reliability-and-security 6).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from larum.wire.model import ShapeType, TextRule
from larum.wire.texts import RULES

if TYPE_CHECKING:
    from larum.wire.model import Shape

Leaf = Callable[[object], str | None]

NULL = "Member must not be null"
NOT_A = {
    ShapeType.BOOLEAN: "Member must be a boolean",
    ShapeType.INTEGER: "Member must be an integer",
    ShapeType.LIST: "Member must be a list",
    ShapeType.LONG: "Member must be an integer",
    ShapeType.MAP: "Member must be a map",
    ShapeType.STRING: "Member must be a string",
    ShapeType.STRUCTURE: "Member must be a structure",
    ShapeType.TIMESTAMP: "Member must be a timestamp between the years 1 and 9999",
}
_RANGES = {
    ShapeType.INTEGER: (-(2**31), 2**31 - 1),
    ShapeType.LONG: (-(2**63), 2**63 - 1),
}


def too_short(minimum: int) -> str:
    """Say that a string, list or map is too short."""
    return f"Member must have length greater than or equal to {minimum}"


def too_long(maximum: int) -> str:
    """Say that a string, list or map is too long."""
    return f"Member must have length less than or equal to {maximum}"


def _boolean(value: object) -> str | None:
    return None if value is True or value is False else NOT_A[ShapeType.BOOLEAN]


def _number(shape: Shape) -> Leaf:
    lowest, highest = _RANGES[shape.type]
    minimum = lowest if shape.minimum is None else shape.minimum
    maximum = highest if shape.maximum is None else shape.maximum

    def check(value: object) -> str | None:
        # bool is an int to Python and is not one on the wire.
        if type(value) is not int:
            return NOT_A[shape.type]
        if value < minimum:
            return f"Member must have value greater than or equal to {minimum}"
        if value > maximum:
            return f"Member must have value less than or equal to {maximum}"
        return None

    return check


def _enum(shape: Shape) -> Leaf:
    allowed = frozenset(shape.enum)
    refusal = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"

    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return NOT_A[ShapeType.STRING]
        return None if value in allowed else refusal

    return check


def _string(shape: Shape) -> Leaf:
    """Check the length first, in Unicode scalar values, then the pattern, then the characters."""
    minimum = shape.minimum or 0
    maximum = sys.maxsize if shape.maximum is None else shape.maximum
    short, long = too_short(minimum), too_long(maximum)
    fits = re.compile(shape.pattern, re.ASCII).fullmatch if shape.pattern else None
    refusal = f"Member must satisfy regular expression pattern: {shape.pattern}"
    characters = RULES[shape.text]
    # What is printable holds nothing that the rules for other texts than tags refuse.
    printable_will_do = shape.text not in (TextRule.TAG_KEY, TextRule.TAG_VALUE)

    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return NOT_A[ShapeType.STRING]
        if not minimum <= len(value) <= maximum:
            return short if len(value) < minimum else long
        if fits is not None and fits(value) is None:
            return refusal
        return None if printable_will_do and value.isprintable() else characters(value)

    return check


@cache
def leaf_of(shape: Shape) -> Leaf | None:
    """Return the check of a string, number or boolean, built once per shape; None for others."""
    match shape.type:
        case ShapeType.STRING:
            return _enum(shape) if shape.enum else _string(shape)
        case ShapeType.INTEGER | ShapeType.LONG:
            return _number(shape)
        case ShapeType.BOOLEAN:
            return _boolean
        case _:
            return None
