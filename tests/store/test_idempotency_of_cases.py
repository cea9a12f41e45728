"""Client tokens of the three operations on cases that take one, by reliability-and-security §3.

What holds for all tokens alike is in test_idempotency.py; here are each operation's own parameters,
what a replay answers when the world has moved on, and whose token it is.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from larum.edge.embedded import EmbeddedService
from larum.operations import OPERATIONS
from larum.settings import Settings
from larum.wire.http import HttpRequest, HttpResponse
from tests.edge.larum_servers import in_thread
from tests.store.calls import RELAXED, Answer, Wire, account, create, headers
from tests.store.case_parameters import (
    BETWEEN,
    CHANGES,
    COMMENT,
    CREATE,
    EMPTY,
    SAME,
    UPLOAD,
    WHOLE,
    Params,
)
from tests.wire.examples import example
from tests.wire.raw_requests import raw_request
from tests.wire.services import operation as operation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from larum.service import Service

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY, SECOND = timedelta(hours=24), timedelta(seconds=1)
HOLDER, STRANGER = account(1), account(2)
OPERATIONS_WITH_TOKEN = [CREATE, COMMENT, UPLOAD]
RACERS = 16


@dataclass
class Clock:
    """A clock that the test moves."""

    now: datetime = field(default=START)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of `service`."""
    return Clock()


@pytest.fixture
def service(clock: Clock) -> Iterator[EmbeddedService]:
    """A service in memory with a membership each for HOLDER and STRANGER."""
    settings = Settings(auth="relaxed", region=("us-east-1", "eu-west-1"))
    with EmbeddedService(settings=settings, clock=clock) as made:
        for each in (HOLDER, STRANGER):
            create(made, each, None)
        yield made


def request_of(operation: str, params: Params, holder: str, region: str) -> HttpRequest:
    """Return the request of an operation, past any SDK."""
    raw = raw_request(operation_of(operation), params)
    sent = (("host", "localhost"), *headers(holder, region).items())
    return HttpRequest(raw.method, raw.raw_path, raw.raw_query, sent, raw.body)


def ask(
    service: Service,
    operation: str,
    params: Params,
    holder: str = HOLDER,
    region: str = "us-east-1",
) -> Answer:
    """Call an operation in a transaction of its own."""
    return Answer.of(service.handle(request_of(operation, params, holder, region)))


def ask_together(service: Service, asked: Sequence[tuple[str, Params]]) -> list[Answer]:
    """Call operations in one group with one commit."""
    calls = [service.prepare(request_of(*each, HOLDER, "us-east-1")) for each in asked]
    with service.engine.turn(1.0) as group:
        assert group is not None
        answers = [
            call if isinstance(call, HttpResponse) else service.perform_in(group, call)
            for call in calls
        ]
        group.commit()
    return [Answer.of(each) for each in answers]


def opened(service: Service, holder: str = HOLDER, **more: Any) -> str:
    """Open a case without a token; return its id."""
    params = example(CREATE) | more
    del params["clientToken"]
    answer = ask(service, CREATE, params, holder)
    assert answer.status == 201, answer
    return str(answer.output["caseId"])


def first_params(service: Service, operation: str) -> Params:
    """Return parameters of an operation with a token, for a case that exists."""
    params = example(operation) | {"clientToken": "once"}
    if "caseId" in params:
        params["caseId"] = opened(service)
    return params


def made_by(service: Service, operation: str, answer: Answer, params: Params) -> str:
    """Return the id of what an answer made."""
    assert answer.status == 201, answer
    if operation != UPLOAD:
        return str(answer.output[OPERATIONS[operation].identifier])
    case = ask(service, "GetCase", {"caseId": params["caseId"]}).output
    named = [each for each in case["caseAttachments"] if each["fileName"] == params["fileName"]]
    (found,) = [each["attachmentId"] for each in named]
    return str(found)


