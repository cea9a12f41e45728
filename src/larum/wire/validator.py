"""Does the input keep to the model? Every failing member is found, in one pass, and none is echoed.

botocore checks types, required members and minimums; the server must check everything. The shapes
of each operation's input are compiled to closures once: a *leaf* (string, number, boolean) answers
with what is wrong with a value, a *node* (structure, list, map, timestamp) also returns the value
that the service goes on with. Messages are worded as AWS words them. Patterns are full matches in
ASCII and run after the length check, so no pattern ever meets an unbounded string.

Sources: the model; service-behaviour 1, 2, 9.2 and 12; reliability-and-security 6 and 7.3.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from larum.errors import FieldFailure, ValidationException
from larum.wire import timestamps
from larum.wire.leaves import NOT_A, NULL, leaf_of, too_long, too_short
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larum.wire.leaves import Leaf
    from larum.wire.model import Member, Operation, ServiceModel, Shape

    Node = Callable[[object, str, list[FieldFailure]], object]
    Items = list[object]
    Walk = Callable[[Items, str, list[FieldFailure]], Items]

NOT_UNIQUE = "Member must have unique elements"
# A body cannot hold more values than this, so it bounds what the model leaves unbounded.
_UNBOUNDED = 20_000


def _largest(shape: Shape) -> int:
    """Return the most items of a list or map; unique items cannot outnumber their enum."""
    if shape.maximum is not None:
        return shape.maximum
    if shape.unique_items and shape.item is not None and shape.item.enum:
        return len(shape.item.enum)
    return _UNBOUNDED


def _timestamp(value: object, path: str, failures: list[FieldFailure]) -> object:
    """Return the aware UTC datetime of an epoch number or of an ISO 8601 text."""
    instant = None
    if isinstance(value, str):
        instant = timestamps.from_iso(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        instant = timestamps.from_epoch(value)
    if instant is None:
        failures.append(FieldFailure(path, NOT_A[ShapeType.TIMESTAMP]))
    return instant


class _Compiler:
    """Builds the checks of shapes, each shape once."""

    def __init__(self) -> None:
        self._nodes: dict[Shape, Node] = {}

    def node(self, shape: Shape) -> Node:
        """Return the check of any shape in its general form: value, path, failures to add to."""
        if shape not in self._nodes:
            self._nodes[shape] = self._built(shape)
        return self._nodes[shape]

    def _built(self, shape: Shape) -> Node:
        match shape.type:
            case ShapeType.STRUCTURE:
                return self._structure(shape)
            case ShapeType.LIST:
                return self._list(shape)
            case ShapeType.MAP:
                return self._map(shape)
            case ShapeType.TIMESTAMP:
                return _timestamp
            case _:
                return _as_node(leaf_of(shape))

    def _row(self, member: Member) -> tuple[str, Leaf | None, Node, bool]:
        return (member.name, leaf_of(member.shape), self.node(member.shape), member.required)

    def _structure(self, shape: Shape) -> Node:
        rows = tuple(self._row(member) for member in shape.members)

        def check(value: object, path: str, failures: list[FieldFailure]) -> object:
            if not isinstance(value, dict):
                failures.append(FieldFailure(path, NOT_A[ShapeType.STRUCTURE]))
                return None
            clean: dict[str, object] = {}
            for name, leaf, node, required in rows:
                item = value.get(name)
                if item is None:
                    if required:
                        failures.append(FieldFailure(f"{path}.{name}" if path else name, NULL))
                elif leaf is None:
                    clean[name] = node(item, f"{path}.{name}" if path else name, failures)
                elif (problem := leaf(item)) is None:
                    clean[name] = item
                else:
                    failures.append(FieldFailure(f"{path}.{name}" if path else name, problem))
            return clean

        return check

    def _list(self, shape: Shape) -> Node:
        if shape.item is None:
            raise ValueError(f"list {shape.name} has no item shape")
        walk = self._walk(shape.item)
        minimum, maximum, unique = shape.minimum or 0, _largest(shape), shape.unique_items

        def check(value: object, path: str, failures: list[FieldFailure]) -> object:
            if not isinstance(value, list):
                failures.append(FieldFailure(path, NOT_A[ShapeType.LIST]))
                return None
            _check_size(len(value), minimum, maximum, path, failures)
            clean = walk(value if len(value) <= maximum else value[:maximum], path, failures)
            if unique and len(clean) > 1 and not _unique(clean):
                failures.append(FieldFailure(path, NOT_UNIQUE))
            return clean

        return check

    def _walk(self, item_shape: Shape) -> Walk:
        """Return the loop over a list's items; it keeps those that have no fault."""
        leaf, node = leaf_of(item_shape), self.node(item_shape)
        allowed = frozenset(item_shape.enum)

        def over_leaves(value: Items, path: str, failures: list[FieldFailure]) -> Items:
            if allowed and _all_in(allowed, value):
                return value
            clean = []
            for index, item in enumerate(value):
                problem = leaf(item) if leaf is not None and item is not None else NULL
                if problem is None:
                    clean.append(item)
                else:
                    failures.append(FieldFailure(f"{path}[{index}]", problem))
            return clean

        def over_nodes(value: Items, path: str, failures: list[FieldFailure]) -> Items:
            clean = []
            for index, item in enumerate(value):
                before = len(failures)
                where = f"{path}[{index}]"
                if item is None:
                    failures.append(FieldFailure(where, NULL))
                    continue
                kept = node(item, where, failures)
                if len(failures) == before:
                    clean.append(kept)
            return clean

        return over_nodes if leaf is None else over_leaves

    def _map(self, shape: Shape) -> Node:
        if shape.key is None or shape.value is None:
            raise ValueError(f"map {shape.name} lacks a key or value shape")
        key_leaf, value_leaf = leaf_of(shape.key), leaf_of(shape.value)
        if key_leaf is None or value_leaf is None:
            raise ValueError(f"map {shape.name} holds more than strings, numbers and booleans")
        minimum, maximum = shape.minimum or 0, _largest(shape)

        def check(value: object, path: str, failures: list[FieldFailure]) -> object:
            if not isinstance(value, dict):
                failures.append(FieldFailure(path, NOT_A[ShapeType.MAP]))
                return None
            _check_size(len(value), minimum, maximum, path, failures)
            # Keys are the caller's text: the position names an entry, the key is not echoed.
            for index, (key, item) in enumerate(islice(value.items(), maximum)):
                if (problem := key_leaf(key)) is not None:
                    failures.append(FieldFailure(f"{path}[{index}].key", problem))
                problem = NULL if item is None else value_leaf(item)
                if problem is not None:
                    failures.append(FieldFailure(f"{path}[{index}].value", problem))
            return dict(value)

        return check


