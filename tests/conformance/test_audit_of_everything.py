"""One record for each request that is to have one, of every operation, and no text of anybody's."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name

import larum
from larum.domain.principals import AccessKey, Principal
from larum.operations import OPERATIONS
from larum.wire import masks
from larum.wire.model import ShapeType, TextRule
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest
from tests.conformance.signed_requests import error_of, signed, unsigned
from tests.conformance.users import user_key
from tests.edge.audit_rows import added, lengths, records_of
from tests.edge.doors import Door
from tests.edge.larum_servers import ADMINISTRATOR
from tests.errors.calls_that_work import WORKS
from tests.errors.stage import Stage
from tests.wire.raw_requests import raw_request
from tests.wire.services import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.wire.model import Shape

TENANT = "222222222222"
# What is nobody's words: ids, ARNs, Regions, numbers.
AN_ID = re.compile(
    r"\d{6,12}|(m|inv)-[a-z0-9]+|arn:aws:.*|[0-9a-f-]{36}|[a-z]{2}(-[a-z]+)+-\d|A(WS|mazon) \w+",
    re.ASCII,
)
TAKE_A_TOKEN = sorted(name for name, each in OPERATIONS.items() if each.makes)


@pytest.fixture(params=["http", "embedded"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """An account of a service of its own, behind each door."""
    door = Door(larum.Service(), over_http=request.param == "http")
    yield Stage(door, TENANT)
    door.close()


def call(stage: Stage, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Call an operation of the account's root; return the answer."""
    answer: dict[str, Any] = getattr(stage.client, xform_name(operation))(**params)
    return answer


def test_every_write_that_works_has_one_record(stage: Stage) -> None:
    """Of each of the operations that write: one, in the account's chain."""
    assert WORKS.keys() == {name for name, each in OPERATIONS.items() if each.writes}
    for operation, prepared in sorted(WORKS.items(), key=lambda row: row[0] == "CancelMembership"):
        if operation == "CreateMembership":
            continue
        params = prepared(stage)
        before = lengths(stage.door.service)
        answer = call(stage, operation, params)
        ((account, record),) = added(stage.door.service, before)
        assert (account, record["eventName"]) == (TENANT, operation)
        assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
        assert "errorCode" not in record


def test_reads_that_are_allowed_leave_none(stage: Stage) -> None:
    """Every read of a case and a membership that are there."""
    case_id = stage.case()
    before = lengths(stage.door.service)
    reads = [name for name, each in OPERATIONS.items() if not each.writes]
    for operation in reads:
        params = stage.params(operation, case_id, stage.membership_id)
        if operation != "GetCaseAttachmentDownloadUrl":
            call(stage, operation, params)
    assert added(stage.door.service, before) == []


@pytest.mark.parametrize("operation", TAKE_A_TOKEN)
def test_a_replay_has_a_record_of_its_own(stage: Stage, operation: str) -> None:
    """The same clientToken again: one record more, which says that nothing was done."""
    params = WORKS[operation](stage) | {"clientToken": "once"}
    before = lengths(stage.door.service)
    for _ in range(3):
        call(stage, operation, params)
    found = added(stage.door.service, before)
    assert [account for account, _ in found] == [TENANT] * 3
    assert [record["replayed"] for _, record in found] == [False, True, True]


def texts_of(shape: Shape, value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever the shape says
    """Give every text in the value of a shape that is no choice and no id."""
    match shape.type:
        case ShapeType.STRUCTURE:
            for name, each in value.items():
                yield from texts_of(shape.member(name).shape, each)
        case ShapeType.LIST:
            assert shape.item is not None
            for each in value:
                yield from texts_of(shape.item, each)
        case ShapeType.MAP:
            for key, each in value.items():
                yield from (key, each)
        case ShapeType.STRING if not shape.enum and not AN_ID.fullmatch(str(value)):
            yield str(value)


def with_canaries(shape: Shape, value: Any, chance: random.Random) -> Any:  # noqa: ANN401, PLR0911 - whatever the shape says; one by type
    """Return the value with other words wherever the model takes any."""
    match shape.type:
        case ShapeType.STRUCTURE:
            return {
                name: each
                if name in {"clientToken", "nextToken"}
                else with_canaries(shape.member(name).shape, each, chance)
                for name, each in value.items()
            }
        case ShapeType.LIST:
            assert shape.item is not None
            return [with_canaries(shape.item, each, chance) for each in value]
        case ShapeType.MAP:
            return {f"canary{chance.random()}": f"canary{chance.random()}" for _ in value}
        case ShapeType.STRING if shape.enum or shape.pattern or AN_ID.fullmatch(str(value)):
            return value
        case ShapeType.STRING if shape.text is not TextRule.ANY:
            return f"canary {chance.random()}"
        case ShapeType.STRING:
            return f"canary {chance.random()} é'{'x' * chance.randrange(9)}'"
        case _:
            return value


def every_text(service: larum.Service) -> str:
    """Return all records as they are kept."""
    kept = [records_of(service, account) for account in lengths(service)]
    return json.dumps(kept, ensure_ascii=False)


@pytest.mark.parametrize("seed", range(3))
def test_no_record_has_a_text_of_anybody(stage: Stage, seed: int) -> None:
    """Whatever was written, denied, refused or not signed: titles, names, tags are nowhere."""
    chance = random.Random(seed)
    service, told = stage.door.service, set[str]()
    assert stage.membership_id
    administrator = larum_client(service)
    user = user_key(administrator, TENANT)
    administrator.close()
    denied = AccessKey(user["accessKeyId"], user["secretAccessKey"], Principal.user(TENANT, "eve"))
    wrong = AccessKey(user["accessKeyId"], "canary's secret", Principal.user(TENANT, "eve"))
    for operation in sorted(OPERATIONS, key=lambda name: name == "CancelMembership"):
        described = MODEL.operations[operation]
        works = WORKS.get(operation, lambda at, of=operation: at.params(of))
        given = works(stage) if operation != "CreateMembership" else smallest()
        if described.input is None:
            continue
        params = with_canaries(described.input, given, chance)
        told |= set(texts_of(described.input, params))
        if operation in WORKS and operation != "CreateMembership":
            call(stage, operation, params)
        raw = raw_request(described, as_json(params))
        answers = [service.handle(signed(raw, key)) for key in (denied, wrong)]
        answers.append(service.handle(unsigned(raw)))
        assert [each.status for each in answers] == [403] * 3, (operation, error_of(answers[0]))
    service.sweep()
    kept = every_text(service)
    assert len(told) > 30
    assert kept.count('"errorCode"') >= 2 * len(OPERATIONS) - 10
    assert "canary" not in kept.lower()
    assert {each for each in told if len(each) > 3 and each in kept} == set()
    assert ADMINISTRATOR in lengths(service)


def as_json(params: dict[str, Any]) -> dict[str, Any]:
    """Return boto3's params as they stand in JSON."""
    return json.loads(json.dumps(params, default=lambda moment: moment.timestamp()))  # type: ignore[no-any-return]  # a dict again


def test_the_canaries_are_seen_where_a_record_has_them(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that shows what was sent is noticed."""
    monkeypatch.setattr(masks, "masked", lambda _operation, params: str(params))
    with pytest.raises(AssertionError, match="assert 'canary' not in"):
        test_no_record_has_a_text_of_anybody(stage, 0)