def count_of(service: Service, table: str) -> int:
    """Return how many rows a table has."""
    sql = f"SELECT count(*) FROM {table}"  # noqa: S608 - a name of the schema
    found = service.engine.read(lambda tx: tx.rows(sql, {}))
    return int(found[0][0])


def things(service: Service) -> dict[str, int]:
    """Return how many things there are that a second execution would add to."""
    tables = ("cases", "comments", "attachments", "outbox", "client_tokens")
    return {each: count_of(service, each) for each in tables}


@pytest.mark.parametrize("operation", OPERATIONS_WITH_TOKEN)
def test_every_member_is_changed_below(operation: str) -> None:
    """Each member of the request but the token itself is among the changes."""
    changed = {label.split(":")[0] for label in CHANGES[operation]}
    assert changed == example(operation).keys() - {"clientToken"}


@pytest.mark.parametrize("together", [False, True], ids=["alone", "together"])
@pytest.mark.parametrize(
    ("operation", "change"),
    [(each, change) for each, changes in CHANGES.items() for change in changes],
)
def test_another_value_is_another_request(
    service: EmbeddedService, operation: str, change: str, *, together: bool
) -> None:
    """One changed member is 409 with the existing id and no value, and the token stays good."""
    params = WHOLE if operation == CREATE else first_params(service, operation)
    other = params | CHANGES[operation][change]
    if change == "caseId":
        other = params | {"caseId": opened(service)}
    asked = [(operation, each) for each in (params, other, params)]
    if together:
        first, refused, again = ask_together(service, asked)
    else:
        first, refused, again = (ask(service, *each) for each in asked)
    made = made_by(service, operation, first, params)
    assert refused.told == (409, "ConflictException"), refused
    kind = OPERATIONS[operation].makes
    assert (refused.output["resourceId"], refused.output["resourceType"]) == (made, kind)
    assert "clientToken" in refused.output["message"]
    assert str(other.get(change, "no such text")) not in refused.output["message"]
    assert made_by(service, operation, again, params) == made
    assert count_of(service, "client_tokens") == 1


@pytest.mark.parametrize("spelling", SAME)
def test_another_spelling_is_the_same_case(service: EmbeddedService, spelling: str) -> None:
    """Order in sets and maps, unknown members and null are no difference."""
    first = ask(service, CREATE, WHOLE)
    before = things(service)
    again = ask(service, CREATE, WHOLE | SAME[spelling])
    assert (again.status, again.output) == (201, first.output)
    assert things(service) == before


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_list_is_an_absent_one(service: EmbeddedService, name: str) -> None:
    """What defaults to empty may be left out, be empty or be null."""
    without = {each: value for each, value in WHOLE.items() if each != name}
    spelled = [without, without | {name: {} if name == "tags" else []}, without | {name: None}]
    answers = [ask(service, CREATE, each) for each in spelled]
    assert {each.status for each in answers} == {201}
    assert len({each.output["caseId"] for each in answers}) == 1


def test_the_three_spellings_of_a_time_are_one(service: EmbeddedService) -> None:
    """A whole second as integer, with a fraction of zero, and past the millisecond."""
    times = (1793536496, 1793536496.0, 1793536496.0001)
    answers = [ask(service, CREATE, WHOLE | {"reportedIncidentStartDate": each}) for each in times]
    assert len({each.output["caseId"] for each in answers}) == 1


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("operation", OPERATIONS_WITH_TOKEN)
def test_replay_after_changes(service: EmbeddedService, operation: str, between: str) -> None:
    """Whatever became of the case, even Closed, a replay answers the first id and does nothing."""
    params = first_params(service, operation)
    made = made_by(service, operation, ask(service, operation, params), params)
    named = {"caseId": params.get("caseId", made)}
    for name, more in BETWEEN[between]:
        given = (example(CREATE) if name == CREATE else named) | more
        assert ask(service, name, given).status in {200, 201}
    before = things(service)
    assert made_by(service, operation, ask(service, operation, params), params) == made
    assert things(service) == before


