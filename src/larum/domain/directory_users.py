"""The users that a directory wants its accounts to have, and what keeps them from being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from larum.domain.principals import folded
from larum.errors import FieldFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class WantedUser(msgspec.Struct, frozen=True):
    """A user as the file has it; `place` is its path there."""

    place: str
    account: str
    user_name: str
    create_access_key: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What no two users have alike: the account, and the name without regard to case."""
        return self.account, folded(self.user_name)


def faults(
    wanted: Sequence[WantedUser], present: Mapping[tuple[str, str], str]
) -> Iterator[FieldFailure]:
    """Return everything wrong with the wanted users; `present` are the names there, by key."""
    seen: dict[tuple[str, str], str] = {}
    for each in wanted:
        first = seen.setdefault(each.key, each.place)
        name = present.get(each.key, each.user_name)
        if first != each.place:
            message = f"Member must not repeat {first}.userName"
            yield FieldFailure(f"{each.place}.userName", message)
        elif name != each.user_name:
            message = f"Member must be written {name}: the user is there, and case tells no two"
            yield FieldFailure(f"{each.place}.userName", f"{message} apart")
