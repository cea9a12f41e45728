"""The service behind a socket: what listens, for how long, with which protection, and how it stops.

`run` is what `larum serve` calls; it lives until SIGTERM or SIGINT. `HttpServer` is the same server
in a thread of its own. uvicorn is the HTTP server (docs/decisions/0002): its connections are those
of `http_protocol.py`, and it speaks ASGI to `asgi.py`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
import uvicorn

from larum.edge.asgi import Application
from larum.edge.connection_room import Admission, ConnectionRoom
from larum.edge.deadlines import Deadlines
from larum.edge.group_commit import GroupCommit
from larum.edge.http_protocol import EdgeProtocol
from larum.edge.tls_listener import TlsListener
from larum.edge.whole_answer import Outgoing
from larum.edge.whole_requests import WholeRequests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType, TracebackType

    from larum.service import Service

    OpenWrites = Callable[[Service], GroupCommit]

MAX_CONNECTIONS: Final = 1024
# Of the five seconds of a drain, one is left for the running group's commit.
_DRAIN_SECONDS: Final = 4
_SPARE_FILES: Final = 256
# On every answer, those to what is no HTTP included: no cache keeps it, no browser takes it for
# anything but the JSON that it is.
_PROTECTION: Final = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]


class CannotListen(Exception):  # noqa: N818 - told to whoever starts the server
    """The address cannot be listened on; the message says why and what to do."""


class Listen(msgspec.Struct, frozen=True):
    """Where and how to listen; port 0 picks a free one.

    `trusted_proxies` are addresses or CIDRs whose X-Forwarded-For and -Proto are believed;
    `allowed_hosts` are the Host names answered for, empty for all; `connections` is how many are
    held at once before the next is answered 503, `connections_per_source` how many of those one
    address may have that is no trusted proxy; without `api` there are the attachments' bytes alone.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    allowed_hosts: frozenset[str] = frozenset()
    deadlines: Deadlines = msgspec.field(default_factory=Deadlines)
    connections: int = MAX_CONNECTIONS
    connections_per_source: int = MAX_CONNECTIONS
    api: bool = True

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a proxy that is no address or network."""
        for proxy in self.trusted_proxies:
            ipaddress.ip_network(proxy)


def bind(listen: Listen) -> socket.socket:
    """Return a socket that has the address and does not listen yet; raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            if sys.platform == "win32":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise _cannot_listen(listen, error) from error
    return bound


