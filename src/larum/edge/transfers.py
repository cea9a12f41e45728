"""The bytes of attachments between a socket and the disk, a mebibyte at a time.

    PUT   verified -> received and written in turn -> synced, visible -> row committed -> 200
    GET   verified -> read and sent in turn

A body is read only once its URL is good, so that `Expect: 100-continue` spares a client the bytes.
Threads read and write the disk; the socket waits for them, and they for it: an upload or a download
holds some mebibytes, whatever its length. How many there are at once is bounded (`Places`): one URL
is good for many connections, and each may hold its mebibytes and its unfinished file for minutes.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from larum.access.signed_url import METHODS, Purpose, claimed_access_key_id
from larum.calls import Chore
from larum.edge.refusals import DisconnectedError, RefusedError
from larum.errors import (
    AccessDenied,
    MalformedHttpRequestException,
    RequestTimeoutException,
    ServiceError,
    ServiceUnavailable,
)
from larum.wire.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, MutableMapping

    from larum.data_path import DataPath, Download, Upload
    from larum.edge.group_commit import GroupCommit
    from larum.service import Service
    from larum.store.blobs import Received
    from larum.store.engine import Transaction
    from larum.wire.http import HttpRequest

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

BATCH: Final = 1024 * 1024
# How many at once, in all and of one account; and uploads by one URL, of which one can succeed.
UPLOADS: Final = (64, 16)
DOWNLOADS: Final = (128, 32)
UPLOADS_OF_A_URL: Final = 8
WAITING: Final = 4_096
# How long, in seconds, one more waits for its place.
PATIENCE: Final = 10.0
DISK_THREADS: Final = 4
_TOO_SLOW: Final = "The bytes of the upload did not arrive in time."
_WRONG_LENGTH: Final = "The upload has another number of bytes than it declared."
_FULL: Final = "As many bytes are on their way as the server can take. Send the request again."
_ELSEWHERE: Final = "The bytes of attachments are not here."


class Places:
    """Who has a place: `most` at once in all, `of_one` of them for one name, such as an account.

    Lives on one event loop: what `room` said holds until its caller lets others run.
    """

    def __init__(self, most: int, of_one: int) -> None:
        self._most = most
        self._of_one = of_one
        self._taken: Counter[str] = Counter()
        self._left = asyncio.Event()

    async def room(self, name: str, patience: float = PATIENCE) -> None:
        """Return when there is a place for `name`; ServiceUnavailable after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                while self._taken.total() >= self._most or self._taken[name] >= self._of_one:
                    await self._left.wait()
        except TimeoutError:
            raise ServiceUnavailable(_FULL) from None

    @contextmanager
    def taken(self, name: str) -> Iterator[None]:
        """Hold a place for `name`."""
        self._taken[name] += 1
        try:
            yield
        finally:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]
            self._left.set()
            self._left = asyncio.Event()


