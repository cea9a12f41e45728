"""How many connections a server holds, in all and of one source, and who is beyond it.

Each connection costs memory and a file whatever it says, so it is counted before it says anything.
Whoever is too much is told so, a few at a time; a flood is dropped without a word
(reliability-and-security §7.1).
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from larum.access.sources import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

# How many too many are told so, at least.
_TOLD: Final = 8


class Place(Enum):
    """What becomes of a connection."""

    HELD = auto()
    FULL = auto()
    FULL_OF_SOURCE = auto()
    DROPPED = auto()


class ConnectionRoom:
    """Counts the connections of one server, on its one thread.

    `most` are held in all and `of_source` of one source; `proxies` (addresses or CIDRs) carry the
    connections of others, so that no share of theirs is bounded.
    """

    def __init__(self, most: int, of_source: int, proxies: Iterable[str] = ()) -> None:
        self._most = most
        self._of_source = of_source
        self._proxies = tuple(ipaddress.ip_network(each) for each in proxies)
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._held.total()

    def enter(self, address: str) -> tuple[str, Place]:
        """Count a connection from `address`; return its source, for `leave`, and its place."""
        source = "" if self._is_proxy(address) else source_of(address)
        self._held[source] += 1
        place = _place(self._held.total(), self._most, Place.FULL)
        if place is Place.HELD and source:
            place = _place(self._held[source], self._of_source, Place.FULL_OF_SOURCE)
        return source, place

    def leave(self, source: str) -> None:
        """Count a connection of `source` less, whatever its place was."""
        self._held[source] -= 1
        if self._held[source] <= 0:
            del self._held[source]

    def _is_proxy(self, address: str) -> bool:
        if not self._proxies:
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in each for each in self._proxies)


class Admission:
    """The place of one connection, taken already: what `ConnectionRoom` is to its protocol."""

    def __init__(self, room: ConnectionRoom, address: str) -> None:
        self._room = room
        self._source, self.place = room.enter(address)
        self._held = True

    def enter(self, _address: str) -> tuple[str, Place]:
        """Return the place that was taken."""
        return self._source, self.place

    def leave(self, _source: str = "") -> None:
        """Give the place back, once."""
        if self._held:
            self._held = False
            self._room.leave(self._source)


def _place(held: int, most: int, full: Place) -> Place:
    excess = held - most
    if excess <= 0:
        return Place.HELD
    return full if excess <= max(_TOLD, most // 8) else Place.DROPPED
