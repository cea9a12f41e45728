"""What the transport tests stand on: an echo service (no part of Larum) and a raw connection.

The echo stands where `larum.service.Service` would, so that these tests see what the transport
passes on, byte for byte; the product's own behaviour is tested with the product's service.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import urlsplit

from larum.edge.deadlines import Deadlines
from larum.edge.server import HttpServer, Listen
from larum.errors import RequestEntityTooLargeException, ServiceUnavailable
from larum.wire.http import HttpResponse

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from larum.edge.group_commit import GroupCommit
    from larum.errors import ServiceError
    from larum.service import Service
    from larum.wire.http import HttpRequest

BODY_LIMIT = 64 * 1024
QUICK = Deadlines(header=0.6, body=0.6, idle=0.6, answer=0.6, linger=0.3)
PATIENCE = 8.0
STATUSES: dict[type[ServiceError], int] = {
    RequestEntityTooLargeException: 413,
    ServiceUnavailable: 503,
}


def shown(request: HttpRequest) -> bytes:
    """Return what the service was given, as JSON."""
    return json.dumps(
        {
            "method": request.method,
            "path": request.raw_path,
            "query": request.raw_query,
            "headers": request.headers,
            "body": request.body.decode("latin-1"),
            "source_ip": request.source_ip,
            "secure": request.secure,
        }
    ).encode()


@dataclass(frozen=True, slots=True)
class EchoCall:
    """A request on its way to be echoed; one below /write goes through the write queue."""

    request: HttpRequest
    writes: bool


@dataclass
class EchoService:
    """Answers every request with what it saw of it; keeps what reached it in `seen`."""

    answers: dict[str, Callable[[], HttpResponse]] = field(default_factory=dict)
    seen: list[HttpRequest] = field(default_factory=list)
    keep: bool = True

    def prepare(self, request: HttpRequest) -> EchoCall | HttpResponse:
        """Note the request."""
        if self.keep:
            self.seen.append(request)
        return EchoCall(request, request.raw_path.startswith("/write"))

    def answer_read(self, call: EchoCall) -> HttpResponse:
        """Echo, or give the answer planted for the path."""
        planted = self.answers.get(call.request.raw_path)
        if planted is not None:
            return planted()
        return HttpResponse(200, (("content-type", "application/json"),), shown(call.request))

    def answer_reads(self, calls: Sequence[EchoCall]) -> list[HttpResponse]:
        """Answer each as if it came alone."""
        return [self.answer_read(call) for call in calls]

    def refuse(self, error: ServiceError) -> HttpResponse:
        """Render an error that the edge found."""
        unknown = 500 if error.code == "InternalServerException" else 400
        return HttpResponse(
            STATUSES.get(type(error), unknown),
            (("content-type", "application/json"), ("x-amzn-errortype", error.code)),
            json.dumps({"message": error.message}).encode(),
        )

    def body_limit(self, method: str, raw_path: str) -> int:
        """Allow 64 KiB, and 4 MiB below /large."""
        del method
        return 4 * 1024 * 1024 if raw_path.startswith("/large") else BODY_LIMIT

    def health(self) -> HttpResponse:
        """Be alive."""
        return HttpResponse(200, (), b'{"status":"alive"}')

    def readiness(self) -> HttpResponse:
        """Be ready."""
        return HttpResponse(200, (), b'{"status":"ready"}')


class EchoWrites:
    """A write queue that answers as soon as its `gate` (an asyncio.Event) allows, if it has one."""

    def __init__(self, service: EchoService, gate: asyncio.Event | None = None) -> None:
        self.service = service
        self.gate = gate
        self.closed = False

    async def submit(self, call: EchoCall) -> HttpResponse:
        """Wait for the gate, or a moment below /write/slow, then echo."""
        if self.gate is not None:
            await self.gate.wait()
        if call.request.raw_path == "/write/slow":
            await asyncio.sleep(0.2)
        return self.service.answer_read(call)

    async def close(self) -> None:
        """Note that the server let the queue finish."""
        self.closed = True


def echo_writes(service: Service) -> GroupCommit:
    """Open the write queue of an echo service, with the types that the edge knows."""
    return cast("GroupCommit", EchoWrites(cast("EchoService", service)))


def echo_server(
    listen: Listen | None = None,
    service: EchoService | None = None,
    open_writes: Callable[[Service], GroupCommit] = echo_writes,
) -> HttpServer:
    """Return a server of `service` that is not started, on a free loopback port."""
    return HttpServer(
        cast("Service", service or EchoService()),
        listen or Listen(deadlines=QUICK),
        open_writes=open_writes,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it was on the wire; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def seen(self) -> dict[str, Any]:
        """What the echo saw."""
        return cast("dict[str, Any]", json.loads(self.body))


class Connection:
    """A raw connection that can say anything, and that never waits longer than `PATIENCE`."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=parts.hostname)
        self.buffer = b""

    def __enter__(self) -> Self:
        """Be used in a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.socket.close()

    def send(self, *parts: bytes) -> Self:
        """Send each part in a segment of its own."""
        for part in parts:
            self.socket.sendall(part)
            if len(parts) > 1:
                time.sleep(0.02)
        return self

    def answer(self, *, head_only: bool = False) -> Answer:
        """Read one answer; fails where the connection closes before it is whole."""
        self._fill_until(lambda: b"\r\n\r\n" in self.buffer)
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = (line.partition(": ") for line in lines[1:])
        headers = {name.lower(): value for name, _, value in fields}
        length = 0 if head_only else int(headers.get("content-length", "0"))
        self._fill_until(lambda: len(self.buffer) >= length)
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(int(lines[0].split(" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Tell whether the server closed (or reset) without another byte, waiting for it."""
        try:
            return not self.buffer and self.socket.recv(65536) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def _fill_until(self, enough: Callable[[], bool]) -> None:
        while not enough():
            more = self.socket.recv(65536)
            assert more, f"closed after {self.buffer[:200]!r}"
            self.buffer += more