class Transfers:
    """The uploads and downloads of a server; `stall` is how long (s) an upload may send nothing."""

    def __init__(self, service: Service, writes: GroupCommit, *, stall: float) -> None:
        self._service = service
        self._writes = writes
        self._stall = stall
        self._uploads, self._downloads = Places(*UPLOADS), Places(*DOWNLOADS)
        self._of_url = Places(WAITING, UPLOADS_OF_A_URL)
        self._disk = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="larum-disk")

    def close(self) -> None:
        """Wait for what the disk does; nothing more is begun."""
        self._disk.shutdown()

    async def answer(self, request: HttpRequest, receive: Receive) -> HttpResponse | Download:
        """Take or give the bytes that `request`, of which only the head has come, asks for.

        Raises RefusedError and DisconnectedError.
        """
        suspect = (request.source_ip, claimed_access_key_id(request))
        failures = self._service.evidence.failures
        try:
            failures.check(*suspect, time.monotonic())
            answered = await self._answered(request, receive)
        except ServiceError as error:
            if isinstance(error, AccessDenied):
                failures.record(*suspect, time.monotonic())
            self._service.failed_authentications.count(request.source_ip, error)
            raise RefusedError(error) from error
        failures.trust(*suspect)
        return answered

    async def _answered(self, request: HttpRequest, receive: Receive) -> HttpResponse | Download:
        path = self._service.evidence.data_path
        if path is None:
            raise AccessDenied(_ELSEWHERE)
        if METHODS.get(request.method) is Purpose.UPLOAD:
            return await self._upload(path, request, receive)
        await self._downloads.room(path.open_download(request).account)
        # Anew, as the place may have been long in coming.
        return path.open_download(request)

    async def send(self, send: Send, download: Download, *, head: bool) -> None:
        """Send a download; the next mebibyte is read while the last one leaves."""
        headers = [(name.encode(), each.encode()) for name, each in download.headers]
        headers.append((b"content-length", b"%d" % download.length))
        start = {"type": "http.response.start", "status": download.status, "headers": headers}
        with self._downloads.taken(download.account):
            await send(start)
            if not head:
                await self._send_bytes(send, download)
            await send({"type": "http.response.body"})

    async def _send_bytes(self, send: Send, download: Download) -> None:
        chunks = download.chunks()
        pending = self._do(next, chunks, b"")
        while chunk := await pending:
            pending = self._do(next, chunks, b"")
            await send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _upload(self, path: DataPath, request: HttpRequest, receive: Receive) -> HttpResponse:
        awaited = path.awaited(request)
        account, key = awaited.account, awaited.blob_key
        await self._of_url.room(key, 0.0)
        with self._of_url.taken(key):
            await self._uploads.room(account)
            with self._uploads.taken(account):
                return await self._taken(path, path.open_upload(request), receive)

    async def _taken(self, path: DataPath, upload: Upload, receive: Receive) -> HttpResponse:
        try:
            received = await self._received(upload, receive)
            return await self._recorded(path, upload, received)
        finally:
            try:
                self._disk.submit(path.end, upload)
            except RuntimeError:  # the server or the interpreter is ending
                path.end(upload)

    async def _received(self, upload: Upload, receive: Receive) -> Received:
        """Write the body as it comes: one batch is on its way to the disk, one is filled."""
        written = self._do(upload.incoming.write, b"")
        held, size, more = bytearray(), 0, True
        while more:
            chunk, more = await self._next(receive)
            size += len(chunk)
            held += chunk
            if size > upload.length:
                raise MalformedHttpRequestException(_WRONG_LENGTH)
            if len(held) >= BATCH or not more:
                await written
                written = self._do(upload.incoming.write, held)
                held = bytearray()
        await written
        if size != upload.length:
            raise MalformedHttpRequestException(_WRONG_LENGTH)
        received: Received = await self._do(upload.incoming.finish)
        return received

    async def _next(self, receive: Receive) -> tuple[bytes, bool]:
        try:
            async with asyncio.timeout(self._stall):
                message = await receive()
        except TimeoutError:
            raise RequestTimeoutException(_TOO_SLOW) from None
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        return message["body"], message["more_body"]

    async def _recorded(self, path: DataPath, upload: Upload, received: Received) -> HttpResponse:
        """Commit the row in the next group: only then the upload is acknowledged."""
        request_id = str(uuid4())
        done = HttpResponse(200, (("x-amzn-requestid", request_id),), b"")
        refused: list[ServiceError] = []

        def perform(tx: Transaction) -> HttpResponse:
            try:
                path.record(upload, received, tx)
            except AccessDenied as error:
                refused.append(error)
                raise
            return done

        acknowledged = False
        try:
            answer = await self._writes.submit(Chore(request_id, perform))
            acknowledged = answer is done
        finally:
            if not (acknowledged or refused):
                # The bytes are there and their row may not know: else nobody would ever look.
                self._service.evidence.look_again()
        if refused:
            await self._do(path.discard, upload)
            raise refused[0]
        self._service.evidence.stir.set()
        return answer

    def _do(self, work: Callable[..., Any], *arguments: object) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._disk, partial(work, *arguments))
