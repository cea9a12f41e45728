"""Hostile HTTP on raw sockets: a 4xx or a closed connection, never a hang, a 5xx or a mix-up."""

from __future__ import annotations

import gzip
import socket
import struct
import time
from typing import TYPE_CHECKING

import pytest

import larum.edge.server
from larum.edge.server import Listen
from larum.wire.http import HttpResponse
from tests.edge.servers import BODY_LIMIT, QUICK, Answer, Connection, EchoService, echo_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.edge.server import HttpServer

HOST = b"Host: larum.example\r\n"
GET = b"GET /v1/x HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /v1/x HTTP/1.1\r\n" + HOST


@pytest.fixture(scope="module")
def service() -> EchoService:
    """Give the echo behind the server, which notes what reaches it."""
    return EchoService()


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def server(service: EchoService, request: pytest.FixtureRequest) -> Iterator[HttpServer]:
    """Give a running server with short deadlines, on each event loop."""
    listen = Listen(deadlines=QUICK, allowed_hosts=frozenset({"larum.example"}))
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "asyncio":
            patch.setattr(larum.edge.server, "_loop_factory", lambda: None)
        with echo_server(listen, service) as running:
            yield running


@pytest.fixture(autouse=True)
def _forget(service: EchoService) -> None:
    service.seen.clear()


@pytest.fixture
def connection(server: HttpServer) -> Iterator[Connection]:
    """Give a fresh connection."""
    with Connection(server.url) as fresh:
        yield fresh


