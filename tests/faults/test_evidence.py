"""Kill -9 during uploads: no acknowledged one is lost, and none is Verified without its bytes."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
import threading
import time
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import larum
from larum.domain.principals import AccessKey, Principal
from larum.settings import Settings
from tests.conformance.evidence import download_url, fetch, opened_case, put, upload_url
from tests.edge.larum_servers import boto3_client
from tests.faults.kills import LARUM, Server
from tests.faults.test_strace import served

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

KILLS = 200 if os.environ.get("LARUM_SOAK") == "1" else 20
SEED = int(os.environ.get("LARUM_TEST_SEED") or secrets.randbelow(10**9))
HASTY = (sys.executable, str(Path(__file__).with_name("hasty_evidence.py")))
CLIENTS = 3
LARGEST = 1_500_000
QUICK = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


def body_of(account: str, name: str) -> bytes:
    """Return the bytes of an attachment, which its name decides."""
    chosen = Random(f"{account}/{name}")
    return chosen.randbytes(chosen.randrange(1, LARGEST))


def client_of(url: str, account: str) -> SecurityIncidentResponseClient:
    """Return a client of a relaxed server, whose key is the account."""
    return boto3_client(
        url, AccessKey(account, "not checked", Principal.root(account)), config=QUICK
    )


class Uploads:
    """Clients that upload, each in an account of its own, to the server at `url`."""

    def __init__(self) -> None:
        self.url = ""
        self.cases: dict[str, str] = {}
        self.acknowledged: set[tuple[str, str]] = set()
        self.failures: list[BaseException] = []
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._live, args=(f"{number:012d}",))
            for number in range(1, CLIENTS + 1)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _live(self, account: str) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            try:
                self._upload(account, f"{number}.bin")
            except (OSError, HTTPException, BotoCoreError, ClientError):
                time.sleep(0.05)
            except BaseException as error:  # noqa: BLE001 - told by the test
                self.failures.append(error)
                return

    def _upload(self, account: str, name: str) -> None:
        client = client_of(self.url, account)
        try:
            if account not in self.cases:
                self.cases[account] = opened_case(client)
            case = self.cases[account]
            if len(client.get_case(caseId=case).get("caseAttachments", [])) > 40:
                self.cases[account] = case = opened_case(client)
            body = body_of(account, name)
            if put(upload_url(client, case, name, len(body)), body).status == 200:
                self.acknowledged.add((account, name))
        finally:
            client.close()


def broken_promises(
    data: Path, accounts: Iterable[str], acknowledged: set[tuple[str, str]]
) -> list[str]:
    """Return what is wrong in the directory that a killed server left."""
    wrong, verified = [], set()
    with larum.Service(data, Settings(auth="relaxed")) as service:
        service.evidence.work(None)
        for account in accounts:
            client = service.client(account=account)
            for page in client.get_paginator("list_cases").paginate():
                for case in page["items"]:
                    found: Any = client.get_case(caseId=case["caseId"]).get("caseAttachments", [])
                    for each in found:
                        if each["attachmentStatus"] != "Verified":
                            continue
                        verified.add((account, each["fileName"]))
                        url = download_url(client, case["caseId"], each["attachmentId"])
                        answer = fetch("GET", url)
                        if answer.body != body_of(account, each["fileName"]):
                            wrong.append(f"{each['fileName']} of {account}: {answer.status}")
    return wrong + [f"lost: {each}" for each in sorted(acknowledged - verified)]


def killed(data: Path, kills: int, command: Sequence[str] = LARUM) -> tuple[list[str], int]:
    """Upload to a server that is killed again and again; return what is wrong, and how many."""
    chosen, load = Random(SEED), Uploads()
    server = Server(data, command)
    load.url = server.url
    load.start()
    try:
        for _ in range(kills):
            time.sleep(chosen.uniform(0.1, 0.9))
            server.kill()
            server = Server(data, command)
            load.url = server.url
    finally:
        load.stop()
        server.kill()
    assert load.failures == []
    return broken_promises(data, load.cases, load.acknowledged), len(load.acknowledged)


@pytest.mark.timeout(3600)
def test_a_kill_loses_no_evidence(tmp_path: Path) -> None:
    """20 kills under uploads: what was answered 200 is there; what is Verified has its bytes."""
    wrong, acknowledged = killed(tmp_path / "data", KILLS)
    print(f"LARUM_TEST_SEED={SEED}: {acknowledged} acknowledged")  # noqa: T201 - with `pytest -s`
    assert wrong == []
    assert acknowledged > KILLS


@pytest.mark.timeout(600)
def test_the_test_sees_bytes_that_come_too_late(tmp_path: Path) -> None:
    """A server that acknowledges before the bytes are in their place is caught."""
    assert any(killed(tmp_path / f"data-{attempt}", 6, HASTY)[0] for attempt in range(5))


ORDER = (
    r"openat\(.*/incoming/[0-9a-f]{32}\", O_WRONLY\|O_CREAT\|O_EXCL\|O_NOFOLLOW",
    r"write\(\d+<.*/incoming/",
    r"fsync\(\d+<.*/incoming/",
    r"link(at)?\(.*/incoming/.*blobs/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{48}",
    r"fsync\(\d+<.*/blobs/[0-9a-f]{2}/[0-9a-f]{2}>",
    r"fdatasync\(\d+<[^>]*larum\.db-wal>",
    r"(write|send|sendto|sendmsg|writev)\(\d+<.*HTTP/1\.1 200",
)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here")
def test_the_order_of_an_upload(tmp_path: Path) -> None:
    """Bytes, sync, link, sync of the folder, commit, and only then 200 (goal G5)."""
    data, trace = tmp_path / "data", tmp_path / "trace"
    with larum.Service(data, Settings(auth="relaxed")) as service:
        case = opened_case(service.client(account="000000000001"))
    calls = "openat,write,writev,send,sendto,sendmsg,fsync,fdatasync,link,linkat"
    with served(data, "-y", "-s", "200", "-o", str(trace), "-e", f"trace={calls}") as server:
        client = client_of(server.url, "000000000001")
        url = upload_url(client, case, "a", 5)
        client.close()
        assert put(url, b"hello").status == 200
    told = trace.read_text("utf-8", "replace")
    place = 0
    for wanted in ORDER:
        found = re.compile(wanted).search(told, place)
        assert found is not None, f"{wanted} does not follow in\n{told[place:]}"
        place = found.end()
