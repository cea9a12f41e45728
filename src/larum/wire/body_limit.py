"""How many bytes the largest legal body of an operation can have: what the edge may read at most.

A flat limit would either refuse legal requests or let anybody send megabytes to a status change.
The bound is derived from the model: a character may arrive escaped (twelve bytes for one outside
the basic plane, six for the others), and clients may indent. Source:
reliability-and-security 7.2, which also sets the clamp of 16 KiB to 4 MiB.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from larum.wire.model import Operation, Shape

SMALLEST = 16 * 1024
LARGEST = 4 * 1024 * 1024
# service-behaviour §2.8.
ATTACHMENT = 100 * 1024 * 1024

_ESCAPED_ASTRAL = 12
_ESCAPED_ASCII = 6
# Separators, quotes, and the indentation that a pretty-printing client puts around one value.
_AROUND_A_VALUE = 40
# The longest texts of a number and of an instant: the limit of the JSON decoder, and more.
_SCALAR = 64


def _longest(shape: Shape) -> int | None:
    """Return how many characters or items fit into `shape`, None where nothing bounds it."""
    if shape.maximum is not None:
        return shape.maximum
    if shape.enum:
        return max(map(len, shape.enum))
    if shape.unique_items and shape.item is not None and shape.item.enum:
        return len(shape.item.enum)
    return None


def _string_bytes(shape: Shape) -> int:
    longest = _longest(shape)
    if longest is None:
        return LARGEST
    ascii_only = bool(shape.pattern or shape.enum)
    return longest * (_ESCAPED_ASCII if ascii_only else _ESCAPED_ASTRAL)


def _container_bytes(shape: Shape) -> int:
    if shape.type is ShapeType.STRUCTURE:
        return sum(len(each.name) + _bytes(each.shape) for each in shape.members)
    longest = _longest(shape)
    if longest is None:
        return LARGEST
    parts = (shape.item, shape.key, shape.value)
    return longest * sum(_bytes(part) for part in parts if part is not None)


def _bytes(shape: Shape) -> int:
    match shape.type:
        case ShapeType.STRING:
            inside = _string_bytes(shape)
        case ShapeType.STRUCTURE | ShapeType.LIST | ShapeType.MAP:
            inside = _container_bytes(shape)
        case _:
            inside = _SCALAR
    return inside + _AROUND_A_VALUE


@cache
def body_limit(operation: Operation) -> int:
    """Return the most bytes that a legal body of `operation` can have, 16 KiB to 4 MiB."""
    members = operation.located(None)
    largest = sum(len(member.name) + _bytes(member.shape) for member in members)
    return min(max(largest, SMALLEST), LARGEST)
