"""Threads with boto3 against one server, and the histories of what they asked and heard.

Each case, and each membership, has a history of its own: linearizability holds for the whole where
it holds for each. The server may be killed meanwhile; whose answer got lost then may have been
done or not, and what never reached it was not done.
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from tests.conformance.service_answers import CANARY
from tests.conformance.service_model import OPERATOR, Caller
from tests.conformance.service_steps import FIRST_MOMENT, STATUSES
from tests.faults.case_specification import (
    DONE,
    CaseState,
    MembershipState,
    case_step,
    membership_step,
)
from tests.faults.linearizability import NO_ANSWER, Call, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.crashing_server import CrashingServer
    from tests.faults.case_specification import Action

TEAM: list[Any] = [
    {"name": f"{CANARY} {name}", "jobTitle": "Analyst", "email": f"{name}@example.com"}
    for name in ("ana", "ben")
]
CASE_ACTIONS = (
    *(["get"] * 3 + ["comments", "comment", "edit comment", "move"] * 2),
    *("edits", "tags", "title", "add service", "delete service", "metadata", "tag", "untag"),
    *("comment", "ask"),
)
SERVICES = ("Amazon S3", "Amazon EC2")


@dataclass(frozen=True)
class Subject:
    """A case or a membership that callers meet on: how it is named, and its first state."""

    caller: Caller
    membership_id: str
    case_id: str
    first: CaseState | MembershipState
    # The cases of a membership whose order is watched, by title.
    cases: dict[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Tell subjects apart."""
        return hash((self.caller, self.membership_id, self.case_id))

    @property
    def arn(self) -> str:
        """The case's ARN."""
        return f"arn:aws:security-ir:us-east-1:{self.caller.account}:case/{self.case_id}"


def new_case(server: CrashingServer, caller: Caller, title: str) -> str:
    """Open a self-managed case and return its id."""
    created = server.client(caller, "security-ir").create_case(
        resolverType="Self",
        title=title,
        description=CANARY,
        engagementType="Investigation",
        reportedIncidentStartDate=FIRST_MOMENT,
        impactedAccounts=[],
        watchers=[],
        clientToken=title,
    )
    return str(created["caseId"])


def subjects(server: CrashingServer, callers: list[Caller], cases: int) -> list[Subject]:
    """Return `cases` cases of each account and, of the last account, its membership."""
    found = []
    for caller in callers:
        made = server.client(caller, "security-ir").create_membership(
            membershipName="first", incidentResponseTeam=TEAM
        )["membershipId"]
        if caller is callers[-1]:
            titles = [f"case {number}" for number in range(3)]
            ids = {title: new_case(server, caller, title) for title in titles}
            first = MembershipState("Active", "first", tuple(reversed(titles)))
            found.append(Subject(caller, made, "", first, ids))
            continue
        for number in range(cases):
            title = f"case {number}"
            case = new_case(server, caller, title)
            found.append(Subject(caller, made, case, CaseState(title=title)))
    return found


def case_action(random: Random) -> Action:
    """Return something to do to a case."""
    name = random.choice(CASE_ACTIONS)
    name = random.choice(("hand over", "close", *[name] * 40))
    number = random.randrange(6)
    arguments: dict[str, Callable[[], Any]] = {
        "title": lambda: f"title {number}",
        "add service": lambda: random.choice(SERVICES),
        "delete service": lambda: random.choice(SERVICES),
        "metadata": lambda: (random.choice("ab"), f"{number}"),
        "tag": lambda: (random.choice("ab"), f"{number}"),
        "untag": lambda: random.choice("ab"),
        "move": lambda: random.choice(STATUSES),
        "comment": lambda: (f"token {number}", f"body {number}"),
        "edit comment": lambda: (random.randrange(4), f"edited {number}"),
    }
    return name, arguments[name]() if name in arguments else None


def membership_action(random: Random) -> Action:
    """Return something to do to a membership and the list of its cases."""
    number = random.randrange(3)
    return random.choice(
        (
            ("get", None),
            ("rename", f"name {number}"),
            ("cancel", None),
            *[("undo", None)] * 2,
            ("create case", f"late {number}"),
            *[("list cases", None)] * 4,
            *[("touch case", f"case {number}")] * 4,
        )
    )


