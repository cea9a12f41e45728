"""HTTP/1.1 on one connection, with the deadlines and limits that uvicorn leaves out.

uvicorn parses (llhttp) and answers; this subclass decides how long a peer may take, how large a
request head may be, and that what cannot be framed safely is refused and the connection closed.

    WAITING -first byte-> HEAD -headers end-> BODY -body ends-> ANSWERING -answered-> WAITING
       | close              | 408               | 408
       v                    v                   v
              LEAVING: answer written, the rest of the input discarded, then closed

Sources: reliability-and-security §7.1; RFC 9112 (message framing), RFC 6585 (431).
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from math import inf
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from larum.edge.connection_room import Admission, ConnectionRoom, Place
from larum.edge.refusals import (
    FRAMING,
    FULL,
    FULL_OF_SOURCE,
    HEADERS_TOO_LARGE,
    MALFORMED,
    MAX_HEADER_BYTES,
    MAX_PIPELINED,
    MAX_URI_BYTES,
    PIPELINED,
    TOO_SLOW,
    TRAILERS,
    URI_TOO_LONG,
    Refusal,
    rendered,
)
from larum.edge.request_head import fault
from larum.edge.whole_answer import Outgoing, WholeAnswer

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

    from larum.edge.deadlines import Deadlines
    from larum.edge.whole_requests import WholeRequests

# One request line and the bytes of chunk sizes and trailers that carry no body.
MAX_FRAMING_BYTES = 16 * 1024
_REQUEST_LINE_REST = 64


class _RefusedError(Exception):
    """Carries a refusal out of a parser callback, which only exceptions can leave."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class _Stage(Enum):
    WAITING = auto()
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()
    LEAVING = auto()


