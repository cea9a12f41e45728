"""What is typed for an option of a verb, read as the AWS CLI reads it: by the shape of its member.

Text may come from a file (`file://p.json`), lists are words one after the other, a structure is
`Key=team,Value=blue` or JSON.
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-types.html
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.calls import CANNOT_OPEN, stop
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.wire.model import Shape

FILE: Final = "file://"
# A part of the shorthand: up to a comma that stands in no quotes.
PART: Final = re.compile(r"""((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^,])*)(?:,|$)""")
NAMED: Final = re.compile(r"([A-Za-z]+)=(.*)", re.DOTALL)
WHOLE: Final = re.compile("-?[0-9]{1,18}")
# Members whose spelling in IAM is not their name with a capital.
SPELLINGS: Final = {"mfaDevices": "MFADevices"}
NUMBERS: Final = frozenset({ShapeType.INTEGER, ShapeType.LONG})


def reader(shape: Shape, *, listed: bool = False) -> Callable[[str], object]:
    """Return what reads the text of an option for a shape; click.BadParameter where it cannot.

    `listed` says that the option takes many and `shape` is that of one; given as a JSON array, one
    is read as the whole list.
    """

    def read(text: str) -> object:
        content = _content(text)
        try:
            if listed and content.lstrip().startswith("["):
                return _json(content)
            return _read(shape, content)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return read


def aws_name(name: str) -> str:
    """Return how IAM spells a member: `userName` is `UserName` there."""
    return SPELLINGS.get(name, name[:1].upper() + name[1:])


def wire_name(name: str) -> str:
    """Return how the API spells a member: `UserName` is `userName` there."""
    return name[:1].lower() + name[1:]


def _content(text: str) -> str:
    """Return the text, or that of the file that it names; Stopped where it cannot be read."""
    if not text.startswith(FILE):
        return text
    file = Path(text.removeprefix(FILE)).expanduser()
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        stop(CANNOT_OPEN, f"{file} cannot be read: {error.strerror or error}.")
    except UnicodeDecodeError:
        stop(CANNOT_OPEN, f"{file} cannot be read: it is not UTF-8.")


def _read(shape: Shape, text: str) -> object:
    if shape.type in NUMBERS:
        if not WHOLE.fullmatch(text):
            message = f"{text!r} is no whole number."
            raise ValueError(message)
        return int(text)
    if shape.type is ShapeType.TIMESTAMP:
        return _moment(text)
    if shape.type is ShapeType.STRUCTURE:
        return _json(text) if text.lstrip().startswith("{") else _shorthand(shape, text)
    return text


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time such as 2026-11-01T12:00:00Z."
        raise ValueError(message) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _json(text: str) -> object:
    try:
        return _by_wire_names(json.loads(text))
    except ValueError as error:
        message = f"It is not JSON: {error}."
        raise ValueError(message) from None


def _by_wire_names(value: object) -> object:
    if isinstance(value, list):
        return [_by_wire_names(each) for each in value]
    if isinstance(value, dict):
        return {wire_name(name): _by_wire_names(each) for name, each in value.items()}
    return value


def _shorthand(shape: Shape, text: str) -> dict[str, Any]:
    """Return `Key=team,Value=blue` as members; ValueError says what is wrong with it."""
    known = {each.name: each.shape for each in shape.members}
    spelled = ",".join(f"{aws_name(name)}=…" for name in known)
    values: dict[str, Any] = {}
    name = ""
    for part in _parts(text):
        named = NAMED.fullmatch(part)
        # A word without a name goes on with the list before it.
        if named is None and name and known[name].type is ShapeType.LIST:
            values[name].append(_unquoted(part))
            continue
        name = wire_name(named[1]) if named else ""
        if named is None or name not in known or name in values:
            message = f"{text!r} is not of the form {spelled}."
            raise ValueError(message)
        value = _unquoted(named[2])
        values[name] = [value] if known[name].type is ShapeType.LIST else value
    return values


def _parts(text: str) -> list[str]:
    # The last match is the empty one at the end of the text.
    return [match[1] for match in PART.finditer(text)][:-1]


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _aws_name(name: str) -> str:
    return name[:1].upper() + name[1:]
