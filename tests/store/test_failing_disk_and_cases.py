"""A disk that fails at any moment of a case's life: whoever asks again gets to the same end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from larum.service import Service
from larum.wire.http import HttpRequest
from tests.store.calls import RELAXED, Answer, account, headers, membership
from tests.store.promises import broken_promises
from tests.store.vfs import Fail, WatchedDisk, full, io_error
from tests.wire.examples import example
from tests.wire.raw_requests import raw_request
from tests.wire.services import operation as operation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOLDER = account(1)
# What a customer does, in order; whatever names a case is given its id.
LIFE: list[tuple[str, dict[str, Any]]] = [
    ("CreateMembership", membership("once")),
    ("CreateCase", example("CreateCase")),
    ("CreateCaseComment", {"body": "First look.", "clientToken": "once"}),
    ("UpdateCase", {"title": "Another title", "watchersToAdd": [{"email": "eve@example.com"}]}),
    ("UpdateCaseComment", {"commentId": "000000", "body": "Second look."}),
    ("GetCaseAttachmentUploadUrl", {"fileName": "a.bin", "contentLength": 1, "clientToken": "a"}),
    ("UpdateCaseStatus", {"caseStatus": "Detection and Analysis"}),
    ("UpdateResolverType", {"resolverType": "AWS"}),
    ("CloseCase", {}),
]
FAULTS: dict[str, Callable[[], Exception]] = {
    "EIO": io_error(apsw.SQLITE_IOERR_WRITE),
    "EIO of a sync": io_error(apsw.SQLITE_IOERR_FSYNC),
    "ENOSPC": full,
}
KINDS = {"EIO": "write|truncate", "EIO of a sync": "sync", "ENOSPC": "write|truncate"}
ATTEMPTS = 4


class Customer:
    """Does LIFE against a service on `disk`, and asks again after each 500, over a restart."""

    def __init__(self, data: Path, disk: WatchedDisk) -> None:
        self._data, self._disk = data, disk
        self.service = Service(data, RELAXED, vfs=disk.name)
        self.case_id = ""
        self.failures = 0

    def restart(self) -> None:
        """Kill the process, put in a disk that works, and start again with the files as they were.

        So a commit that was written, and then failed at its sync, may be there after all.
        """
        self._disk.before = lambda _kind, _name: None
        found = self._data.with_name(self._data.name + "x")
        shutil.copytree(self._data, found, ignore=shutil.ignore_patterns("*-shm"))
        self.service.close()
        self._data = found
        self.service = Service(found, RELAXED, vfs=self._disk.name)

    def ask(self, operation: str, params: dict[str, Any]) -> Answer:
        """Call once."""
        named = {"caseId": self.case_id} if "caseId" in example(operation) else {}
        raw = raw_request(operation_of(operation), params | named)
        sent = (("host", "localhost"), *headers(HOLDER).items())
        request = HttpRequest(raw.method, raw.raw_path, raw.raw_query, sent, raw.body)
        return Answer.of(self.service.handle(request))

    def do(self, operation: str, params: dict[str, Any]) -> None:
        """Call until it is done."""
        for _ in range(ATTEMPTS):
            answer = self.ask(operation, params)
            if answer.status != 500:
                break
            self.failures += 1
            self.restart()
        assert answer.status in {200, 201}, answer
        self.case_id = answer.output.get("caseId", self.case_id)

    def live(self) -> None:
        """Do everything."""
        for operation, params in LIFE:
            self.do(operation, params)

    def end(self) -> dict[str, Any]:
        """Return what is left in the end, without ids and times."""
        case = self.ask("GetCase", {}).output
        comments = self.ask("ListComments", {}).output
        edits = self.ask("ListCaseEdits", {}).output
        outbox = "SELECT kind, type, recipient FROM outbox ORDER BY kind, type, recipient"
        return {
            "case": {name: each for name, each in case.items() if "Date" not in name}
            | {"caseArn": "", "caseAttachments": len(case["caseAttachments"])},
            "comments": [(each["commentId"], each["body"]) for each in comments["items"]],
            "edits": [each["action"] for each in edits["items"]],
            "told": self.service.engine.read(lambda tx: tx.rows(outbox, {})),
            "cases": self.ask("ListCases", {}).output["total"],
        }


@pytest.fixture
def disk() -> Iterator[WatchedDisk]:
    """A disk that can fail."""
    with WatchedDisk() as made:
        yield made


def life(data: Path, disk: WatchedDisk, fault: Callable[[str, str], None] | None) -> Customer:
    """Do LIFE on a disk that has that fault from the membership on."""
    customer = Customer(data, disk)
    if fault is not None:
        disk.before = fault
    customer.live()
    disk.before = lambda _kind, _name: None
    customer.restart()
    return customer


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_disk_changes_no_end(tmp_path: Path, disk: WatchedDisk, fault: str) -> None:
    """Whichever write or sync fails, each call was done once when its caller gave up asking."""
    customer = life(tmp_path / "whole", disk, None)
    expected = customer.end()
    customer.service.close()
    assert len(expected["edits"]) == len(LIFE) - 1
    failures = 0
    for nth in range(1, 41):
        customer = life(tmp_path / str(nth), disk, Fail(KINDS[fault], nth, FAULTS[fault]))
        assert customer.end() == expected, nth
        assert broken_promises(customer.service) == []
        customer.service.close()
        failures += customer.failures
    assert failures > 5
