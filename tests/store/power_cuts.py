"""Runs a service on a disk that forgets, cuts the power at random moments, and counts the losses.

Everything comes from one seed: which moments, and which unsynced writes survived, in part or whole.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from larum.service import Service
from larum.settings import Settings
from larum.store.credentials import WrongMasterKey
from larum.store.data_directory import DirectoryRefused
from larum.store.migrations import SchemaRefused
from tests.store.calls import account, call, create
from tests.store.promises import broken_promises, lost_writes
from tests.store.vfs import VolatileDisk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RELAXED = Settings(auth="relaxed")
START = datetime(2026, 11, 22, tzinfo=UTC)
WRITES = 8
# What follows some memberships: a case of theirs and a comment on it.
CASES = 0.4
CASE: dict[str, Any] = {
    "resolverType": "Self",
    "title": "Keys used at night",
    "description": "Seen in the logs.",
    "engagementType": "Investigation",
    "reportedIncidentStartDate": 1_793_536_496,
    "impactedAccounts": [],
    "watchers": [],
}
# How often, before or after a write, the service is restarted or copies its log into the file.
RESTARTS = 0.15
CHECKPOINTS = 0.2
# About what a run has; a moment beyond its end cuts nothing.
OPERATIONS = 700
# SQLite's own shared memory is no memory of anything after a cut.
NOT_ON_DISK = {"larum.db-shm", "larum.lock"}


def ticking(start: datetime) -> Callable[[], datetime]:
    """Return a clock that shows a millisecond more each time."""
    ticks = count()
    return lambda: start + timedelta(milliseconds=next(ticks))


@dataclass(frozen=True, slots=True)
class Made:
    """What an account made with a client token: by which request, and what was answered."""

    account: str
    path: str
    params: dict[str, Any]
    output: dict[str, Any]


@dataclass(slots=True)
class Cut:
    """What a machine could find after a cut, and what its users had been told before it."""

    operation: int
    files: dict[str, bytes]
    started: bool
    acknowledged: dict[tuple[str, str], str]
    made: list[Made]


@dataclass(slots=True)
class Run:
    """One run of a service on a forgetful disk, with `cuts` cuts at random moments."""

    seed: int
    directory: Path
    clock: Callable[[], datetime] = field(default_factory=lambda: ticking(START))
    started: bool = False
    acknowledged: dict[tuple[str, str], str] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)

    def cut(self, moments: set[int]) -> None:
        """Run once from the first start on, cutting after each operation in `moments`."""
        random = Random(self.seed)
        with VolatileDisk() as disk:
            disk.after = lambda number: (
                self._note(disk, number, random) if number in moments else None
            )
            service = self._open(disk)
            self.started = True
            try:
                for number in range(WRITES):
                    if random.random() < RESTARTS:
                        service.close()
                        service = self._open(disk)
                    self._write(service, number)
                    if random.random() < CASES:
                        self._open_case(service, number)
                    if random.random() < CHECKPOINTS:
                        service.engine.checkpoint()
            finally:
                service.close()

    def _open(self, disk: VolatileDisk) -> Service:
        return Service(
            self.directory,
            RELAXED,
            vfs=disk.name,
            clock=self.clock,
            random=Random(self.seed).randbytes,
        )

    def _write(self, service: Service, number: int) -> None:
        key = (account(number), f"token-{self.seed}-{number}")
        answer = create(service, *key)
        assert answer.status == 201, answer
        self.acknowledged[key] = answer.membership_id

    def _open_case(self, service: Service, number: int) -> None:
        params = CASE | {"clientToken": f"case-{self.seed}-{number}"}
        case = self._make(service, number, "/v1/create-case", params)["caseId"]
        comment = {"clientToken": f"comment-{self.seed}-{number}", "body": "Noted."}
        self._make(service, number, f"/v1/cases/{case}/create-comment", comment)

    def _make(
        self, service: Service, number: int, path: str, params: dict[str, Any]
    ) -> dict[str, Any]:
        answer = call(service, account(number), "POST", path, params)
        assert answer.status == 201, answer
        self.made.append(Made(account(number), path, params, answer.output))
        return answer.output

    def _note(self, disk: VolatileDisk, number: int, random: Random) -> None:
        files = {
            path.name: path.read_bytes()
            for path in self.directory.iterdir()
            if path.is_file() and path.name not in NOT_ON_DISK and "larum.db" not in path.name
        }
        found = files | disk.image(random)
        self.cuts.append(Cut(number, found, self.started, dict(self.acknowledged), [*self.made]))


def losses(seed: int, directory: Path, cuts: int = 10) -> list[list[str]]:
    """Run once with `cuts` cuts; return, for each cut, what was lost or broken by it."""
    random = Random(seed)
    moments = set(random.sample(range(1, OPERATIONS), cuts))
    run = Run(seed, directory / "run")
    run.cut(moments)
    shutil.rmtree(directory / "run")
    return [_lost(cut, directory / "found", f"seed {seed}") for cut in run.cuts]


def _lost(cut: Cut, directory: Path, label: str) -> list[str]:
    directory.mkdir()
    try:
        for name, contents in cut.files.items():
            (directory / name).write_bytes(contents)
        return [f"{label}, operation {cut.operation}: {what}" for what in _found(cut, directory)]
    finally:
        shutil.rmtree(directory)


def _found(cut: Cut, directory: Path) -> list[str]:
    try:
        service = Service(directory, RELAXED, clock=ticking(START + timedelta(hours=1)))
    except (SchemaRefused, DirectoryRefused, WrongMasterKey) as error:
        return [f"does not start again: {error}"]
    try:
        found = broken_promises(service) + lost_writes(service, cut.acknowledged)
        for each in cut.made:
            again = call(service, each.account, "POST", each.path, each.params)
            if (again.status, again.output) != (201, each.output):
                found.append(f"{each.path} made {each.output}, now answers {again.told}")
        if cut.started and service.installation.first_start:
            found.append("came back empty")
        fresh = create(service, account(999), "after")
        if fresh.status != 201:
            found.append(f"does not work again: {fresh.status} {fresh.error}")
        return found + broken_promises(service)
    finally:
        service.close()
