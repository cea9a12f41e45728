"""Uploads and downloads of 100 MiB over HTTP, against a bare copy of the same bytes on this disk.

The bare copy reads a file, hashes it by SHA-256, writes another and syncs it: what an upload cannot
do without. Ten uploads at once must not make the server grow.
"""

from __future__ import annotations

import http.client
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from bench import servers
from bench.figures import Bar, Figure, Held, Result, Size
from bench.requests import REGION, Signer
from bench.seeding import seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.servers import Server

LENGTH: Final = 100 * 1024 * 1024
PIECE: Final = 1024 * 1024
AT_ONCE: Final = 10
AT_LEAST: Final = 0.5
GROWTH: Final = 64
MIB: Final = 1024 * 1024
TEAM: Final[Any] = [
    {"name": "Ana Silva", "jobTitle": "CISO", "email": "ana@example.com"},
    {"name": "Ben Okoye", "jobTitle": "On-call lead", "email": "ben@example.com"},
]
UPLOAD: Final = Bar(
    "Upload of 100 MiB against a copy with fsync and SHA-256", AT_LEAST, at_least=True
)
DOWNLOAD: Final = Bar("Download of 100 MiB against the same copy", AT_LEAST, at_least=True)
MEMORY: Final = Bar("Memory grown by ten uploads at once", GROWTH, at_least=False, unit="MiB")


class Evidence:
    """One case on a running server, and plain HTTP to its URLs."""

    def __init__(self, server: Server) -> None:
        signer = Signer(0)
        self.client: Any = boto3.session.Session().client(
            "security-ir",
            region_name=REGION,
            endpoint_url=f"http://{server.address}",
            aws_access_key_id=signer.access_key_id,
            aws_secret_access_key=signer.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.client.create_membership(membershipName="Example Corp", incidentResponseTeam=TEAM)
        self._address = server.address

    def case(self) -> str:
        """Return the id of a new case."""
        made = self.client.create_case(
            resolverType="Self",
            title="Bench",
            description="Bench",
            engagementType="Security Incident",
            reportedIncidentStartDate=datetime(2026, 11, 1, tzinfo=UTC),
            impactedAccounts=[],
            watchers=[],
        )
        return str(made["caseId"])

    def upload_url(self, case: str, name: str) -> str:
        """Return the URL of an upload."""
        answer = self.client.get_case_attachment_upload_url(
            caseId=case, fileName=name, contentLength=LENGTH
        )
        return str(answer["attachmentPresignedUrl"])

    def upload(self, url: str, body: memoryview) -> None:
        """Send the bytes in pieces; raises RuntimeError where that is not answered 200."""
        connection = http.client.HTTPConnection(self._address, timeout=120)
        try:
            pieces = (body[start : start + PIECE] for start in range(0, len(body), PIECE))
            headers = {"Content-Length": str(len(body)), "If-None-Match": "*"}
            connection.request("PUT", _target(url), pieces, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"an upload was answered {answer.status}")
        finally:
            connection.close()

    def download(self, case: str, name: str) -> None:
        """Read a whole attachment; raises RuntimeError where it is not whole."""
        found = self.client.get_case(caseId=case)["caseAttachments"]
        made = next(each["attachmentId"] for each in found if each["fileName"] == name)
        answer = self.client.get_case_attachment_download_url(caseId=case, attachmentId=made)
        connection = http.client.HTTPConnection(self._address, timeout=120)
        try:
            connection.request("GET", _target(answer["attachmentPresignedUrl"]))
            body, length, piece = connection.getresponse(), 0, bytearray(PIECE)
            while read := body.readinto(piece):
                length += read
            if length != LENGTH:
                raise RuntimeError(f"a download had {length} bytes")
        finally:
            connection.close()


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Upload, download and copy in turn, then upload ten at once."""
    data = directory / "evidence"
    seed(data, range(1))
    body = memoryview(os.urandom(PIECE) * (LENGTH // PIECE))
    source = directory / "source"
    source.write_bytes(body)
    seconds: dict[str, list[float]] = {"copy": [], "upload": [], "download": []}
    with servers.larum_serve(data) as server:
        evidence = Evidence(server)
        case = evidence.case()
        for each in range(size.rounds):
            say(f"round {each + 1} of {size.rounds}")
            url, name = evidence.upload_url(case, f"{each}"), f"{each}"
            seconds["copy"].append(_timed(lambda: _copy(source, directory / "copied")))
            seconds["upload"].append(_timed(lambda url=url: evidence.upload(url, body)))  # type: ignore[misc] # mypy infers no lambda with a default
            seconds["download"].append(_timed(lambda name=name: evidence.download(case, name)))  # type: ignore[misc] # as above
        say(f"{AT_ONCE} uploads at once")
        grown = _grown(server, evidence, body)
        evidence.client.close()
    ratios = {
        name: tuple(copy / each for copy, each in zip(seconds["copy"], took, strict=True))
        for name, took in seconds.items()
    }
    held = (
        Held(UPLOAD, ratios["upload"]),
        Held(DOWNLOAD, ratios["download"]),
        Held(MEMORY, (grown,)),
    )
    figures = tuple(
        Figure(f"{name} of 100 MiB", "MiB/s", tuple(LENGTH / MIB / each for each in took))
        for name, took in seconds.items()
    )
    return Result(held, figures)


def _grown(server: Server, evidence: Evidence, body: memoryview) -> float:
    """Return by how many MiB the server was larger at most while ten uploads ran."""
    case = evidence.case()
    urls = [evidence.upload_url(case, f"{number}") for number in range(AT_ONCE)]
    before, most, ended = server.resident_bytes(), [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.01):
            most[0] = max(most[0], server.resident_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(evidence.upload, url, body) for url in urls]:
                done.result()
    finally:
        ended.set()
        watcher.join()
    return (most[0] - before) / MIB


def _copy(source: Path, copied: Path) -> None:
    digest = sha256()
    with source.open("rb") as read, copied.open("wb") as written:
        while piece := read.read(PIECE):
            digest.update(piece)
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())
    copied.unlink()


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _target(url: str) -> str:
    return "/" + url.split("/", 3)[3]
