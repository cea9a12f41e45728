"""Answers that leave in one write, head and body together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

CONTINUE: Final = b"HTTP/1.1 100"


class WholeAnswer:
    """The transport of one answer: holds the head back until the body, so that both leave at once.

    uvicorn writes them apart, which costs us a system call and the client a second wake-up.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Send `data`, unless it is the head."""
        if self._head:
            data, self._head = self._head + data, b""
        elif self._head is None and not data.startswith(CONTINUE):
            self._head = data
            return
        if data:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head that no body follows, as after HEAD."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        """Send what is held back, and close."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._transport.is_closing()
