"""Cases over HTTP, against the same server's memberships, and a long list against a short one.

Quotas are raised and the throttle is off. Creates: the accounts that open cases have memberships;
those that create memberships are new ones, so both begin with 1,000 callers' worth of work for the
caches. GetCase reads cases as full as they may be: 50 attachments, 30 watchers, 200 accounts.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

import msgspec

from bench import requests, servers
from bench.case_population import add_cases, add_whole_cases, case_id, raise_quotas
from bench.figures import Bar, Held, Result, Size
from bench.load import Outcome, Plan, run, together
from bench.over_http import Measured
from bench.population import HOARDER, Population, populate
from bench.requests import Signer, Target
from bench.seeding import seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.servers import Server

MANY, ONE = 64, 1
CALLERS: Final = 1_000
CREATES: Final = {MANY: 4_000, ONE: 400}
SLICES: Final = 5
SECONDS: Final = 0.5
MOST_SECONDS: Final = 20.0
FEW: Final = 1_000
DEEP_PAGES: Final = 200
CREATE_AT_LEAST, GET_AT_LEAST, LIST_AT_MOST = 0.7, 0.5, 2.0
FIRST, DEEP = "ListCases, first page", "ListCases, deep page"


@dataclass(slots=True)
class Pair:
    """One server: accounts 0 to CALLERS - 1 have a membership and a whole case, others neither."""

    server: Server
    population: Population
    fresh: count[int] = field(default_factory=lambda: count(CALLERS))
    opened: count[int] = field(default_factory=lambda: count(1))

    def requests(self, what: str, number: int) -> list[bytes]:
        """Return `number` signed requests of one kind: create or get, case or membership."""
        target, now = Target(self.server.address), datetime.now(UTC)
        if what == "CreateMembership":
            return [
                requests.create_membership(target, Signer(next(self.fresh)), now)
                for _ in range(number)
            ]
        signers = [Signer(each % CALLERS) for each in range(number)]
        if what == "CreateCase":
            return [requests.create_case(target, by, now, next(self.opened)) for by in signers]
        if what == "GetCase":
            return [requests.get_case(target, each, now, case_id(0)) for each in signers]
        return [
            requests.get_membership(target, by, now, self.population.membership_id(by.number))
            for by in signers
        ]


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Run the rounds of both parts in `directory`; `say` is told how far they are."""
    measured = Measured()
    held = [
        *_against_memberships(directory / "cases", size, measured, say),
        *_long_list(directory, size, measured, say),
    ]
    return Result(tuple(held), tuple(measured.figures()))


def _against_memberships(
    data: Path, size: Size, measured: Measured, say: Callable[[str], None]
) -> list[Held]:
    population = Population(CALLERS, 0, CALLERS, datetime.now(UTC))
    say(f"writing {CALLERS:,} whole cases")
    populate(data, population, say)
    seed(data, range(CALLERS, CALLERS + size.rounds * sum(CREATES.values())))
    raise_quotas(data)
    add_whole_cases(data, population, CALLERS)
    with servers.larum_serve(data) as server:
        pair = Pair(server, population)
        for each in range(size.rounds):
            say(f"round {each + 1} of {size.rounds}")
            _load_in_slices(pair, measured, ("CreateCase", "CreateMembership"), MANY)
            _load_in_slices(pair, measured, ("CreateCase", "CreateMembership"), ONE)
            for connections in (MANY, ONE):
                for what in ("GetCase", "GetMembership"):
                    plan = _plan(server, pair.requests(what, CALLERS), connections, repeat=True)
                    measured.load(f"{what} {connections}", server, plan)
    return [
        _by_rate(measured, own, other, connections, limit)
        for own, other, limit in (
            ("CreateCase", "CreateMembership", CREATE_AT_LEAST),
            ("GetCase", "GetMembership", GET_AT_LEAST),
        )
        for connections in (MANY, ONE)
    ]