@pytest.mark.parametrize("operation", [CREATE, COMMENT])
def test_replay_after_a_cancel(service: EmbeddedService, operation: str) -> None:
    """The id stays the answer after the membership has ended; what it names is out of reach."""
    params = first_params(service, operation)
    first = ask(service, operation, params)
    membership_id = ask(service, "ListMemberships", {}).output["items"][0]["membershipId"]
    ask(service, "CancelMembership", {"membershipId": membership_id})
    before = things(service)
    again = ask(service, operation, params)
    assert (again.status, again.output) == (201, first.output)
    assert things(service) == before
    fresh = ask(service, operation, params | {"clientToken": "another"})
    assert fresh.told == (400, "SecurityIncidentResponseNotActiveException")


def test_upload_url_after_a_cancel(service: EmbeddedService) -> None:
    """No URL is signed for a case that is out of reach, with the old token neither."""
    params = first_params(service, UPLOAD)
    assert ask(service, UPLOAD, params).status == 201
    membership_id = ask(service, "ListMemberships", {}).output["items"][0]["membershipId"]
    ask(service, "CancelMembership", {"membershipId": membership_id})
    before = things(service)
    again = ask(service, UPLOAD, params)
    assert again.told == (400, "SecurityIncidentResponseNotActiveException")
    assert things(service) == before


def test_replay_at_the_quota(service: EmbeddedService) -> None:
    """A replay needs no room: neither among the cases nor among the attachments."""
    administrator = service.client("larum")
    administrator.apply_directory(directory={"limits": {"activeSelfManagedCases": 2}})
    administrator.close()
    made = ask(service, CREATE, WHOLE)
    case_id = opened(service)
    refused = ask(service, CREATE, WHOLE | {"clientToken": "another"})
    assert refused.told == (402, "ServiceQuotaExceededException")
    assert ask(service, CREATE, WHOLE).output == made.output
    uploads = [
        {"caseId": case_id, "clientToken": str(each), "fileName": f"{each}", "contentLength": 1}
        for each in range(51)
    ]
    answers = [ask(service, UPLOAD, each) for each in uploads]
    assert [each.status for each in answers] == [201] * 50 + [402]
    assert ask(service, UPLOAD, uploads[0]).status == 201


@pytest.mark.parametrize("operation", OPERATIONS_WITH_TOKEN)
def test_a_token_lives_to_the_last_second(
    service: EmbeddedService, clock: Clock, operation: str
) -> None:
    """A second before 24 h it answers the first id; at 24 h it is a new request.

    That of an upload takes the name of the first one, whose URL nobody used, once it was swept.
    """
    params = first_params(service, operation)
    made = made_by(service, operation, ask(service, operation, params), params)
    clock.now = START + DAY - SECOND
    assert made_by(service, operation, ask(service, operation, params), params) == made
    clock.now = START + DAY
    while service.sweep():
        pass
    after = ask(service, operation, params)
    assert made_by(service, operation, after, params) != made


@pytest.mark.parametrize("operation", OPERATIONS_WITH_TOKEN)
def test_a_token_survives_a_restart(tmp_path: Path, operation: str) -> None:
    """A token is remembered by the data directory, not by the process."""
    with EmbeddedService(tmp_path, settings=RELAXED) as service:
        create(service, HOLDER, None)
        params = first_params(service, operation)
        made = made_by(service, operation, ask(service, operation, params), params)
    with EmbeddedService(tmp_path, settings=RELAXED) as service:
        before = things(service)
        assert made_by(service, operation, ask(service, operation, params), params) == made
        assert things(service) == before


