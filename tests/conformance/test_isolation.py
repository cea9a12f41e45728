"""Tenants cannot see each other: twins of ids, tokens of pages, parts of cases (§10 E, G21).

For each operation that names a resource, the one of another account and one that never was are
answered with the same bytes. The operations come from the models: a new one is asked too.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.store import attachments, investigations, memberships
from larum.wire.model import load
from tests.conformance.cases import CASE
from tests.conformance.evidence import uploaded
from tests.conformance.page import smallest, without_metadata
from tests.conformance.signed_requests import IN_PROCESS, Wire, error_of, signed, told
from tests.edge.larum_servers import in_thread
from tests.wire.examples import LARUM_OPERATION_NAMES, OPERATION_NAMES, example
from tests.wire.raw_requests import raw_request
from tests.wire.services import OF_ALL_MODELS, service_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from larum.domain.principals import AccessKey
    from larum.wire.http import HttpRequest, HttpResponse

    Send = Callable[[HttpRequest], HttpResponse]
    Ids = dict[str, str]

OWN, FOREIGN, NOBODYS = "213243546576", "243546576879", "276879818283"
FORBIDDEN, NOT_FOUND = 403, 404
# Another id of the same form.
OTHER_DIGITS = str.maketrans("0123456789", "1234567890")
# The members that name a resource, or a part of one, of the account that calls.
NAMING = ("membershipId", "caseId", "resourceArn")
PARTS = {
    "attachmentId": ("GetCaseAttachmentDownloadUrl",),
    "commentId": ("UpdateCaseComment",),
    "resultId": ("SendFeedback",),
}
LISTS = {
    "ListCaseEdits": "caseId",
    "ListCases": "",
    "ListComments": "caseId",
    "ListInvestigations": "caseId",
    "ListMemberships": "",
}
# Who may be asked for what: nothing varies but these, in an answer as a whole.
VARYING = {"x-amzn-requestid", "date"}


@dataclass(frozen=True)
class Tenant:
    """An account with a membership, two cases, and in each the parts that a case can have."""

    account: str
    key: AccessKey
    cases: tuple[Ids, Ids]

    @property
    def ids(self) -> Ids:
        """The ids of the membership, of the first case and of its parts."""
        return self.cases[0]


@dataclass(frozen=True)
class World:
    """One installation with two tenants, and the way in."""

    own: Tenant
    foreign: Tenant
    send: Send
    url: str

    def ask(
        self, key: str, params: Mapping[str, object], region: str = "us-east-1"
    ) -> HttpResponse:
        """Send an operation as the root of the own account."""
        raw = raw_request(OF_ALL_MODELS[key], params)
        return self.send(signed(raw, self.own.key, self.url, region, service_of(key)))


def tenant(service: larum.Service, account: str) -> Tenant:
    """Return an account with all that it can have."""
    with ExitStack() as stack:
        client = service.client(account=account)
        responder = service.client("larum")
        for each in (client, responder):
            stack.callback(each.close)
        membership = client.create_membership(**smallest())["membershipId"]
        cases = tuple(case_of(client, responder, account, membership) for _ in range(2))
    key = service.installation.root_access_key(account, datetime.now(UTC))
    return Tenant(account, key, (cases[0], cases[1]))


def case_of(client: Any, responder: Any, account: str, membership: str) -> Ids:  # noqa: ANN401 - boto3's
    """Return the ids of a new case with two comments, an attachment and two investigations."""
    case = client.create_case(**CASE | {"resolverType": "AWS"})["caseId"]
    for body in ("one", "two"):
        comment = client.create_case_comment(caseId=case, body=body)["commentId"]
    found = [
        responder.put_investigation(
            accountId=account,
            region="us-east-1",
            caseId=case,
            actionType="Investigation",
            title="Keys",
            content="One key.",
        )["investigationId"]
        for _ in range(2)
    ]
    return {
        "membershipId": membership,
        "caseId": case,
        "resourceArn": f"arn:aws:security-ir:us-east-1:{account}:case/{case}",
        "commentId": comment,
        "resultId": found[0],
        "attachmentId": uploaded(client, case, "a.txt", b"hello"),
    }


def state(service: larum.Service, each: Tenant) -> tuple[object, ...]:
    """Return what the tenant itself sees of all that it has."""
    with closing(service.client(account=each.account)) as client:
        return (
            without_metadata(client.get_membership(membershipId=each.ids["membershipId"])),
            *(without_metadata(client.get_case(caseId=ids["caseId"])) for ids in each.cases),
            *(client.list_comments(caseId=ids["caseId"])["items"] for ids in each.cases),
            *(
                client.list_investigations(caseId=ids["caseId"])["investigationActions"]
                for ids in each.cases
            ),
        )


@pytest.fixture(scope="module")
def tenants() -> Iterator[tuple[larum.Service, Tenant, Tenant]]:
    """One service with both; what is refused changes nothing in it."""
    with larum.Service() as service:
        own, foreign = tenant(service, OWN), tenant(service, FOREIGN)
        before = state(service, foreign)
        yield service, own, foreign
        assert state(service, foreign) == before, "a stranger changed something"


@pytest.fixture(params=["http", "embedded"])
def world(
    request: pytest.FixtureRequest, tenants: tuple[larum.Service, Tenant, Tenant]
) -> Iterator[World]:
    """The two of them behind each door."""
    service, own, foreign = tenants
    if request.param == "embedded":
        yield World(own, foreign, service.handle, IN_PROCESS)
        return
    with in_thread(service) as url, Wire(url) as wire:
        yield World(own, foreign, wire, url)


def params_of(key: str, ids: Mapping[str, str]) -> dict[str, object]:
    """Return a valid input of the operation that names what `ids` has."""
    params = {name: each for name, each in example(key).items() if name != "nextToken"}
    return params | {name: each for name, each in ids.items() if name in params}


def whole(answer: HttpResponse, hidden: Mapping[str, str]) -> tuple[object, ...]:
    """Return all of an answer but what varies, with the ids that were sent made alike."""
    body = answer.body.decode()
    for name, each in hidden.items():
        body = body.replace(each, f"<{name}>")
    kept = [each for each in answer.headers if each[0] not in VARYING]
    return answer.status, sorted(kept), body


def never(ids: Mapping[str, str]) -> Ids:
    """Return ids of the same form as these that nobody ever had."""
    account = ids["resourceArn"].split(":")[4]
    made = {name: each.translate(OTHER_DIGITS) for name, each in ids.items()}
    arn = f"arn:aws:security-ir:us-east-1:{account}:case/{made['caseId']}"
    return made | {"resourceArn": arn}


def named(ids: Mapping[str, str]) -> Ids:
    """Return the ids that an answer may repeat."""
    return {name: ids[name] for name in ("membershipId", "caseId")}


def naming() -> list[str]:
    """Return the operations of the API whose input names a resource."""
    found = [each for each in OPERATION_NAMES if set(NAMING) & set(example(each))]
    assert len(found) == len(OPERATION_NAMES) - 4  # two creations, two lists
    return found


@pytest.mark.parametrize("operation", naming())
def test_e93_a_foreign_id_and_one_that_never_was_are_answered_alike(
    world: World, operation: str
) -> None:
    """G21: the same bytes, whatever else the request holds."""
    answers = [
        whole(world.ask(operation, params_of(operation, ids)), named(ids))
        for ids in (world.foreign.ids, never(world.foreign.ids))
    ]
    assert answers[0] == answers[1]
    # Of cases a membership's owner is told that there is none (service-behaviour §11 row 4).
    assert answers[0][0] == (NOT_FOUND if "caseId" in example(operation) else FORBIDDEN)


@pytest.mark.parametrize("operation", ["ListTagsForResource", "TagResource", "UntagResource"])
def test_e93_a_foreign_resource_under_one_s_own_arn_is_like_none(
    world: World, operation: str
) -> None:
    """E91, E93: neither a foreign account in an ARN nor a foreign id under the own one opens it."""
    ids = world.foreign.ids
    for kind, name in (("case", "caseId"), ("membership", "membershipId")):
        for account in (OWN, FOREIGN, NOBODYS):
            answers = []
            for each in (ids, never(ids)):
                arn = f"arn:aws:security-ir:us-east-1:{account}:{kind}/{each[name]}"
                answer = world.ask(operation, params_of(operation, {"resourceArn": arn}))
                answers.append(whole(answer, named(each)))
            assert answers[0] == answers[1]
            own_case = kind == "case" and account == OWN
            assert answers[0][0] == (NOT_FOUND if own_case else FORBIDDEN)


@pytest.mark.parametrize("member", PARTS)
def test_e95_a_part_of_another_case_is_no_part_of_this_one(world: World, member: str) -> None:
    """E95: an attachment, comment or investigation of a foreign or an own other case is like none.

    A comment's id counts within its case, so one that this case does not have is taken.
    """
    for operation in PARTS[member]:
        here = {name: each for name, each in world.own.ids.items() if name != member}
        elsewhere = [world.foreign.ids[member], world.own.cases[1][member]]
        if member == "commentId":
            elsewhere = ["000007"]
        for each in elsewhere:
            answers = [
                whole(world.ask(operation, params_of(operation, here | {member: part})), {"": part})
                for part in (each, each.translate(OTHER_DIGITS))
            ]
            assert answers[0] == answers[1]
            assert answers[0][0] == NOT_FOUND


def first_token(world: World, operation: str, ids: Mapping[str, str]) -> str:
    """Return the token of the second page of a list of the own account."""
    params = {LISTS[operation]: ids[LISTS[operation]]} if LISTS[operation] else {}
    answer = told(world.ask(operation, params | {"maxResults": 1}))
    assert "nextToken" in answer, (operation, answer)
    return str(answer["nextToken"])


@pytest.mark.parametrize("operation", ["ListCaseEdits", "ListCases", "ListComments",
                                       "ListInvestigations"])  # fmt: skip
def test_e94_a_token_opens_its_own_list_alone(world: World, operation: str) -> None:
    """E94: of another account, operation, case or Region, or changed: refused in the same bytes."""
    member = LISTS[operation]
    case = {member: world.own.ids[member]} if member else {}
    lists = [each for each in LISTS if each not in {operation, "ListMemberships"}]
    good = first_token(world, operation, world.own.ids)
    theirs = World(world.foreign, world.own, world.send, world.url)
    wrong = [good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1], good[:-1], "opaque"]
    wrong.append(first_token(theirs, operation, world.foreign.ids))
    wrong += [first_token(world, each, world.own.ids) for each in lists]
    if member:
        wrong.append(first_token(world, operation, world.own.cases[1]))
    answers = {whole(world.ask(operation, case | {"nextToken": each}), {})[2] for each in wrong}
    assert len(answers) == 1
    refused = world.ask(operation, case | {"nextToken": wrong[0]})
    assert (refused.status, error_of(refused)) == (400, "ValidationException")
    assert told(refused)["fieldList"][0]["name"] == "nextToken"
    assert world.ask(operation, case | {"nextToken": good}).status == 200


def test_lists_hold_what_is_one_s_own(world: World) -> None:
    """G21: no list, of either tenant, holds an id of the other."""
    for mine, other in ((world.own, world.foreign), (world.foreign, world.own)):
        seen = World(mine, other, world.send, world.url)
        for operation, member in LISTS.items():
            answer = seen.ask(operation, {member: mine.ids[member]} if member else {})
            assert answer.status == 200
            for ids in other.cases:
                for name in ("membershipId", "caseId", "resultId", "attachmentId"):
                    assert ids[name].encode() not in answer.body


def with_account(key: str) -> bool:
    """Whether the operation of the second model names an account."""
    return "accountId" in example(key)


@pytest.mark.parametrize(
    "key", [key for name in LARUM_OPERATION_NAMES if with_account(key := f"larum:{name}")]
)
def test_e96_a_tenant_s_key_administers_nobody_else(world: World, key: str) -> None:
    """E96: no operation of Larum's own API reaches another account, or tells that there is one."""
    answers = []
    for account in (FOREIGN, NOBODYS, "123456789012"):
        params = params_of(key, world.foreign.ids) | {"accountId": account}
        answers.append(whole(world.ask(key, params), {"accountId": account}))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == FORBIDDEN