def _load_in_slices(
    pair: Pair, measured: Measured, kinds: tuple[str, ...], connections: int
) -> None:
    """Load by turns, as how long a sync takes changes by the second."""
    server = pair.server
    slices: dict[str, list[Outcome]] = {what: [] for what in kinds}
    spent = dict.fromkeys(kinds, 0.0)
    for _ in range(SLICES):
        for what in kinds:
            built = pair.requests(what, CREATES[connections] // SLICES)
            before = server.cpu_seconds()
            plan = _plan(server, built, connections, seconds=MOST_SECONDS)
            slices[what].append(measured.send(what, plan))
            spent[what] += server.cpu_seconds() - before
    for what in kinds:
        measured.note(f"{what} {connections}", together(slices[what]), spent[what])


@dataclass(slots=True)
class Listing:
    """A server, how many cases its one account has, and the tokens of their full pages."""

    server: Server
    cases: int
    tokens: list[str] = field(default_factory=list)

    def requests(self, what: str, chance: random.Random) -> list[bytes]:
        """Return signed requests of the first page, or of pages that `chance` picks."""
        target, now, signer = Target(self.server.address), datetime.now(UTC), Signer(HOARDER)
        if what == FIRST:
            return [requests.list_cases(target, signer, now)]
        tokens = chance.sample(self.tokens, min(DEEP_PAGES, len(self.tokens)))
        return [requests.list_cases(target, signer, now, token) for token in tokens]

    def walk(self) -> None:
        """Keep the tokens of all pages but the last, which may not be full; count the cases."""
        found, target = 0, Target(self.server.address)
        while True:
            after = self.tokens[-1] if self.tokens else None
            built = requests.list_cases(target, Signer(HOARDER), datetime.now(UTC), after)
            (body,) = run(_plan(self.server, [built], ONE, keep_bodies=True)).bodies
            page = msgspec.json.decode(body)
            found += len(page["items"])
            if "nextToken" not in page:
                break
            self.tokens.append(page["nextToken"])
        if found != self.cases:
            message = f"the pages held {found:,} cases"
            raise RuntimeError(message)
        self.tokens.pop()


def _long_list(
    directory: Path, size: Size, measured: Measured, say: Callable[[str], None]
) -> list[Held]:
    # The cases are a millisecond apart, and none of them is of the future.
    now = datetime.now(UTC) - timedelta(milliseconds=size.stored)
    with ExitStack() as running:
        listings = []
        for cases in (FEW, size.stored):
            data, population = directory / f"listed-{cases}", Population(1, 0, 0, now)
            populate(data, population, say)
            add_cases(data, population, cases, say)
            listings.append(Listing(running.enter_context(servers.larum_serve(data)), cases))
        for each in listings:
            say(f"walking {each.cases:,} cases, page by page")
            each.walk()
        for number in range(size.rounds):
            say(f"round {number + 1} of {size.rounds}")
            _list(listings if number % 2 else listings[::-1], measured, number)
    return [
        _by_latency(measured, what, connections, size.stored)
        for what in (FIRST, DEEP)
        for connections in (MANY, ONE)
    ]


def _list(in_turn: list[Listing], measured: Measured, number: int) -> None:
    chance = random.Random(number)  # noqa: S311 - repeatable, no secret
    for what in (FIRST, DEEP):
        for connections in (MANY, ONE):
            for each in in_turn:
                plan = _plan(each.server, each.requests(what, chance), connections, repeat=True)
                measured.load(f"{what}, {connections} of {each.cases:,}", each.server, plan)


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


def _by_rate(measured: Measured, own: str, other: str, connections: int, limit: float) -> Held:
    title = f"{own}, {_connections(connections)} ÷ {other}"
    pairs = zip(
        measured.rates(f"{own} {connections}"),
        measured.rates(f"{other} {connections}"),
        strict=True,
    )
    return Held(Bar(title, limit, at_least=True), tuple(mine / its for mine, its in pairs))


def _by_latency(measured: Measured, what: str, connections: int, large: int) -> Held:
    title = f"{what}, {_connections(connections)}, p50: {large:,} cases ÷ {FEW:,}"
    pairs = zip(
        measured.medians(f"{what}, {connections} of {large:,}"),
        measured.medians(f"{what}, {connections} of {FEW:,}"),
        strict=True,
    )
    bar = Bar(title, LIST_AT_MOST, at_least=False)
    return Held(bar, tuple(mine / its for mine, its in pairs))


def _connections(number: int) -> str:
    return f"{number} connection{'' if number == ONE else 's'}"
