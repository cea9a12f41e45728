"""The socket's side of the service: what passes unchanged, and how a server lives and ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import subprocess
import sys
import time
import warnings
from typing import TYPE_CHECKING, cast

import pytest

from larum.edge.deadlines import Deadlines
from larum.edge.server import CannotListen, Listen, bind, run
from larum.errors import InternalServerException
from larum.wire.http import HttpResponse
from tests.edge.servers import (
    QUICK,
    Connection,
    EchoService,
    EchoWrites,
    echo_server,
    echo_writes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from larum.edge.group_commit import GroupCommit
    from larum.edge.server import HttpServer
    from larum.errors import ServiceError
    from larum.service import Service

HOST = b"Host: larum.example\r\n"
GET = b"GET /v1/x HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /v1/x HTTP/1.1\r\n" + HOST


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    """Give a running echo server."""
    with echo_server() as running:
        yield running


@pytest.fixture
def connection(server: HttpServer) -> Iterator[Connection]:
    """Give a fresh connection."""
    with Connection(server.url) as fresh:
        yield fresh


def test_a_request_reaches_the_service_untouched(connection: Connection) -> None:
    """Method, raw path, raw query, repeated headers and every byte of the body pass as sent."""
    body = bytes(range(256))
    connection.send(
        b"POST /v1/tags/arn%3Aaws%2Fm-1?tagKeys=a+b&tagKeys=%2B& HTTP/1.1\r\n" + HOST,
        b"X-One:  a\xe9 \r\nx-two: 1\r\nX-ONE: b\r\nContent-Length: 256\r\n\r\n" + body,
    )
    seen = connection.answer().seen
    assert seen["method"] == "POST"
    assert seen["path"] == "/v1/tags/arn%3Aaws%2Fm-1"
    assert seen["query"] == "tagKeys=a+b&tagKeys=%2B&"
    assert seen["body"] == body.decode("latin-1")
    assert seen["headers"] == [
        ["host", "larum.example"],
        ["x-one", "a\xe9"],
        ["x-two", "1"],
        ["x-one", "b"],
        ["content-length", "256"],
    ]
    assert seen["source_ip"] == "127.0.0.1"
    assert seen["secure"] is False


def test_an_answer_says_its_length_and_date_and_not_its_server(connection: Connection) -> None:
    """The edge adds length, date and protection from browsers alone, and keeps the connection."""
    answer = connection.send(GET).answer()
    protection = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    assert protection.items() <= answer.headers.items()
    assert answer.headers.keys() - protection == {"date", "content-type", "content-length"}
    assert connection.send(GET).answer().status == 200


@pytest.mark.parametrize(
    "raw",
    [
        POST + b"Content-Length: 5\r\n\r\nhello",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n",
    ],
    ids=["length", "chunks"],
)
def test_a_request_may_be_cut_anywhere(connection: Connection, raw: bytes) -> None:
    """A request that is split in two after any of its bytes is the same request."""
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(1, len(raw)):
        connection.socket.sendall(raw[:at])
        time.sleep(0.001)
        connection.socket.sendall(raw[at:])
        assert connection.answer().seen["body"] == "hello"


def test_a_large_body_passes_within_its_own_limit(connection: Connection) -> None:
    """The limit is that of the request's path: 4 MiB where 64 KiB is the rule elsewhere."""
    size = 4 * 1024 * 1024
    raw = b"POST /large HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size
    connection.send(raw + b"a" * size)
    assert len(connection.answer().seen["body"]) == size