def _check_size(
    size: int, minimum: int, maximum: int, path: str, failures: list[FieldFailure]
) -> None:
    if size < minimum:
        failures.append(FieldFailure(path, too_short(minimum)))
    elif size > maximum:
        failures.append(FieldFailure(path, too_long(maximum)))


def _all_in(allowed: frozenset[str], items: Items) -> bool:
    try:
        return allowed.issuperset(items)
    except TypeError:  # a list or an object is among them
        return False


def _unique(items: list[object]) -> bool:
    """Tell whether no two valid items are equal as JSON; the encoding tells `true` from 1."""
    if isinstance(items[0], str):
        return len(set(items)) == len(items)
    return len({msgspec.json.encode(item) for item in items}) == len(items)


def _as_node(leaf: Leaf | None) -> Node:
    if leaf is None:
        raise ValueError("only strings, numbers and booleans are leaves")

    def check(value: object, path: str, failures: list[FieldFailure]) -> object:
        problem = NULL if value is None else leaf(value)
        if problem is not None:
            failures.append(FieldFailure(path, problem))
            return None
        return value

    return check


class Validator:
    """Validates the inputs of one service's operations; safe to share between threads.

    An operation's checks are built when it is first asked for: a start has no use for most.
    """

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._compiler = _Compiler()
        self._checks: dict[str, Node | None] = {}

    def validate(self, operation: Operation, params: Mapping[str, object]) -> dict[str, object]:
        """Return clean params in wire names, or raise ValidationException with every failure.

        Clean: only members that the model knows, null as if absent (service-behaviour 11 row 40),
        timestamps as aware UTC datetimes to the millisecond. Defaults are not filled in. `params`
        is what `rest_json.parse_request` returns.
        """
        name = operation.name
        check = self._checks[name] if name in self._checks else self._built(name)
        if check is None:
            return {}
        failures: list[FieldFailure] = []
        clean = check(params, "", failures)
        if failures or not isinstance(clean, dict):
            raise ValidationException.of_fields(tuple(failures))
        return clean

    def _built(self, name: str) -> Node | None:
        shape = self._model.operations[name].input
        check = None if shape is None else self._compiler.node(shape)
        self._checks[name] = check
        return check
