"""What deciding costs: a principal with ten policies of twenty statements against root.

The access stage is measured alone, in this process: signature, throttle and policies, with the
statement of the store that asks what has changed. What it is held against is the whole processor
time that a server spends on a root's GetMembership in the same round. Then the same server is read
by such principals and by root, by turns; each has been there once before, as the first request of
a principal compiles its policies.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

import msgspec
from msgspec.structs import replace

from bench import requests, servers
from bench.figures import Bar, Figure, Held, Result, Size
from bench.grants import grant
from bench.load import Plan, drive
from bench.over_http import Measured
from bench.requests import Signer, Target
from bench.seeding import add
from larum.access.throttle import MODES, Throttle
from larum.calls import Call
from larum.service import Service
from larum.settings import Settings
from larum.wire.http import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.servers import Server
    from larum.store.engine import Transaction

STAGE: Final = Bar(
    "access stage, 200 statements ÷ GetMembership's CPU as root", 0.6, at_least=False
)
RATE: Final = Bar("GetMembership, 200 statements ÷ as root", 0.6, at_least=True)
CALLERS: Final = 20
USERS: Final = 1_000_000  # the keys of users have numbers from here on
CONNECTIONS: Final = 64
SECONDS: Final = 1.0
CALLS: Final = 2_000
MICRO: Final = 1e6
ROOT, USER = "GetMembership as root", "GetMembership under 200 statements"


class _UserSigner(Signer):
    """The key of the user in the account of that number."""

    @property
    def access_key_id(self) -> str:
        """The access key id of the user."""
        return Signer(USERS + self.number).access_key_id


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Run the rounds in `directory`; `say` is told how far they are."""
    data = directory / "access"
    say(f"seeding {CALLERS} principals with their policies")
    service = Service(data, Settings())
    try:
        _seed(service, CALLERS)
    finally:
        service.close()
    measured, stages = Measured(), []
    with servers.larum_serve(data) as server, _Alone() as alone:
        ids = _make_memberships(server)
        drive(replace(_gets(server, _UserSigner, ids), repeat=False, seconds=30.0))
        for each in range(size.rounds):
            say(f"round {each + 1} of {size.rounds}")
            for name, signer in ((ROOT, Signer), (USER, _UserSigner)):
                measured.load(name, server, _gets(server, signer, ids))
            stages.append(alone.seconds())
    ratios = [stage / whole for stage, whole in zip(stages, measured.cpu[ROOT], strict=True)]
    rates = zip(measured.rates(USER), measured.rates(ROOT), strict=True)
    figures = (
        Figure("access stage, 200 statements", "µs", tuple(each * MICRO for each in stages)),
        *measured.figures(),
    )
    held = (Held(STAGE, tuple(ratios)), Held(RATE, tuple(user / root for user, root in rates)))
    return Result(held, figures)


def _seed(service: Service, callers: int) -> None:
    add(service, range(callers))
    grant(service, [_UserSigner(number) for number in range(callers)])


def _make_memberships(server: Server) -> list[str]:
    target, now = Target(server.address), datetime.now(UTC)
    creates = [requests.create_membership(target, Signer(each), now) for each in range(CALLERS)]
    plan = Plan(servers.HOST, server.port, 1, SECONDS * 20, creates, keep_bodies=True)
    return [msgspec.json.decode(body)["membershipId"] for body in drive(plan).bodies]


def _gets(server: Server, signer: type[Signer], ids: list[str]) -> Plan:
    target, now = Target(server.address), datetime.now(UTC)
    built = [
        requests.get_membership(target, signer(number), now, membership_id)
        for number, membership_id in enumerate(ids)
    ]
    return Plan(servers.HOST, server.port, CONNECTIONS, SECONDS, built, repeat=True)


class _Alone:
    """The access stage of one principal's GetMembership, on a service in memory."""

    def __enter__(self) -> Self:
        """Open the service and make what is read."""
        self._service = service = Service(None, Settings(throttle="off"))
        _seed(service, 1)
        now, target = datetime.now(UTC), Target("localhost")
        made = service.handle(_request(requests.create_membership(target, Signer(0), now)))
        membership_id = msgspec.json.decode(made.body)["membershipId"]
        get = requests.get_membership(target, _UserSigner(0), now, membership_id)
        self._request = _request(get)
        prepared = service.prepare(self._request)
        if not isinstance(prepared, Call):
            message = "a GetMembership was refused"
            raise TypeError(message)
        self._call = prepared
        self._resource = prepared.entry.resource(prepared.caller, prepared.params)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the service."""
        self._service.close()

    def seconds(self) -> float:
        """Return the processor time of one call's stage; the transaction around it is not in it."""
        throttle = Throttle(MODES["off"])
        authentication = self._service._authentication  # noqa: SLF001 - the stage alone is measured
        permissions = self._service._permissions  # noqa: SLF001 - as above
        now, caller = datetime.now(UTC), self._call.caller
        services, key = frozenset({"security-ir"}), self._call.operation.key

        def before() -> None:
            authentication.caller(self._request, services, now)
            throttle.take(caller.account, caller.region, key, time.monotonic())
            permissions.prepare(caller)

        def inside(tx: Transaction) -> None:
            for _ in range(CALLS):
                permissions.authorize(self._call, self._resource, tx)

        begun = time.process_time()
        for _ in range(CALLS):
            before()
        self._service.engine.read(inside)
        return (time.process_time() - begun) / CALLS


def _request(raw: bytes) -> HttpRequest:
    """Return the request whose bytes these are."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.split(": ", 1) for line in lines)
    headers = tuple((name.lower(), value) for name, value in pairs)
    return HttpRequest(method, path, "", headers, body)
