"""One spelling for all requests that mean the same: what the idempotency fingerprint is made of.

Two requests with the same client token are the same request if their canonical parameters are the
same bytes. Members that are absent stand for the model's defaults, lists that are sets in meaning
are sorted, timestamps are milliseconds, names are sorted; the client token itself is left out.
Nothing else is normalized: letter case, Unicode form and the order of people stay what they are.

Source: reliability-and-security 3.4. The bytes are JSON as RFC 8785 writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from larum.wire import timestamps
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.wire.model import Member, Operation, Shape

# Stored beside each fingerprint. Raise it whenever the same params would give other bytes than
# before - a changed default is such a case - and compare a record under the version it has.
CANON_VERSION = 1

Canonical = Callable[[object], object]


def _utf16(name: str) -> bytes:
    """Order names as RFC 8785, 3.2.3 does: by UTF-16 code units."""
    return name.encode("utf-16-be")


def _sorted(texts: Iterable[str]) -> list[str]:
    """Sort by UTF-16 code units, which is the order of the characters while all are ASCII."""
    found = list(texts)
    found.sort(key=None if "".join(found).isascii() else _utf16)
    return found


def _same(value: object) -> object:
    return value


def _timestamp(value: object) -> object:
    if not isinstance(value, datetime):
        raise TypeError("validated timestamps are datetimes")
    return timestamps.to_milliseconds(value)


def _map(value: object) -> object:
    if not isinstance(value, dict):
        raise TypeError("validated maps are dicts")
    return {key: value[key] for key in _sorted(value)}


def _list(shape: Shape) -> Canonical:
    item = _same if shape.item is None else _canonical(shape.item)
    of_strings = shape.item is not None and shape.item.type is ShapeType.STRING

    def write(value: object) -> object:
        if not isinstance(value, list):
            raise TypeError("validated lists are lists")
        if of_strings:
            return _sorted(value) if shape.is_set else value
        items = [item(each) for each in value]
        return sorted(items, key=msgspec.json.encode) if shape.is_set else items

    return write


def _default(member: Member) -> object:
    """Return the canonical form of what absence means, None where it means nothing else."""
    return None if member.default is None else _canonical(member.shape)(member.default)


def _structure(members: tuple[Member, ...]) -> Canonical:
    ordered = sorted(members, key=lambda member: _utf16(member.name))
    rows = [(member.name, _default(member), _canonical(member.shape)) for member in ordered]

    def write(value: object) -> object:
        if not isinstance(value, dict):
            raise TypeError("validated structures are dicts")
        written = {}
        for name, default, item in rows:
            given = value.get(name)
            if given is None:
                given = default
            elif item is not _same:
                given = item(given)
            if given is not None:
                written[name] = given
        return written

    return write


@cache
def _canonical(shape: Shape) -> Canonical:
    match shape.type:
        case ShapeType.TIMESTAMP:
            return _timestamp
        case ShapeType.MAP:
            return _map
        case ShapeType.LIST:
            return _list(shape)
        case ShapeType.STRUCTURE:
            return _structure(shape.members)
        case _:
            return _same


@cache
def _of_operation(operation: Operation) -> Canonical:
    members = operation.input.members if operation.input else ()
    return _structure(tuple(each for each in members if not each.idempotency_token))


def canonical_parameters(operation: Operation, params: Mapping[str, object]) -> bytes:
    """Return the canonical bytes of validated `params`, without the client token.

    `params` is what `Validator.validate` returned. The operation's name and CANON_VERSION are not
    part of the bytes: the fingerprint adds them, with its key.
    """
    return msgspec.json.encode(_of_operation(operation)(dict(params)))
