"""Breaks every constraint of every member of an operation, one at a time and all at once.

The violations come from the model and one valid example, so a new member or constraint is covered
the day it appears. They are wire values: `raw_requests.raw_request` writes them past any client's
own checks. Members of path and query can only break what a text can say: a label has no type and
cannot be missing.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from larum.wire.leaves import NOT_A, NULL
from larum.wire.model import Location, ShapeType, TextRule
from larum.wire.texts import NOT_LINE, NOT_PROSE, NOT_TAG, RESERVED_TAG
from larum.wire.validator import NOT_UNIQUE
from tests.wire.examples import example

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from larum.wire.model import Operation, Shape


class Violation(NamedTuple):
    """Input that breaks the model; `fields` says which paths must be reported, and no other.

    Each path comes with a part of its message.
    """

    label: str
    params: dict[str, object]
    fields: Mapping[str, str]


class Fault(NamedTuple):
    """A bad value in place of a good one, and the paths that fail, relative to the value."""

    label: str
    value: object
    fields: Mapping[str, str]


_PATTERN = "regular expression pattern"
_WRONG_TYPES: Mapping[ShapeType, tuple[object, ...]] = {
    ShapeType.BOOLEAN: ("true", 1, 0, []),
    ShapeType.INTEGER: ("7", 7.0, 1.5, True, []),
    ShapeType.LIST: ({}, "text", 0),
    ShapeType.LONG: ("7", 7.0, 1.5, True, {}),
    ShapeType.MAP: ([], "text", 1),
    ShapeType.STRING: (7, 1.5, True, [], {}),
    ShapeType.STRUCTURE: ([], "text", 3),
    ShapeType.TIMESTAMP: (True, [], {}, "yesterday", "2026-13-01T00:00:00Z", 1e15, -1e15, 10**20),
}
_IN_QUERY: Mapping[ShapeType, tuple[object, ...]] = {
    ShapeType.INTEGER: ("seven", "1.5", "", "٧"),
    ShapeType.TIMESTAMP: ("yesterday", "1793536496", "2026-11-01", "2026-11-01T00:00:00+01:00"),
}
_CHARACTERS: Mapping[TextRule, tuple[tuple[str, str], ...]] = {
    TextRule.ANY: (),
    TextRule.LINE: tuple((each, NOT_LINE) for each in "\0\n\r\t\x1b\x7f\x85\x9f"),
    TextRule.PROSE: tuple((each, NOT_PROSE) for each in "\0\x0b\x1b\x7f\x85\x9f"),
    TextRule.TAG_KEY: tuple((each, NOT_TAG) for each in "\0\n<,*\x85\N{FIRE}"),
    TextRule.TAG_VALUE: tuple((each, NOT_TAG) for each in "\0\n<,*\x85\N{FIRE}"),
}
# Distinct valid items for lists that grow too long, by the name of the item's shape.
_NUMBERED: Mapping[str, str] = {
    "AWSAccountId": "{:012d}",
    "AccountId": "{:012d}",
    "AwsService": "Service {}",
    "EmailAddress": "person{}@example.com",
    "IPAddress": "10.20.30.{}",
    "CaseMetadataEntryKeyString": "key {}",
    "IncidentResponderName": "Person {}",
    "OrganizationalUnitId": "ou-ab12-{:08d}",
    "OrganizationalUnitPath": "unit{}/team",
    "TagKey": "key{}",
}


def _variant(shape: Shape, value: object, number: int) -> object:
    """Return a valid value of `shape`, another one for each `number` where the model allows it."""
    if shape.name in _NUMBERED:
        return _NUMBERED[shape.name].format(number)
    if shape.enum:
        return shape.enum[number % len(shape.enum)]
    if isinstance(value, dict):
        members = {each.name: each.shape for each in shape.members}
        return {name: _variant(members[name], each, number) for name, each in value.items()}
    return value


def _pattern_breaks(pattern: str, value: str, maximum: int) -> Iterator[str]:
    """Yield texts of legal length that the pattern must refuse, the trailing newline among them."""
    tried = (
        value[:-1] + "\n",
        value + "\n",
        "<" + value[1:],
        "\u0661" + value[1:],
        value[:-1] + "\xe9",
    )
    for text in tried:
        if len(text) <= maximum and not re.fullmatch(pattern, text, re.ASCII):
            yield text


def _string_faults(shape: Shape, value: str) -> Iterator[Fault]:
    if shape.enum:
        for text in ("Nope", "", value + " ", value.swapcase()):
            yield Fault("not in the enum", text, {"": "enum value set"})
        return
    if shape.minimum:
        short = value[: shape.minimum - 1]
        yield Fault("too short", short, {"": f"greater than or equal to {shape.minimum}"})
    if shape.maximum is not None:
        long = (value * (shape.maximum + 1))[: shape.maximum + 1]
        yield Fault("too long by one", long, {"": f"less than or equal to {shape.maximum}"})
    for text in (
        _pattern_breaks(shape.pattern, value, shape.maximum or 999) if shape.pattern else ()
    ):
        yield Fault("breaks the pattern", text, {"": _PATTERN})
    for character, says in _CHARACTERS[shape.text]:
        yield Fault(f"holds {character!a}", value[:-1] + character, {"": says})
    if shape.text is TextRule.TAG_KEY:
        for reserved in ("aws:x", "AWS:x", "aWs:"):
            yield Fault("reserved prefix", reserved, {"": RESERVED_TAG})


def _number_faults(shape: Shape) -> Iterator[Fault]:
    if shape.minimum is not None:
        for number in (shape.minimum - 1, -(10**18)):
            yield Fault("too small", number, {"": f"greater than or equal to {shape.minimum}"})
    if shape.maximum is not None:
        for number in (shape.maximum + 1, 2**63):
            yield Fault("too large", number, {"": f"less than or equal to {shape.maximum}"})


def fullest(items: list[object]) -> int:
    """Return the index of the last of the items that have the most members."""
    sizes = [len(each) if isinstance(each, dict) else 0 for each in items]
    return len(sizes) - 1 - sizes[::-1].index(max(sizes))


def _list_faults(shape: Shape, value: list[object], *, as_text: bool) -> Iterator[Fault]:
    assert shape.item is not None
    if shape.minimum:
        few = value[: shape.minimum - 1]
        yield Fault("too few items", few, {"": f"greater than or equal to {shape.minimum}"})
    if shape.maximum is not None:
        many = [_variant(shape.item, value[0], number) for number in range(shape.maximum + 1)]
        yield Fault("one item too many", many, {"": f"less than or equal to {shape.maximum}"})
    if shape.unique_items:
        yield Fault("duplicate items", [*value, value[0]], {"": NOT_UNIQUE})
    if not as_text:
        yield Fault("null item", [*value, None], {f"[{len(value)}]": NULL})
    at = fullest(value)
    for fault in faults(shape.item, value[at], as_text=as_text):
        fields = {f"[{at}]{path}": says for path, says in fault.fields.items()}
        yield Fault(f"item: {fault.label}", [*value[:at], fault.value, *value[at + 1 :]], fields)


def _map_faults(shape: Shape, value: dict[str, object]) -> Iterator[Fault]:
    assert shape.key is not None
    assert shape.value is not None
    if shape.maximum is not None:
        many = {f"key{number}": "value" for number in range(shape.maximum + 1)}
        yield Fault("one entry too many", many, {"": f"less than or equal to {shape.maximum}"})
    last = len(value) - 1
    kept, (key, item) = dict(islice(value.items(), last)), list(value.items())[last]
    yield Fault("null value", {**kept, key: None}, {f"[{last}].value": NULL})
    for fault in faults(shape.key, key):
        if isinstance(fault.value, str):
            spoiled = {**kept, fault.value: item}
            says = {f"[{last}].key": fault.fields[""]}
            yield Fault(f"key: {fault.label}", spoiled, says)
    for fault in faults(shape.value, item):
        says = {f"[{last}].value": fault.fields[""]}
        yield Fault(f"value: {fault.label}", {**kept, key: fault.value}, says)


def _structure_faults(shape: Shape, value: dict[str, object]) -> Iterator[Fault]:
    for member in shape.members:
        name = member.name
        in_path, in_text = member.location is Location.URI, member.location is not None
        if member.required and not in_path:
            without = {each: item for each, item in value.items() if each != name}
            yield Fault(f"{name}: missing", without, {f".{name}": NULL})
            if not in_text:
                yield Fault(f"{name}: null", {**value, name: None}, {f".{name}": NULL})
        if name not in value:
            continue
        for fault in faults(member.shape, value[name], as_text=in_text):
            if in_path and fault.value == "":
                continue
            fields = {f".{name}{path}": says for path, says in fault.fields.items()}
            yield Fault(f"{name}: {fault.label}", {**value, name: fault.value}, fields)


def faults(shape: Shape, value: object, *, as_text: bool = False) -> Iterator[Fault]:
    """Yield every way to spoil the valid `value`; `as_text` where it travels in path or query."""
    for wrong in (_IN_QUERY if as_text else _WRONG_TYPES).get(shape.type, ()):
        yield Fault(f"wrong type ({type(wrong).__name__})", wrong, {"": NOT_A[shape.type]})
    match shape.type, value:
        case ShapeType.STRING, str():
            yield from _string_faults(shape, value)
        case ((ShapeType.INTEGER | ShapeType.LONG), _):
            yield from _number_faults(shape)
        case ShapeType.LIST, list():
            yield from _list_faults(shape, value, as_text=as_text)
        case ShapeType.MAP, dict():
            yield from _map_faults(shape, value)
        case ShapeType.STRUCTURE, dict():
            yield from _structure_faults(shape, value)


def _spoiled(shape: Shape, value: object, *, as_text: bool = False) -> Fault:
    """Return `value` with every scalar below it spoiled in the last way that `faults` knows."""
    fields: dict[str, str] = {}
    match value:
        case dict() if shape.type is ShapeType.STRUCTURE:
            spoiled: dict[str, object] = {}
            for member in shape.members:
                if member.name in value:
                    inside = _spoiled(
                        member.shape, value[member.name], as_text=member.location is not None
                    )
                    spoiled[member.name] = inside.value
                    fields |= {
                        f".{member.name}{path}": inside.fields[path] for path in inside.fields
                    }
            return Fault("all at once", spoiled, fields)
        case list():
            assert shape.item is not None
            items = [_spoiled(shape.item, each, as_text=as_text) for each in value]
            for index, inside in enumerate(items):
                fields |= {f"[{index}]{path}": inside.fields[path] for path in inside.fields}
            return Fault("all at once", [inside.value for inside in items], fields)
        case _:
            found = [each for each in faults(shape, value, as_text=as_text) if each.value != ""]
            return found[-1] if found else Fault("nothing to spoil", value, {})


def violations(operation: Operation) -> Iterator[Violation]:
    """Yield a request for every constraint of every member, and last one that breaks all members.

    Paths are as in `fieldList`, e.g. `incidentResponseTeam[1].email` or `tags[1].key`.
    """
    if operation.input is None:
        return
    valid = example(operation.key)
    for fault in (*_structure_faults(operation.input, valid), _spoiled(operation.input, valid)):
        assert isinstance(fault.value, dict)
        paths = {path.removeprefix("."): says for path, says in fault.fields.items()}
        yield Violation(fault.label, fault.value, paths)
