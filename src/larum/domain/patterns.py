"""Many patterns and many networks at once: what triage rules look for in a finding.

A rule may have a hundred of each, a membership two hundred rules, a call a hundred findings: so the
kinds that people write, a whole text, a beginning, an ending, cost one look for all of them.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WILD: Final = frozenset("*?")


class Patterns:
    """Texts in which `*` stands for any characters and `?` for any one; nothing else is special."""

    __slots__ = ("_beginnings", "_endings", "_inside", "_others", "_whole")

    def __init__(self, patterns: Iterable[str]) -> None:
        beginnings: list[str] = []
        endings: list[str] = []
        whole, inside, others = [], [], []
        for each in patterns:
            bare = each.strip("*")
            if not _WILD.isdisjoint(bare):
                # A bracket has no meaning here: ARNs and finding types have none of their own.
                others.append(each.replace("[", "[[]"))
            elif bare == each:
                whole.append(each)
            elif each.startswith("*") and (each.endswith("*") or not bare):
                inside.append(bare)
            else:
                (endings if each.startswith("*") else beginnings).append(bare)
        self._whole = frozenset(whole)
        self._beginnings, self._endings = tuple(beginnings), tuple(endings)
        self._inside, self._others = tuple(inside), tuple(others)

    def match(self, text: str) -> bool:
        """Tell whether one of the patterns is the whole of `text`."""
        return (
            text in self._whole
            or text.startswith(self._beginnings)
            or text.endswith(self._endings)
            or any(each in text for each in self._inside)
            or any(fnmatchcase(text, each) for each in self._others)
        )


class Networks:
    """IP ranges in CIDR form; ValueError for what is none."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[str]) -> None:
        merged = sorted(_span(ipaddress.ip_network(each)) for each in ranges)
        self._starts = [start for start, _ in merged]
        self._ends: list[tuple[int, int]] = []
        for _, end in merged:
            # The furthest that any range reaches which begins so early.
            self._ends.append(max([end, *self._ends[-1:]]))

    def hold(self, address: tuple[int, int]) -> bool:
        """Tell whether one of the ranges holds the `numbered` address."""
        place = bisect_right(self._starts, address)
        return place > 0 and address <= self._ends[place - 1]


def numbered(addresses: Sequence[str]) -> list[tuple[int, int]]:
    """Return addresses as (IP version, number), in whose order ranges can be looked up."""
    return [_number(ipaddress.ip_address(each)) for each in addresses]


def _span(network: Network) -> tuple[tuple[int, int], tuple[int, int]]:
    return _number(network.network_address), _number(network.broadcast_address)


def _number(address: Address) -> tuple[int, int]:
    return address.version, int(address)
