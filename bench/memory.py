"""How much memory a server keeps after many accounts have each made a membership."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bench import requests, servers
from bench.figures import Bar, Figure, Held, Result, Size
from bench.load import Plan, drive
from bench.requests import Signer, Target
from bench.seeding import seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RESIDENT: Final = "Resident memory after {:,} creates by as many accounts"
MOST: Final = 90
CONNECTIONS: Final = 64
AT_ONCE: Final = 10_000
MOST_SECONDS: Final = 120.0
CREATED: Final = 201


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Make a membership for each of `size.accounts` accounts on one fresh server."""
    say(f"seeding {size.accounts:,} accounts")
    seed(directory / "memory", range(size.accounts))
    with servers.larum_serve(directory / "memory") as server:
        at_start = server.resident_bytes() / 1e6
        for first in range(0, size.accounts, AT_ONCE):
            say(f"{first:,} of {size.accounts:,} creates")
            _create(server, range(first, min(first + AT_ONCE, size.accounts)))
        resident = server.resident_bytes() / 1e6
    bar = Bar(RESIDENT.format(size.accounts), MOST, at_least=False, unit="MB")
    return Result(
        (Held(bar, (resident,)),), (Figure("resident memory at start", "MB", (at_start,)),)
    )


def _create(server: servers.Server, numbers: range) -> None:
    target, now = Target(server.address), datetime.now(UTC)
    built = [requests.create_membership(target, Signer(each), now) for each in numbers]
    outcome = drive(Plan(servers.HOST, server.port, CONNECTIONS, MOST_SECONDS, built))
    if outcome.statuses != {CREATED: len(numbers)}:
        message = f"the creates were answered {outcome.statuses}"
        raise RuntimeError(message)
