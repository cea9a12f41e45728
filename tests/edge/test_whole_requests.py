"""Requests that come whole take a quicker way, and nobody can tell by the answers."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest

import larum
from larum.calls import Call, Chore
from larum.edge.asgi import Application
from larum.edge.botocore_messages import from_botocore
from larum.edge.http_protocol import EdgeProtocol
from larum.edge.whole_requests import WholeRequests
from larum.wire.http import HttpResponse
from tests.edge.servers import (
    Answer,
    Connection,
    EchoCall,
    EchoService,
    echo_server,
    echo_writes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botocore.awsrequest import AWSPreparedRequest

    from larum.service import Service

GET = b"GET /a%2Fb?c=d HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Twice: 1\r\nX-Twice: 2 \r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nabcde"
WRITE = b"POST /write/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\nab"
OTHER_HOST = b"GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: b\r\n\r\n"
TOO_LARGE = b"POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 65537\r\n\r\n" + b"a" * 65537
REQUESTS = {"GET": GET, "POST": POST, "write": WRITE, "refused": OTHER_HOST, "large": TOO_LARGE}


def answered(*parts: bytes) -> Answer:
    """Return the answer to a request that arrives in these parts, without the time."""
    with echo_server() as server, Connection(server.url) as connection:
        found = connection.send(*parts).answer()
    found.headers.pop("date")
    return found


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_pieces_make_no_difference(request_bytes: bytes) -> None:
    """The answer to a request that comes whole is the answer to the same in two pieces."""
    cut = request_bytes.index(b"\r\n\r\n") + 2
    whole = answered(request_bytes)
    assert answered(request_bytes[:cut], request_bytes[cut:]).body == whole.body
    assert answered(request_bytes[:cut], request_bytes[cut:]).headers == whole.headers


def test_whole_requests_do_take_the_quicker_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain request never becomes an ASGI scope: otherwise all this would be in vain."""
    seen: list[EdgeProtocol] = []
    begin = EdgeProtocol._begin

    def noted(connection: EdgeProtocol) -> None:
        seen.append(connection)
        begin(connection)

    monkeypatch.setattr(EdgeProtocol, "_begin", noted)
    assert answered(GET).status == 200
    assert answered(WRITE).status == 200
    assert not seen
    assert answered(GET[:20], GET[20:]).status == 200
    assert len(seen) == 0
    assert answered(POST[:-2], POST[-2:]).status == 200
    assert len(seen) == 1


def test_answers_keep_the_order_of_their_requests() -> None:
    """Pipelined behind a slow write, requests that came whole are answered after it."""
    paths = [b"/write/slow", b"/two", b"/write/slow", b"/four", b"/five"]
    lines = [b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path for path in paths]
    with echo_server() as server, Connection(server.url) as connection:
        connection.send(b"".join(lines))
        seen = [connection.answer().seen["path"] for _ in paths]
    assert seen == [path.decode() for path in paths]


def test_a_turn_is_bounded_and_nobody_is_forgotten() -> None:
    """More requests than one turn takes are all answered, in turns of at most 64."""
    turns: list[int] = []

    class Counting(EchoService):
        def answer_reads(self, calls: Sequence[EchoCall]) -> list[HttpResponse]:
            turns.append(len(calls))
            return super().answer_reads(calls)

    class Wire:
        def __init__(self) -> None:
            self.sent: list[bytes] = []
            self.write = self.sent.append

        def is_closing(self) -> bool:
            return False

    class Peer:
        scheme, client = "http", ("127.0.0.1", 1)

        def __init__(self) -> None:
            self.transport, self.server_state, self.tasks = Wire(), self, set[object]()
            self.default_headers = [(b"date", b"now")]

        def on_response_complete(self) -> None:
            """Go on: nothing else waits here."""

    async def all_answered() -> list[int]:
        service = cast("Service", Counting())
        whole = WholeRequests(Application(service, echo_writes(service)))
        peers = [Peer() for _ in range(150)]
        for peer in peers:
            assert whole.take(peer, b"GET", b"/a", [(b"host", b"a")], b"")  # type: ignore[arg-type]  # what is used of it
        await asyncio.sleep(0.05)
        return [len(peer.transport.sent) for peer in peers]

    assert asyncio.run(all_answered()) == [1] * 150
    assert turns == [64, 64, 22]


def test_a_refusal_of_a_turn_is_nobody_else_s() -> None:
    """Of reads on one snapshot, the one that is refused says so and the others are answered."""
    calls: list[Call] = []

    def kept(request: AWSPreparedRequest, **_: object) -> None:
        call = service.prepare(from_botocore(request))
        assert isinstance(call, Call)
        calls.append(call)

    with larum.Service() as service, closing(service.client()) as client:
        client.meta.events.register_first("before-send", kept)
        client.list_memberships()
        with pytest.raises(client.exceptions.AccessDeniedException):
            client.get_membership(membershipId="m-0123456789")
        client.list_memberships(maxResults=1)
        first, denied, last = service.answer_reads(calls)
        alone = service.answer_read(calls[2])
    assert isinstance(denied, Chore)
    assert isinstance(first, HttpResponse)
    assert first.status == 200
    assert last == alone
