"""From what an operation returns to JSON: the wire forms of values, and nothing that is absent.

A member that the model does not know, a member that the model requires and that is missing, and a
naive datetime are faults of ours: they raise before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from larum.wire import timestamps
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from larum.wire.model import Operation, Shape

Writer = Callable[[object], object]


def _same(value: object) -> object:
    return value


def _timestamp(value: object) -> object:
    if not isinstance(value, datetime):
        raise TypeError("a timestamp of an output is a datetime")
    return timestamps.to_epoch(value)


def _without_none(value: dict[str, object]) -> dict[str, object]:
    return {name: item for name, item in value.items() if item is not None}


def _structures(shape: Shape) -> Callable[[Iterable[object]], list[object]]:
    known = frozenset(member.name for member in shape.members)
    required = frozenset(member.name for member in shape.members if member.required)
    # Most members are written as they are; only the others cost a call.
    every = {member.name: writer_of(member.shape) for member in shape.members}
    writers = {name: writer for name, writer in every.items() if writer is not _same}

    @lru_cache(maxsize=64)
    def to_convert(present: tuple[str, ...]) -> tuple[tuple[str, Writer], ...]:
        # An operation gives the same few sets of members again and again: judged once each.
        if not known.issuperset(present):
            raise KeyError(f"{shape.name} has no {sorted(set(present) - known)}")
        if not required.issubset(present):
            raise ValueError(f"{shape.name} lacks {sorted(required.difference(present))}")
        return tuple((name, writers[name]) for name in present if name in writers)

    def write(values: Iterable[object]) -> list[object]:
        written: list[object] = []
        last: tuple[str, ...] | None = None
        converted: tuple[tuple[str, Writer], ...] = ()
        for each in values:
            if not isinstance(each, dict):
                raise TypeError(f"{shape.name} is written from a dict")
            value = _without_none(each) if None in each.values() else each
            present = tuple(value)
            if present != last:
                last, converted = present, to_convert(present)
            if converted:
                value = value.copy()
                for name, writer in converted:
                    value[name] = writer(value[name])
            written.append(value)
        return written

    return write


def _structure(shape: Shape) -> Writer:
    write = _structures(shape)
    return lambda value: write((value,))[0]


def _list(shape: Shape) -> Writer:
    item = _same if shape.item is None else writer_of(shape.item)
    if shape.item is None or item is _same:
        return _same
    of_structures = shape.item.type is ShapeType.STRUCTURE
    every = _structures(shape.item) if of_structures else lambda values: list(map(item, values))

    def write(value: object) -> object:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{shape.name} is written from a list or tuple")
        return every(value)

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


def without_sensitive(operation: Operation, output: Mapping[str, object]) -> object:
    """Return the output of `operation` without the members that its model calls sensitive."""
    keep = None if operation.output is None else _keeper_of(operation.output)
    return output if keep is None else keep(output)


@cache
def _keeper_of(shape: Shape) -> Writer | None:
    """Return the function that leaves out what is sensitive in a value; None: nothing is."""
    match shape.type:
        case ShapeType.STRUCTURE:
            return _structure_keeper(shape)
        case ShapeType.LIST:
            item = None if shape.item is None else _keeper_of(shape.item)
            return None if item is None else _list_keeper(item)
        case _:
            return None


def _structure_keeper(shape: Shape) -> Writer | None:
    sensitive = frozenset(each.name for each in shape.members if _is_sensitive(each.shape))
    keepers = {
        each.name: keeper
        for each in shape.members
        if (keeper := _keeper_of(each.shape)) is not None
    }
    if not sensitive and not keepers:
        return None

    def keep(value: object) -> object:
        if not isinstance(value, Mapping):
            raise TypeError(f"{shape.name} is a mapping")
        return {
            name: keepers.get(name, _same)(item)
            for name, item in value.items()
            if name not in sensitive
        }

    return keep


def _list_keeper(item: Writer) -> Writer:
    def keep(value: object) -> object:
        if not isinstance(value, list | tuple):
            raise TypeError("a list of an output is a list or tuple")
        return [item(each) for each in value]

    return keep


def _is_sensitive(shape: Shape) -> bool:
    """Tell whether the shape is sensitive as a whole: a list or map is if what is in it is."""
    parts = (shape.item, shape.key, shape.value)
    return shape.sensitive or any(
        _is_sensitive(each) for each in parts if each is not None and not each.members
    )
