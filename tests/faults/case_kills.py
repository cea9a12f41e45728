"""A server that is killed under the load of all operations, and a model beside each client.

Each client has an account of its own, so that its model (tests/conformance) knows what must be
answered. A call without an answer is made again until there is one: with its client token, or
because making it twice is the same as once. Then it has happened, exactly once.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from random import Random
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from larum.service import Service
from tests.conformance.crashing_server import CrashingServer, Template
from tests.conformance.service_driver import Driver
from tests.conformance.service_machine import EVERY_STEP, UNLIKE_AGAIN, possible
from tests.conformance.service_model import ALONE, OPERATOR, Caller, ServiceModel
from tests.conformance.whole_model import OPERATIONS
from tests.store.promises import broken_promises

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLIENTS = 8
ACCOUNTS = [f"{920_000_000_000 + number}" for number in range(CLIENTS)]
# So that a client has few cases, and does much to each.
LIMITS = {
    "activeSelfManagedCases": 3,
    "activeServiceManagedCases": 3,
    "serviceManagedCasesPerDay": 12,
}
# Reading is what `look_at_everything` does at the end; a list is read whole or not at all.
WEIGHTS = {
    name: often * (1 if name.rpartition(":")[2].startswith(("Get", "List", "Batch")) else 4)
    for name, (often, _) in EVERY_STEP.items()
    if name not in UNLIKE_AGAIN and name != "bytes:Download"
}


@dataclass
class Result:
    """What the test found."""

    kills: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    without_answer: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Tell it in one line."""
        return (
            f"{self.kills} kills, {self.answered.total()} answers of {len(self.answered)} "
            f"operations, {self.without_answer} calls without one, {len(self.faults)} faults"
        )


@dataclass
class Client:
    """A thread that does anything with its account."""

    driver: Driver
    caller: Caller
    random: Random
    alive: threading.Event
    ended: threading.Event
    without_answer: int = 0
    fault: str = ""

    def live(self) -> None:
        """Make one call after the other, each until it is answered."""
        model = self.driver.model
        while not self.ended.is_set() and not self.fault:
            (wanted,) = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
            operation = possible(self.random, model, self.caller, wanted)
            if operation in UNLIKE_AGAIN:
                continue
            params = EVERY_STEP[operation][1](self.random, model, self.caller)
            by = OPERATOR if operation.startswith("larum:") else self.caller
            while not self.fault:
                self.alive.wait(60)
                try:
                    self.driver.call(by, operation, params)
                except (BotoCoreError, ClientError, OSError, HTTPException):
                    self.without_answer += 1
                    time.sleep(0.005)
                except AssertionError as error:
                    self.fault = str(error)
                else:
                    break


def kill_under_every_operation(
    directory: Path, seed: int, kills: int, program: Sequence[str] | None = None
) -> Result:
    """Kill a server under load `kills` times; return what was not as the models say."""
    template = Template(directory / "template", LIMITS, ACCOUNTS)
    alive, ended, result = threading.Event(), threading.Event(), Result()
    with CrashingServer(template, directory / "data", program) as server:
        clients = [
            Client(
                Driver(
                    ServiceModel(dict.fromkeys(ACCOUNTS, ALONE), OPERATIONS, LIMITS), server.client
                ),
                Caller(account),
                Random(f"{seed}/{account}"),
                alive,
                ended,
            )
            for account in ACCOUNTS
        ]
        for each in clients:
            server.client(each.caller, "security-ir")
        server.client(OPERATOR, "larum")
        threads = [threading.Thread(target=each.live) for each in clients]
        for thread in threads:
            thread.start()
        random = Random(seed)
        for _ in range(kills):
            alive.set()
            time.sleep(random.uniform(0.1, 0.5))
            alive.clear()
            server.kill()
            server.restart()
            result.kills += 1
        alive.set()
        ended.set()
        for thread in threads:
            thread.join()
        result.faults += [each.fault for each in clients if each.fault]
        for each in clients:
            result.without_answer += each.without_answer
            _look(each, result)
    result.faults += _stored(directory / "data")
    return result


def _look(client: Client, result: Result) -> None:
    """Compare all that the client's account has now."""
    for (operation, error), times in client.driver.told.items():
        result.answered[operation] += times * (not error)
    if client.fault:
        return
    try:
        client.driver.model.kinds = {client.caller.account: ALONE}
        client.driver.look_at_everything()
    except AssertionError as error:
        result.faults.append(str(error))


def _stored(data: Path) -> list[str]:
    service = Service(data)
    try:
        return broken_promises(service)
    finally:
        service.close()