def run(
    service: Service,
    listen: Listen,
    *,
    on_ready: Callable[[str], None],
    open_writes: OpenWrites = GroupCommit,
    bound: socket.socket | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT, drain within 5 s and return the exit code 0.

    `on_ready` is called with the URL once the socket listens; `open_writes` makes the queue of
    writes when the event loop runs; `bound` is what `bind(listen)` returned, for a caller that
    wants the address before it opens the service. The service stays open: it is the caller's.
    Raises CannotListen, and OSError where a TLS file cannot be read (ssl.SSLError is one).
    """
    _raise_file_limit(listen.connections + _SPARE_FILES)
    bound = bound or bind(listen)
    with bound, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        url = _url(listen, bound)
        runner.run(_Server(listen, lambda: on_ready(url)).live(service, open_writes, bound))
    return 0


class HttpServer:
    """The server in a thread, as a context manager; `url` is known once it has started."""

    def __init__(
        self,
        service: Service,
        listen: Listen | None = None,
        *,
        open_writes: OpenWrites = GroupCommit,
    ) -> None:
        self._service = service
        self._listen = listen or Listen()
        self._open_writes = open_writes
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def start(self) -> None:
        """Listen; return when connections are accepted, or raise what prevented it."""
        bound = bind(self._listen)
        self.url = _url(self._listen, bound)
        self._thread = threading.Thread(
            target=self._live, args=(bound,), name="larum-http", daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self.stop()
            raise self._failure

    def stop(self) -> None:
        """Drain as `run` does on SIGTERM; return when the thread has ended."""
        if self._thread is None:
            return
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _live(self, bound: socket.socket) -> None:
        try:
            with bound, asyncio.Runner(loop_factory=_loop_factory()) as runner:
                self._server = _Server(self._listen, self._ready.set)
                runner.run(self._server.live(self._service, self._open_writes, bound))
        except BaseException as error:  # noqa: BLE001 - raised again by `start`
            self._failure = error
        finally:
            self._ready.set()


class _Server(uvicorn.Server):
    """uvicorn's server with our connections, which ends without raising the signal again."""

    def __init__(self, listen: Listen, on_ready: Callable[[], None]) -> None:
        self._listen = listen
        self._on_ready = on_ready

    async def live(self, service: Service, open_writes: OpenWrites, bound: socket.socket) -> None:
        """Serve on `bound` until told to exit; the write queue is closed last."""
        writes = open_writes(service)
        application = Application(
            service,
            writes,
            allowed_hosts=self._listen.allowed_hosts,
            linger=self._listen.deadlines.linger,
            proxied=bool(self._listen.trusted_proxies),
            stall=self._listen.deadlines.body,
            api=self._listen.api,
        )
        try:
            self._application = application
            super().__init__(_config(application, self._listen))
            await self.serve(sockets=[bound])
        finally:
            application.close()
            await writes.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen with our protocol, whose deadline covers the TLS handshake too."""
        await self.lifespan.startup()
        loop = asyncio.get_running_loop()
        self._outgoing = Outgoing(loop)
        listen = self._listen
        self._room = ConnectionRoom(
            listen.connections, listen.connections_per_source, listen.trusted_proxies
        )
        self._whole = self._whole_requests()
        for bound in sockets or []:
            try:
                bound.listen(self.config.backlog)
            except OSError as error:  # of two that have bound it, the other listens already
                raise _cannot_listen(self._listen, error) from error
        self.servers = [await self._listening(bound) for bound in sockets or []]
        self.started = True
        self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn passes it
        """Drain on the first signal; on the second do not wait."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def _listening(self, bound: socket.socket) -> Any:  # noqa: ANN401 - a Server, or ours
        tls, deadlines = self.config.ssl, self._listen.deadlines
        if tls is not None:
            return TlsListener(bound, tls, self._room, deadlines, self._connection)
        return await asyncio.get_running_loop().create_server(
            lambda: self._connection(self._room), sock=bound, backlog=self.config.backlog
        )

    def _connection(self, room: ConnectionRoom | Admission) -> EdgeProtocol:
        return EdgeProtocol(
            self.config,
            self.server_state,
            self.lifespan.state,
            deadlines=self._listen.deadlines,
            room=room,
            outgoing=self._outgoing,
            whole=self._whole,
        )

    def _whole_requests(self) -> WholeRequests | None:
        # uvicorn reads what a proxy forwards, and attachments alone need no quick way.
        quick = self._listen.api and not self._listen.trusted_proxies
        return WholeRequests(self._application) if quick else None


def _config(application: Application, listen: Listen) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        interface="asgi3",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        headers=_PROTECTION,
        proxy_headers=bool(listen.trusted_proxies),
        forwarded_allow_ips=list(listen.trusted_proxies),
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
    )


def _cannot_listen(listen: Listen, error: OSError) -> CannotListen:
    return CannotListen(
        f"Cannot listen on {listen.host}:{listen.port}: {error.strerror or error}. "
        "Choose another --host or --port."
    )


def _url(listen: Listen, bound: socket.socket) -> str:
    scheme = "https" if listen.tls_cert else "http"
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return f"{scheme}://{host}:{bound.getsockname()[1]}"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where it exists (not on Windows), else None for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _raise_file_limit(wanted: int) -> None:
    """Let the process have `wanted` open files where the system's hard limit allows it."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limit.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < ceiling:
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
