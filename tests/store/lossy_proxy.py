"""A loopback proxy that loses answers: the server has done its work, and the client never hears.

It forwards each request whole, reads the whole answer, and then asks `loses` whether the client
gets it, gets a part of it, or gets its connection closed or reset. (Half a head or half a body is
no loss that a client could mend: botocore takes both for a whole answer without members.)
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 30.0
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEADER = re.compile(rb"\r\n([a-z0-9-]+): *([^\r]*)", re.IGNORECASE)


class Loss(StrEnum):
    """What becomes of an answer."""

    NONE = "none"
    CLOSED = "closed"
    RESET = "reset"
    HALF_A_LINE = "half a line"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it crossed the wire."""

    headers: dict[str, str]
    params: dict[str, Any]

    @property
    def token(self) -> str:
        """The client token."""
        return str(self.params["clientToken"])

    @property
    def call(self) -> str:
        """The id that an SDK gives all attempts of one call."""
        return self.headers["amz-sdk-invocation-id"]


class LossyProxy:
    """A proxy before the server at `url`; a context manager. `seen` are all requests, in order."""

    def __init__(self, url: str, loses: Callable[[Seen, int], Loss]) -> None:
        """`loses(request, attempt)` decides; `attempt` counts from 1 for each call."""
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port)
        self._loses = loses
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._lock = threading.Lock()
        self._attempts: dict[str, int] = {}
        self.seen: list[Seen] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Start."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server, PATIENCE) as server:
            client.settimeout(PATIENCE)
            while True:
                try:
                    asked = _read(client)
                    if not asked:
                        return
                    server.sendall(asked)
                    answer = _read(server)
                    if not self._pass_on(client, answer, self._loss(asked)):
                        return
                except OSError:
                    return

    def _loss(self, asked: bytes) -> Loss:
        head, _, body = asked.partition(b"\r\n\r\n")
        found = {name.decode().lower(): text.decode() for name, text in HEADER.findall(head)}
        seen = Seen(found, json.loads(body) if body else {})
        with self._lock:
            self.seen.append(seen)
            attempt = self._attempts.get(seen.call, 0) + 1
            self._attempts[seen.call] = attempt
        return self._loses(seen, attempt)

    @staticmethod
    def _pass_on(client: socket.socket, answer: bytes, loss: Loss) -> bool:
        if loss is Loss.NONE:
            client.sendall(answer)
            return True
        if loss is Loss.HALF_A_LINE:
            client.sendall(answer[:6])
        if loss is Loss.RESET:
            linger = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return False


def _read(source: socket.socket) -> bytes:
    """Return one whole message with its length in a header, or nothing at the end."""
    read = b""
    while b"\r\n\r\n" not in read:
        part = source.recv(65536)
        if not part:
            return b""
        read += part
    head = read.index(b"\r\n\r\n") + 4
    length = LENGTH.search(read[:head])
    whole = head + (int(length[1]) if length else 0)
    while len(read) < whole:
        part = source.recv(65536)
        if not part:
            return b""
        read += part
    return read
