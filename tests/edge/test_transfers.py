"""Uploads and downloads over real sockets: rows 34 to 38 of the negative tests, and slow peers."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest

import larum
from larum.edge.deadlines import Deadlines
from larum.edge.server import Listen
from larum.edge.transfers import Places
from larum.store import access_keys
from tests.conformance.evidence import (
    attachments,
    download_url,
    fetch,
    judged,
    opened_case,
    put,
    upload_url,
    uploaded,
)
from tests.edge.larum_servers import boto3_client, in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

PATIENCE = 10.0
MEBIBYTE = 1024 * 1024


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.ahead


class Evidence:
    """A service with one case, and what a test asks of it."""

    def __init__(self, service: larum.Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.client: SecurityIncidentResponseClient = service.client()
        self.case = opened_case(self.client)

    def url(self, length: int, name: str = "log.txt") -> str:
        """Return an upload URL."""
        return upload_url(self.client, self.case, name, length)

    def status(self, name: str = "log.txt") -> str:
        """Return an attachment's status."""
        return str(attachments(self.client, self.case)[name]["attachmentStatus"])


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Evidence]:
    """A service in this process, with a directory."""
    clock = Clock()
    with larum.Service(tmp_path / "data", clock=clock) as service:
        yield Evidence(service, clock)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """Open a raw connection to the server of `url`."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE) as raw:
        yield raw


def head(url: str, *headers: str, method: str = "PUT") -> bytes:
    """Return the head of a request as it goes on the wire."""
    parts = urlsplit(url)
    lines = [f"{method} {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def answer_of(raw: socket.socket) -> bytes:
    """Return everything until the server closes."""
    received = b""
    try:
        while chunk := raw.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def stored(tmp_path: Path) -> list[Path]:
    """Return the files beneath blobs/, whole or not."""
    return [each for each in (tmp_path / "data" / "blobs").rglob("*") if each.is_file()]


def soon(check: object) -> None:
    """Wait until `check()` holds."""
    assert callable(check)
    due = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < due
        time.sleep(0.01)


@pytest.mark.parametrize("length", [1, 65_536, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE + 7])
def test_every_length_comes_back(evidence: Evidence, length: int) -> None:
    """Bytes come back as they went in, whatever the length is to the size of a batch."""
    body = secrets.token_bytes(length)
    made = uploaded(evidence.client, evidence.case, "a.bin", body)
    answer = fetch("GET", download_url(evidence.client, evidence.case, made))
    assert answer.body == body
    assert answer.headers["content-length"] == str(length)


@pytest.mark.parametrize("length", ["4", "6", "104857600", "05", "+5"])
def test_another_length_is_refused(evidence: Evidence, length: str, tmp_path: Path) -> None:
    """A Content-Length that is not the declared one is refused before a byte is read (row 34)."""
    url = evidence.url(5)
    with connected(url) as raw:
        raw.sendall(head(url, f"Content-Length: {length}", "Expect: 100-continue"))
        answer = answer_of(raw)
    assert re.match(rb"HTTP/1.1 40[03] ", answer)
    assert b"100 Continue" not in answer
    assert stored(tmp_path) == []
    assert put(url, b"hello").status == 200


def test_chunked_without_length_is_refused(evidence: Evidence, tmp_path: Path) -> None:
    """A body without a length is refused, and the URL can still be used (row 34)."""
    url = evidence.url(5)
    with connected(url) as raw:
        raw.sendall(head(url, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n")
        assert answer_of(raw).startswith(b"HTTP/1.1 403 ")
    assert stored(tmp_path) == []
    assert evidence.status() == "Pending"


def test_expect_is_answered_before_the_bytes(evidence: Evidence) -> None:
    """A client that waits is told to go on when the URL is good (row 34)."""
    url = evidence.url(5)
    with connected(url) as raw:
        raw.sendall(head(url, "Content-Length: 5", "Expect: 100-continue", "Connection: close"))
        assert raw.recv(65536).startswith(b"HTTP/1.1 100 ")
        raw.sendall(b"hello")
        assert answer_of(raw).startswith(b"HTTP/1.1 200 ")
    assert evidence.status() == "Verified"


def test_more_bytes_than_declared_are_no_part_of_it(evidence: Evidence) -> None:
    """What follows the declared bytes is another request, and no good one (row 34)."""
    url = evidence.url(5)
    with connected(url) as raw:
        raw.sendall(head(url, "Content-Length: 5") + b"hello and more\r\n\r\n")
        answers = answer_of(raw)
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert answers.count(b"HTTP/1.1 400 ") == 1
    made = judged(evidence.client, evidence.case, "log.txt")["attachmentId"]
    assert fetch("GET", download_url(evidence.client, evidence.case, made)).body == b"hello"


@pytest.mark.parametrize("sent", [0, 1, 1_500_000])
def test_a_client_that_leaves_leaves_nothing(evidence: Evidence, sent: int, tmp_path: Path) -> None:
    """An upload that breaks off leaves no file and no state, and can be sent again."""
    body = secrets.token_bytes(2 * MEBIBYTE)
    url = evidence.url(len(body))
    with connected(url) as raw:
        raw.sendall(head(url, f"Content-Length: {len(body)}") + body[:sent])
        data_path = evidence.service.evidence.data_path
        assert data_path is not None
        soon(lambda: data_path.busy)
    soon(lambda: not data_path.busy)
    assert stored(tmp_path) == []
    assert evidence.status() == "Pending"
    assert put(url, body).status == 200
    assert evidence.status() == "Verified"


def test_of_uploads_at_once_one_is_kept(evidence: Evidence) -> None:
    """Of eight uploads by one URL one is 200 and the others are 412, and its bytes are there."""
    url, answers = evidence.url(MEBIBYTE), {}
    bodies = [bytes([number]) * MEBIBYTE for number in range(8)]

    def upload(body: bytes) -> None:
        answers[body] = put(url, body).status

    threads = [threading.Thread(target=upload, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [200, *[412] * 7]
    made = judged(evidence.client, evidence.case, "log.txt")["attachmentId"]
    kept = fetch("GET", download_url(evidence.client, evidence.case, made)).body
    assert answers[kept] == 200


def test_a_case_closed_during_the_upload_takes_nothing(evidence: Evidence, tmp_path: Path) -> None:
    """Bytes that end after the case was closed are refused and deleted (row 34)."""
    url = evidence.url(5)
    with connected(url) as raw:
        raw.sendall(head(url, "Content-Length: 5") + b"hell")
        data_path = evidence.service.evidence.data_path
        assert data_path is not None
        soon(lambda: data_path.busy)
        evidence.client.close_case(caseId=evidence.case)
        raw.sendall(b"o")
        assert answer_of(raw).startswith(b"HTTP/1.1 403 ")
    assert stored(tmp_path) == []
    assert evidence.status() == "Pending"


def test_urls_end_after_an_hour(evidence: Evidence) -> None:
    """An upload and a download URL are refused when their hour is over, in the known words."""
    made = uploaded(evidence.client, evidence.case, "old.txt", b"hello")
    urls = [evidence.url(5), download_url(evidence.client, evidence.case, made)]
    evidence.clock.ahead = timedelta(hours=1, seconds=2)
    for url, method in zip(urls, ["PUT", "GET"], strict=True):
        answer = fetch(method, url, b"hello" if method == "PUT" else None)
        assert answer.status == 403
        assert json.loads(answer.body) == {"message": "Request has expired"}
        assert answer.headers["x-amzn-errortype"] == "AccessDenied"


def test_urls_end_with_the_access_key(evidence: Evidence) -> None:
    """A key that is disabled takes its open URLs with it, within a second (row 36)."""
    service = evidence.service
    made = uploaded(evidence.client, evidence.case, "old.txt", b"hello")
    urls = [evidence.url(5), download_url(evidence.client, evidence.case, made)]
    root = "arn:aws:iam::123456789012:root"
    service.engine.write(lambda tx: access_keys.deactivate_all(tx, "123456789012", root))
    time.sleep(1.05)
    assert put(urls[0], b"hello").status == 403
    assert fetch("GET", urls[1]).status == 403


def test_one_case_s_url_is_nothing_to_another(evidence: Evidence) -> None:
    """The key of another blob in the path is a forgery (row 36)."""
    one, other = evidence.url(5, "a"), evidence.url(5, "b")
    key = urlsplit(one).path
    assert put(other.replace(urlsplit(other).path, key), b"hello").status == 403
    assert {evidence.status("a"), evidence.status("b")} == {"Pending"}


def test_a_download_is_never_a_page(evidence: Evidence) -> None:
    """The headers make a browser save the bytes, whatever they are (row 37)."""
    made = uploaded(evidence.client, evidence.case, "x.html", b"<script>alert(1)</script>")
    url = download_url(evidence.client, evidence.case, made)
    for method in ("GET", "HEAD"):
        answer = fetch(method, url)
        assert answer.status == 200
        assert (
            answer.headers.items()
            >= {
                "content-type": "application/octet-stream",
                "content-disposition": "attachment; filename=\"x.html\"; filename*=UTF-8''x.html",
                "x-content-type-options": "nosniff",
                "content-security-policy": "sandbox; default-src 'none'",
                "cross-origin-resource-policy": "same-site",
                "referrer-policy": "no-referrer",
                "cache-control": "no-store",
                "content-length": "25",
            }.items()
        )
    assert fetch("HEAD", url).body == b""


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=-100", 206, b"0123456789"),
        ("bytes=9-1000", 206, b"9"),
        ("bytes=-0", 416, b""),
        ("bytes=10-", 416, b""),
        ("bytes=3-2", 200, b"0123456789"),
        ("bytes=-", 200, b"0123456789"),
        ("bytes=0-3,5-6", 200, b"0123456789"),
        ("bytes=" + ",".join(["0-9"] * 1_000), 200, b"0123456789"),
        ("lines=0-3", 200, b"0123456789"),
        ("bytes=٠-٣", 200, b"0123456789"),
        ("bytes=0-" + "9" * 18, 206, b"0123456789"),
    ],
)
def test_one_range_at_most(evidence: Evidence, wanted: str, status: int, body: bytes) -> None:
    """One range is given, what cannot be is 416, and everything else is the whole (row 38)."""
    made = uploaded(evidence.client, evidence.case, "d.txt", b"0123456789")
    url = download_url(evidence.client, evidence.case, made)
    headers = {"Range": wanted.encode().decode("latin-1")}
    answer = fetch("GET", url, headers=headers)
    assert (answer.status, answer.body) == (status, body)
    if status == 206:
        start, _, rest = answer.headers["content-range"].removeprefix("bytes ").partition("-")
        assert rest == f"{int(start) + len(body) - 1}/10"
    changed = fetch("GET", url, headers=headers | {"If-Range": '"another"'})
    assert changed.status == 200


def test_slow_but_steady_is_taken_and_silence_is_not(tmp_path: Path) -> None:
    """An upload has time by its length; one that falls silent is ended, and leaves nothing."""
    deadlines = Deadlines(body=0.6, linger=0.2, slowest=100)
    with (
        larum.Service(tmp_path / "data") as service,
        in_thread(service, Listen(deadlines=deadlines)) as origin,
    ):
        key = service.installation.root_access_key("123456789012", datetime.now(UTC))
        client = boto3_client(origin, key)
        case = opened_case(client)
        slow, silent = (upload_url(client, case, name, 200) for name in ("slow", "silent"))
        assert slow.startswith(origin)
        with connected(slow) as raw:
            raw.sendall(head(slow, "Content-Length: 200", "Connection: close"))
            for _ in range(10):
                time.sleep(0.12)
                raw.sendall(b"x" * 20)
            assert answer_of(raw).startswith(b"HTTP/1.1 200 ")
        with connected(silent) as raw:
            raw.sendall(head(silent, "Content-Length: 200") + b"x" * 20)
            began = time.monotonic()
            assert answer_of(raw).startswith(b"HTTP/1.1 408 ")
            assert time.monotonic() - began < 3
        assert len(stored(tmp_path)) == 1
        client.close()


def test_memory_does_not_grow_with_the_length(evidence: Evidence) -> None:
    """Two uploads and two downloads of 40 MiB at once grow the process by less than 40 MiB."""
    body = secrets.token_bytes(MEBIBYTE) * 40
    urls = [evidence.url(len(body), f"{number}.bin") for number in range(2)]
    put(evidence.url(1, "warm"), b"x")
    process, peak, done = psutil.Process(), [0], threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], process.memory_info().rss)

    def both(url: str, number: int) -> None:
        assert stream_up(url, body) == 200
        made = judged(evidence.client, evidence.case, f"{number}.bin")["attachmentId"]
        assert stream_down(download_url(evidence.client, evidence.case, made)) == len(body)

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [
        threading.Thread(target=both, args=each) for each in zip(urls, range(2), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watcher.join()
    assert peak[0] - before < 40 * MEBIBYTE


def stream_up(url: str, body: bytes) -> int:
    """Send `body` in pieces, without a copy of it, and return the status."""
    with connected(url) as raw:
        raw.sendall(head(url, f"Content-Length: {len(body)}", "Connection: close"))
        view = memoryview(body)
        for start in range(0, len(body), MEBIBYTE):
            raw.sendall(view[start : start + MEBIBYTE])
        return int(answer_of(raw).split(b" ", 2)[1])


def stream_down(url: str) -> int:
    """Read the answer in pieces that are dropped, and return how long its body was."""
    with connected(url) as raw:
        raw.sendall(head(url, "Connection: close", method="GET"))
        received = b""
        while b"\r\n\r\n" not in received:
            received += raw.recv(65536)
        length = len(received.partition(b"\r\n\r\n")[2])
        while chunk := raw.recv(65536):
            length += len(chunk)
        return length


def test_unsigned_requests_reach_nothing(evidence: Evidence) -> None:
    """Below /blobs/ nothing is answered without a signature, and nothing else is there at all."""
    url = evidence.url(5)
    origin = f"http://{urlsplit(url).netloc}"
    for path in ("/blobs/", f"{urlsplit(url).path}", "/blobs/../healthz", "/blobs/" + "0" * 48):
        for method in ("GET", "PUT", "HEAD", "POST", "DELETE"):
            body = b"x" if method == "PUT" else None
            assert fetch(method, origin + path, body).status in {400, 403}
    for path in ("/healthz", "/readyz", "/v1/memberships"):
        assert fetch("GET", origin + path).status == 404


def test_the_query_is_never_logged(
    evidence: Evidence, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No log line of a good, a refused or a failed upload has the signature or the blob's key."""
    caplog.set_level("DEBUG")
    url = evidence.url(5)
    put(url, b"hello")
    put(url, b"hello")
    put(url + "&x=1", b"hello")

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    broken = evidence.url(5, "broken")
    monkeypatch.setattr(os, "fsync", fail)
    assert put(broken, b"hello").status == 500
    ours = [
        each for each in caplog.records if each.name.startswith(("larum", "uvicorn", "asyncio"))
    ]
    told = "\n".join(each.getMessage() for each in ours)
    assert "could not be stored" in told
    for each in (url, broken):
        assert urlsplit(each).path.rpartition("/")[2] not in told
        assert each.rpartition("=")[2] not in told


