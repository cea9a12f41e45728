"""Answers that leave in one write each, and together with the others of the same turn of the loop.

uvicorn writes head and body apart, and each answer when it is ready. Both cost: a system call more,
and a client that is woken for every answer while the server still works on the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

CONTINUE: Final = b"HTTP/1.1 100"


class Outgoing:
    """The answers of one turn of an event loop, sent at its end in the order they were made."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[WholeAnswer] = []

    def add(self, answer: WholeAnswer) -> None:
        """Send what `answer` holds at the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(answer)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer.flush()


class WholeAnswer:
    """The transport of one answer, as uvicorn's cycle writes to it."""

    __slots__ = ("_head_is_due", "_held", "_outgoing", "_transport")

    def __init__(self, transport: asyncio.Transport, outgoing: Outgoing) -> None:
        self._transport = transport
        self._outgoing = outgoing
        self._head_is_due = True
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Hold `data` back until the turn ends; the head also waits for the body."""
        if self._head_is_due and data.startswith(CONTINUE):
            self._transport.write(data)
        elif self._head_is_due:
            self._head_is_due = False
            self._held.append(data)
        elif data:
            if len(self._held) <= 1:
                self._outgoing.add(self)
            self._held.append(data)

    def complete(self) -> None:
        """Note that nothing more comes: a head without a body leaves with the others."""
        if len(self._held) == 1:
            self._outgoing.add(self)

    def flush(self) -> None:
        """Send what is held back now; nothing where the peer has left meanwhile.

        Writing to a closed connection would raise, and take the other answers of the turn with it.
        """
        if self._held and not self._transport.is_closing():
            self._transport.write(b"".join(self._held))
        self._held.clear()

    def close(self) -> None:
        """Send what is held back, and close."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._transport.is_closing()
