"""From what an operation returns to JSON: the wire forms of values, and nothing that is absent.

A member that the model does not know, a member that the model requires and that is missing, and a
naive datetime are faults of ours: they raise before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from larum.wire import timestamps
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from larum.wire.model import Shape

Writer = Callable[[object], object]


def _same(value: object) -> object:
    return value


def _timestamp(value: object) -> object:
    if not isinstance(value, datetime):
        raise TypeError("a timestamp of an output is a datetime")
    return timestamps.to_epoch(value)


def _structure(shape: Shape) -> Writer:
    writers = {member.name: writer_of(member.shape) for member in shape.members}
    required = frozenset(member.name for member in shape.members if member.required)

    def write(value: object) -> object:
        if not isinstance(value, Mapping):
            raise TypeError(f"{shape.name} is written from a mapping")
        written = {name: writers[name](item) for name, item in value.items() if item is not None}
        if not written.keys() >= required:
            raise ValueError(f"{shape.name} lacks {sorted(required - written.keys())}")
        return written

    return write


def _list(shape: Shape) -> Writer:
    item = _same if shape.item is None else writer_of(shape.item)

    def write(value: object) -> object:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{shape.name} is written from a list or tuple")
        return [item(each) for each in value]

    return write


@cache
def writer_of(shape: Shape) -> Writer:
    """Return the function that turns a Python value of `shape` into JSON values."""
    match shape.type:
        case ShapeType.TIMESTAMP:
            return _timestamp
        case ShapeType.STRUCTURE:
            return _structure(shape)
        case ShapeType.LIST:
            return _list(shape)
        case _:
            return _same