def opened(url: str, *, method: str, bytes_of: int) -> socket.socket:
    """Return a connection on which a request for `url` has begun and does not go on."""
    parts = urlsplit(url)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(PATIENCE)
    raw.connect((parts.hostname or "", parts.port or 0))
    raw.sendall(head(url, *([f"Content-Length: {bytes_of}"] if bytes_of else []), method=method))
    return raw


def test_an_account_has_bounded_room_for_uploads(
    evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one URL nor all of an account's open uploads without end; the others still can."""
    monkeypatch.setattr(Places.room, "__defaults__", (0.3,))
    urls = [evidence.url(MEBIBYTE, f"{number}") for number in range(4)]
    other = evidence.service.client(account="210000000000")
    theirs = upload_url(other, opened_case(other), "a", 5)
    silent = [opened(urls[0], method="PUT", bytes_of=MEBIBYTE) for _ in range(8)]
    soon(lambda: len(stored(tmp_path)) == 8)
    assert put(urls[0], b"x" * MEBIBYTE).status == 503
    silent += [opened(urls[1], method="PUT", bytes_of=MEBIBYTE) for _ in range(8)]
    soon(lambda: len(stored(tmp_path)) == 16)
    refused = put(urls[2], b"x" * MEBIBYTE)
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (503, "ServiceUnavailable")
    assert put(theirs, b"hello").status == 200
    for each in silent:
        each.close()
    soon(lambda: put(urls[3], b"x" * MEBIBYTE).status in {200, 412})
    other.close()


def test_many_uploads_at_once_take_turns(evidence: Evidence) -> None:
    """Forty at once from one account wait for one another, and none is refused."""
    urls, statuses = [evidence.url(5, f"{number}") for number in range(40)], []
    threads = [
        threading.Thread(target=lambda url=url: statuses.append(put(url, b"hello").status))
        for url in urls
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40


def test_an_account_has_bounded_room_for_downloads(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not read what they ask for holds back only their own."""
    monkeypatch.setattr(Places.room, "__defaults__", (0.3,))
    made = uploaded(evidence.client, evidence.case, "a", secrets.token_bytes(8 * MEBIBYTE))
    url = download_url(evidence.client, evidence.case, made)
    silent = [opened(url, method="GET", bytes_of=0) for _ in range(32)]
    for each in silent:
        assert each.recv(1)
    assert fetch("GET", url).status == 503
    for each in silent:
        each.close()
    soon(lambda: fetch("GET", url).status == 200)
