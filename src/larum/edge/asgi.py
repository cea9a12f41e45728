"""One request of a socket, from ASGI to the service and back: whole bodies in, whole answers out.

    guard -> body within its limit -> health | prepare -> answer_read | the write queue -> answer
                                               a denial of either -> the write queue, for its record
    guard -> /blobs/…: the second way, which streams (edge/transfers.py)

Nothing that goes wrong here reaches a client as anything but one of the service's own errors.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import traceback
from typing import TYPE_CHECKING, Any, Final

from larum.access import signed_url
from larum.calls import Chore
from larum.data_path import Download
from larum.edge import guard
from larum.edge.body_room import BodyRoom
from larum.edge.refusals import DisconnectedError, RefusedError
from larum.edge.transfers import Transfers
from larum.errors import InternalServerException, ServiceUnavailable, UnknownOperationException
from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from larum.edge.body_room import Holding
    from larum.edge.group_commit import GroupCommit
    from larum.errors import ServiceError
    from larum.service import Service

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger("larum.edge")

_HEALTH_METHODS: Final = frozenset({"GET", "HEAD"})
HEALTH_PATHS: Final = frozenset({b"/healthz", b"/readyz"})
BLOBS: Final = signed_url.PATH.encode("ascii")
_BYTES_ALONE: Final = "Only signed URLs of attachments are answered here."
NO_LENGTH: Final = frozenset({204, 304})  # RFC 9110 §8.6
_BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})
_SHUTTING_DOWN: Final = "The server is shutting down; retry with the same clientToken."
_LAST_RESORT: Final = HttpResponse(
    500,
    (("content-type", "application/json"), ("x-amzn-errortype", "InternalServerException")),
    b'{"message": "The request failed; retry it with the same clientToken."}',
)


class Application:
    """The ASGI application of one server; calls it with one HTTP scope per request.

    `linger` is how long, in seconds, the rest of a refused body is discarded before the connection
    closes, so that the peer reads the answer and not a reset. `proxied` says that a peer's address
    may be what a proxy forwarded; `stall` is how long, in seconds, an upload may send nothing;
    without `api` there are the attachments' bytes alone.
    """

    def __init__(
        self,
        service: Service,
        writes: GroupCommit,
        *,
        allowed_hosts: frozenset[str] = frozenset(),
        linger: float = 1.0,
        proxied: bool = False,
        stall: float = 30.0,
        api: bool = True,
    ) -> None:
        self.service = service
        self.writes = writes
        self._transfers = Transfers(service, writes, stall=stall)
        self._api = api
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._linger = linger
        self._proxied = proxied
        self._bodies = BodyRoom()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; the answer of a write waits for its commit."""
        try:
            response = await self._answer(scope, receive)
        except DisconnectedError:
            return
        except RefusedError as refused:
            await _send(send, self._refuse(refused.error), close=True, last=False)
            await _discard(receive, self._linger)
            await send({"type": "http.response.body"})
            return
        except asyncio.CancelledError:
            response = self.shutting_down()
        except Exception as error:  # noqa: BLE001 - the one place that nothing may pass
            response = self.failed(error)
        if not can_be_sent(response):
            response = self.failed(ValueError("an answer's header has a control character"))
        if isinstance(response, Download):
            await self._transfers.send(send, response, head=scope["method"] == "HEAD")
        else:
            await _send(send, response)

    def close(self) -> None:
        """Release the threads that read and write attachments."""
        self._transfers.close()

    async def _answer(self, scope: Message, receive: Receive) -> HttpResponse | Download:
        source_ip = _forwarded_ip(scope) if self._proxied else _peer_ip(scope)
        if scope["raw_path"].startswith(BLOBS):
            self._check(scope, any_host=False)
            return await self._transfers.answer(_request(scope, b"", source_ip), receive)
        if not self._api:
            raise RefusedError(UnknownOperationException(_BYTES_ALONE))
        health = scope["raw_path"] in HEALTH_PATHS and scope["method"] in _HEALTH_METHODS
        limit = self._check(scope, any_host=health)
        body = await self._body(receive, limit, source_ip) if limit else b""
        if health:
            alive = scope["raw_path"] == b"/healthz"
            return self.service.health() if alive else self.service.readiness()
        pending = self.service.prepare(_request(scope, body, source_ip))
        if not isinstance(pending, HttpResponse | Chore) and not pending.writes:
            pending = self.service.answer_read(pending)
        if isinstance(pending, HttpResponse):
            return pending
        return await self.writes.submit(pending)

    async def _body(self, receive: Receive, limit: int, source_ip: str) -> bytes:
        with self._bodies.holding(source_ip) as holding:
            return await _read(receive, limit, holding)

    def _check(self, scope: Message, *, any_host: bool) -> int:
        """Refuse what is no request of this server; return the bytes that its body may have."""
        headers = scope["headers"]
        bodyless = _BODY_HEADERS.isdisjoint(dict(headers))
        method, path = scope["method"], scope["raw_path"]
        limit = 0 if bodyless else self.service.body_limit(method, path.decode("latin-1"))
        error = guard.refusal(
            headers,
            http_version=scope["http_version"],
            # Probes address a server by its number, and learn nothing that a name protects.
            allowed_hosts=frozenset() if any_host else self.allowed_hosts,
            body_limit=limit,
        )
        if error is not None:
            raise RefusedError(error)
        return limit

    def _refuse(self, error: ServiceError) -> HttpResponse:
        try:
            return self.service.refuse(error)
        except Exception as failure:  # noqa: BLE001 - an answer must leave in any case
            _log_failure(failure)
            return _LAST_RESORT

    def shutting_down(self) -> HttpResponse:
        """Answer what the drain did not wait for."""
        return self._refuse(ServiceUnavailable(_SHUTTING_DOWN))

    def failed(self, error: Exception) -> HttpResponse:
        """Answer what failed by a mistake of ours; the log tells where."""
        _log_failure(error)
        return self._refuse(
            InternalServerException("The request failed; retry it with the same clientToken.")
        )


