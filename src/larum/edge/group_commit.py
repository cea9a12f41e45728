"""Many requests, one sync: calls that wait while a group commits become the next group.

Statements run on the event loop; COMMIT alone runs in a worker thread, so that a slow disk never
stops the loop. The rules (design 1.5): nobody of a group is answered before its commit, whatever
the answer says; a failed commit fails everybody of the group.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final

import msgspec

from larum.edge.inspector import Inspector
from larum.errors import InternalServerException, ServiceError, ServiceUnavailable
from larum.store.engine import UNKNOWN_OUTCOME

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.calls import Call, Chore
    from larum.service import Service
    from larum.store.engine import Group
    from larum.store.idempotency import TokenScope
    from larum.wire.http import HttpResponse

    Told = Callable[[BaseException | None], None]

log = logging.getLogger(__name__)

# A group's statements hold the event loop: this bounds how long, some 10 ms.
LARGEST_GROUP: Final = 128
SWEEP_SECONDS: Final = 60.0
# Enough for every connection that a server holds; more would only grow old in the queue.
MOST_WAITING: Final = 4_096
FULL: Final = "The server has no room for this request now. Send it again in a moment."


class _Place(msgspec.Struct, eq=False):
    """A call that waits for its answer; `began` once its statements may have run."""

    call: Call | Chore
    answered: asyncio.Future[HttpResponse]
    scope: TokenScope | None
    duplicate: bool
    began: bool = False


class GroupCommit:
    """The queue before the store's writer; lives on one event loop."""

    def __init__(self, service: Service) -> None:
        """Serve the writing calls of `service`; must be made while its loop runs."""
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Place] = deque()
        self._commits = _Committer(self._loop)
        self._chores = ThreadPoolExecutor(1, thread_name_prefix="larum-chores")
        self._checkpoint: asyncio.Future[None] | None = None
        self._audit: asyncio.Future[int] | None = None
        self._running = False
        self._idle = asyncio.Event()
        self._closed = False
        self._sweep_timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)
        self._inspector = Inspector(service)
        self._inspector.start()

    async def submit(self, call: Call | Chore) -> HttpResponse:
        """Perform `call` in the next group; return its answer once that is durable, or a refusal.

        A call whose turn does not come is refused after the deadline, a duplicate of a running
        client token after the in-flight wait (service-behaviour §11 row 3).
        """
        service, settings = self._service, self._service.settings
        if self._closed or len(self._waiting) >= MOST_WAITING:
            return service.refuse(ServiceUnavailable(FULL), call.request_id, call.protocol)
        scope = None if call.token is None else call.token.scope
        duplicate = scope is not None and service.in_flight.enter(scope)
        place = _Place(call, self._loop.create_future(), scope, duplicate)
        self._waiting.append(place)
        if not self._running:
            self._running = True
            # Not at once: requests that this turn of the loop has read join the same group.
            self._loop.call_soon(self._run)
        wait = settings.in_flight_wait if duplicate else settings.request_deadline
        timer = self._loop.call_later(wait, self._give_up, place)
        try:
            return await place.answered
        finally:
            timer.cancel()
            if not place.began:
                self._leave(place)

    async def close(self) -> None:
        """Let the calls that wait be answered, then stop."""
        self._closed = True
        self._sweep_timer.cancel()
        if self._running:
            await self._idle.wait()
        self._inspector.stop()
        self._commits.close()
        self._chores.shutdown()

    def _run(self) -> None:
        places = self._next_places()
        if not places:
            self._running = False
            if self._closed:
                self._idle.set()
            return
        try:
            group = self._service.engine.begin(0.0)
        except ServiceError as error:
            self._refuse(places, error)
            self._loop.call_soon(self._run)
            return
        if group is None:
            # A chore has the writer for a moment.
            self._waiting.extendleft(reversed(places))
            self._loop.call_later(0.002, self._run)
            return
        answers = [self._performed(group, place) for place in places]
        if self._service.engine.in_memory:
            # One connection serves readers too, and there is no disk to wait for.
            self._committed(group, _outcome(group.commit), places, answers)
            return
        self._commits.start(
            group.commit, lambda error: self._committed(group, error, places, answers)
        )

    def _performed(self, group: Group, place: _Place) -> HttpResponse:
        place.began = True
        return self._service.perform_in(group, place.call)

    def _committed(
        self,
        group: Group,
        error: BaseException | None,
        places: list[_Place],
        answers: list[HttpResponse],
    ) -> None:
        group.end()
        if error is not None:
            self._refuse(places, error)
        else:
            for place, answer in zip(places, answers, strict=True):
                if not place.answered.done():
                    place.answered.set_result(answer)
        for place in places:
            self._leave(place)
        self._start_checkpoint()
        self._start_audit(0 if error is not None else len(places))
        self._loop.call_soon(self._run)

    def _leave(self, place: _Place) -> None:
        # A call that was given up, or whose client left, holds its token until its group has ended.
        if place.scope is not None:
            self._service.in_flight.leave(place.scope)

    def _next_places(self) -> list[_Place]:
        places: list[_Place] = []
        while self._waiting and len(places) < LARGEST_GROUP:
            place = self._waiting.popleft()
            if not place.answered.done():
                places.append(place)
        return places

    def _refuse(self, places: list[_Place], error: BaseException) -> None:
        for place in places:
            if not place.answered.done():
                failure = error if isinstance(error, Exception) else RuntimeError(str(error))
                place.answered.set_result(self._told(place, failure))

    def _give_up(self, place: _Place) -> None:
        if place.answered.done():
            return
        if place.began and not place.duplicate:
            error: ServiceError = InternalServerException(UNKNOWN_OUTCOME)
        else:
            error = self._service.gave_up_waiting(duplicate=place.duplicate)
        place.answered.set_result(self._told(place, error))

    def _told(self, place: _Place, error: Exception) -> HttpResponse:
        call = place.call
        return self._service.refuse(error, call.request_id, call.protocol)

    def _start_checkpoint(self) -> None:
        idle = self._checkpoint is None or self._checkpoint.done()
        if idle and self._service.engine.wants_checkpoint:
            checkpoint = self._service.engine.checkpoint
            self._checkpoint = self._loop.run_in_executor(self._chores, checkpoint)

    def _start_audit(self, records: int) -> None:
        # Not to be mistaken for SQLite's checkpoint above: this one is signed and kept elsewhere.
        audit = self._service.audit_checkpoints
        if audit.due(records) and (self._audit is None or self._audit.done()):
            self._audit = self._loop.run_in_executor(self._chores, audit.write)

    def _sweep(self) -> None:
        if self._closed:
            return
        self._loop.run_in_executor(self._chores, self._sweep_all)
        self._sweep_timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep_all(self) -> None:
        try:
            # Each part is short, and others may write between two of them.
            while self._service.sweep() and not self._closed:
                pass
        except Exception as error:  # noqa: BLE001 - a chore that fails is tried again in a minute
            log.warning("what has expired could not be swept: %s", type(error).__name__)


class _Committer:
    """A thread that commits: an executor's futures would cost each group two turns of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._work: SimpleQueue[tuple[Callable[[], None], Told] | None] = SimpleQueue()
        # A daemon, so that a process whose server was never closed can end.
        self._thread = Thread(target=self._live, name="larum-commit", daemon=True)
        self._thread.start()

    def start(self, commit: Callable[[], None], told: Told) -> None:
        """Run `commit`, then call `told` on the loop with what it raised, or None."""
        self._work.put((commit, told))

    def close(self) -> None:
        """Return when everything that was started is done and the thread has ended."""
        self._work.put(None)
        self._thread.join()

    def _live(self) -> None:
        while (work := self._work.get()) is not None:
            commit, told = work
            error = _outcome(commit)
            try:
                self._loop.call_soon_threadsafe(told, error)
            except RuntimeError:
                log.warning("a commit ended after its server")


def _outcome(work: Callable[[], None]) -> BaseException | None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - told to every caller of the group
        return error
    return None
