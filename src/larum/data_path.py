"""The second way into the service: the bytes of attachments, streamed behind a signed URL.

    PUT  open_upload(request) -> Upload: written, finished (durable), then recorded in a transaction
    GET  open_download(request) -> Download: what to answer, and where the bytes are

The URL says what is allowed (access/signed_url.py); whether it still is, is looked up: the case is
open, its membership Active, the access key that asked for the URL active, the bytes not yet there.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from larum.access import signed_url
from larum.access.canonical import check_raw_target
from larum.access.signed_url import Purpose
from larum.domain.attachments import AttachmentStatus
from larum.domain.principals import AccessKeyStatus
from larum.domain.regions import REGIONS
from larum.errors import AccessDenied, InternalServerException, PreconditionFailed
from larum.operations.attachments import receive
from larum.operations.sweep import Sweep
from larum.store import attachments as rows
from larum.store import cases, effective_policies, memberships

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from larum.access.signed_url import Grant, SessionMark, UrlKeys
    from larum.domain.attachments import Attachment
    from larum.domain.cases import Case
    from larum.domain.principals import AccessKey
    from larum.store.blobs import FolderBlobs, Incoming, Received
    from larum.store.engine import Engine, Transaction
    from larum.wire.http import HttpRequest

RECEIVED: Final = "The bytes of this URL have been received already."
NO_LONGER: Final = "This URL is not valid any more"
# The body of an upload is bytes and no answer is a page: whoever opens one in a browser must not
# run it (reliability-and-security §9.5). `nosniff` and `no-store` are on every answer of the edge.
DOWNLOAD_HEADERS: Final = (
    ("content-type", "application/octet-stream"),
    ("content-security-policy", "sandbox; default-src 'none'"),
    ("cross-origin-resource-policy", "same-site"),
    ("referrer-policy", "no-referrer"),
    ("accept-ranges", "bytes"),
)
_RANGE: Final = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.ASCII)


class Upload(msgspec.Struct, frozen=True):
    """An upload that may begin: `incoming` takes exactly `length` bytes."""

    blob_key: str
    length: int
    incoming: Incoming

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Upload({self.length})"


class Download(msgspec.Struct, frozen=True):
    """An answer whose body is `length` bytes that `chunks` gives; each may wait for the disk.

    `account` is whose bytes they are.
    """

    account: str
    status: int
    headers: tuple[tuple[str, str], ...]
    length: int
    chunks: Callable[[], Iterator[bytes]]


class DataPath:
    """Opens uploads and downloads of the blobs in a folder.

    `find_access_key` is None where keys are not checked (`--auth relaxed`); `scanned` says that a
    scanner judges what arrives, which is Verified at once otherwise. The `operator`, an account,
    reads the evidence of cancelled memberships too.
    """

    def __init__(
        self,
        engine: Engine,
        blobs: FolderBlobs,
        keys: UrlKeys,
        *,
        find_access_key: Callable[[str], AccessKey | None] | None,
        operator: str,
        scanned: bool,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._engine = engine
        self._blobs = blobs
        self._keys = keys
        self._find_access_key = find_access_key
        self._operator = operator
        self._scanned = scanned
        self._clock = clock
        self._random = random
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def busy(self) -> frozenset[str]:
        """The keys of the blobs that are being received."""
        with self._lock:
            return frozenset(self._busy)

    def open_upload(self, request: HttpRequest) -> Upload:
        """Return the upload that `request`, of which only the head has come, may do.

        Raises AccessDenied, PreconditionFailed where the bytes are there already, and
        InternalServerException.
        """
        awaited = self.awaited(request)
        incoming = self._blobs.begin(awaited.blob_key, awaited.content_length)
        with self._lock:
            self._busy[awaited.blob_key] += 1
        return Upload(awaited.blob_key, awaited.content_length, incoming)

    def awaited(self, request: HttpRequest) -> Attachment:
        """Return the attachment whose bytes `request` may send; raises what `open_upload` does."""
        grant, _ = self._granted(request)
        if grant.purpose is not Purpose.UPLOAD:
            raise AccessDenied(NO_LONGER)
        attachment = self._engine.read(partial(self._awaiting, grant, self._clock()))
        if self._blobs.length(grant.blob_key) is not None:
            raise PreconditionFailed(RECEIVED)
        return attachment

    def record(self, upload: Upload, received: Received, tx: Transaction) -> None:
        """Note in `tx` that the bytes of `upload` are durable; only then it may be answered.

        Raises AccessDenied where the case was closed meanwhile: then `discard` the bytes.
        """
        now = self._clock()
        attachment = rows.by_blob_key(tx, upload.blob_key)
        if attachment is None:
            raise AccessDenied(NO_LONGER)
        if attachment.received_at is not None:
            return
        if not (attachment.awaits_bytes and _takes_attachments(tx, attachment, now)):
            raise AccessDenied(NO_LONGER)
        surroundings = Sweep(now, self._random, tx)
        receive(surroundings, attachment, received.sha256, judged=not self._scanned)

    def discard(self, upload: Upload) -> None:
        """Delete the bytes of an upload that `record` has refused."""
        self._blobs.delete(upload.blob_key)

    def end(self, upload: Upload) -> None:
        """Leave nothing behind but what was finished; exactly once for each upload, at its end."""
        upload.incoming.close()
        with self._lock:
            self._busy[upload.blob_key] -= 1
            if not self._busy[upload.blob_key]:
                del self._busy[upload.blob_key]

    def open_download(self, request: HttpRequest) -> Download:
        """Return the answer to `request`, GET or HEAD: the bytes, or one range of them.

        Raises AccessDenied and InternalServerException.
        """
        grant, account = self._granted(request)
        if grant.purpose is not Purpose.DOWNLOAD:
            raise AccessDenied(NO_LONGER)
        now = None if account in {self._operator, None} else self._clock()
        attachment = self._engine.read(partial(_downloadable, grant, now))
        length = self._blobs.length(grant.blob_key)
        if length != attachment.content_length:
            message = "The bytes of the attachment are not in the store."
            raise InternalServerException(message)
        return self._answered(request, attachment, grant.disposition or "attachment")

    def _answered(self, request: HttpRequest, attachment: Attachment, disposition: str) -> Download:
        etag = f'"{(attachment.sha256 or b"").hex()}"'
        length = attachment.content_length
        named = (*DOWNLOAD_HEADERS, ("content-disposition", disposition), ("etag", etag))
        wanted = request.header("range")
        condition = request.header("if-range")
        span = None
        if wanted is not None and (condition is None or condition == etag):
            span = one_range(wanted, length)
        if span is None:
            chunks = partial(self._blobs.read, attachment.blob_key, 0, length)
            return Download(attachment.account, 200, named, length, chunks)
        start, stop = span
        if start >= stop:
            unmet = ("content-range", f"bytes */{length}")
            headers = (*DOWNLOAD_HEADERS, unmet)
            return Download(attachment.account, 416, headers, 0, lambda: iter(()))
        part = ("content-range", f"bytes {start}-{stop - 1}/{length}")
        chunks = partial(self._blobs.read, attachment.blob_key, start, stop)
        return Download(attachment.account, 206, (*named, part), stop - start, chunks)

    def _granted(self, request: HttpRequest) -> tuple[Grant, str | None]:
        """Return what the URL allows, and the account that asked for it where keys are checked."""
        check_raw_target(request.raw_path, request.raw_query)
        grant = signed_url.verify(request, self._keys, regions=REGIONS, now=self._clock())
        if self._find_access_key is None:
            return grant, None
        session = signed_url.read_session(grant.access_key_id)
        if session is not None:
            return grant, self._account_of(session)
        key = self._find_access_key(grant.access_key_id)
        if key is None or key.status is not AccessKeyStatus.ACTIVE:
            raise AccessDenied(NO_LONGER)
        return grant, key.principal.account

    def _account_of(self, session: SessionMark) -> str:
        """Return whose session it is, if it goes on and its user or role is there still."""
        is_there = partial(
            effective_policies.is_there, account=session.account, unique_id=session.identity_id
        )
        if self._clock().timestamp() >= session.expires or not self._engine.read(is_there):
            raise AccessDenied(NO_LONGER)
        return session.account

    def _awaiting(self, grant: Grant, now: datetime, tx: Transaction) -> Attachment:
        attachment = rows.by_blob_key(tx, grant.blob_key)
        if attachment is None or attachment.content_length != grant.content_length:
            raise AccessDenied(NO_LONGER)
        if attachment.received_at is not None:
            raise PreconditionFailed(RECEIVED)
        if not (attachment.awaits_bytes and _takes_attachments(tx, attachment, now)):
            raise AccessDenied(NO_LONGER)
        return attachment


def one_range(header: str, length: int) -> tuple[int, int] | None:
    """Return (start, stop) of the one range that a Range header wants of `length` bytes.

    None where it is to be ignored: another unit, not in form, or more than one range, which nobody
    needs and which has brought servers down (CVE-2025-62727). An empty span cannot be satisfied.
    RFC 9110 §14.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last = match["first"], match["last"]
    if not first:
        return None if not last else (max(0, length - int(last)), length)
    if last and int(last) < int(first):
        return None
    return int(first), min(length, int(last) + 1) if last else length


def _takes_attachments(tx: Transaction, attachment: Attachment, now: datetime) -> bool:
    case = cases.get(tx, attachment.account, attachment.region, attachment.case_id)
    return case is not None and not case.is_closed and _in_use(tx, case, now)


def _downloadable(grant: Grant, now: datetime | None, tx: Transaction) -> Attachment:
    """Return the attachment; of a membership that is Active at `now`, of any for None."""
    attachment = rows.by_blob_key(tx, grant.blob_key)
    if (
        attachment is None
        or attachment.status is not AttachmentStatus.VERIFIED
        or attachment.deleted_at is not None
    ):
        raise AccessDenied(NO_LONGER)
    case = cases.get(tx, attachment.account, attachment.region, attachment.case_id)
    if case is None or not (now is None or _in_use(tx, case, now)):
        raise AccessDenied(NO_LONGER)
    return attachment


def _in_use(tx: Transaction, case: Case, now: datetime) -> bool:
    membership = memberships.get(tx, case.account, case.region, case.membership_id, now)
    return membership is not None and membership.is_active