def test_expect_continue_is_answered_before_the_body(connection: Connection) -> None:
    """A client that asks first is told to go on, and then answered."""
    connection.send(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert connection.answer().status == 100
    assert connection.send(b"ok").answer().seen["body"] == "ok"


def test_expect_continue_is_refused_before_the_body(connection: Connection) -> None:
    """A client that asks with too long a body is refused without sending it."""
    connection.send(POST + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
    assert connection.answer().status == 413
    assert connection.is_closed()


def test_an_upgrade_is_ignored(connection: Connection) -> None:
    """A client that offers another protocol is answered in this one, and the connection closed."""
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
    answer = connection.send(b"GET /v1/x HTTP/1.1\r\n" + HOST + upgrade).answer()
    assert answer.seen["path"] == "/v1/x"
    assert connection.is_closed()


def test_http_1_0_is_answered_and_closed(connection: Connection) -> None:
    """An old client is served once per connection."""
    answer = connection.send(b"GET /v1/x HTTP/1.0\r\n" + HOST + b"\r\n").answer()
    assert answer.status == 200
    assert connection.is_closed()


@pytest.mark.parametrize("path", ["healthz", "readyz"])
def test_health_needs_no_service_and_no_known_host(path: str) -> None:
    """Probes by address are answered, GET and HEAD alone, and never reach `prepare`."""
    service = EchoService()
    listen = Listen(allowed_hosts=frozenset({"larum.example"}))
    raw = b" /" + path.encode() + b" HTTP/1.1\r\nHost: 10.0.0.1:8181\r\n\r\n"
    with echo_server(listen, service) as server, Connection(server.url) as connection:
        assert connection.send(b"GET" + raw).answer().body.startswith(b'{"status"')
        head = connection.send(b"HEAD" + raw).answer(head_only=True)
        assert (head.status, head.headers["content-length"]) == (200, "18")
        assert connection.send(b"POST" + raw).answer().status == 400
        assert service.seen == []


def test_an_empty_answer_has_no_length() -> None:
    """A 204 has neither body nor Content-Length, and the connection stays in step."""
    service = EchoService({"/none": lambda: HttpResponse(204, (), b"")})
    with echo_server(service=service) as server, Connection(server.url) as connection:
        answer = connection.send(b"DELETE /none HTTP/1.1\r\n" + HOST + b"\r\n").answer()
        assert answer.status == 204
        assert "content-length" not in answer.headers
        assert "transfer-encoding" not in answer.headers
        assert connection.send(GET).answer().status == 200


def broken() -> HttpResponse:
    """Fail as a bug would."""
    message = "a secret of the caller"
    raise RuntimeError(message)


class Unhelpful(EchoService):
    """A service that cannot even refuse."""

    def refuse(self, error: ServiceError) -> HttpResponse:
        """Fail."""
        del error
        return broken()


@pytest.mark.parametrize("kind", [EchoService, Unhelpful])
def test_a_bug_is_an_internal_error_in_the_service_s_own_form(
    kind: type[EchoService], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails is told as JSON, logged by its place alone, and the connection goes on."""
    service = kind({"/broken": broken})
    with echo_server(service=service) as server, Connection(server.url) as connection:
        answer = connection.send(b"GET /broken HTTP/1.1\r\n" + HOST + b"\r\n").answer()
        assert answer.status == 500
        assert answer.headers["x-amzn-errortype"] == InternalServerException.__name__
        assert "message" in answer.seen
        assert connection.send(GET).answer().status == 200
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_a_full_server_says_so() -> None:
    """The connection after the last is told 503 and closed; a place that is left is given again."""
    listen = Listen(connections=2, deadlines=QUICK)
    with echo_server(listen) as server:
        with Connection(server.url) as first, Connection(server.url) as second:
            assert first.send(GET).answer().status == 200
            assert second.send(GET).answer().status == 200
            with Connection(server.url) as third:
                answer = third.answer()
                assert (answer.status, answer.headers["retry-after"]) == (503, "1")
                assert answer.headers["x-amzn-errortype"] == "ServiceUnavailable"
                assert third.is_closed()
            assert first.send(GET).answer().status == 200
        time.sleep(0.1)
        with Connection(server.url) as fourth:
            assert fourth.send(GET).answer().status == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /big HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /big HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
        (b"GET /big HTTP/1.1\r\n" + HOST + b"\r\n") * 8,
    ],
    ids=["kept", "closing", "pipelined"],
)
def test_a_peer_that_does_not_read_its_answers_is_dropped(
    raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader that stops loses its connection, and the server's only place is free again."""
    service = EchoService({"/big": lambda: HttpResponse(200, (), b"a" * 16_000_000)})
    listen = Listen(deadlines=QUICK, connections=1)
    with echo_server(listen, service) as server, Connection(server.url) as stopped:
        stopped.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stopped.send(raw)
        time.sleep(0.2)
        with Connection(server.url) as other:
            assert other.answer().status == 503
        time.sleep(1.0)
        with Connection(server.url) as other:
            assert other.send(GET).answer().status == 200
    assert caplog.text == ""


def test_slow_peers_do_not_slow_an_honest_one() -> None:
    """Two hundred slow or silent connections leave an honest client its answers, then are gone."""
    with echo_server() as server:
        slow = [Connection(server.url) for _ in range(200)]
        for number, each in enumerate(slow):
            each.send([b"", b"GET / HT", POST + b"Content-Length: 9\r\n\r\n", GET][number % 4])
        with Connection(server.url) as honest:
            times = []
            for _ in range(50):
                started = time.monotonic()
                assert honest.send(GET).answer().status == 200
                times.append(time.monotonic() - started)
        assert sorted(times)[-2] < 0.25
        for number, each in enumerate(slow):
            with each:
                if number % 4:
                    assert each.answer().status in {408, 200}
                assert each.is_closed()


# Proxies and TLS.

FORWARDED = b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n"


@pytest.mark.parametrize(
    ("proxies", "ip", "secure"),
    [
        ((), "127.0.0.1", False),
        (("192.0.2.0/24",), "127.0.0.1", False),
        (("127.0.0.0/8",), "203.0.113.9", True),
    ],
)
def test_forwarded_headers_count_only_from_a_trusted_proxy(
    proxies: tuple[str, ...], ip: str, *, secure: bool
) -> None:
    """Who forwards must be named; nobody else chooses the address or the scheme that is seen."""
    with echo_server(Listen(trusted_proxies=proxies)) as server:
        with Connection(server.url) as connection:
            raw = b"GET / HTTP/1.1\r\n" + HOST + FORWARDED
            seen = connection.send(raw).answer().seen
        assert (seen["source_ip"], seen["secure"]) == (ip, secure)


def test_what_is_forwarded_must_be_an_address() -> None:
    """Text that a proxy passes on unchecked does not become a source address."""
    listen = Listen(trusted_proxies=("127.0.0.1",))
    raw = b"GET / HTTP/1.1\r\n" + HOST + b"X-Forwarded-For: <script>:80\r\n\r\n"
    with echo_server(listen) as server, Connection(server.url) as connection:
        assert connection.send(raw).answer().seen["source_ip"] == ""


def test_a_proxy_that_is_no_network_is_refused() -> None:
    """A typing error in a CIDR is told at start and not silently trusted or ignored."""
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        Listen(trusted_proxies=("10.0.0.1/8",))


def test_tls_is_served_with_the_same_rules(certificate: tuple[Path, Path]) -> None:
    """Over TLS requests are secure, deadlines and refusals hold, and a silent handshake ends."""
    cert, key = certificate
    listen = Listen(tls_cert=cert, tls_key=key, deadlines=QUICK)
    trust = ssl.create_default_context(cafile=str(cert))
    with echo_server(listen) as server:
        assert server.url.startswith("https://")
        with Connection(server.url, tls=trust) as connection:
            assert connection.send(GET).answer().seen["secure"] is True
            assert connection.send(b"GET / HT").answer().status == 408
        with Connection(server.url, tls=trust) as connection:
            assert connection.send(b"GET /\r\n\r\n").answer().status == 400
        started = time.monotonic()
        with Connection(server.url) as silent:
            assert silent.is_closed()
        assert time.monotonic() - started < 2.0


def test_old_tls_is_refused(certificate: tuple[Path, Path]) -> None:
    """A client that speaks nothing after TLS 1.1 gets no connection."""
    cert, key = certificate
    old = ssl.create_default_context(cafile=str(cert))
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        echo_server(Listen(tls_cert=cert, tls_key=key)) as server,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        Connection(server.url, tls=old)


# Starting and stopping.


def test_a_port_in_use_is_an_error_at_start(server: HttpServer) -> None:
    """A second server on the same port raises CannotListen and leaves no thread behind."""
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{port}: .* in use\. Choose another"):
        echo_server(Listen(port=port)).start()


def test_an_address_of_another_machine_is_an_error_at_start() -> None:
    """An address that this machine does not have raises CannotListen, as a taken port does."""
    with pytest.raises(CannotListen, match=r"Cannot listen on 192\.0\.2\.1:0: "):
        echo_server(Listen(host="192.0.2.1")).start()


def test_a_port_that_another_took_first_is_an_error_at_start() -> None:
    """Of two that have bound one port, the second to listen is told CannotListen too."""
    service = cast("Service", EchoService())
    with bind(Listen()) as first:
        port = first.getsockname()[1]
        with bind(Listen(port=port)) as bound:
            first.listen()
            with pytest.raises(CannotListen, match="in use"):
                run(
                    service,
                    Listen(port=port),
                    on_ready=print,
                    open_writes=echo_writes,
                    bound=bound,
                )


def test_a_missing_certificate_is_an_error_at_start(tmp_path: Path) -> None:
    """A server that cannot have its TLS never listens."""
    with pytest.raises(FileNotFoundError):
        echo_server(Listen(tls_cert=tmp_path / "none", tls_key=tmp_path / "none")).start()


def test_a_stopping_server_finishes_what_it_began() -> None:
    """A write that runs when the server stops is answered, then the queue closes, last."""
    opened: list[EchoWrites] = []

    def open_writes(service: Service) -> GroupCommit:
        gate = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, gate.set)
        opened.append(EchoWrites(cast("EchoService", service), gate))
        return cast("GroupCommit", opened[0])

    server = echo_server(open_writes=open_writes)
    server.start()
    with Connection(server.url) as writing, Connection(server.url) as idle:
        writing.send(b"POST /write HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\na")
        time.sleep(0.1)
        server.stop()
        assert writing.answer().seen["path"] == "/write"
        assert writing.is_closed()
        assert idle.is_closed()
    assert opened[0].closed


RUN = """
import asyncio, sys
from larum.edge.server import Listen, run
from tests.edge.servers import EchoService, EchoWrites

def open_writes(service):
    gate = asyncio.Event()
    if sys.argv[1] == "slow":
        asyncio.get_running_loop().call_later(0.7, gate.set)
    return EchoWrites(service, gate)

ready = lambda url: print("listening on " + url, flush=True)
code = run(EchoService(), Listen(), open_writes=open_writes, on_ready=ready)
print("ended", flush=True)
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize(
    ("sent", "write", "status"),
    [(signal.SIGTERM, "slow", 200), (signal.SIGINT, "slow", 200), (signal.SIGTERM, "stuck", 503)],
)
def test_a_signal_drains_the_server(sent: signal.Signals, write: str, status: int) -> None:
    """A signal ends the server with code 0 within 5 s; a running write is answered, or told 503."""
    command = [sys.executable, "-c", RUN, write]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with Connection(url) as connection:
            connection.send(b"POST /write HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\na")
            time.sleep(0.2)
            started = time.monotonic()
            process.send_signal(sent)
            assert connection.answer().status == status
            assert connection.is_closed()
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - started < 5.0
        assert process.stdout.read() == "ended\n"


def test_the_deadlines_are_those_that_are_promised() -> None:
    """Ten seconds for headers, thirty for a body, unless somebody chooses otherwise."""
    assert Deadlines() == Deadlines(header=10, body=30, idle=30, answer=30, linger=1)
