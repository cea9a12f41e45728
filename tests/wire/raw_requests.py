"""Writes requests that botocore would refuse to write: past its own checks, to the server's.

`raw_request` puts params into path, query and body by the model's word alone, whatever the values
are. Only a label must be a non-empty string: nothing else can stand in a path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from larum.wire.model import Location, ShapeType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.wire.model import Member, Operation


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What goes over the wire, unsigned; `raw_query` has no `?`."""

    method: str
    raw_path: str
    raw_query: str
    content_type: str | None
    body: bytes


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _pairs(member: Member, value: object) -> list[str]:
    is_list = member.shape.type is ShapeType.LIST and isinstance(value, list)
    values = value if is_list and isinstance(value, list) else [value]
    return [f"{quote(member.location_name, safe='')}={quote(_text(each), safe='')}"
            for each in values]  # fmt: skip


def raw_request(operation: Operation, params: Mapping[str, object]) -> RawRequest:
    """Return the request of `operation` with `params` (wire names, JSON values), unchecked."""
    raw_path, query, content = operation.uri, [], {}
    for member in operation.input.members if operation.input else ():
        if member.name not in params:
            continue
        value = params[member.name]
        if member.location is Location.URI:
            encoded = quote(_text(value), safe="-._~")
            raw_path = raw_path.replace("{" + member.location_name + "}", encoded)
        elif member.location is Location.QUERY:
            query.extend(_pairs(member, value))
        else:
            content[member.name] = value
    has_body = bool(operation.located(None))
    return RawRequest(
        method=operation.method,
        raw_path=raw_path,
        raw_query="&".join(query),
        content_type="application/json" if has_body else None,
        body=json.dumps(content).encode() if has_body else b"",
    )
