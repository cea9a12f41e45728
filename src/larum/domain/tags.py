"""The rules of a resource's tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.errors import FieldFailure, ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_TAGS = 200


def added(present: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """Return those of `tags` that change something, given the ones that are `present`.

    Raises ValidationException when the resource would have more than 200 (service-behaviour §11
    row 47).
    """
    changes = {key: value for key, value in tags.items() if present.get(key) != value}
    total = len(present.keys() | tags.keys())
    if total > MOST_TAGS:
        message = f"Member would bring the resource to {total} tags; {MOST_TAGS} are the most"
        raise ValidationException.of_fields((FieldFailure("tags", message),))
    return changes


def removed(present: Mapping[str, str], tag_keys: Iterable[str]) -> list[str]:
    """Return those of `tag_keys` that are there to remove, each once; the others are no error."""
    return [key for key in dict.fromkeys(tag_keys) if key in present]
