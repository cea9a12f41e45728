"""The quick way of what most requests are: small, come whole, and are answered at once.

    take    head and body are there in one read -> checked, and kept until the turn of the loop ends
    then    all of the turn together: prepare each, the reads on one snapshot, the answers written

There is no task, ASGI scope or message for each, and the same work is done for many in a row. A
request that is anything but plain - its body comes in pieces, it names a connection or expects a
word first, it waits for an earlier one - goes uvicorn's way, through `asgi.py`, and is answered in
the same words.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httptools

from larum.access.signed_url import PATH
from larum.calls import Chore
from larum.edge import guard
from larum.edge.asgi import HEALTH_PATHS, NO_LENGTH, can_be_sent, decoded_headers
from larum.edge.body_room import SMALL
from larum.wire import body_limit
from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larum.calls import Call
    from larum.edge.asgi import Application
    from larum.edge.http_protocol import EdgeProtocol

Headers = list[tuple[bytes, bytes]]

# A turn's requests hold the event loop while they are answered: some 5 ms of them at once.
LARGEST_TURN: Final = 64
# Who says more about the connection than that it stays is answered by uvicorn.
_SPECIAL: Final = frozenset(
    {b"connection", b"expect", b"transfer-encoding", b"upgrade", b"proxy-connection"}
)
_BLOBS: Final = PATH.encode("ascii")
_STATUS_LINES: Final = {
    each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus
}


class _Unheard:
    """The event that nobody waits for."""

    def set(self) -> None:
        """Tell nobody."""


class WholeRequest:
    """One request on its connection; stands where uvicorn's cycle stands until it is answered."""

    __slots__ = ("connection", "disconnected", "keep_alive", "request", "response_complete")

    body: Final = b""
    message_event: Final = _Unheard()
    response_started: Final = False

    def __init__(self, connection: EdgeProtocol, request: HttpRequest) -> None:
        self.connection = connection
        self.request = request
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False


class WholeRequests:
    """Those of one event loop."""

    def __init__(self, application: Application) -> None:
        """Answer as `application` does; must be made while the loop runs."""
        self._application = application
        self._loop = asyncio.get_running_loop()
        self._waiting: list[WholeRequest] = []
        self._ready: list[tuple[WholeRequest, HttpResponse]] = []
        self._block: tuple[Headers, bytes] = ([], b"")

    def take(
        self, connection: EdgeProtocol, method: bytes, url: bytes, headers: Headers, body: bytes
    ) -> WholeRequest | None:
        """Return the request, to be answered when this turn ends; None where it is not plain."""
        names = dict(headers)
        if not _SPECIAL.isdisjoint(names) or method == b"HEAD" or connection.client is None:
            return None
        if len(body) > SMALL:  # such ones are counted (edge/body_room.py)
            return None
        target = httptools.parse_url(url)
        path = target.path
        if path.startswith(_BLOBS) or path in HEALTH_PATHS:
            return None
        raw_path = path.decode("latin-1")
        if self._is_refused(method.decode("ascii"), raw_path, headers, body):
            return None
        request = HttpRequest(
            method=method.decode("ascii"),
            raw_path=raw_path,
            raw_query=(target.query or b"").decode("latin-1"),
            headers=decoded_headers(headers),
            body=body,
            source_ip=connection.client[0],
            secure=connection.scheme == "https",
            origin=f"{connection.scheme}://{names[b'host'].decode('latin-1')}",
        )
        taken = WholeRequest(connection, request)
        if not self._waiting:
            self._loop.call_soon(self._answer)
        self._waiting.append(taken)
        return taken

    def _is_refused(self, method: str, raw_path: str, headers: Headers, body: bytes) -> bool:
        limit = body_limit.SMALLEST
        if len(body) > limit:
            limit = self._application.service.body_limit(method, raw_path)
        refusal = guard.refusal(
            headers,
            http_version="1.1",
            allowed_hosts=self._application.allowed_hosts,
            body_limit=limit,
        )
        return refusal is not None

    def _answer(self) -> None:
        taken, self._waiting = self._waiting[:LARGEST_TURN], self._waiting[LARGEST_TURN:]
        if self._waiting:
            self._loop.call_soon(self._answer)
        reads: list[tuple[WholeRequest, Call]] = []
        for each in taken:
            if each.disconnected:
                continue
            prepared = self._prepared(each)
            if isinstance(prepared, HttpResponse | Chore) or prepared.writes:
                self._go_on(each, prepared)
            else:
                reads.append((each, prepared))
        answers = self._read([call for _, call in reads])
        for (each, _), answer in zip(reads, answers, strict=True):
            self._go_on(each, answer)
        self._send()

    def _go_on(self, taken: WholeRequest, pending: Call | Chore | HttpResponse) -> None:
        """Keep an answer until all are sent; let what writes wait for its group."""
        if isinstance(pending, HttpResponse):
            self._ready.append((taken, pending))
            return
        task = self._loop.create_task(self._write(taken, pending))
        taken.connection.tasks.add(task)
        task.add_done_callback(taken.connection.tasks.discard)

    def _prepared(self, taken: WholeRequest) -> Call | Chore | HttpResponse:
        try:
            return self._application.service.prepare(taken.request)
        except Exception as error:  # noqa: BLE001 - as in asgi.py: nothing may pass
            return self._application.failed(error)

    def _read(self, calls: list[Call]) -> Sequence[HttpResponse | Chore]:
        try:
            return self._application.service.answer_reads(calls)
        except Exception as error:  # noqa: BLE001 - as in asgi.py: nothing may pass
            return [self._application.failed(error) for _ in calls]

    async def _write(self, written: WholeRequest, call: Call | Chore) -> None:
        application = self._application
        try:
            answer = await application.writes.submit(call)
        except asyncio.CancelledError:
            answer = application.shutting_down()
        except Exception as error:  # noqa: BLE001 - as in asgi.py: nothing may pass
            answer = application.failed(error)
        if not self._ready:
            self._loop.call_soon(self._send)
        self._ready.append((written, answer))

    def _send(self) -> None:
        """Send the answers of this turn, none before the last is there (docs/decisions/0007)."""
        ready, self._ready = self._ready, []
        for each, answer in ready:
            if not (each.disconnected or each.connection.transport.is_closing()):
                each.connection.transport.write(self._rendered(each, answer))
                each.response_complete = True
                if not each.keep_alive:
                    each.connection.transport.close()
                each.connection.on_response_complete()

    def _rendered(self, answered: WholeRequest, response: HttpResponse) -> bytes:
        if not can_be_sent(response):
            response = self._application.failed(ValueError("a header has a control character"))
        fields = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
        if response.status not in NO_LENGTH:
            fields += f"content-length: {len(response.body)}\r\n"
        if not answered.keep_alive:
            fields += "connection: close\r\n"
        status = _STATUS_LINES[response.status]
        own = self._own_headers(answered.connection)
        return b"%b%b%b\r\n%b" % (status, own, fields.encode("latin-1"), response.body)

    def _own_headers(self, connection: EdgeProtocol) -> bytes:
        """Return the server's own headers as bytes; uvicorn makes another list every second."""
        headers = connection.server_state.default_headers
        if headers is not self._block[0]:
            lines = b"".join([name + b": " + value + b"\r\n" for name, value in headers])
            self._block = (headers, lines)
        return self._block[1]
