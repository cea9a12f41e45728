"""Creates and reads over HTTP, against the echo, the journal, one commit and moto's server.

Every candidate runs all the time and is loaded in turn, once in each round; a ratio is made of two
measurements of the same round, a second or so apart.
"""

from __future__ import annotations

import shutil
import statistics
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from bench import requests, servers
from bench.figures import Bar, Figure, Held, Result, Size
from bench.load import Outcome, Plan, drive, together
from bench.peers.commit import Commits
from bench.requests import Signer, Target
from bench.seeding import seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.servers import Server

JOURNAL: Final = Bar("CreateMembership, 64 connections ÷ bare journal", 0.5, at_least=True)
PEER_CREATE: Final = Bar("CreateMembership, 64 connections ÷ moto create", 12, at_least=True)
ALONE: Final = Bar("CreateMembership, 1 connection p50 ÷ (commit + echo)", 2.5, at_least=False)
ECHO: Final = Bar("GetMembership, 64 connections ÷ bare echo", 0.45, at_least=True)
PEER_GET: Final = Bar("GetMembership, 64 connections ÷ moto get", 30, at_least=True)

READERS: Final = 1_000
MANY, SOME, ONE = 64, 16, 1
# Creates of one round by connections: about a second each. They use up as many accounts.
CREATES: Final = {MANY: 6_000, SOME: 3_000, ONE: 400}
COMMITS: Final = 300
SLICES: Final = 5
SECONDS: Final = 1.0
PEER_SECONDS: Final = 2.0
MOST_SECONDS: Final = 20.0
MICRO: Final = 1e6


@dataclass(slots=True)
class Measured:
    """What a candidate did in each round, by name."""

    outcomes: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    commits: list[float] = field(default_factory=list)

    def load(self, name: str, server: Server, plan: Plan) -> Outcome:
        """Run the plan; note the outcome and the server's CPU time per request, in seconds."""
        before = server.cpu_seconds()
        outcome = self.send(name, plan)
        self.note(name, outcome, server.cpu_seconds() - before)
        return outcome

    def send(self, name: str, plan: Plan) -> Outcome:
        """Run the plan; raises RuntimeError unless every request succeeded."""
        outcome = drive(plan)
        if any(status >= 300 for status in outcome.statuses):  # noqa: PLR2004 - all but success
            message = f"{name} was answered {outcome.statuses}"
            raise RuntimeError(message)
        return outcome

    def note(self, name: str, outcome: Outcome, spent: float) -> None:
        """Keep a round's outcome, for which the server spent that CPU time, in seconds."""
        self.outcomes[name].append(outcome)
        self.cpu[name].append(spent / outcome.count)

    def rates(self, name: str) -> list[float]:
        """Return answers per second, by round."""
        return [outcome.rate for outcome in self.outcomes[name]]

    def medians(self, name: str) -> list[float]:
        """Return the median latency in seconds, by round."""
        return [outcome.latency(0.5) for outcome in self.outcomes[name]]

    def figures(self) -> list[Figure]:
        """Return rate, latencies and CPU times of every name."""
        found = []
        for name, outcomes in self.outcomes.items():
            millis = [outcome.latency(0.5) * 1e3 for outcome in outcomes]
            slowest = [outcome.latency(0.99) * 1e3 for outcome in outcomes]
            load = [outcome.cpu_seconds / outcome.count * MICRO for outcome in outcomes]
            cpu = [each * MICRO for each in self.cpu[name]]
            found += [
                Figure(name, "requests/s", tuple(self.rates(name))),
                Figure(name, "p50 ms", tuple(millis)),
                Figure(name, "p99 ms", tuple(slowest)),
                Figure(name, "server's CPU µs", tuple(cpu)),
                Figure(name, "generator's CPU µs", tuple(load)),
            ]
        return found


