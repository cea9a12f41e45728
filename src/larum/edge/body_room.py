"""How many bytes of bodies a server holds for senders that it does not know yet.

A signature covers the whole body, so the body is read before anybody is authenticated. Without a
bound a thousand connections could have a thousand of the longest bodies kept for them, unsigned.
What fits into `SMALL` bytes is not counted: the bound on connections bounds it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from larum.access.sources import source_of
from larum.edge.refusals import RefusedError
from larum.errors import ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL: Final = 64 * 1024
MOST: Final = 256 * 1024 * 1024
OF_SOURCE: Final = 128 * 1024 * 1024
_FULL: Final = (
    "The server receives as many bytes as it can hold. Send the request again, with the same "
    "clientToken."
)


class BodyRoom:
    """Counts the bytes that are held, in all and for one source, on one thread."""

    def __init__(self, most: int = MOST, of_source: int = OF_SOURCE) -> None:
        self._most = most
        self._of_source = of_source
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._held.total()

    @contextmanager
    def holding(self, address: str) -> Iterator[Holding]:
        """Hold the bytes of one body from `address` until the end of the block."""
        holding = Holding(self, source_of(address))
        try:
            yield holding
        finally:
            if holding.counted:
                self._held[holding.source] -= holding.counted
                if not self._held[holding.source]:
                    del self._held[holding.source]

    def take(self, source: str, size: int) -> None:
        """Count `size` bytes more of `source`; raises RefusedError where there is no room."""
        if self._held[source] + size > self._of_source or len(self) + size > self._most:
            raise RefusedError(ServiceUnavailable(_FULL))
        self._held[source] += size


class Holding:
    """The bytes of one body as it grows."""

    def __init__(self, room: BodyRoom, source: str) -> None:
        self._room = room
        self.source = source
        self.counted = 0

    def grow(self, size: int) -> None:
        """Let the body have `size` bytes by now; raises RefusedError where there is no room."""
        if size > SMALL and size > self.counted:
            self._room.take(self.source, size - self.counted)
            self.counted = size