# A statement of the store, and the part of it that a bug forgets.
FORGOTTEN = {
    "the account of a membership": (memberships, "GET", "account = :account AND region", "region"),
    "the case of an attachment": (attachments, "GET", "AND case_id = :case_id ", ""),
    "the case of an investigation": (investigations, "GET", "AND case_id = :case_id", ""),
}


@pytest.mark.parametrize("bug", FORGOTTEN)
def test_a_statement_that_forgets_whose_rows_it_reads_is_found(
    tenants: tuple[larum.Service, Tenant, Tenant], bug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above are no formality: without its account or case, a statement fails one."""
    service, own, foreign = tenants
    module, name, part, instead = FORGOTTEN[bug]
    text = getattr(module, name)
    assert text.count(part) == 1
    monkeypatch.setattr(module, name, text.replace(part, instead))
    world = World(own, foreign, service.handle, IN_PROCESS)
    reads = ("GetCase", "GetMembership", "ListComments", "GetCaseAttachmentDownloadUrl")
    found = [
        operation
        for operation in reads
        if world.ask(operation, params_of(operation, foreign.ids)).status == 200
    ]
    for member in ("attachmentId", "resultId"):
        mixed = own.ids | {member: own.cases[1][member]}
        found += [
            each
            for each in PARTS[member]
            if world.ask(each, params_of(each, mixed)).status != NOT_FOUND
        ]
    assert found


def test_every_operation_of_the_models_is_asked() -> None:
    """The examples above are of all operations that there are."""
    assert set(OPERATION_NAMES) == set(load("security-ir").operations)
    assert set(LARUM_OPERATION_NAMES) == set(load("larum").operations)