@dataclass(slots=True)
class Candidates:
    """The servers of a run, and which accounts have not been used yet."""

    larum: Server
    echo: Server
    journal: Server
    moto: Server
    commits: Commits
    membership_ids: list[str] = field(default_factory=list)
    detector_id: str = ""
    used: int = 0

    def take(self, count: int) -> range:
        """Return the numbers of `count` accounts without a membership."""
        taken = range(self.used, self.used + count)
        self.used += count
        return taken


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Run the rounds in `directory`; `say` is told how far they are."""
    accounts = READERS + size.rounds * sum(CREATES.values())
    say(f"seeding {accounts:,} accounts")
    seed(directory / "larum", range(accounts))
    shutil.copytree(directory / "larum", directory / "journal")
    measured = Measured()
    with ExitStack() as running:
        start = running.enter_context
        body = requests.membership_body(Signer(0))
        commits = Commits(directory / "commits.db", body, COMMITS // SLICES)
        running.callback(commits.close)
        candidates = Candidates(
            larum=start(servers.larum_serve(directory / "larum")),
            echo=start(servers.peer("echo")),
            journal=start(
                servers.peer("journal", str(directory / "journal"), str(directory / "lines"))
            ),
            moto=start(servers.moto()),
            commits=commits,
        )
        _prepare(candidates)
        for each in range(size.rounds):
            say(f"round {each + 1} of {size.rounds}")
            _round(candidates, measured)
    return Result(_held(measured), _figures(measured))


def _prepare(candidates: Candidates) -> None:
    """Make what the readers read; it warms the servers too."""
    now = datetime.now(UTC)
    numbers = candidates.take(READERS)
    made = drive(_creates(candidates.larum, numbers, ONE, keep_bodies=True))
    candidates.membership_ids = [msgspec.json.decode(each)["membershipId"] for each in made.bodies]
    target = Target(candidates.moto.address, "guardduty")
    create = requests.create_detector(target, Signer(0), now)
    detectors = drive(_plan(candidates.moto, [create], ONE, keep_bodies=True))
    candidates.detector_id = msgspec.json.decode(detectors.bodies[0])["detectorId"]


def _round(candidates: Candidates, measured: Measured) -> None:
    larum, echo, journal = candidates.larum, candidates.echo, candidates.journal
    now = datetime.now(UTC)
    numbers = candidates.take(CREATES[MANY])
    measured.load("create 64", larum, _creates(larum, numbers, MANY))
    measured.load("journal 64", journal, _creates(journal, numbers, MANY))
    _load_moto(candidates, measured)
    numbers = candidates.take(CREATES[SOME])
    measured.load("create 16", larum, _creates(larum, numbers, SOME))
    measured.load("journal 16", journal, _creates(journal, numbers, SOME))
    _load_one_by_one(candidates, measured)
    for connections in (MANY, ONE):
        gets = _gets(candidates, larum, now)
        measured.load(f"get {connections}", larum, _plan(larum, gets, connections, repeat=True))
    gets = _gets(candidates, echo, now)
    measured.load("echo 64", echo, _plan(echo, gets, MANY, repeat=True))


def _load_one_by_one(candidates: Candidates, measured: Measured) -> None:
    """Load with one connection, in slices by turns: how long a sync takes changes by the second."""
    commits: list[float] = []
    servers_by_name = {
        "create 1": candidates.larum,
        "journal 1": candidates.journal,
        "echo 1": candidates.echo,
    }
    slices: dict[str, list[Outcome]] = {name: [] for name in servers_by_name}
    before = {name: server.cpu_seconds() for name, server in servers_by_name.items()}
    for _ in range(SLICES):
        numbers = candidates.take(CREATES[ONE] // SLICES)
        for name, server in servers_by_name.items():
            slices[name].append(measured.send(name, _creates(server, numbers, ONE)))
        commits += candidates.commits.seconds()
    measured.commits.append(statistics.median(commits))
    for name, server in servers_by_name.items():
        spent = server.cpu_seconds() - before[name]
        measured.note(name, together(slices[name]), spent)


def _load_moto(candidates: Candidates, measured: Measured) -> None:
    moto, now = candidates.moto, datetime.now(UTC)
    target = Target(moto.address, "guardduty")
    create = requests.create_detector(target, Signer(0), now)
    get = requests.get_detector(target, Signer(0), now, candidates.detector_id)
    for name, request in (("moto create 64", create), ("moto get 64", get)):
        plan = _plan(moto, [request], MANY, repeat=True, seconds=PEER_SECONDS)
        measured.load(name, moto, plan)


def _creates(
    server: Server, numbers: range, connections: int, *, keep_bodies: bool = False
) -> Plan:
    target, now = Target(server.address), datetime.now(UTC)
    built = [requests.create_membership(target, Signer(each), now) for each in numbers]
    return _plan(server, built, connections, seconds=MOST_SECONDS, keep_bodies=keep_bodies)


def _gets(candidates: Candidates, server: Server, now: datetime) -> list[bytes]:
    target = Target(server.address)
    return [
        requests.get_membership(target, Signer(number), now, membership_id)
        for number, membership_id in enumerate(candidates.membership_ids)
    ]


def _plan(
    server: Server,
    built: list[bytes],
    connections: int,
    *,
    seconds: float = SECONDS,
    repeat: bool = False,
    keep_bodies: bool = False,
) -> Plan:
    return Plan(servers.HOST, server.port, connections, seconds, built, repeat, keep_bodies)


def _held(measured: Measured) -> tuple[Held, ...]:
    def by_rate(bar: Bar, name: str, peer: str) -> Held:
        pairs = zip(measured.rates(name), measured.rates(peer), strict=True)
        return Held(bar, tuple(own / other for own, other in pairs))

    alone = zip(
        measured.medians("create 1"), measured.commits, measured.medians("echo 1"), strict=True
    )
    return (
        by_rate(JOURNAL, "create 64", "journal 64"),
        by_rate(PEER_CREATE, "create 64", "moto create 64"),
        Held(ALONE, tuple(create / (commit + echo) for create, commit, echo in alone)),
        by_rate(ECHO, "get 64", "echo 64"),
        by_rate(PEER_GET, "get 64", "moto get 64"),
    )


def _figures(measured: Measured) -> tuple[Figure, ...]:
    commits = tuple(each * 1e3 for each in measured.commits)
    return (*measured.figures(), Figure("SQLite commit alone", "p50 ms", commits))
