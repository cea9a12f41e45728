"""What stands in the way of deleting a user, group or role: whatever hangs on it, as in IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.errors import ConflictException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized


def refuse_while_left(name: str, resource_type: str, left: Mapping[str, Sized]) -> None:
    """Return if none of what is `left`, by what it is called, has anything in it.

    Raises ConflictException, which tells all that must go first.
    """
    told = [each for each, things in left.items() if len(things)]
    if told:
        message = f"{resource_type} {name} has {', '.join(told)}. Remove them first."
        raise ConflictException(message, resource_id=name, resource_type=resource_type)
