"""Hypothesis strategies for valid inputs, derived from the model: what every client may send."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from larum.wire.model import Location, ShapeType, TextRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.wire.model import Operation, Shape

_LINE = st.characters(codec="utf-8", exclude_categories=["Cc"])
_PROSE = st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\t\n\r")
_TAG = st.characters(codec="utf-8", categories=["L", "N", "Z"], include_characters="_.:/=+-@")
_ALPHABETS = {
    TextRule.ANY: st.characters(codec="utf-8"),
    TextRule.LINE: _LINE,
    TextRule.PROSE: _PROSE,
    TextRule.TAG_KEY: _TAG,
    TextRule.TAG_VALUE: _TAG,
}
# botocore writes years before 1000 without their zeros, so they are tested elsewhere.
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis takes naive bounds and adds the zone
    lambda each: each.replace(microsecond=each.microsecond // 1000 * 1000)
)


def _strings(shape: Shape) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    smallest, largest = shape.minimum or 0, shape.maximum or 40
    if shape.pattern:
        fits = st.from_regex(re.compile(shape.pattern, re.ASCII), fullmatch=True)
        return fits.filter(lambda text: smallest <= len(text) <= largest)
    texts = st.text(_ALPHABETS[shape.text], min_size=smallest, max_size=min(largest, smallest + 20))
    return texts.filter(lambda text: not text[:4].lower().startswith("aws:"))


def _as_json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _lists(shape: Shape, smallest: int) -> st.SearchStrategy[list[object]]:
    assert shape.item is not None
    smallest = max(smallest, shape.minimum or 0)
    largest = min(shape.maximum or 100, smallest + 3)
    unique_by = _as_json if shape.unique_items else None
    return st.lists(valid(shape.item), min_size=smallest, max_size=largest, unique_by=unique_by)


def _structures(shape: Shape) -> st.SearchStrategy[dict[str, object]]:
    members = {
        # A list without items cannot be told from an absent one in a query.
        each.name: _lists(each.shape, 1)
        if each.location is Location.QUERY and each.shape.type is ShapeType.LIST
        else valid(each.shape)
        for each in shape.members
    }
    required = {each.name for each in shape.members if each.required}
    return st.fixed_dictionaries(
        {name: members[name] for name in members if name in required},
        optional={name: members[name] for name in members if name not in required},
    )


def _maps(shape: Shape) -> st.SearchStrategy[dict[object, object]]:
    assert shape.key is not None
    assert shape.value is not None
    return st.dictionaries(valid(shape.key), valid(shape.value), max_size=4)


def valid(shape: Shape) -> st.SearchStrategy[object]:
    """Return valid Python values of `shape`; timestamps are aware datetimes in milliseconds."""
    numbers = st.integers(1, 25)
    strategies: dict[ShapeType, Callable[[], st.SearchStrategy[object]]] = {
        ShapeType.STRING: lambda: _strings(shape),
        ShapeType.INTEGER: lambda: numbers,
        ShapeType.LONG: lambda: numbers,
        ShapeType.BOOLEAN: st.booleans,
        ShapeType.TIMESTAMP: lambda: INSTANTS,
        ShapeType.LIST: lambda: _lists(shape, 0),
        ShapeType.MAP: lambda: _maps(shape),
        ShapeType.STRUCTURE: lambda: _structures(shape),
    }
    return strategies[shape.type]()


def inputs(operation: Operation) -> st.SearchStrategy[dict[str, object]]:
    """Return valid inputs of `operation` in wire names."""
    assert operation.input is not None
    return _structures(operation.input)
