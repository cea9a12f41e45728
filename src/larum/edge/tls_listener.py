"""Accepts connections that speak TLS, and counts them before the handshake.

asyncio makes a protocol's connection only when the handshake is done: whoever connects and says
nothing would be counted nowhere, and cost a file and a TLS state until its deadline.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from larum.edge.connection_room import Admission, Place

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

    from larum.edge.connection_room import ConnectionRoom
    from larum.edge.deadlines import Deadlines
    from larum.edge.http_protocol import EdgeProtocol

log = logging.getLogger("larum.edge")

# How long nothing is accepted when the process has no more files.
_PAUSE_SECONDS: Final = 0.5


class TlsListener:
    """Serves `bound`, which listens, until `close`; `connect` makes a connection's protocol."""

    def __init__(
        self,
        bound: socket.socket,
        context: ssl.SSLContext,
        room: ConnectionRoom,
        deadlines: Deadlines,
        connect: Callable[[Admission], EdgeProtocol],
    ) -> None:
        self._bound = bound
        self._context = context
        self._room = room
        self._deadlines = deadlines
        self._connect = connect
        bound.setblocking(False)  # noqa: FBT003 - a method of the library
        self._handshakes: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    def close(self) -> None:
        """Accept nothing more, and drop who has not finished the handshake."""
        for task in (self._accepting, *self._handshakes):
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until that is done."""
        await asyncio.gather(self._accepting, *self._handshakes, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(self._bound)
            except ConnectionError:  # it left before it was accepted
                continue
            except OSError as error:
                log.warning("no connection can be accepted: %s", error.strerror)
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            admission = Admission(self._room, address[0])
            if admission.place is Place.DROPPED:
                accepted.close()
                admission.leave()
                continue
            task = loop.create_task(self._shake_hands(accepted, admission))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, accepted: socket.socket, admission: Admission) -> None:
        protocol = self._connect(admission)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=self._deadlines.header,
                ssl_shutdown_timeout=self._deadlines.linger,
            )
        except (OSError, asyncio.CancelledError):  # ssl.SSLError and TimeoutError are OSErrors
            accepted.close()
            admission.leave()