def told(answer: Answer) -> str:
    """Return the error's name, once the answer has an error's form."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert set(answer.seen) == {"message"}
    return answer.headers["x-amzn-errortype"]


REFUSED_AT_ONCE: dict[str, tuple[int, bytes]] = {
    "no Host": (400, b"GET /v1/x HTTP/1.1\r\n\r\n"),
    "two Hosts": (400, b"GET /v1/x HTTP/1.1\r\n" + HOST + HOST + b"\r\n"),
    "foreign Host": (400, b"GET /v1/x HTTP/1.1\r\nHost: evil\r\n\r\n"),
    "Content-Length with chunks": (
        400,
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "chunks with Content-Length": (
        400,
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ),
    "equal Content-Lengths": (
        400,
        POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    ),
    "other Content-Lengths": (
        400,
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ),
    "negative Content-Length": (400, POST + b"Content-Length: -1\r\n\r\n"),
    "signed Content-Length": (400, POST + b"Content-Length: +1\r\n\r\na"),
    "listed Content-Length": (400, POST + b"Content-Length: 1, 1\r\n\r\na"),
    "huge Content-Length": (400, POST + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    "unknown coding": (400, POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    "two codings": (400, POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "chunks from HTTP/1.0": (
        400,
        b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "folded header": (400, b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\r\n c\r\n\r\n"),
    "bare LF": (400, b"GET / HTTP/1.1\nHost: larum.example\n\n"),
    "bare LF in headers": (400, b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\nX-B: c\r\n\r\n"),
    "bare CR in a value": (400, b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\rX-B: c\r\n\r\n"),
    "NUL in a value": (400, b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\x00c\r\n\r\n"),
    "space before the colon": (400, b"GET / HTTP/1.1\r\nHost : larum.example\r\n\r\n"),
    "header without a colon": (400, b"GET / HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n"),
    "empty header name": (400, b"GET / HTTP/1.1\r\n" + HOST + b": x\r\n\r\n"),
    "bad chunk size": (400, POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\na\r\n0\r\n\r\n"),
    "chunk longer than its size": (
        400,
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    ),
    "overflowing chunk size": (
        400,
        POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na\r\n",
    ),
    "trailer": (
        400,
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-amz-date: 1\r\n\r\n",
    ),
    "HTTP/0.9": (400, b"GET /v1/x\r\n\r\n"),
    "HTTP/2 preface": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/2.0": (400, b"GET / HTTP/2.0\r\n" + HOST + b"\r\n"),
    "HTTP/1.2": (400, b"GET / HTTP/1.2\r\n" + HOST + b"\r\n"),
    "HTTP/9.9": (400, b"GET / HTTP/9.9\r\n" + HOST + b"\r\n"),
    "lower-case method": (400, b"get / HTTP/1.1\r\n" + HOST + b"\r\n"),
    "unknown method": (400, b"FROB / HTTP/1.1\r\n" + HOST + b"\r\n"),
    "absolute target": (400, b"GET http://larum.example/v1/x HTTP/1.1\r\n" + HOST + b"\r\n"),
    "authority target": (400, b"CONNECT larum.example:443 HTTP/1.1\r\n" + HOST + b"\r\n"),
    "CONNECT to a path": (400, b"CONNECT /v1/x HTTP/1.1\r\n" + HOST + b"\r\n"),
    "asterisk target": (400, b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"),
    "fragment": (400, b"GET /v1/x#a HTTP/1.1\r\n" + HOST + b"\r\n"),
    "raw UTF-8 target": (400, "GET /é HTTP/1.1\r\n".encode() + HOST + b"\r\n"),
    "space in the target": (400, b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n"),
    "gzip": (
        400,
        POST
        + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(b"0" * 9**6))
        + gzip.compress(b"0" * 9**6),
    ),
    "odd Expect": (400, POST + b"Expect: a-miracle\r\nContent-Length: 1\r\n\r\n"),
    "1 GiB without a body": (413, POST + b"Content-Length: 1073741824\r\n\r\n"),
    "one byte over": (413, POST + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1)),
    "70 kB target": (414, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "70 kB query": (414, b"GET /?" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "target that never ends": (414, b"GET /" + b"a" * 20_000),
    "500 headers": (431, b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\r\n" * 500 + b"\r\n"),
    "100 kB header": (431, b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n"),
    "100 kB cookie": (431, b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: " + b"a" * 100_000),
    "1 MB header name": (431, b"GET / HTTP/1.1\r\n" + HOST + b"a" * 1_000_000),
    "TLS on a plain port": (400, bytes.fromhex("16030100c8010000c40303") + b"\x00" * 32),
    "garbage": (400, b"\x00\xff\xfe\r\n\r\n"),
    "upgrade with a body": (
        400,
        POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
    ),
}


@pytest.mark.parametrize("vector", REFUSED_AT_ONCE)
def test_a_hostile_request_is_refused_and_its_connection_closed(
    connection: Connection, service: EchoService, vector: str
) -> None:
    """Each is answered with its 4xx as JSON, never reaches the service, and ends its connection."""
    status, raw = REFUSED_AT_ONCE[vector]
    started = time.monotonic()
    answer = connection.send(raw).answer()
    assert answer.status == status
    assert told(answer) in {"MalformedHttpRequestException", "RequestEntityTooLargeException"}
    assert answer.headers["connection"] == "close"
    assert time.monotonic() - started < 0.5
    assert connection.is_closed()
    assert service.seen == []


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH"])
def test_an_odd_method_is_the_service_s_to_refuse(connection: Connection, method: str) -> None:
    """A method that HTTP knows is passed on as it is, for the router to answer."""
    answer = connection.send(method.encode() + b" /v1/x HTTP/1.1\r\n" + HOST + b"\r\n").answer()
    assert answer.seen["method"] == method


@pytest.mark.parametrize(
    "target", ["/%00", "/a%0d%0aX-Injected:%201", "/%0a", "/" + "a" * 8_000, "//evil/x", "/%2e%2e/"]
)
def test_a_hostile_path_reaches_the_service_as_it_was_sent(
    connection: Connection, target: str
) -> None:
    """Nothing is decoded, merged or normalized on the way, and nothing of it becomes a header."""
    answer = connection.send(b"GET " + target.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n").answer()
    assert answer.seen["path"] == target
    assert "x-injected" not in answer.headers


def test_an_answer_s_header_cannot_be_split(server: HttpServer, service: EchoService) -> None:
    """A header value with a line end in it is an internal error, and is not sent."""
    injected = (("x-amzn-requestid", "1\r\nx-injected: 1"),)
    service.answers["/injecting"] = lambda: HttpResponse(200, injected, b"{}")
    with Connection(server.url) as connection:
        answer = connection.send(b"GET /injecting HTTP/1.1\r\n" + HOST + b"\r\n").answer()
        assert answer.status == 500
        assert told(answer) == "InternalServerException"
        assert "x-injected" not in answer.headers


def test_a_head_at_its_limits_is_accepted(connection: Connection) -> None:
    """One hundred headers, or a target of 8 KiB, are still served."""
    many = b"".join(b"X-%d: a\r\n" % number for number in range(99))
    assert connection.send(b"GET / HTTP/1.1\r\n" + HOST + many + b"\r\n").answer().status == 200
    target = b"/" + b"a" * (8 * 1024 - 1)
    assert (
        connection.send(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n").answer().status == 200
    )


@pytest.mark.parametrize(("size", "status"), [(16_000, 200), (16_384, 431)])
def test_the_limit_of_the_headers_does_not_depend_on_segments(
    connection: Connection, size: int, status: int
) -> None:
    """Headers are counted the same whether they come at once or in pieces."""
    header = b"X: " + b"a" * size + b"\r\n"
    raw = b"GET / HTTP/1.1\r\n" + HOST + header + b"\r\n"
    connection.send(*(raw[at : at + 2_000] for at in range(0, len(raw), 2_000)))
    assert connection.answer().status == status


# Slow, silent and vanishing peers.


def test_slow_headers_are_closed(connection: Connection) -> None:
    """A head that drips is answered 408 at its deadline; each byte does not extend it."""
    started = time.monotonic()
    connection.socket.settimeout(0.05)
    for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 200:
        connection.send(bytes([byte]))
        try:
            connection.buffer = connection.socket.recv(65536)
            break
        except TimeoutError:
            continue
    assert 0.4 < time.monotonic() - started < 2.5
    assert connection.buffer.startswith(b"HTTP/1.1 408 ")
    assert b"RequestTimeoutException" in connection.buffer


def test_slow_headers_after_a_first_request_are_closed(connection: Connection) -> None:
    """The deadline of a later head begins with its first byte."""
    assert connection.send(GET).answer().status == 200
    time.sleep(0.4)
    started = time.monotonic()
    assert connection.send(b"GET / HT").answer().status == 408
    assert 0.4 < time.monotonic() - started < 2.0
    assert connection.is_closed()


def test_a_slow_body_is_closed(connection: Connection, service: EchoService) -> None:
    """A body that drips is answered 408 at its deadline and never reaches the service."""
    started = time.monotonic()
    connection.send(POST + b"Content-Length: 1000\r\n\r\n")
    for _ in range(4):
        time.sleep(0.1)
        connection.send(b"a")
    assert connection.answer().status == 408
    assert time.monotonic() - started < 2.0
    assert connection.is_closed()
    assert service.seen == []


def test_a_slow_chunked_body_is_closed(connection: Connection) -> None:
    """Chunks have the same deadline as a body of known length."""
    connection.send(POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n")
    assert connection.answer().status == 408
    assert connection.is_closed()


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n"])
def test_a_silent_connection_is_closed(connection: Connection, raw: bytes) -> None:
    """Who connects and says nothing is let go without a word."""
    started = time.monotonic()
    connection.send(raw)
    assert connection.is_closed()
    assert time.monotonic() - started < 2.0


def test_an_idle_connection_is_closed(connection: Connection) -> None:
    """A connection between requests is kept for the idle time and no longer."""
    assert connection.send(GET).answer().status == 200
    time.sleep(0.3)
    assert connection.send(GET).answer().status == 200
    started = time.monotonic()
    assert connection.is_closed()
    assert 0.4 < time.monotonic() - started < 2.0


def test_framing_without_content_is_bounded(connection: Connection) -> None:
    """A trailer that never ends is refused before it fills the memory."""
    connection.send(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ")
    for _ in range(10):
        connection.send(b"a" * 4_000)
        time.sleep(0.01)
    assert connection.answer().status == 400
    assert connection.is_closed()


def test_a_request_that_is_half_closed_is_still_answered(connection: Connection) -> None:
    """A peer that has finished writing may still read a slow answer, then the connection ends."""
    connection.send(b"POST /write/slow HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\na")
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.answer().status == 200
    assert connection.is_closed()


@pytest.mark.parametrize("raw", [b"GET / HT", POST + b"Content-Length: 10\r\n\r\nabc"])
def test_half_a_request_that_is_half_closed_is_dropped(
    connection: Connection, service: EchoService, raw: bytes
) -> None:
    """What can never become whole is closed at once and not served."""
    connection.send(raw)
    connection.socket.shutdown(socket.SHUT_WR)
    started = time.monotonic()
    assert connection.is_closed()
    assert time.monotonic() - started < 0.4
    assert service.seen == []


def test_a_reset_in_the_body_is_forgotten(server: HttpServer, service: EchoService) -> None:
    """A peer that resets in its body is not served, and the next one is."""
    for _ in range(20):
        with Connection(server.url) as leaving:
            leaving.send(POST + b"Content-Length: 10\r\n\r\nabc")
            leaving.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with Connection(server.url) as connection:
        assert connection.send(GET).answer().status == 200
    assert [request.method for request in service.seen] == ["GET"]


def test_more_bytes_than_declared_are_no_part_of_the_body(
    connection: Connection, service: EchoService
) -> None:
    """What follows a body is read as the next request, here a bad one, and is answered after it."""
    connection.send(POST + b"Content-Length: 3\r\n\r\nabcdefgh\r\n\r\n")
    assert connection.answer().seen["body"] == "abc"
    assert connection.answer().status == 400
    assert connection.is_closed()
    assert len(service.seen) == 1


def test_chunks_over_the_limit_are_refused_while_they_come(
    connection: Connection, service: EchoService
) -> None:
    """An endless chunked body ends in a 413 that the sender can read."""
    connection.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    for _ in range(6):
        connection.send(chunk)
    answer = connection.answer()
    assert answer.status == 413
    assert told(answer) == "RequestEntityTooLargeException"
    assert connection.is_closed()
    assert service.seen == []


def test_a_sender_that_ignores_its_refusal_still_reads_it(connection: Connection) -> None:
    """The refusal of a large body survives a client that sends all of it before it reads."""
    size = 30 * 1024 * 1024
    connection.send(POST + b"Content-Length: %d\r\n\r\n" % size + b"a" * size)
    assert connection.answer().status == 413
    assert connection.is_closed()


# Pipelines: answers in order, and none for another's request.


def test_pipelined_requests_are_answered_in_order(connection: Connection) -> None:
    """Two requests in one segment have two answers, in their order, on a connection that lives."""
    two = b"".join(b"GET /%d HTTP/1.1\r\n" % number + HOST + b"\r\n" for number in (1, 2))
    connection.send(two)
    assert [connection.answer().seen["path"] for _ in range(2)] == ["/1", "/2"]
    assert connection.send(GET).answer().status == 200


@pytest.mark.parametrize(
    "second",
    [
        b"BAD\r\n\r\n",
        b"GET http://larum.example/ HTTP/1.1\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /v1/x HTTP/1.1\r\n\r\n",
    ],
)
def test_a_bad_request_never_takes_the_answer_of_the_one_before(
    connection: Connection, second: bytes
) -> None:
    """A write that is running gets its own answer first, whatever follows it on the connection."""
    first = b"POST /write/slow HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"
    connection.send(first + second)
    assert connection.answer().seen["path"] == "/write/slow"
    assert connection.answer().status == 400
    assert connection.is_closed()


def test_a_flood_of_pipelined_requests_is_bounded(
    connection: Connection, service: EchoService
) -> None:
    """Thousands of tiny requests in one segment are not all kept in memory."""
    connection.send(GET * 4_000)
    answers = [connection.answer().status]
    while answers[-1] == 200:
        answers.append(connection.answer().status)
    assert answers[-1] == 400
    assert len(service.seen) < 100
    assert connection.is_closed()


def test_nothing_after_connection_close_is_served(
    connection: Connection, service: EchoService
) -> None:
    """A request after one that said Connection: close is ignored."""
    closing = b"GET /last HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    assert connection.send(closing + GET).answer().seen["path"] == "/last"
    assert connection.is_closed()
    assert [request.raw_path for request in service.seen] == ["/last"]