def test_a_token_belongs_to_its_operation(service: EmbeddedService) -> None:
    """One token in all four operations is four tokens."""
    case_id = opened(service)
    for operation in OPERATIONS_WITH_TOKEN:
        params = example(operation) | {"clientToken": "once"}
        named = {"caseId": case_id} if "caseId" in params else {}
        assert ask(service, operation, params | named).status == 201
    assert count_of(service, "client_tokens") == len(OPERATIONS_WITH_TOKEN)


def test_a_token_belongs_to_its_account_and_region(service: EmbeddedService) -> None:
    """One token in two accounts, or in two Regions, is two tokens."""
    newcomer = account(3)
    asked = example("CreateMembership") | {"coverEntireOrganization": False}
    assert ask(service, "CreateMembership", asked, newcomer, "eu-west-1").status == 201
    places = [(HOLDER, "us-east-1"), (STRANGER, "us-east-1"), (newcomer, "eu-west-1")]
    made = [ask(service, CREATE, WHOLE, *each) for each in places]
    assert [each.status for each in made] == [201] * 3
    assert [ask(service, CREATE, WHOLE, *each).output for each in places] == [
        each.output for each in made
    ]
    assert count_of(service, "cases") == 3


def refusals(service: EmbeddedService) -> dict[str, tuple[str, Params, Params]]:
    """Return requests that are refused, each with what mends it."""
    closed, case_id = opened(service), opened(service)
    ask(service, "CloseCase", {"caseId": closed})
    comment = {"clientToken": "once", "body": "First look."}
    upload = {"clientToken": "once", "fileName": "dump.bin", "contentLength": 1}
    ask(service, UPLOAD, {"caseId": case_id, "fileName": "taken.bin", "contentLength": 1})
    mended = {"caseId": case_id}
    return {
        "ValidationException": (CREATE, WHOLE | {"title": ""}, {"title": "Mended"}),
        "ResourceNotFoundException": (COMMENT, comment | {"caseId": "0000000000"}, mended),
        "ConflictException": (COMMENT, comment | {"caseId": closed}, mended),
        "ConflictException ": (
            UPLOAD,
            upload | {"caseId": case_id, "fileName": "taken.bin"},
            {"fileName": "free.bin"},
        ),
    }


def test_a_refusal_is_never_remembered(service: EmbeddedService) -> None:
    """The mended request with the same token works, whatever refused the first."""
    for error, (operation, params, mended) in refusals(service).items():
        before = things(service)
        assert ask(service, operation, params).error == error.strip()
        assert things(service) == before
        answer = ask(service, operation, params | mended)
        assert answer.status == 201, (error, answer)


def test_without_membership_nothing_is_remembered(service: EmbeddedService) -> None:
    """NotActive leaves no token: with a membership the same request opens the case."""
    newcomer = account(4)
    refused = ask(service, CREATE, WHOLE, newcomer)
    assert refused.error == "SecurityIncidentResponseNotActiveException"
    create(service, newcomer, None)
    assert ask(service, CREATE, WHOLE, newcomer).status == 201


@pytest.mark.parametrize("operation", OPERATIONS_WITH_TOKEN)
def test_racers_with_one_token(service: EmbeddedService, operation: str) -> None:
    """Sixteen clients at once with one token make one thing and get one answer."""
    params = first_params(service, operation)
    raw = raw_request(operation_of(operation), params)
    before = things(service)

    def race(url: str) -> Answer:
        with Wire(url) as wire:
            return wire.call(HOLDER, raw.method, raw.raw_path, dict(params))

    with in_thread(service) as url, ThreadPoolExecutor(RACERS) as threads:
        answers = list(threads.map(race, [url] * RACERS))
    assert {each.status for each in answers} == {201}
    assert len({str(each.output) for each in answers}) == 1
    table = {CREATE: "cases", COMMENT: "comments", UPLOAD: "attachments"}[operation]
    after = things(service)
    assert {each: after[each] - before[each] for each in (table, "client_tokens")} == {
        table: 1,
        "client_tokens": 1,
    }
