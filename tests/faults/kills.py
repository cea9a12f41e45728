"""A server process that is killed again and again under load, and an oracle of what it promised.

An answer of 201 is a promise for ever: the id stays readable, and its client token answers it. No
answer, or a 500, is no promise either way: the retry decides, and from then on it is one.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from larum.service import Service
from tests.store.calls import RELAXED, Wire, account
from tests.store.promises import broken_promises, lost_writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.store.calls import Answer

LARUM = (str(Path(sys.executable).with_name("larum")),)
CLIENTS = 8
START_SECONDS = 20.0


class Server:
    """A real server process on `directory`; `command` is `larum` or a copy with a bug."""

    def __init__(self, directory: Path, command: Sequence[str] = LARUM, *more: str) -> None:
        arguments = [*command, "serve", "--port", "0", "--data", str(directory)]
        arguments += ["--auth", "relaxed", "--throttle", "off", *more]
        self.log = (directory.parent / "server.log").open("ab")
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=self.log)
        self.url = self._url()

    def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        self.process.kill()
        self._end()

    def stop(self, seconds: float = 10.0) -> int:
        """Stop by SIGTERM; return the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        finally:
            self._end()

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()

    def _url(self) -> str:
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()
        return lines.get(timeout=START_SECONDS)

    def _read(self, lines: queue.Queue[str]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(b"listening on "):
                lines.put(line.decode().split()[-1])
                return


@dataclass
class Oracle:
    """What was promised so far, by (account, client token), and what was answered otherwise."""

    promised: dict[tuple[str, str], str] = field(default_factory=dict)
    unknown: dict[tuple[str, str], None] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    answers: int = 0
    failures: int = 0

    def hear(self, key: tuple[str, str], answer: Answer | None) -> None:
        """Note an answer; None stands for no answer."""
        if answer is None or answer.status in {423, 500, 503}:
            self.failures += 1
            if key not in self.promised:
                self.unknown[key] = None
            return
        self.answers += 1
        if answer.status != 201:
            self.broken.append(f"{key} was answered {answer.status} {answer.output}")
            return
        self.unknown.pop(key, None)
        before = self.promised.setdefault(key, answer.membership_id)
        if before != answer.membership_id:
            self.broken.append(f"{key} was answered {before}, then {answer.membership_id}")


class Load:
    """Clients that create, and repeat what they created, on the server at `url` (None: it is dead).

    Each client has accounts of its own, so that every request must succeed.
    """

    def __init__(self, seed: int, clients: int = CLIENTS) -> None:
        self.url: str | None = None
        self.oracles = [Oracle() for _ in range(clients)]
        self.failures: list[BaseException] = []
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._live, args=(number, Random(f"{seed}/{number}")))
            for number in range(clients)
        ]

    def start(self) -> None:
        """Let the clients begin."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Let the clients finish; raises what ended one of them."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    @property
    def promised(self) -> dict[tuple[str, str], str]:
        """Everything that was promised."""
        return {key: each for oracle in self.oracles for key, each in oracle.promised.items()}

    @property
    def broken(self) -> list[str]:
        """Every answer that broke a promise."""
        return [each for oracle in self.oracles for each in oracle.broken]

    def _live(self, client: int, random: Random) -> None:
        try:
            made = client * 10_000_000
            while not self._ended.is_set():
                url = self.url
                if url is None:
                    time.sleep(0.002)
                    continue
                with Wire(url, 5.0) as wire, contextlib.suppress(OSError, HTTPException):
                    while self.url == url and not self._ended.is_set():
                        made += 1
                        self._ask(wire, self.oracles[client], random, made)
        except BaseException as error:  # noqa: BLE001 - raised again by `end`
            self.failures.append(error)

    def _ask(self, wire: Wire, oracle: Oracle, random: Random, number: int) -> None:
        key = (account(number), f"token-{number}")
        if oracle.unknown and random.random() < 0.7:
            key = next(iter(oracle.unknown))
        elif oracle.promised and random.random() < 0.2:
            key = random.choice(list(oracle.promised)[-20:])
        answer = None
        try:
            answer = wire.create(*key)
        finally:
            oracle.hear(key, answer)


@dataclass
class Result:
    """What a kill test found."""

    kills: int = 0
    acknowledged: int = 0
    without_answer: int = 0
    faults: list[str] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Tell it in one line."""
        starts = sorted(self.restarts)
        return (
            f"{self.kills} kills, {self.acknowledged} writes acknowledged, {self.without_answer} "
            f"requests without an answer, {len(self.faults)} faults; from start to listening "
            f"{starts[len(starts) // 2]:.2f} s (median), {starts[-1]:.2f} s (most)"
        )


def kill_under_load(
    directory: Path, seed: int, kills: int, command: Sequence[str] = LARUM
) -> Result:
    """Kill a server under load `kills` times; return every promise that was broken."""
    random, load, result = Random(seed), Load(seed), Result()
    load.start()
    try:
        for _ in range(kills):
            begun = time.monotonic()
            server = Server(directory, command)
            result.restarts.append(time.monotonic() - begun)
            load.url = server.url
            time.sleep(random.uniform(0.02, 0.3))
            load.url = None if random.random() < 0.1 else load.url
            server.kill()
            load.url = None
            result.kills += 1
    finally:
        load.end()
    result.acknowledged = len(load.promised)
    result.without_answer = sum(oracle.failures for oracle in load.oracles)
    result.faults = load.broken + promises_broken_in(directory, load)
    return result


def promises_broken_in(directory: Path, load: Load) -> list[str]:
    """Open what is left in `directory` and return what is not as it was promised."""
    service = Service(directory, RELAXED)
    try:
        found = broken_promises(service) + lost_writes(service, load.promised)
        return found + broken_promises(service)
    finally:
        service.close()
