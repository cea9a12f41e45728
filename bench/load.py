"""The load: whole requests, built and signed beforehand, over kept connections, in its own process.

    python -m bench.load < plan > outcome          both in MessagePack

One loop over a selector; nothing is parsed of an answer but its status and length. That is light
enough: `bench/RESULTS.md` shows the generator's own CPU time per request, and every candidate costs
more than twice as much. wrk is lighter still but has to be installed, and this runs wherever Python
does. A server that closes its connections is connected to again.
"""

from __future__ import annotations

import re
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_LAST: Final = re.compile(rb"(?i)^HTTP/1\.0|\r\nconnection: *close")
_END_OF_HEAD: Final = b"\r\n\r\n"
_CHUNK: Final = 1 << 16
_GRACE_SECONDS: Final = 20.0


class Plan(msgspec.Struct, frozen=True):
    """What to send: `requests` once each, or over and over with `repeat`, for at most `seconds`."""

    host: str
    port: int
    connections: int
    seconds: float
    requests: list[bytes]
    repeat: bool = False
    keep_bodies: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What happened; `latencies` in seconds and `bodies` are in the order of the answers."""

    seconds: float
    cpu_seconds: float
    statuses: dict[int, int]
    latencies: list[float]
    bodies: list[bytes]

    @property
    def count(self) -> int:
        """How many requests were answered."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.count / self.seconds

    def latency(self, share: float) -> float:
        """Return the latency, in seconds, that `share` (0 to 1) of the answers kept below."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def together(slices: list[Outcome]) -> Outcome:
    """Return several outcomes as one."""
    statuses: Counter[int] = Counter()
    for each in slices:
        statuses.update(each.statuses)
    return Outcome(
        sum(each.seconds for each in slices),
        sum(each.cpu_seconds for each in slices),
        dict(statuses),
        [latency for each in slices for latency in each.latencies],
        [body for each in slices for body in each.bodies],
    )


def drive(plan: Plan) -> Outcome:
    """Run the plan in a process of its own; return what happened."""
    command = [sys.executable, "-m", "bench.load"]
    limit = plan.seconds + _GRACE_SECONDS + 60
    given = msgspec.msgpack.encode(plan)
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, timeout=limit, check=True)
    return msgspec.msgpack.decode(done.stdout, type=Outcome)


@dataclass(slots=True, eq=False)
class _Connection:
    """One connection, when it sent its request, and what it has received of the answer."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""


@dataclass(slots=True)
class _Load:
    plan: Plan
    requests: Iterator[bytes]
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    statuses: Counter[bytes] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    deadline: float = 0.0
    busy: int = 0

    def run(self) -> Outcome:
        connections = [self._connect() for _ in range(self.plan.connections)]
        cpu, begun = time.process_time(), time.perf_counter()
        self.deadline = begun + self.plan.seconds
        for connection in connections:
            self._send_next(connection)
        while self.busy:
            ready = self.selector.select(_GRACE_SECONDS)
            if not ready:
                message = f"no answer for {_GRACE_SECONDS:g} s"
                raise TimeoutError(message)
            for key, _ in ready:
                self._receive(key.data)
        ended = time.perf_counter()
        spent = time.process_time() - cpu
        statuses = {int(status): count for status, count in self.statuses.items()}
        return Outcome(ended - begun, spent, statuses, self.latencies, self.bodies)

    def _connect(self) -> _Connection:
        made = socket.create_connection((self.plan.host, self.plan.port), _GRACE_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(None)
        connection = _Connection(made)
        self.selector.register(made, selectors.EVENT_READ, connection)
        return connection

    def _send_next(self, connection: _Connection) -> None:
        connection.sent_at = time.perf_counter()
        request = next(self.requests, None) if connection.sent_at < self.deadline else None
        if request is None:
            self._forget(connection)
            return
        connection.received = b""
        connection.socket.send(request)
        self.busy += 1

    def _receive(self, connection: _Connection) -> None:
        received = connection.socket.recv(_CHUNK)
        if not received:
            message = "the server closed a connection that waits for an answer"
            raise ConnectionError(message)
        if connection.received:
            received = connection.received + received
        if not _is_whole(received):
            connection.received = received
            return
        self.latencies.append(time.perf_counter() - connection.sent_at)
        self.statuses[received[9:12]] += 1
        if self.plan.keep_bodies:
            self.bodies.append(received.partition(_END_OF_HEAD)[2])
        self.busy -= 1
        if _LAST.search(received):
            self._forget(connection)
            connection = self._connect()
        self._send_next(connection)

    def _forget(self, connection: _Connection) -> None:
        self.selector.unregister(connection.socket)
        connection.socket.close()


def _is_whole(received: bytes) -> bool:
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return False
    length = _LENGTH.search(received, 0, end)
    return len(received) >= end + len(_END_OF_HEAD) + int(length[1] if length else 0)


def run(plan: Plan) -> Outcome:
    """Send the plan's requests; return what happened. Blocks for the plan's seconds and a grace."""
    return _Load(plan, cycle(plan.requests) if plan.repeat else iter(plan.requests)).run()


if __name__ == "__main__":
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.msgpack.encode(run(asked)))
