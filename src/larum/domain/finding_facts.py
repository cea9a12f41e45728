"""Taking facts out of a foreign finding: what may be missing, too long or of another type.

`text`, `needed` and their like never raise but Unreadable, whatever is in the document, and bound
what goes on from here: a finding can be 240 KB.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from larum.domain.values import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_ID: Final = 512
LONGEST_TITLE: Final = 256
LONGEST_DESCRIPTION: Final = 1_024
MOST_TYPES: Final = 50
MOST_RESOURCES: Final = 50
# As many as a case takes (service-behaviour §11 row 29).
MOST_ADDRESSES: Final = 200
ACCOUNT: Final = re.compile("[0-9]{12}", re.ASCII)
REGION: Final = re.compile("[a-z]{2,4}(?:-[a-z]{2,12}){1,2}-[0-9]{1,2}", re.ASCII)
NOTHING: Final[Mapping[str, object]] = {}


class Unreadable(Exception):  # noqa: N818 - it is a finding's fault, told with its index
    """A finding cannot be understood; the text says why and repeats nothing of it."""


def inside(written: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """Return the object at `path`, an empty one where there is none."""
    found: object = written
    for name in path:
        found = either(found, name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else NOTHING


def either(written: Mapping[str, object], name: str) -> object:
    """Return the member `name`, written with a capital or, as in events, a small first letter."""
    found = written.get(name)
    return written.get(name[0].lower() + name[1:]) if found is None else found


def objects(value: object, most: int) -> list[Mapping[str, object]]:
    """Return the objects of a list, at most so many."""
    listed = value[:most] if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, Mapping)]


def identifier(value: object) -> str | None:
    """Return a text of at most 512 printable characters, None for anything else."""
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable():
        return value
    return None


def needed(value: object, name: str) -> str:
    """Return `identifier` of a member that every finding has; Unreadable names it."""
    found = identifier(value)
    if found is None:
        raise Unreadable(f"{name} is not a text of 1 to {LONGEST_ID} printable characters")
    return found


def account(value: object, name: str) -> str:
    """Return the twelve digits of an account."""
    if not isinstance(value, str) or ACCOUNT.fullmatch(value) is None:
        raise Unreadable(f"{name} is not twelve digits")
    return value


def region(value: object, name: str) -> str:
    """Return the name of a Region."""
    if not isinstance(value, str) or REGION.fullmatch(value) is None:
        raise Unreadable(f"{name} is not the name of a Region")
    return value


def number(value: object, name: str, most: int) -> float:
    """Return a number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Unreadable(f"{name} is not a number from 0 to {most}")
    return value


def prose(value: object, longest: int) -> str:
    """Return a text for people in one line, cut, with a space for each control character."""
    if not isinstance(value, str):
        return ""
    kept = value[:longest]
    if not kept.isprintable():
        kept = "".join(each if each.isprintable() else " " for each in kept)
    return " ".join(kept.split())


def addresses(values: Iterable[object]) -> tuple[str, ...]:
    """Return the IP addresses among `values` in canonical form, each once, at most 200."""
    found: dict[str, None] = {}
    for value in values:
        if len(found) == MOST_ADDRESSES:
            break
        if isinstance(value, str):
            try:
                address = ipaddress.ip_address(value)
            except ValueError:
                continue
            if not getattr(address, "scope_id", None):
                found[str(address)] = None
    return tuple(found)


def moment(value: object) -> datetime | None:
    """Return an ISO 8601 time in UTC, None for what is none or before 1970."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found >= EPOCH else None