def perform(server: CrashingServer, subject: Subject, action: Action) -> object:
    """Do it through boto3; return the answer as the specification tells it."""
    name, argument = action
    client = server.client(subject.caller, "security-ir")
    responder = server.client(OPERATOR, "larum")
    case, about = {"caseId": subject.case_id}, {"membershipId": subject.membership_id}
    arn = {"resourceArn": subject.arn}
    calls: dict[str, Callable[[], Any]] = {
        "comments": lambda: tuple(each["body"] for each in client.list_comments(**case)["items"]),
        "edits": lambda: _edits(client, subject.case_id),
        "tags": lambda: frozenset(client.list_tags_for_resource(**arn)["tags"].items()),
        "title": lambda: client.update_case(**case, title=argument),
        "add service": lambda: client.update_case(**case, impactedServicesToAdd=[argument]),
        "delete service": lambda: client.update_case(**case, impactedServicesToDelete=[argument]),
        "metadata": lambda: client.update_case(
            **case, caseMetadata=[{"key": argument[0], "value": argument[1]}]
        ),
        "tag": lambda: client.tag_resource(**arn, tags=dict([argument])),
        "untag": lambda: client.untag_resource(**arn, tagKeys=[argument]),
        "move": lambda: client.update_case_status(**case, caseStatus=argument)["caseStatus"],
        "hand over": lambda: client.update_resolver_type(**case, resolverType="AWS")["caseStatus"],
        "close": lambda: client.close_case(**case),
        "comment": lambda: client.create_case_comment(
            **case, clientToken=f"{subject.case_id} {argument[0]}", body=argument[1]
        )["commentId"],
        "edit comment": lambda: client.update_case_comment(
            **case, commentId=f"{argument[0]:06d}", body=argument[1]
        ),
        "ask": lambda: responder.request_customer_action(
            **case, accountId=subject.caller.account, region=subject.caller.region
        )["pendingAction"],
        "rename": lambda: client.update_membership(**about, membershipName=argument),
        "cancel": lambda: client.cancel_membership(**about),
        "undo": lambda: client.update_membership(**about, undoMembershipCancellation=True),
        "create case": lambda: new_case(server, subject.caller, argument),
        "touch case": lambda: client.update_case(
            caseId=subject.cases[argument],
            caseMetadata=[{"key": "touched", "value": str(time.monotonic_ns())}],
        ),
        "list cases": lambda: tuple(each["title"] for each in client.list_cases()["items"]),
        "get": lambda: _get(client, subject),
    }
    answer = calls[name]()
    return DONE if isinstance(answer, dict) or name == "create case" else answer


def _get(client: Any, subject: Subject) -> tuple[Any, ...]:  # noqa: ANN401 - made by botocore
    if not subject.case_id:
        got = client.get_membership(membershipId=subject.membership_id)
        return got["membershipStatus"], got["membershipName"]
    got = client.get_case(caseId=subject.case_id)
    return (
        got["caseStatus"],
        got["resolverType"],
        got["title"],
        frozenset(got["impactedServices"]),
        frozenset((each["key"], each["value"]) for each in got.get("caseMetadata", ())),
        got["pendingAction"],
    )


def _edits(client: Any, case_id: str) -> tuple[str, ...]:  # noqa: ANN401 - made by botocore
    """Return the actions of the edits; a second page only adds what came meanwhile."""
    page = client.list_case_edits(caseId=case_id)
    actions = [each["action"] for each in page["items"]]
    assert page["total"] == len(actions) or "nextToken" in page
    return (*actions, *([page["total"]] if "nextToken" in page else []))


@dataclass
class Recorder:
    """Clients that call at once, and what they heard, by subject."""

    server: CrashingServer
    subjects: list[Subject]
    calls: int
    clients: int
    seed: int
    histories: dict[Subject, list[Call[Action]]] = field(default_factory=lambda: defaultdict(list))
    lost: int = 0
    failures: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _alive: threading.Event = field(default_factory=threading.Event)

    def record(self, kills: int = 0) -> None:
        """Let every client make its calls; kill the server `kills` times meanwhile."""
        for subject in self.subjects:
            self.server.client(subject.caller, "security-ir")
        self.server.client(OPERATOR, "larum")
        self._alive.set()
        threads = [
            threading.Thread(target=self._live, args=(Random(f"{self.seed}/{number}"),))
            for number in range(self.clients)
        ]
        for thread in threads:
            thread.start()
        random = Random(self.seed)
        for _ in range(kills):
            time.sleep(random.uniform(0.03, 0.2))
            self._alive.clear()
            self.server.kill()
            self.server.restart()
            self._alive.set()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _live(self, random: Random) -> None:
        try:
            for _ in range(self.calls):
                self._alive.wait(60)
                subject = random.choice(self.subjects)
                draw = case_action if subject.case_id else membership_action
                self._call(subject, draw(random))
        except BaseException as error:  # noqa: BLE001 - raised again by `record`
            self.failures.append(error)

    def _call(self, subject: Subject, action: Action) -> None:
        began = time.monotonic()
        answer: object = NO_ANSWER
        try:
            answer = perform(self.server, subject, action)
        except EndpointConnectionError:
            # It never got there.
            return
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                answer = error.response["Error"]["Code"]
        except BotoCoreError:
            pass
        ended = math.inf if answer == NO_ANSWER else time.monotonic()
        with self._lock:
            self.lost += answer == NO_ANSWER
            self.histories[subject].append(Call(action, answer, began, ended))

    def faults(self) -> list[str]:
        """Return which histories cannot have been."""
        found = []
        for subject, history in self.histories.items():
            step: Callable[[Any, Action], tuple[Any, object]] = (
                _step_of_long_lists if subject.case_id else membership_step
            )
            verdict = check(history, subject.first, step)
            if not verdict.possible:
                found.append(f"{subject}: {verdict}")
        return found


def _step_of_long_lists(case: CaseState, action: Action) -> tuple[CaseState, object]:
    """Answer as the service does: a page of edits has 25, and the number of all."""
    after, answer = case_step(case, action)
    if action[0] == "edits" and len(case.edits) > 25:
        return after, (*case.edits[:25], len(case.edits))
    return after, answer
