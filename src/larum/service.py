"""The path of a request, and the only place that wires the parts together.

    prepare   request -> Call | HttpResponse   route, signature, throttle, parse, validate
    perform   call, tx -> HttpResponse         authorize, client token, operation, audit
    commit    by whoever holds the group: alone (`handle`) or many together (edge/group_commit.py)

Plain and synchronous: no socket, no event loop. Errors become answers in one place, `refuse`.
"""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from functools import partial
from typing import TYPE_CHECKING, Final

from larum import audit_trail, health, reads
from larum.access import keys, sigv4, throttle
from larum.access.policy.managed import MANAGED
from larum.audit_checkpoints import AuditCheckpoints
from larum.authentication import Authentication
from larum.calls import Call, Chore
from larum.client_tokens import ClientTokens
from larum.clock import Clock, utc_now
from larum.context import Context
from larum.domain import values
from larum.errors import (
    AccessDeniedException,
    InternalServerException,
    InvalidTokenException,
    SecurityIncidentResponseNotActiveException,
    ServiceError,
    UnknownOperationException,
    UnrecognizedClientException,
)
from larum.evidence import Evidence
from larum.failed_authentications import FailedAuthentications
from larum.installation import Installation
from larum.last_uses import LastUses
from larum.mfa_codes import MfaCodes
from larum.operations import SERVICES, Entry, escalations, sweep
from larum.operations.case_edits import Edited
from larum.page_tokens import PageTokens
from larum.permissions import Permissions
from larum.policy_texts import read_policy
from larum.role_sessions import RoleSessions
from larum.routes import Routes
from larum.settings import Settings
from larum.simulations import simulate
from larum.store import idempotency
from larum.store.engine import NOT_DONE
from larum.store.idempotency import InFlight
from larum.wire import protocols, rest_json
from larum.wire.http import HttpRequest, HttpResponse
from larum.wire.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from larum.context import Caller
    from larum.store.engine import Group, Transaction
    from larum.wire.protocols import WireProtocol

log = logging.getLogger(__name__)

# A key can be gone by the time that its request is performed.
DENIALS: Final = (AccessDeniedException, UnrecognizedClientException)
WRITES_PER_SWEEP: Final = 500
UNEXPECTED: Final = (
    "The server made a mistake; its log tells more. "
    "Send the same request with the same clientToken again."
)
IN_FLIGHT: Final = (
    "The request that clientToken names is still running. "
    "Send the same request again for its answer."
)


