"""Anything that callers can do to a server that crashes, against the model of all operations.

Real boto3, a real `larum serve`, a data directory. Every answer is compared: the output, or the
exception and its members. At any moment the server may be killed, also while it works on a call;
then everything acknowledged is still there, and the call, made again, has happened once.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections import Counter
from functools import cache
from http.client import HTTPException
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.conformance.crashing_server import (
    MEMBER,
    SECOND_REGION,
    STANDALONE,
    CrashingServer,
    Template,
)
from tests.conformance.evidence_steps import EVIDENCE_STEPS, without_url
from tests.conformance.responder_steps import RESPONDER_STEPS, without_work
from tests.conformance.service_audit import chains_of, faults
from tests.conformance.service_driver import Driver
from tests.conformance.service_model import (
    ALONE,
    MANAGEMENT,
    OPERATOR,
    Caller,
    Event,
    ServiceModel,
)
from tests.conformance.service_model import MEMBER as OF_ORGANIZATION
from tests.conformance.service_steps import STEPS, likelier
from tests.conformance.whole_model import OPERATIONS
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.conformance.service_model import Params

KINDS = {
    ADMINISTRATOR: MANAGEMENT,
    MEMBER: OF_ORGANIZATION,
    **dict.fromkeys(STANDALONE, ALONE),
}
# Small, so that they are reached.
LIMITS = {
    "activeSelfManagedCases": 3,
    "activeServiceManagedCases": 3,
    "serviceManagedCasesPerDay": 5,
}
ONE, OTHER = (Caller(each) for each in STANDALONE)
# Who calls: mostly two accounts that know nothing of each other.
CALLERS = (
    *([ONE] * 14),
    *([OTHER] * 5),
    *([Caller(ADMINISTRATOR)] * 2),
    Caller(MEMBER),
    Caller(STANDALONE[0], SECOND_REGION),
)
EVERY_STEP = STEPS | RESPONDER_STEPS | EVIDENCE_STEPS
OFTEN = [name for name, (often, _) in EVERY_STEP.items() for _ in range(often)]

# Made again these answer otherwise, and change nothing.
UNLIKE_AGAIN = {"bytes:Upload", "larum:IngestFindings"}
CALL, LOOK, CRASH, CRASH_AMIDST = "call", "look", "crash", "crash amidst"

whats = st.sampled_from((*[CALL] * 60, LOOK, CRASH, CRASH_AMIDST))
callers = st.sampled_from(CALLERS)
seeds = st.integers(0, 2**32 - 1)


@cache
def template() -> Template:
    """Return the directory that every example starts with."""
    return Template(Path(tempfile.mkdtemp(prefix="larum-machine-")) / "data", LIMITS)


def possible(random: Random, model: ServiceModel, caller: Caller, operation: str) -> str:
    """Return the operation, or at times one that has to come before it."""
    operation = without_url(model, caller, operation)
    if random.random() < 0.8:
        operation = without_work(model, caller, operation)
    return likelier(random, model, caller, operation)


class ServiceMachine(RuleBasedStateMachine):
    """One installation, from its first call to its last."""

    # What was answered in all examples: an operation, and an error's name or nothing.
    told: ClassVar[Counter[tuple[str, str]]] = Counter()
    # What the server's environment has beside this one's.
    environment: ClassVar[Mapping[str, str]] = {}
    # What is called, each as often as it stands here.
    often: ClassVar[Sequence[str]] = OFTEN
    # How often it is something that has not worked yet in the example.
    curiosity: ClassVar[float] = 0.2

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory(prefix="larum-machine-")
        self.server = CrashingServer(
            template(), Path(self.directory.name) / "data", environment=self.environment
        )
        self.steps = 0
        self.driver = Driver(ServiceModel(KINDS, OPERATIONS, LIMITS), self.server.client)

    def teardown(self) -> None:
        """Compare what was told to the world, and stop."""
        try:
            if not self.driver.differs:
                self.driver.look_at_everything()
                self.check_events()
                self.check_audit()
                self.check_chains()
        finally:
            self.told.update(self.driver.told)
            self.server.stop()
            self.directory.cleanup()

    @initialize(seed=seeds)
    def begin(self, seed: int) -> None:
        """Two accounts have memberships, or most steps would be refused."""
        for caller in (ONE, OTHER):
            random = Random(seed)
            params = STEPS["CreateMembership"][1](random, self.driver.model, caller)
            params.pop("coverEntireOrganization", None)
            self.driver.call(caller, "CreateMembership", params)

    @rule(what=whats, caller=callers, seed=seeds)
    def step(self, what: str, caller: Caller, seed: int) -> None:
        """Somebody calls, and the server may die before it or of it."""
        # Hypothesis likes some numbers better than others: no step is like the one before.
        self.steps += 1
        self.driver.random = random = Random(f"{seed}/{self.steps}")
        never = [each for each in EVERY_STEP if (each, "") not in self.driver.told]
        anew = never and random.random() < self.curiosity
        operation = random.choice(never if anew else self.often)
        if what == CRASH:
            self.crash()
        model = self.driver.model
        operation = possible(random, model, caller, operation)
        params = EVERY_STEP[operation][1](random, model, caller)
        by = OPERATOR if operation.startswith("larum:") else caller
        if what == CRASH_AMIDST and operation not in UNLIKE_AGAIN:
            self.call_while_it_dies(operation, by, params, random.uniform(0, 0.012))
        self.driver.call(by, operation, params)
        self.look(caller, params)
        if what != CALL:
            self.driver.look_at_everything()
            self.check_events()

    def crash(self) -> None:
        """The server is killed while nobody calls."""
        self.server.kill()
        self.server.restart()

    def call_while_it_dies(
        self, operation: str, caller: Caller, params: Params, delay: float
    ) -> None:
        """The server is killed that many seconds after a call began; what it answered counts."""
        answers: list[Any] = []
        thread = threading.Thread(target=self._try, args=(caller, operation, params, answers))
        thread.start()
        time.sleep(delay)
        self.server.kill()
        thread.join()
        self.server.restart()
        if answers:
            self.driver.compare(caller, operation, params, answers[0])

    def look(self, caller: Caller, params: Params) -> None:
        """Look at the case that was called about, whatever came of it, or at the last one."""
        name = params.get("caseId") or params.get("resourceArn", "").rpartition("/")[2]
        for membership in self.driver.model.memberships:
            cases = membership.cases
            case = cases.get(name) if name or not cases else list(cases.values())[-1]
            if case is not None and membership.caller == caller:
                self.driver.look(case)

    def check_events(self) -> None:
        """Each change is told exactly once, in the order of the changes, and nothing else is."""
        client = self.server.client(OPERATOR, "larum")
        told: list[Event] = []
        token: dict[str, str] = {}
        while True:
            page = client.list_outbox_entries(**token)
            for each in page["items"]:
                if each["kind"] == "event":
                    detail = json.loads(each["detail"])
                    told.append(Event(each["type"], each["resourceArn"], detail))
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        expected = self.driver.model.events
        both = zip_longest(told, expected)
        first = next((pair for pair in both if pair[0] != pair[1]), None)
        assert first is None, f"told {len(told)} of {len(expected)}; told and expected: {first}"

    def check_audit(self) -> None:
        """Each account reads in its own chain what it did, and what the operator did to it."""
        for account in KINDS:
            client = self.server.client(Caller(account), "larum")
            read, token = 0, {"accountId": account}
            while True:
                page = client.list_audit_records(**token)
                for each in page["items"]:
                    read += 1
                    told = json.loads(each["record"])
                    # What the service does of itself is nobody's.
                    by = told["userIdentity"].get("accountId", account)
                    assert told["recipientAccountId"] == account, told
                    assert by in {account, ADMINISTRATOR}, f"{account} reads what {by} did: {told}"
                if "nextToken" not in page:
                    break
                token = {"accountId": account, "nextToken": page["nextToken"]}
            wrote = any(each.caller.account == account for each in self.driver.model.memberships)
            assert read or not wrote, f"the audit of {account} is empty"

    def check_chains(self) -> None:
        """Every chain is whole and holds what is its account's; every denial has its record."""
        client = self.server.client(OPERATOR, "larum")
        told = self.driver.told.items()
        denied = sum(count for (_, error), count in told if error == "AccessDeniedException")
        assert faults(chains_of(client), denied) == []

    def _try(self, caller: Caller, operation: str, params: Params, answers: list[Any]) -> None:
        try:
            answers.append(self.driver.send(caller, operation, params))
        except (BotoCoreError, ClientError, OSError, HTTPException):
            return
