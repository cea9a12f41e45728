"""The candidates as real processes on loopback: started, waited for, observed and stopped."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST: Final = "127.0.0.1"
ENVIRONMENT: Final = Path(".envs/bench/bin")
LARUM: Final = Path(sys.executable).parent / "larum"
READY_SECONDS: Final = 60.0
_READY: Final = "listening on http://"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `seconds_to_ready` counts from exec to the line that says so."""

    process: psutil.Popen
    port: int
    seconds_to_ready: float

    @property
    def address(self) -> str:
        """Host and port, as the Host header has them."""
        return f"{HOST}:{self.port}"

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used, in user and system."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def resident_bytes(self) -> int:
        """Return its resident memory."""
        return int(self.process.memory_info().rss)


@contextmanager
def larum_serve(data: Path) -> Iterator[Server]:
    """Run `larum serve` without a throttle on `data`."""
    arguments = ["serve", "--port", "0", "--throttle", "off", "--data", str(data)]
    with _announced([str(LARUM), *arguments]) as server:
        yield server


@contextmanager
def peer(name: str, *arguments: str) -> Iterator[Server]:
    """Run the module bench/peers/NAME.py."""
    with _announced([sys.executable, "-m", f"bench.peers.{name}", *arguments]) as server:
        yield server


@contextmanager
def moto() -> Iterator[Server]:
    """Run moto's server as its users do; what it writes about each request is thrown away."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    command = [str(ENVIRONMENT / "moto_server"), "-H", HOST, "-p", str(port)]
    begun = time.perf_counter()
    with _process(command) as process:
        while not _accepts(port):
            _check_alive(process, begun)
            time.sleep(0.05)
        yield Server(process, port, time.perf_counter() - begun)


@contextmanager
def _announced(command: list[str]) -> Iterator[Server]:
    begun = time.perf_counter()
    with _process(command) as process:
        for line in process.stdout:
            if line.startswith(_READY):
                ready = time.perf_counter() - begun
                yield Server(process, int(line.rpartition(":")[2]), ready)
                return
        message = f"{command[0]} ended before it listened: {process.wait(READY_SECONDS)}"
        raise RuntimeError(message)


@contextmanager
def _process(command: list[str]) -> Iterator[psutil.Popen]:
    process = psutil.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
        process.stdout.close()


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 0.5).close()
    except OSError:
        return False
    return True


def _check_alive(process: psutil.Popen, begun: float) -> None:
    if process.poll() is not None or time.perf_counter() - begun > READY_SECONDS:
        message = (
            f"moto's server did not start (exit code {process.poll()}): make .envs/bench/.ready"
        )
        raise RuntimeError(message)