class Service:
    """One instance: a store, its settings, and the two service models that it answers."""

    def __init__(
        self,
        data: Path | None = None,
        settings: Settings | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
        vfs: str | None = None,
    ) -> None:
        """Open the data directory `data`, or a private store in memory for None.

        `clock()` gives the time in UTC and `steady()` seconds to hold it against (clock.py),
        `random(n)` n bytes, `vfs` names SQLite's file layer.
        Raises DirectoryRefused, SchemaRefused or WrongMasterKey where it cannot be used.
        """
        self.settings = settings or Settings()
        self._clock = Clock(clock, steady)
        self._random = random
        self.installation = Installation(data, self.settings, self._clock(), random, vfs)
        self.engine = self.installation.engine
        self.in_flight = InFlight()
        self._writes_alone = 0
        self._routes = Routes(SERVICES)
        self._validators = {each.name: Validator(each) for each in self._routes.models}
        self._permissions = Permissions(self.installation, self.settings)
        self._throttle = throttle.Throttle(throttle.MODES[self.settings.throttle])
        self._last_uses = LastUses(self.engine)
        master = self.installation.master_key
        self._mfa_codes = MfaCodes(keys.derive(master, "mfa-seeds"), random)
        self._authentication = Authentication(self.installation, self.settings, random)
        claimed, match = self._authentication.claimed_key, self._routes.match
        self.failed_authentications = FailedAuthentications(
            self.installation, self.settings, claimed, match, self._clock
        )
        self._client_tokens = ClientTokens(keys.derive(master, "fingerprint"))
        self._pages = PageTokens(keys.derive(master, "next-token"), random)
        self.audit_checkpoints = AuditCheckpoints(self.installation, self.settings, self._clock)
        self.evidence = Evidence(
            self.installation,
            self.settings,
            clock=self._clock,
            random=random,
            origin=lambda: self.data_origin(),  # noqa: PLW0108 - a service in process has its own
        )

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request by itself; may be called from many threads."""
        pending = self.prepare(request)
        if isinstance(pending, Call) and not pending.writes:
            pending = self.answer_read(pending)
        return pending if isinstance(pending, HttpResponse) else self._commit_alone(pending)

    def prepare(self, request: HttpRequest) -> Call | Chore | HttpResponse:
        """Do everything that needs no transaction; never raises."""
        request_id, protocol = self._new_request_id(), protocols.of_request(request)
        try:
            return self._prepare(request, request_id, protocol)
        except Exception as error:  # noqa: BLE001 - the last resort of one request
            answer = self.refuse(error, request_id, protocol)
            return self.failed_authentications.answered(request, error, answer, request_id)

    def answer_read(self, call: Call) -> HttpResponse | Chore:
        """Perform a call that only reads, on a snapshot of what is committed; never raises.

        A denial is a chore: it is answered when its record is durable.
        """
        try:
            return self.engine.read(partial(self._perform, call))
        except DENIALS as error:
            answer = self.refuse(error, call.request_id, call.protocol)
            return audit_trail.denied(call, error, answer)
        except Exception as error:  # noqa: BLE001 - the last resort of one request
            return self.refuse(error, call.request_id, call.protocol)

    def answer_reads(self, calls: Sequence[Call]) -> list[HttpResponse | Chore]:
        """Answer each as `answer_read` does, all of them on one snapshot; never raises."""
        return reads.answered(self.engine, self._perform, self.answer_read, calls)

    def perform_in(self, group: Group, call: Call | Chore) -> HttpResponse:
        """Perform a call in its own savepoint of `group`; never raises.

        A denial leaves its record and nothing else. The answer may be given to the caller only
        after the group has been committed, whatever it says: a refusal too was computed from what
        the group has not made durable yet.
        """
        try:
            return group.run(
                call.perform if isinstance(call, Chore) else partial(self._perform, call)
            )
        except DENIALS as error:
            answer = self.refuse(error, call.request_id, call.protocol)
            if isinstance(call, Chore):
                return answer
            return self.perform_in(group, audit_trail.denied(call, error, answer))
        except Exception as error:  # noqa: BLE001 - the last resort of one request
            return self.refuse(error, call.request_id, call.protocol)

    def refuse(
        self,
        error: Exception,
        request_id: str | None = None,
        protocol: WireProtocol = rest_json,
    ) -> HttpResponse:
        """Return the answer that tells the caller of `error`; what they may not know is logged."""
        request_id = request_id or self._new_request_id()
        if not isinstance(error, ServiceError):
            log.error("request %s failed with %s", request_id, _where(error))
            error = InternalServerException(UNEXPECTED)
        elif isinstance(error, InternalServerException):
            cause = error.__cause__ or error
            log.error("request %s: %s, from %s", request_id, error.message, _where(cause))
        return protocol.serialize_error(error, request_id)

    def body_limit(self, method: str, raw_path: str) -> int:
        """Return how many bytes the body of such a request may have."""
        return self._routes.body_limit(method, raw_path)

    def sweep(self) -> int:
        """Do some of what the time demands; return how much, 0 when nothing is left to do.

        Client tokens expire, memberships end in their time, findings that waited get their cases,
        old orders of cases are forgotten, and audit checkpoints are signed: after a leap of the
        clock these alone.
        """
        self.failed_authentications.write()
        self.audit_checkpoints.write()
        now = self._clock()
        if self._clock.has_leapt:
            return 0
        before = now - self.settings.termination_after

        def work(tx: Transaction) -> int:
            return sweep.once(sweep.Sweep(now, self._random, tx), before)

        def place(key: tuple[str, str, str], tx: Transaction) -> int:
            return escalations.place_waiting(sweep.Sweep(now, self._random, tx), key)

        self._last_uses.sweep(now)
        done = self.engine.write(work) + self.evidence.sweep()
        waiting = self.engine.read(escalations.memberships_with_waiting)
        return done + sum(self.engine.write(partial(place, key)) for key in waiting)

    def data_origin(self) -> str:
        """Return scheme, host and port of the URLs of attachments where no caller names them."""
        return f"http://{self.settings.host}:{self.settings.port}"

    def close(self) -> None:
        """Release the data directory."""
        self.failed_authentications.write()
        self.audit_checkpoints.write()
        self._last_uses.close(self._clock())
        self.installation.close()

    def _prepare(self, request: HttpRequest, request_id: str, protocol: WireProtocol) -> Call:
        now = self._clock()
        sigv4.check_raw_target(request.raw_path, request.raw_query)
        match = self._routes.match(request)
        services = self._routes.services(request, match)
        caller = self._authentication.caller(request, services, now)
        if match is None:
            message = f"No operation has {request.method} on this path."
            raise UnknownOperationException(message)
        operation, service = match.operation, match.service.name
        self._last_uses.note(caller, service, now)
        entry = SERVICES[service].get(operation.name)
        if entry is None:
            message = f"{operation.name} does not work here yet: see docs/coverage.md."
            raise UnknownOperationException(message)
        self._throttle.take(caller.account, caller.region, operation.key, time.monotonic())
        raw = protocol.parse_request(
            match, request.raw_query, request.header("content-type"), request.body
        )
        params = self._validators[service].validate(operation, raw)
        self._check_served(caller, entry)
        cursor = self._pages.opened(caller, operation, params, now)
        token = self._client_tokens.use(caller, operation, params)
        self._permissions.prepare(caller)
        return Call(
            request_id=request_id,
            now=now,
            caller=caller,
            source_ip=request.source_ip,
            service=service,
            operation=operation,
            entry=entry,
            params=params,
            cursor=cursor,
            token=token,
            origin=request.origin,
            secure=request.secure,
            user_agent=request.header("user-agent"),
        )

    def _check_served(self, caller: Caller, entry: Entry) -> None:
        if caller.region in self.settings.region or entry.everywhere:
            return
        message = (
            f"Security incident response is not active in {caller.region}. "
            f"This server serves {', '.join(self.settings.region)}."
        )
        raise SecurityIncidentResponseNotActiveException(message)

    def _perform(self, call: Call, tx: Transaction) -> HttpResponse:
        context = Context(
            caller=call.caller,
            operation=call.operation.name,
            request_id=call.request_id,
            source_ip=call.source_ip,
            now=call.now,
            random=self._random,
            issue_access_key=self.installation.credentials.issue,
            changing_access_key=self.installation.credentials.changing,
            attachment_urls=self.evidence.urls,
            read_policy=read_policy,
            simulate=partial(simulate, self._permissions),
            service_policies=MANAGED,
            last_used=self._last_uses.get,
            sessions=RoleSessions(self._authentication.tokens, self._permissions, call, tx),
            mfa_codes=self._mfa_codes,
            origin=call.origin,
            tx=tx,
            cursor=call.cursor,
            audit_key=self.audit_checkpoints.public_key,
            cancellation=self.settings.cancellation,
            coverage_delay=self.settings.coverage_delay,
        )
        resource = call.entry.resource(call.caller, call.params)
        if not call.entry.by_trust:
            self._permissions.authorize(call, resource, tx)
        earlier = self._replay(call, tx)
        outcome = self._outcome(call, context, earlier)
        if call.writes:
            audit_trail.changed(context, call, resource, outcome, replayed=earlier is not None)
        output = self._pages.sealed(
            call.caller, call.operation, call.params, call.now, outcome.output
        )
        return call.protocol.serialize_response(call.operation, output, call.request_id)

    def _outcome(self, call: Call, context: Context, earlier: str | None) -> Edited:
        entry = call.entry
        if earlier is not None:
            return Edited(entry.replayed(context, call.params, earlier))
        done = entry.function(context, call.params)
        outcome = done if isinstance(done, Edited) else Edited(done)
        if call.token is not None:
            made = outcome.made or outcome.output[entry.identifier]
            idempotency.record(context.tx, call.token.scope, made)
        return outcome

    def _replay(self, call: Call, tx: Transaction) -> str | None:
        if call.token is None:
            return None
        return idempotency.replay(
            tx,
            call.token,
            principal_arn=call.caller.principal.arn,
            resource_type=call.entry.makes,
            now=call.now,
            retention=self.settings.token_retention,
            expires=not self._clock.has_leapt,
        )

    def gave_up_waiting(self, *, duplicate: bool) -> ServiceError:
        """Return what a call that never got its turn is told; nothing was done for it."""
        return InvalidTokenException(IN_FLIGHT) if duplicate else InternalServerException(NOT_DONE)

    def health(self) -> HttpResponse:
        """Answer `/healthz`."""
        return health.health()

    def readiness(self) -> HttpResponse:
        """Answer `/readyz`."""
        return health.readiness(
            self.settings, self.engine.failure, clock_has_leapt=self._clock.has_leapt
        )

    def _commit_alone(self, call: Call | Chore) -> HttpResponse:
        duplicate = call.token is not None and self.in_flight.enter(call.token.scope)
        wait = self.settings.in_flight_wait if duplicate else self.settings.request_deadline
        try:
            with self.engine.turn(wait) as group:
                if group is None:
                    raise self.gave_up_waiting(duplicate=duplicate)
                answer = self.perform_in(group, call)
                group.commit()
        except ServiceError as error:
            return self.refuse(error, call.request_id, call.protocol)
        finally:
            if call.token is not None:
                self.in_flight.leave(call.token.scope)
        self._keep_house()
        return answer

    def _keep_house(self) -> None:
        # A server does this beside its requests (edge/group_commit.py); alone, they pay for it.
        if self.engine.wants_checkpoint:
            self.engine.checkpoint()
        self._writes_alone += 1
        if self._writes_alone % WRITES_PER_SWEEP == 0:
            try:
                self.sweep()
            except ServiceError as error:
                log.warning("what has expired could not be swept: %s", error.message)

    def _new_request_id(self) -> str:
        return values.request_id(self._random(values.RANDOM_BYTES))


def _where(error: BaseException) -> str:
    """Tell an error's kind and where it was raised; its text may quote a caller's values."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{frames}"
