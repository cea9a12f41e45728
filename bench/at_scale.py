"""Reads of a large store against the same reads of a small one: what grows with the installation.

Two servers run all the time, one on each store, and take each load one right after the other. One
account of either store has a tenth as many cancelled memberships as there are accounts.

GetMembership is measured twice. By any account: the large store's are all of different callers in a
round, so that keys and rows come from the file; the small store has only its 1,000 callers. By as
many: 1,000 callers in both, others in every round, so that only the store differs. The pages of
ListMemberships are all of the account with the many, and full.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from bench import requests, servers
from bench.figures import Bar, Figure, Held, Result, Size
from bench.load import Plan, run
from bench.over_http import Measured
from bench.population import HOARDER, Population, populate
from bench.requests import Signer, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.servers import Server

FEW: Final = 1_000
CANCELLED_OF: Final = 10
CALLERS: Final = 20_000
CALLERS_OF_ROUND: Final = 5_000
DEEP_PAGES: Final = 200
MANY, ONE = 64, 1
SECONDS: Final = 0.5
MOST: Final = 2.0
ANY, AS_MANY = "GetMembership by any account", "GetMembership by 1,000 accounts"
FIRST, DEEP = "ListMemberships, first page", "ListMemberships, deep page"
GETS: Final = {ANY: CALLERS_OF_ROUND, AS_MANY: FEW}
KINDS: Final = (ANY, AS_MANY, FIRST, DEEP)
TITLE: Final = "{}, {} connection{}, p50: {:,} accounts ÷ {:,}"


@dataclass(slots=True)
class Candidate:
    """A server, what its store holds, and the tokens of HOARDER's full pages, newest first."""

    server: Server
    population: Population
    calling: list[int]
    tokens: list[str] = field(default_factory=list)

    def requests(self, what: str, chance: random.Random) -> list[bytes]:
        """Return signed requests of one kind, in an order that `chance` decides."""
        target, now = Target(self.server.address), datetime.now(UTC)
        hoarder = Signer(HOARDER)
        if what in GETS:
            numbers = chance.sample(self.calling, min(GETS[what], len(self.calling)))
            return [
                requests.get_membership(target, Signer(n), now, self.population.membership_id(n))
                for n in numbers
            ]
        if what == FIRST:
            return [requests.list_memberships(target, hoarder, now)]
        tokens = chance.sample(self.tokens, min(DEEP_PAGES, len(self.tokens)))
        return [requests.list_memberships(target, hoarder, now, token) for token in tokens]


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Run the rounds on two new stores in `directory`; `say` is told how far they are."""
    now, measured = datetime.now(UTC), Measured()
    with ExitStack() as running:
        candidates = []
        for count in (FEW, size.stored):
            data = directory / f"stored-{count}"
            population = Population(count, count // CANCELLED_OF, CALLERS, now)
            populate(data, population, say)
            server = running.enter_context(servers.larum_serve(data))
            candidates.append(Candidate(server, population, population.calling()))
        for each in candidates:
            say(f"walking {each.population.cancelled:,} memberships, page by page")
            each.tokens = _walk(each)
        for number in range(size.rounds):
            say(f"round {number + 1} of {size.rounds}")
            _round(candidates, measured, number)
        resident = [each.server.resident_bytes() / 1e6 for each in candidates]
    figures = (*measured.figures(), *_figures(candidates, resident))
    return Result(_held(measured, FEW, size.stored), figures)


def _round(candidates: list[Candidate], measured: Measured, number: int) -> None:
    """Load both servers with each kind; which of them is first alternates with the rounds."""
    chance = random.Random(number)  # noqa: S311 - repeatable, no secret
    in_turn = candidates if number % 2 else candidates[::-1]
    for what in KINDS:
        for connections in (MANY, ONE):
            for each in in_turn:
                built = each.requests(what, chance)
                server = each.server
                plan = Plan(servers.HOST, server.port, connections, SECONDS, built, repeat=True)
                measured.load(_named(what, connections, each.population.accounts), server, plan)


def _walk(candidate: Candidate) -> list[str]:
    """Return the tokens of all pages of HOARDER's memberships but the last, which is not full."""
    server, found = candidate.server, 0
    target = Target(server.address)
    tokens: list[str] = []
    while True:
        after = tokens[-1] if tokens else None
        built = requests.list_memberships(target, Signer(HOARDER), datetime.now(UTC), after)
        (body,) = run(
            Plan(servers.HOST, server.port, ONE, SECONDS, [built], keep_bodies=True)
        ).bodies
        page = msgspec.json.decode(body)
        found += len(page["items"])
        if "nextToken" not in page:
            break
        tokens.append(page["nextToken"])
    if found != candidate.population.cancelled + 1:
        message = f"the pages held {found:,} memberships"
        raise RuntimeError(message)
    return tokens[:-1]


def _named(what: str, connections: int, accounts: int) -> str:
    return f"{what}, {connections} of {accounts:,}"


def _held(measured: Measured, small: int, large: int) -> tuple[Held, ...]:
    held = []
    for what in KINDS:
        for connections in (MANY, ONE):
            title = TITLE.format(what, connections, "" if connections == ONE else "s", large, small)
            pairs = zip(
                measured.medians(_named(what, connections, large)),
                measured.medians(_named(what, connections, small)),
                strict=True,
            )
            values = tuple(own / other for own, other in pairs)
            held.append(Held(Bar(title, MOST, at_least=False), values))
    return tuple(held)


def _figures(candidates: list[Candidate], resident: list[float]) -> list[Figure]:
    return [
        Figure(f"resident memory, {each.population.accounts:,} accounts", "MB", (megabytes,))
        for each, megabytes in zip(candidates, resident, strict=True)
    ]
