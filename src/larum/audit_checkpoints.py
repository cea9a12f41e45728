"""Signed checkpoints of the audit chains, appended to a file outside the database.

Written beside the requests: nothing here is inside a transaction of theirs, and a file that cannot
be written is logged and tried again. The file is only ever appended to, and synced before a
checkpoint counts as written. A command may be given the same lines: one that fails gets them again.
"""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from larum.access import audit_checkpoints as signing
from larum.access import keys
from larum.access.audit_checkpoints import CheckpointKey
from larum.errors import ServiceError
from larum.store import audit
from larum.store.private_files import sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from larum.access.audit_checkpoints import Checkpoint
    from larum.installation import Installation
    from larum.settings import Settings
    from larum.store.audit import Chain

log = logging.getLogger(__name__)

RECORDS: Final = 1_000
CHAINS_AT_ONCE: Final = 200
COMMAND_SECONDS: Final = 30.0
# What a command that keeps failing has not been given: the newest, the file has them all.
MOST_WAITING: Final = 10_000


class AuditCheckpoints:
    """The checkpoints of one installation, in the file that the settings name, if they do.

    `public_key` is what they are checked with; `clock()` gives the time, UTC.
    """

    def __init__(
        self, installation: Installation, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._engine, self._clock = installation.engine, clock
        self._file = settings.audit_checkpoints
        self._command = shlex.split(settings.audit_checkpoint_command or "")
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._key = CheckpointKey(keys.derive(installation.master_key, "audit-checkpoints"))
        self._writing = threading.Lock()
        self._known: dict[str, Checkpoint] | None = None
        self._records = 0
        self.public_key = self._key.public

    def due(self, records: int) -> bool:
        """Count records that became durable; return whether it is time for checkpoints."""
        self._records += records
        return self._file is not None and self._records >= RECORDS

    def write(self) -> int:
        """Sign where each chain stands that moved since, and append it; return how many.

        Never raises: what fails is logged, and done by the next call.
        """
        if self._file is None or not self._writing.acquire(blocking=False):
            return 0
        try:
            self._records = 0
            written = self._write_to(self._file)
            self._tell()
        except (OSError, ServiceError) as error:
            # What was written of it is read from the file the next time.
            self._known = None
            told = error.strerror if isinstance(error, OSError) else type(error).__name__
            log.error("audit checkpoints could not be written to %s: %s", self._file, told)  # noqa: TRY400 - a trace tells no more
            return 0
        else:
            return written
        finally:
            self._writing.release()

    def _write_to(self, file: Path) -> int:
        if self._known is None:
            self._known = self._read(file)
        moved = [chain for chain in self._chains() if self._has_moved(self._known, chain)]
        signed = [self._signed(self._known, chain) for chain in moved]
        if signed:
            lines = [each.line() for each in signed]
            _append(file, b"".join(lines))
            self._known.update((each.account, each) for each in signed)
            self._waiting += lines if self._command else ()
        return len(signed)

    def _tell(self) -> None:
        """Give the command the lines that it has not taken yet."""
        if not self._waiting:
            return
        try:
            subprocess.run(  # noqa: S603 - the operator's own setting, and no shell
                self._command, input=b"".join(self._waiting), check=True, timeout=COMMAND_SECONDS,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            told = error.strerror if isinstance(error, OSError) else type(error).__name__
            log.error("the command of the audit checkpoints failed: %s", told)  # noqa: TRY400 - its words are not for the log
        else:
            self._waiting.clear()

    def _chains(self) -> Iterator[Chain]:
        after = ""
        while found := self._engine.read(
            partial(audit.chains, after=after, limit=CHAINS_AT_ONCE),
        ):
            yield from found
            after = found[-1].account

    def _signed(self, known: dict[str, Checkpoint], chain: Chain) -> Checkpoint:
        before = known.get(chain.account)
        previous = "" if before is None else before.signature
        return self._key.signed(chain.account, chain.sequence, chain.hash, self._clock(), previous)

    def _read(self, file: Path) -> dict[str, Checkpoint]:
        """Return the last checkpoint of each account that the file has and that this key signed."""
        known: dict[str, Checkpoint] = {}
        with suppress(FileNotFoundError), file.open("rb") as lines:
            for line in lines:
                checkpoint = signing.parse(line)
                if checkpoint is not None:
                    known[checkpoint.account] = checkpoint
        return {
            account: each
            for account, each in known.items()
            if signing.is_signed(each, self.public_key)
        }

    @staticmethod
    def _has_moved(known: dict[str, Checkpoint], chain: Chain) -> bool:
        last = known.get(chain.account)
        return last is None or (last.sequence, last.hash) != (chain.sequence, chain.hash.hex())


def _append(file: Path, lines: bytes) -> None:
    is_new = not file.exists()
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab+", buffering=0) as stream:
        if stream.seek(0, os.SEEK_END):
            stream.seek(-1, os.SEEK_END)
            # A write that broke off left half a line; a whole one must not continue it.
            lines = lines if stream.read(1) == b"\n" else b"\n" + lines
        written = 0
        while written < len(lines):
            written += stream.write(lines[written:]) or 0
        os.fsync(descriptor)
    if is_new:
        sync_directory(file.absolute().parent)
