"""Runs a service on a disk that forgets, cuts the power at random moments, and counts the losses.

Everything comes from one seed: which moments, and which unsynced writes survived, in part or whole.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from larum.service import Service
from larum.settings import Settings
from larum.store.credentials import WrongMasterKey
from larum.store.data_directory import DirectoryRefused
from larum.store.migrations import SchemaRefused
from tests.store.calls import account, create
from tests.store.promises import broken_promises, lost_writes
from tests.store.vfs import VolatileDisk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RELAXED = Settings(auth="relaxed")
START = datetime(2026, 11, 22, tzinfo=UTC)
WRITES = 8
# How often, before or after a write, the service is restarted or copies its log into the file.
RESTARTS = 0.15
CHECKPOINTS = 0.2
# About what a run has; a moment beyond its end cuts nothing.
OPERATIONS = 500
# SQLite's own shared memory is no memory of anything after a cut.
NOT_ON_DISK = {"larum.db-shm", "larum.lock"}


def ticking(start: datetime) -> Callable[[], datetime]:
    """Return a clock that shows a millisecond more each time."""
    ticks = count()
    return lambda: start + timedelta(milliseconds=next(ticks))


@dataclass(slots=True)
class Cut:
    """What a machine could find after a cut, and what its users had been told before it."""

    operation: int
    files: dict[str, bytes]
    started: bool
    acknowledged: dict[tuple[str, str], str]


@dataclass(slots=True)
class Run:
    """One run of a service on a forgetful disk, with `cuts` cuts at random moments."""

    seed: int
    directory: Path
    clock: Callable[[], datetime] = field(default_factory=lambda: ticking(START))
    started: bool = False
    acknowledged: dict[tuple[str, str], str] = field(default_factory=dict)
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

    def _note(self, disk: VolatileDisk, number: int, random: Random) -> None:
        files = {
            path.name: path.read_bytes()
            for path in self.directory.iterdir()
            if path.is_file() and path.name not in NOT_ON_DISK and "larum.db" not in path.name
        }
        found = files | disk.image(random)
        self.cuts.append(Cut(number, found, self.started, dict(self.acknowledged)))


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
        if cut.started and service.installation.first_start:
            found.append("came back empty")
        fresh = create(service, account(999), "after")
        if fresh.status != 201:
            found.append(f"does not work again: {fresh.status} {fresh.error}")
        return found + broken_promises(service)
    finally:
        service.close()
