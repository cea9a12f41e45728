"""A service that several clients share: opened for the first of them, closed after the last."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.edge.embedded import EmbeddedService


class SharedService:
    """The service of one directory, open as long as somebody uses it.

    Whoever leaves may do so from a finalizer, which the garbage collector runs anywhere, within
    `enter` too: it never waits for the lock. It leaves a note, and whoever has the lock reads it.
    """

    def __init__(self, open_service: Callable[[], EmbeddedService]) -> None:
        self._open = open_service
        self._lock = threading.Lock()
        self._service: EmbeddedService | None = None
        self._users = 0
        self._left: deque[None] = deque()

    def enter(self) -> EmbeddedService:
        """Return the service, opened if need be; raises what opening it raises."""
        try:
            with self._lock:
                self._settle()
                if self._service is None:
                    self._service = self._open()
                self._users += 1
                return self._service
        finally:
            self._settle_if_free()

    def leave(self) -> None:
        """Take back one `enter`; the last one closes the service."""
        self._left.append(None)
        self._settle_if_free()

    def _settle_if_free(self) -> None:
        while self._left and self._lock.acquire(blocking=False):
            try:
                self._settle()
            finally:
                self._lock.release()

    def _settle(self) -> None:
        while self._left:
            self._left.popleft()
            self._users -= 1
        if self._users == 0 and self._service is not None:
            service, self._service = self._service, None
            service.close()
