"""Evidence as a whole: its URLs, its data path, and what has to be done about it by and by.

    arrive   bytes that nobody told of: in a bucket, or after a crash between bytes and row
    judge    what the scanner has not seen
    expire   URLs that nobody used, bytes that are kept no longer
    delete   bytes whose deletion is committed, again until it is done

Nothing here waits for a disk, a bucket or a scanner inside a transaction. One thread of an edge
calls `work` (edge/inspector.py), whoever sweeps calls `sweep`.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from larum.access import keys
from larum.access.signed_url import UrlKeys
from larum.access.throttle import FailureLimit
from larum.attachment_urls import AttachmentUrls
from larum.data_path import DataPath
from larum.domain.attachments import Verdict
from larum.errors import ServiceError
from larum.operations.attachment_sweep import delete_old, fail_unused
from larum.operations.attachments import judge, receive
from larum.operations.sweep import Sweep
from larum.store import attachments as rows
from larum.store.attachments import Closed, Seen
from larum.store.blobs import FolderBlobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from larum.domain.attachments import Attachment
    from larum.installation import Installation
    from larum.settings import Settings
    from larum.store.engine import Transaction

    Scan = Callable[[Path], Verdict | None]
    Walk = Callable[[Transaction, Seen, int], list[Attachment]]

log = logging.getLogger(__name__)

AT_ONCE: Final = 100
# How soon to look again: at a bucket that waits for bytes, after a scanner or a disk that failed,
# and otherwise.
BUCKET_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 15.0
IDLE_SECONDS: Final = 60.0


class Evidence:
    """The attachments of one instance.

    `urls` makes their URLs; `data_path` is None where clients talk to a bucket. `stir` is set when
    there is work; `failures` counts URLs that opened nothing; `origin()` tells where this server
    listens.
    """

    def __init__(
        self,
        installation: Installation,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        origin: Callable[[], str],
    ) -> None:
        self._engine = installation.engine
        self._blobs = installation.blobs
        self._clock = clock
        self._random = random
        self._scanned = settings.scanner is not None
        self._retention = settings.attachment_retention
        self._working, self._looking = threading.Lock(), threading.Lock()
        self._uncertain = True
        self._closed_seen = Closed()
        self.stir = threading.Event()
        url_keys = UrlKeys(keys.derive(installation.master_key, "signed-urls"))
        self.urls = AttachmentUrls(url_keys, self._blobs, settings.public_url, origin)
        self.failures = FailureLimit(settings.failed_authentications)
        self.data_path: DataPath | None = None
        if isinstance(self._blobs, FolderBlobs):
            checked = settings.auth != "relaxed"
            self.data_path = DataPath(
                self._engine,
                self._blobs,
                url_keys,
                find_access_key=installation.credentials.find if checked else None,
                operator=installation.administrator_account,
                scanned=self._scanned,
                clock=clock,
                random=random,
            )

    @property
    def has_work(self) -> bool:
        """Whether some attachment waits for its bytes or for its verdict."""
        walks = (rows.awaiting_verdict, rows.awaiting_bytes)
        return self._engine.read(lambda tx: any(walk(tx, Seen(), 1) for walk in walks))

    def look_again(self) -> None:
        """Have it looked for bytes that are durable without a row that says so."""
        self._uncertain = True
        self.stir.set()

    def work(self, scan: Scan | None) -> float:
        """Do what waits; return in how many seconds to come again, unless `stir` is set before.

        `scan` is given a file and returns Verdict.SOUND or INFECTED, or None where it could not
        tell: then it is asked again later. Without it, what has arrived is sound.
        """
        if not self._working.acquire(blocking=False):
            return BUCKET_SECONDS
        try:
            waits = [self._arrive(), self._judge(scan), self._delete()]
        except (ServiceError, OSError, LookupError) as error:
            log.warning("evidence waits: %s", type(error).__name__)
            waits = [RETRY_SECONDS]
        finally:
            self._working.release()
        return min(waits)

    def sweep(self) -> int:
        """Let what has expired fail, and note what is to be deleted; return how much it was."""
        if not self._ready_to_expire():
            return 0
        busy = frozenset() if self.data_path is None else self.data_path.busy
        now = self._clock()

        def expire(tx: Transaction) -> tuple[int, Closed | None]:
            sweep = Sweep(now, self._random, tx)
            failed = fail_unused(sweep, busy)
            return failed, delete_old(sweep, now - self._retention, self._closed_seen)

        failed, reached = self._engine.write(expire)
        self.stir.set()
        if reached is None:
            return failed
        self._closed_seen = reached
        return failed + 1

    def _ready_to_expire(self) -> bool:
        """Look for what arrived last: what is there must not be called unused."""
        try:
            self._arrive()
        except (ServiceError, OSError, LookupError) as error:
            log.warning("evidence waits: %s", type(error).__name__)
            return False
        return True

    def _arrive(self) -> float:
        """Find the bytes that came without a word: in a bucket, or before this process began."""
        if self.data_path is None:
            with self._looking:
                self._look(frozenset())
            return BUCKET_SECONDS
        if not self._uncertain:
            return IDLE_SECONDS
        with self._looking:
            busy = self.data_path.busy
            # An upload that is just ending takes care of itself, or asks for another look.
            self._uncertain = bool(busy)
            self._look(busy)
        return RETRY_SECONDS if busy else IDLE_SECONDS

    def _look(self, busy: AbstractSet[str]) -> None:
        """Take what has arrived of the attachments that wait for their bytes."""
        for each in self._walk(rows.awaiting_bytes, "url_expires_at"):
            length = None if each.blob_key in busy else self._blobs.length(each.blob_key)
            if length is None:
                continue
            if length != each.content_length:
                self._change(each, partial(judge, verdict=Verdict.WRONG_LENGTH))
            else:
                digest = sha256()
                for chunk in self._blobs.read(each.blob_key):
                    digest.update(chunk)
                done = partial(receive, sha256=digest.digest(), judged=not self._scanned)
                self._change(each, done)

    def _judge(self, scan: Scan | None) -> float:
        wait = IDLE_SECONDS
        for each in self._walk(rows.awaiting_verdict, "received_at"):
            verdict = Verdict.SOUND if scan is None else self._scanned_by(scan, each)
            if verdict is None:
                wait = RETRY_SECONDS
            else:
                self._change(each, partial(judge, verdict=verdict))
        return wait

    def _scanned_by(self, scan: Scan, attachment: Attachment) -> Verdict | None:
        """Return what `scan` says; None where the bytes cannot be read, which is no one else's."""
        try:
            with self._blobs.as_file(attachment.blob_key) as file:
                return scan(file)
        except (ServiceError, OSError, LookupError) as error:
            log.warning("an attachment waits for its verdict: %s", type(error).__name__)
            return None

    def _delete(self) -> float:
        now = self._clock()
        while due := self._engine.read(lambda tx: rows.due_deletions(tx, now, AT_ONCE)):
            for account, blob_key in due:
                self._blobs.delete(blob_key)
                self._engine.write(partial(rows.deleted, account=account, blob_key=blob_key))
        return IDLE_SECONDS

    def _walk(self, page: Walk, time: str) -> Iterator[Attachment]:
        """Give every attachment of `page` once, however many there are."""
        seen = Seen()
        while found := self._engine.read(lambda tx, seen=seen: page(tx, seen, AT_ONCE)):  # type: ignore[misc] # mypy cannot infer a lambda with a default
            yield from found
            seen = rows.seen(found[-1], time)

    def _change(self, attachment: Attachment, work: Callable[..., None]) -> None:
        """Do `work` on the attachment as it is now, unless it has its verdict meanwhile."""
        key = (attachment.account, attachment.region, attachment.case_id, attachment.attachment_id)

        def change(tx: Transaction) -> None:
            current = rows.get(tx, *key)
            if current == attachment:
                work(Sweep(self._clock(), self._random, tx), current)

        self._engine.write(change)
