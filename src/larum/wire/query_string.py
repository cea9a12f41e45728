"""The query string as params: repeated keys are lists, `+` is a space, numbers become numbers.

Texts that should be numbers or truth values and are not stay texts: the validator reports them with
everything else that is wrong. Timestamps stay texts too (ISO 8601, read by the validator).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from larum.errors import ValidationException
from larum.wire import percent
from larum.wire.model import Location, ShapeType

if TYPE_CHECKING:
    from larum.wire.model import Member, Operation, Shape

# 200 tag keys and some more: reliability-and-security 7.2.
MAX_PARAMETERS = 210

_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_TRUTH = {"true": True, "false": False}


def typed(text: str, shape: Shape) -> object:
    """Return the number or truth value that `text` is of `shape`, else the text itself."""
    match shape.type:
        case ShapeType.INTEGER | ShapeType.LONG:
            return int(text) if _INTEGER.fullmatch(text) else text
        case ShapeType.BOOLEAN:
            return _TRUTH.get(text, text)
        case _:
            return text


def _add(params: dict[str, object], member: Member, text: str) -> None:
    item = member.shape.item
    if item is not None:
        texts = params.setdefault(member.name, [])
        if isinstance(texts, list):
            texts.append(typed(text, item))
    elif member.name in params:
        raise ValidationException(
            f"The query parameter {member.location_name} is given more than once",
            reason="CANNOT_PARSE",
        )
    else:
        params[member.name] = typed(text, member.shape)


def parse(operation: Operation, raw_query: str) -> dict[str, object]:
    """Return the query members of `operation` in wire names; unknown parameters are ignored.

    Raises ValidationException (CANNOT_PARSE) for more than 210 parameters, for what is not
    percent-encoded UTF-8 and for a repeated parameter that is no list.
    """
    params: dict[str, object] = {}
    if not raw_query:
        return params
    if raw_query.count("&") >= MAX_PARAMETERS:
        raise ValidationException(
            f"The query has more than {MAX_PARAMETERS} parameters", reason="CANNOT_PARSE"
        )
    members = {member.location_name: member for member in operation.located(Location.QUERY)}
    for pair in raw_query.split("&"):
        raw_key, _, raw_text = pair.replace("+", "%20").partition("=")
        member = members.get(percent.decode(raw_key, "A query parameter's name"))
        if member is not None:
            text = percent.decode(raw_text, f"The query parameter {member.location_name}")
            _add(params, member, text)
    return params