class EdgeProtocol(HttpToolsProtocol):
    """One connection; `room`, `outgoing` and `whole` are what the connections of one server share.

    `whole` is the quick way of requests that come whole; None for none.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        deadlines: Deadlines,
        room: ConnectionRoom | Admission,
        outgoing: Outgoing,
        whole: WholeRequests | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, asyncio.get_running_loop())
        self._outgoing = outgoing
        self._whole = whole
        # The head and the body so far of a request that may come whole; None where it is begun.
        self._head: list[tuple[bytes, bytes]] | None = None
        self._body: list[bytes] = []
        self._deadlines = deadlines
        self._room = room
        self._source: str | None = None
        self._stage = _Stage.WAITING
        self._begun = 0
        self._watched = 0
        self._in_head = self._in_body = False
        self._head_bytes = 0
        self._framing_bytes = 0
        self._body_seconds = deadlines.body
        self._pending: Refusal | None = None
        self._running: RequestResponseCycle | None = None
        self._answer: WholeAnswer | None = None
        self._due = inf
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    # The connection's life.

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override]  # as uvicorn narrows it
    ) -> None:
        """Start the header deadline, or refuse where the server is full."""
        super().connection_made(transport)
        self._source, place = self._room.enter(self.client[0] if self.client else "")
        if place is Place.HELD:
            self._set_due(self._deadlines.header)
        elif place is Place.DROPPED:
            transport.abort()
        else:
            self._leave(FULL if place is Place.FULL else FULL_OF_SOURCE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        super().connection_lost(exc)
        if self._source is not None:
            self._room.leave(self._source)
        self._stage = _Stage.LEAVING
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        for timer in (self._timer, self._write_timer):
            if timer is not None:
                timer.cancel()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks for the answer
        """Keep the writing half open while a whole request that was received has no answer yet."""
        unanswered = self._unanswered()
        if unanswered is None or self._in_body:
            return False
        unanswered.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        """Parse what came, and refuse what cannot be parsed; after a refusal discard."""
        if self._stage is _Stage.LEAVING or self._pending is not None:
            return
        was_in_head, was_in_body, begun = self._in_head, self._in_body, self._begun
        buffered = len(self.cycle.body) if was_in_body else 0
        try:
            self.parser.feed_data(data)
            if self._head is not None:
                self._begin()
        except httptools.HttpParserUpgrade:
            # An upgrade is ignored, as RFC 9110 §7.8 allows; what follows it cannot be parsed.
            self.cycle.keep_alive = False
            self._due = inf
            return
        except httptools.HttpParserError as error:
            if self._head is not None:
                self._begin()
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, _RefusedError) else MALFORMED)
            return
        if self._in_head:
            whole = not was_in_body and self._begun == begun + (not was_in_head)
            self._watch_head(len(data) if whole else 0)
        elif self._in_body:
            idle_body = was_in_body and len(self.cycle.body) <= buffered
            self._watch_body(len(data) if idle_body else 0)
        elif self._begun != begun or was_in_head or was_in_body:
            self._due = inf
            self._stage = _Stage.ANSWERING

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        self.url, self.headers = b"", []
        self._in_head = True
        self._begun += 1
        self._head_bytes = self._framing_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field of the head, or of the trailer."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Check the head, then let uvicorn start the request unless it may come whole."""
        refusal = fault(self.url, self.headers, self.parser)
        if refusal is None and len(self.pipeline) >= MAX_PIPELINED:
            refusal = PIPELINED
        if refusal is not None:
            raise _RefusedError(refusal)
        self._body_seconds = self._deadlines.of_body(self.url, self.headers)
        self._in_head, self._in_body = False, True
        # Trailer fields arrive by the same callback; they must not join the headers.
        self._head, self.headers = self.headers, []
        self._body.clear()
        waits = self._unanswered() is not None or self.pipeline or self.flow.write_paused
        if self._whole is None or waits or self.parser.get_http_version() != "1.1":
            self._begin()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if self._head is None:
            super().on_body(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Refuse trailer fields; else the request is whole."""
        if self.headers:
            raise _RefusedError(TRAILERS)
        self._in_body = False
        if not self._taken():
            super().on_message_complete()

    def _taken(self) -> bool:
        """Take a request that came whole, or let uvicorn begin it."""
        if self._head is None or self._whole is None:
            return False
        method, body = self.parser.get_method(), b"".join(self._body)
        taken = self._whole.take(self, method, self.url, self._head, body)
        if taken is None:
            self._begin()
            return False
        self._flush()
        self.cycle = cast("RequestResponseCycle", taken)
        self._head, self._answer = None, None
        return True

    def _begin(self) -> None:
        """Let uvicorn begin the request whose head is complete, with the body so far."""
        url, head, trailer = self.url, self._head or [], self.headers
        super().on_message_begin()
        self.url = url
        for name, value in head:
            super().on_header(name, value)
        self._head = None
        super().on_headers_complete()
        self.headers = trailer
        for part in self._body:
            super().on_body(part)
        self._body.clear()

    def on_response_complete(self) -> None:
        """Start the next pipelined request, or send the refusal that waited, or wait."""
        self.server_state.total_requests += 1
        if self._answer is not None:
            self._answer.complete()
        if self.transport.is_closing():
            self._stage = _Stage.LEAVING
            if self.transport.get_write_buffer_size():
                self._set_due(self._deadlines.answer)
            return
        if self.pipeline:
            self.flow.resume_reading()
            self._start_asgi_task(*self.pipeline.pop())
        elif self._pending is not None:
            self._leave(self._pending)
        else:
            self.flow.resume_reading()
            if not (self._in_head or self._in_body):
                self._stage = _Stage.WAITING
                self._set_due(self._deadlines.idle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        self._flush()
        self._answer = WholeAnswer(self.transport, self._outgoing)
        cycle.transport = cast("asyncio.Transport", self._answer)
        super()._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        """Give a peer that does not read its answer a last deadline."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self._deadlines.answer, self.transport.abort)

    def resume_writing(self) -> None:
        """Lift the deadline of `pause_writing`."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    # Limits.

    def _watch_head(self, received: int) -> None:
        """Bound a head that is not complete; `received` bytes more of it have come."""
        self._head_bytes += received
        if self._begun == 1:
            # The first head has the deadline that began with the connection.
            self._stage, self._watched = _Stage.HEAD, 1
        else:
            self._enter(_Stage.HEAD, self._deadlines.header)
        if len(self.url) > MAX_URI_BYTES:
            self._refuse(URI_TOO_LONG)
        elif self._head_bytes > MAX_HEADER_BYTES + len(self.url) + _REQUEST_LINE_REST:
            self._refuse(HEADERS_TOO_LARGE)

    def _watch_body(self, empty: int) -> None:
        """Bound a body that is not complete; `empty` bytes came that gave no byte of it."""
        self._framing_bytes += empty
        self._enter(_Stage.BODY, self._body_seconds)
        if self._framing_bytes > MAX_FRAMING_BYTES:
            self._refuse(FRAMING)

    # Deadlines: one lazy timer per connection, so that a fast request costs none.

    def _enter(self, stage: _Stage, seconds: float) -> None:
        if self._stage is not stage or self._watched != self._begun:
            self._stage, self._watched = stage, self._begun
            self._set_due(seconds)

    def _set_due(self, seconds: float) -> None:
        self._due = self.loop.time() + seconds
        if self._timer is None:
            self._timer = self.loop.call_at(self._due, self._ring)
        elif self._due < self._timer.when():
            self._timer.cancel()
            self._timer = self.loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._due == inf:
            return
        if self.loop.time() < self._due:
            self._timer = self.loop.call_at(self._due, self._ring)
        elif self._stage in (_Stage.HEAD, _Stage.BODY):
            self._refuse(TOO_SLOW)
        else:
            self._close()

    # Refusals.

    def _unanswered(self) -> RequestResponseCycle | None:
        """Return the newest request if its answer is not complete."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _refuse(self, refusal: Refusal) -> None:
        """Answer `refusal` in its turn: never before an earlier request's answer, or as one."""
        self._due = inf
        unanswered = self._unanswered()
        if unanswered is None and self._in_body:
            self._close()  # the rest of a request that already has its answer
        elif unanswered is None:
            self._leave(refusal)
        elif self.pipeline or not self._in_body:
            if self._in_body:
                self.pipeline.popleft()
            self._pending = refusal
        else:
            unanswered.disconnected = True
            unanswered.message_event.set()
            if unanswered.response_started:
                self._close()
            else:
                self._leave(refusal)

    def shutdown(self) -> None:
        """Close when the running request is answered; what is answered leaves first."""
        self._flush()
        super().shutdown()

    def _flush(self) -> None:
        if self._answer is not None:
            self._answer.flush()

    def _leave(self, refusal: Refusal) -> None:
        self._flush()
        self._stage = _Stage.LEAVING
        self.flow.resume_reading()
        self.transport.write(rendered(refusal, self.server_state.default_headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._set_due(self._deadlines.linger)

    def _close(self) -> None:
        """Close; a peer that has not taken what was written by now never will."""
        self._flush()
        self._stage = _Stage.LEAVING
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()