def _request(scope: Message, body: bytes, source_ip: str) -> HttpRequest:
    return HttpRequest(
        method=scope["method"],
        raw_path=scope["raw_path"].decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=decoded_headers(scope["headers"]),
        body=body,
        source_ip=source_ip,
        secure=scope["scheme"] == "https",
        origin=f"{scope['scheme']}://{_host(scope)}",
    )


def decoded_headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Return the headers as an HttpRequest has them.

    llhttp leaves the white space after a value, which is no part of it (RFC 9112 §5).
    """
    return tuple(
        [(name.decode("latin-1"), value.decode("latin-1").rstrip(" \t")) for name, value in headers]
    )


def _host(scope: Message) -> str:
    """Return the Host that the guard has let in: one, and nothing but a name and a port."""
    host: bytes = next(each for name, each in scope["headers"] if name == b"host")
    return host.decode("latin-1")


def _peer_ip(scope: Message) -> str:
    client = scope["client"]
    return str(client[0]) if client else ""


def _forwarded_ip(scope: Message) -> str:
    """Return the address that a trusted proxy forwarded, or nothing where it is not an address."""
    try:
        return str(ipaddress.ip_address(_peer_ip(scope)))
    except ValueError:
        return ""


async def _read(receive: Receive, limit: int, holding: Holding) -> bytes:
    """Return the whole body, at most `limit` bytes, chunked or not."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunk: bytes = message["body"]
        size += len(chunk)
        if size > limit:
            raise RefusedError(guard.too_large(limit))
        holding.grow(size)
        chunks.append(chunk)
        if not message["more_body"]:
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _discard(receive: Receive, seconds: float) -> None:
    """Drop the rest of a refused body for at most `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message["more_body"]:
                    return
    except TimeoutError:
        return


async def _send(
    send: Send, response: HttpResponse, *, close: bool = False, last: bool = True
) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers
    ]
    if response.status not in NO_LENGTH:
        headers.append((b"content-length", b"%d" % len(response.body)))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": not last})


def can_be_sent(response: HttpResponse | Download) -> bool:
    """Tell whether no header could be taken for two (header injection)."""
    values = "".join([value for _, value in response.headers])
    return values.isascii() and values.isprintable()


def _log_failure(error: Exception) -> None:
    """Log where it failed and with what kind of error; its text may quote a caller's values."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("a request failed unexpectedly with %s\n%s", type(error).__name__, frames)
