"""JSON read strictly: bounded in size and depth, and a key that stands twice is not lost.

Python's parser keeps the last of two equal keys, as most do; two readers of one policy could then
see two policies. `Members` remembers them, and who reads the document refuses them by their place.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

# As many as IAM takes anywhere, inside a role; each kind of policy has a quota of its own.
MOST_CHARACTERS = 10_240
MOST_WITH_SPACE = 32 * 1024
MOST_DEPTH = 10


class Members(dict[str, Any]):
    """A JSON object; `twice` are the keys that it has more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = sorted({name for name in names if names.count(name) > 1})


class NumberText(str):
    """A JSON number as it is written."""

    __slots__ = ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def loads(text: str) -> object:
    """Return the JSON value of `text`: Members, lists, strings, NumberText, booleans, None.

    Raises:
        ValueError: it is no JSON, too large or too deep; the message says which, and where.

    """
    if len(text) > MOST_WITH_SPACE or len("".join(text.split())) > MOST_CHARACTERS:
        raise ValueError(f"the policy has more than {MOST_CHARACTERS} characters")
    if depth_of(text) > MOST_DEPTH:
        raise ValueError(f"the policy is nested more than {MOST_DEPTH} deep")
    value: object = json.loads(
        text,
        object_pairs_hook=Members,
        parse_int=NumberText,
        parse_float=NumberText,
        parse_constant=_no_constant,
    )
    text.encode()
    json.dumps(value, ensure_ascii=False).encode()
    return value


def depth_of(text: str) -> int:
    """Return how deep brackets outside strings are nested, whether or not `text` is JSON."""
    deepest = depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
        else:
            in_string = character == '"'
    return deepest
