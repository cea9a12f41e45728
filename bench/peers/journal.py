"""The bare journal: the same HTTP server, the same signature check, then append and fsync.

    python -m bench.peers.journal DATA FILE

No validation, no rules, no rows: each body is appended to FILE, and all that wait share one sync,
as in Larum's group commit. DATA is a data directory, for its access keys. It is the ceiling for any
durable create behind this edge.
"""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from bench.peers.echo import announce
from larum.access import sigv4
from larum.clock import utc_now
from larum.domain.regions import REGIONS
from larum.edge.server import Listen, run
from larum.errors import ServiceError
from larum.service import Service
from larum.settings import Settings
from larum.wire import rest_json
from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from larum.edge.group_commit import GroupCommit
    from larum.installation import Installation

_HEADERS: Final = (("content-type", "application/json"),)
_ANSWER: Final = HttpResponse(
    201, _HEADERS, b'{"membershipId":"m-00000000000000000000000000000000"}'
)
_SERVICES: Final = frozenset({"security-ir"})


@dataclass(frozen=True, slots=True)
class Line:
    """A body that waits to be appended."""

    body: bytes
    writes: bool = True


class Journal:
    """A service that checks the signature and nothing else."""

    def __init__(self, installation: Installation, file: Path) -> None:
        self._find_access_key = installation.credentials.find
        self.file = file

    def body_limit(self, _method: str, _raw_path: str) -> int:
        """Allow a megabyte."""
        return 1 << 20

    def prepare(self, request: HttpRequest) -> Line | HttpResponse:
        """Verify who signed; what they sent is to be appended."""
        try:
            sigv4.verify(
                request,
                find_access_key=self._find_access_key,
                service=_SERVICES,
                regions=REGIONS,
                now=utc_now(),
            )
        except ServiceError as error:
            return rest_json.serialize_error(error, "none")
        return Line(request.body)


class SharedAppend:
    """What waits while a sync runs is appended and synced together next."""

    def __init__(self, journal: Journal) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(journal.file, flags, 0o600)
        self._loop = asyncio.get_running_loop()
        self._worker = ThreadPoolExecutor(1)
        self._waiting: list[tuple[bytes, asyncio.Future[HttpResponse]]] = []
        self._running = False

    async def submit(self, line: Line) -> HttpResponse:
        """Return once the line is on the disk."""
        answered: asyncio.Future[HttpResponse] = self._loop.create_future()
        self._waiting.append((line.body, answered))
        if not self._running:
            self._running = True
            self._loop.call_soon(self._run)
        return await answered

    async def close(self) -> None:
        """Close the file."""
        self._worker.shutdown()
        os.close(self._file)

    def _run(self) -> None:
        group, self._waiting = self._waiting, []
        if not group:
            self._running = False
            return
        text = b"\n".join([body for body, _ in group]) + b"\n"
        done = self._loop.run_in_executor(self._worker, self._append, text)
        done.add_done_callback(lambda synced: self._answer(synced, group))

    def _append(self, text: bytes) -> None:
        os.write(self._file, text)
        # fdatasync, where there is one, is what SQLite uses too.
        getattr(os, "fdatasync", os.fsync)(self._file)

    def _answer(
        self, synced: asyncio.Future[None], group: list[tuple[bytes, asyncio.Future[HttpResponse]]]
    ) -> None:
        synced.result()
        for _, answered in group:
            answered.set_result(_ANSWER)
        self._run()


def _open_append(journal: Service) -> GroupCommit:
    return cast("GroupCommit", SharedAppend(cast("Journal", journal)))


if __name__ == "__main__":
    opened = Service(Path(sys.argv[1]), Settings())
    served = cast("Service", Journal(opened.installation, Path(sys.argv[2])))
    sys.exit(run(served, Listen(), open_writes=_open_append, on_ready=announce))
