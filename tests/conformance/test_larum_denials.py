"""Denied and failed requests in the audit: one record each, in whose chain, and what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum import failed_authentications
from larum import service as path
from larum.access.throttle import Rate
from larum.domain.principals import AccessKey, Principal
from larum.operations import SERVICES
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest
from tests.conformance.signed_requests import IN_PROCESS, Wire, error_of, signed, told, unsigned
from tests.edge.audit_rows import added, lengths, records_of
from tests.edge.larum_servers import ADMINISTRATOR, in_thread
from tests.wire.examples import example
from tests.wire.raw_requests import RawRequest, raw_request
from tests.wire.services import LARUM, MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from larum.calls import Call
    from larum.store.engine import Transaction
    from larum.wire.http import HttpRequest, HttpResponse
    from larum.wire.model import Operation

    Send = Callable[[HttpRequest], HttpResponse]
    Door = tuple[Send, str]

TENANT, OTHER = "222222222222", "333333333333"
OPERATIONS = {
    each.key: each
    for model, service in ((MODEL, "security-ir"), (LARUM, "larum"))
    for each in model.operations.values()
    if each.name in SERVICES[service]
}
CANARY = "canary"
LEFT = [f"SELECT count(*) FROM {table}" for table in ("outbox", "client_tokens", "memberships")]  # noqa: S608 - our own names


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """A service of its own, with a membership of the tenant and one of somebody else."""
    with larum.Service() as made:
        for account in (TENANT, OTHER):
            client = made.client(account=account)
            client.create_membership(**smallest())
            client.close()
        yield made


@pytest.fixture(params=["http", "embedded"])
def door(request: pytest.FixtureRequest, service: larum.Service) -> Iterator[Door]:
    """The way in, and the URL to sign for."""
    if request.param == "embedded":
        yield service.handle, IN_PROCESS
        return
    with in_thread(service) as url, Wire(url) as wire:
        yield wire, url


def key_of_user(service: larum.Service, account: str = TENANT) -> AccessKey:
    """Return the key of a new user of the account, who may do nothing."""
    client = larum_client(service)
    client.create_user(accountId=account, userName="eve")
    made = client.create_access_key(accountId=account, userName="eve")["accessKey"]
    client.close()
    user = Principal.user(account, "eve")
    return AccessKey(made["accessKeyId"], made["secretAccessKey"], user)


def key_of_root(service: larum.Service, account: str = TENANT) -> AccessKey:
    """Return the root key of an account."""
    return service.installation.root_access_key(account, datetime.now(UTC))


def with_another_secret(key: AccessKey) -> AccessKey:
    """Return the key as somebody has it who does not know its secret."""
    return AccessKey(key.access_key_id, key.secret_access_key[::-1], key.principal)


def request_of(operation: Operation, **changed: object) -> RawRequest:
    """Return a valid request of an operation."""
    given = example(operation.key if operation.key in OPERATIONS else operation.name) | changed
    return raw_request(operation, {k: v for k, v in given.items() if k != "nextToken"})


def service_of(key: str) -> str:
    """Return the signing name of the operation with that key."""
    return "larum" if key.startswith("larum:") else "security-ir"


def request_id(response: HttpResponse) -> str:
    """Return the id that the answer has."""
    return dict(response.headers)["x-amzn-requestid"]


def test_every_denied_operation_has_one_record(service: larum.Service, door: Door) -> None:
    """Reads and writes of both models: one record, in the chain of the account that asked."""
    send, url = door
    key = key_of_user(service)
    for name, operation in OPERATIONS.items():
        before = lengths(service)
        answer = send(signed(request_of(operation), key, url, service=service_of(name)))
        assert (answer.status, error_of(answer)) == (403, "AccessDeniedException"), name
        ((account, record),) = added(service, before)
        assert account == record["recipientAccountId"] == TENANT, name
        assert record["eventName"] == operation.name
        assert record["errorCode"] == "AccessDeniedException"
        assert record["errorMessage"] == told(answer)["message"]
        assert record["requestID"] == request_id(answer)
        assert record["readOnly"] is not SERVICES[service_of(name)][operation.name].writes
        assert record["userIdentity"] == {
            "type": "IAMUser",
            "arn": key.principal.arn,
            "accountId": TENANT,
            "accessKeyId": key.access_key_id,
        }
        assert record["sourceIPAddress"] == "127.0.0.1"
        assert len(record["resources"]) == 1
        assert record["responseElements"] is None


def test_every_operation_of_larum_s_own_api_has_one_record(
    service: larum.Service, door: Door
) -> None:
    """A change that is made has one, and neither what fails otherwise nor a read has any."""
    send, url = door
    key, worked = key_of_root(service, ADMINISTRATOR), set()
    for name in sorted(LARUM.operations):
        before = lengths(service)
        answer = send(signed(request_of(LARUM.operations[name]), key, url, service="larum"))
        found = [record for _, record in added(service, before)]
        changed = answer.status == 200 and SERVICES["larum"][name].writes
        assert [each["requestID"] for each in found] == [request_id(answer)] * changed, name
        worked |= {name} if changed else set()
    assert len(worked) >= 5


def test_a_stranger_writes_into_nobodys_chain(service: larum.Service, door: Door) -> None:
    """Whoever names another account's resource is recorded in their own chain alone."""
    send, url = door
    client = service.client(account=OTHER)
    foreign = client.list_memberships()["items"][0]["membershipArn"]
    client.close()
    key = key_of_root(service)
    for name in ("TagResource", "UntagResource", "ListTagsForResource"):
        before = lengths(service)
        raw = request_of(MODEL.operations[name], resourceArn=foreign)
        assert error_of(send(signed(raw, key, url))) == "AccessDeniedException"
        ((account, record),) = added(service, before)
        assert account == TENANT
        assert record["resources"] == [foreign]
    assert all("errorCode" not in each for each in records_of(service, OTHER))


def test_foreign_and_nobodys_ids_leave_the_same_record(service: larum.Service, door: Door) -> None:
    """But for time, ids and hashes of its own, the record tells no more than the answer."""
    send, url = door
    client = service.client(account=OTHER)
    foreign = client.list_memberships()["items"][0]["membershipId"]
    client.close()
    key, found = key_of_root(service), []
    for asked in (foreign, "m-" + "0" * len(foreign.removeprefix("m-"))):
        before = lengths(service)
        for name in ("GetMembership", "CancelMembership"):
            raw = request_of(MODEL.operations[name], membershipId=asked)
            assert error_of(send(signed(raw, key, url))) == "AccessDeniedException"
        found.append(
            [
                (account, json.dumps(strip(each)).replace(asked, "ID"))
                for account, each in added(service, before)
            ]
        )
    assert found[0] == found[1]
    assert [account for account, _ in found[0]] == [TENANT, TENANT]


def strip(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what is another one each time."""
    return {k: v for k, v in record.items() if k not in {"eventTime", "eventID", "requestID"}}


def test_a_denied_write_leaves_its_record_alone(service: larum.Service, door: Door) -> None:
    """What the call did before it was denied is undone; its client token is free."""
    send, url = door
    key = key_of_user(service)
    before = left(service)
    raw = request_of(MODEL.operations["CreateMembership"])
    assert error_of(send(signed(raw, key, url))) == "AccessDeniedException"
    assert left(service) == before
    assert before[0] > 0


def left(service: larum.Service) -> list[int]:
    """Return how many rows there are of what a call leaves."""
    return [service.engine.read(partial(count_of, each)) for each in LEFT]


def count_of(statement: str, tx: Transaction) -> int:
    """Return the number that a statement gives."""
    return int(tx.rows(statement, {})[0][0])


def test_a_wrong_signature_has_one_record(
    service: larum.Service, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every operation: in the chain of the account whose key was claimed."""
    for name in ("OF_SOURCE", "IN_ALL"):
        monkeypatch.setattr(failed_authentications, name, Rate("everything", 1e6, 1e6))
    send, url = door
    key = key_of_root(service)
    wrong = with_another_secret(key)
    for name in sorted(OPERATIONS):
        before = lengths(service)
        answer = send(signed(request_of(OPERATIONS[name]), wrong, url, service=service_of(name)))
        assert (answer.status, error_of(answer)) == (403, "InvalidSignatureException"), name
        ((account, record),) = added(service, before)
        assert account == TENANT
        assert record["eventName"] == OPERATIONS[name].name
        assert record["errorCode"] == "InvalidSignatureException"
        assert record["requestID"] == request_id(answer)
        assert record["awsRegion"] == "us-east-1"
        assert record["userIdentity"] == {
            "type": "Unknown",
            "accountId": TENANT,
            "accessKeyId": key.access_key_id,
        }
        assert record["additionalEventData"] == {"accessKeyOf": key.principal.arn}


def test_a_disabled_key_is_recorded_where_it_belongs(service: larum.Service, door: Door) -> None:
    """A key that is known is its account's, active or not."""
    send, url = door
    key = key_of_user(service)
    administrator = larum_client(service)
    administrator.update_access_key(
        accountId=TENANT, userName="eve", accessKeyId=key.access_key_id, status="Inactive"
    )
    administrator.close()
    before = lengths(service)
    answer = send(signed(request_of(MODEL.operations["ListCases"]), key, url))
    assert error_of(answer) == "UnrecognizedClientException"
    ((account, record),) = added(service, before)
    assert (account, record["errorCode"]) == (TENANT, "UnrecognizedClientException")


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [("LARUAAAAAAAAAAAAAAAA", True), ("ana@example.com", False), ("c" * 40, False)],
)
def test_an_unknown_key_is_the_administrators_to_see(
    service: larum.Service, door: Door, claimed: str, *, kept: bool
) -> None:
    """The claimed id stands in the record only where it has the form of one."""
    send, url = door
    key = AccessKey(claimed, "nobody's secret", Principal.root(TENANT))
    before = lengths(service)
    answer = send(signed(request_of(MODEL.operations["ListCases"]), key, url))
    assert error_of(answer) == "UnrecognizedClientException"
    ((account, record),) = added(service, before)
    assert account == ADMINISTRATOR
    assert record["userIdentity"] == {"type": "Unknown"} | (
        {"accessKeyId": claimed} if kept else {}
    )
    assert kept is (claimed in json.dumps(record))


def test_nothing_that_was_sent_unsigned_is_believed(service: larum.Service, door: Door) -> None:
    """Headers, paths and bodies full of texts leave none of them in a record."""
    send, url = door
    plain = request_of(MODEL.operations["CreateMembership"], membershipName=CANARY)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/us-east-1/security-ir/aws4_request"
    headers = [
        f"{CANARY} Credential=x/{scope}, SignedHeaders=host, Signature=y",
        f"AWS4-HMAC-SHA256 Credential={CANARY}'/{scope}, SignedHeaders=host, Signature={CANARY}",
        f"AWS4-HMAC-SHA256 Credential=x/{CANARY}/{CANARY}/'{CANARY}', SignedHeaders=h, Signature=x",
        f"AWS4-HMAC-SHA256 Credential=x/{CANARY}, {CANARY}",
        f"AWS4-HMAC-SHA256 Credential=x/{CANARY}, {CANARY}={CANARY}",
        f"AWS4-HMAC-SHA256 Credential=x/{CANARY}, SignedHeaders={CANARY}",
        f"AWS4-HMAC-SHA256 Credential=x/{scope}, SignedHeaders={CANARY}, Signature=x",
    ]
    dates = [stamp, f"{CANARY}'{CANARY}"]
    before = lengths(service)
    for value in headers:
        for date in dates:
            request = unsigned(replace(plain, raw_path=f"/v1/{CANARY}"), url)
            more = (("authorization", value), ("x-amz-date", date), ("user-agent", CANARY))
            answer = send(replace_headers(request, (*request.headers, *more)))
            assert answer.status == 403
    service.sweep()
    records = added(service, before)
    assert len(records) == len(headers) * len(dates)
    assert {account for account, _ in records} == {ADMINISTRATOR}
    for _, record in records:
        assert CANARY not in json.dumps(record).lower()
        assert record["errorMessage"]


def replace_headers(request: HttpRequest, headers: tuple[tuple[str, str], ...]) -> HttpRequest:
    """Return the request with other headers."""
    return type(request)(request.method, request.raw_path, request.raw_query, headers, request.body)


def test_requests_that_claim_nothing_are_counted(service: larum.Service, door: Door) -> None:
    """No credential, no record of its own: a record with the count once a minute."""
    send, url = door
    before = lengths(service)
    for _ in range(7):
        answer = send(unsigned(request_of(MODEL.operations["ListCases"]), url))
        assert error_of(answer) == "MissingAuthenticationTokenException"
    assert added(service, before) == []
    service.sweep()
    ((account, record),) = added(service, before)
    assert account == ADMINISTRATOR
    assert record["eventName"] == "FailedAuthentications"
    assert record["additionalEventData"]["count"] == 7
    assert record["additionalEventData"]["errorCodes"] == {"MissingAuthenticationTokenException": 7}
    service.sweep()
    assert len(added(service, before)) == 1


def test_a_flood_is_counted_and_fills_no_disk(service: larum.Service) -> None:
    """A thousand guesses of one source and of a thousand sources: few records, none uncounted."""
    key = key_of_root(service)
    wrong = with_another_secret(key)
    request = signed(request_of(MODEL.operations["ListCases"]), wrong)
    before = lengths(service)
    for number in range(1_000):
        for source in ("192.0.2.1", f"198.51.{number // 256}.{number % 256}"):
            assert service.handle(from_source(request, source)).status == 403
    assert len(added(service, before)) <= failed_authentications.IN_ALL.burst + 20
    service.sweep()
    records = [each for _, each in added(service, before)]
    counted = [each for each in records if each["eventName"] == "FailedAuthentications"]
    assert len(counted) <= failed_authentications.MOST_SOURCES + 1
    of_one = [each for each in records if each["sourceIPAddress"] == "192.0.2.1"]
    assert len(of_one) <= failed_authentications.OF_SOURCE.burst + 20
    alone = len(records) - len(counted)
    assert alone + sum(each["additionalEventData"]["count"] for each in counted) == 2_000


def from_source(request: HttpRequest, source: str) -> HttpRequest:
    """Return the request as another address sends it."""
    return type(request)(
        request.method,
        request.raw_path,
        request.raw_query,
        request.headers,
        request.body,
        source_ip=source,
    )


def test_what_the_limit_refuses_is_counted_too() -> None:
    """After the failure limit there are no more records, and every attempt is in a count."""
    settings = larum.Settings(failed_authentications=2.0)
    with larum.Service(settings=settings) as service:
        key = key_of_root(service)
        wrong = with_another_secret(key)
        request = signed(request_of(MODEL.operations["ListCases"]), wrong)
        before = lengths(service)
        statuses = [service.handle(request).status for _ in range(50)]
        assert 429 in statuses
        service.sweep()
        records = [each for _, each in added(service, before)]
        (count,) = [each for each in records if each["eventName"] == "FailedAuthentications"]
        assert count["recipientAccountId"] == ADMINISTRATOR
        assert count["additionalEventData"]["errorCodes"] == {
            "ThrottlingException": statuses.count(429)
        }
        assert len(records) - 1 + count["additionalEventData"]["count"] == 50


def test_urls_that_open_nothing_are_counted(service: larum.Service) -> None:
    """A guess at an attachment's URL is counted with the other failures of its source."""
    with in_thread(service) as url, Wire(url) as wire:
        before = lengths(service)
        raw = RawRequest("GET", "/blobs/nothing", "X-Amz-Signature=guessed", None, b"")
        assert error_of(wire(unsigned(raw, url))) == "AccessDenied"
    service.sweep()
    ((account, record),) = added(service, before)
    assert account == ADMINISTRATOR
    assert record["additionalEventData"]["errorCodes"] == {"AccessDenied": 1}


def test_counts_are_written_when_the_service_closes(tmp_path: Path) -> None:
    """A stop loses no count."""
    with larum.Service(tmp_path / "data") as service:
        service.handle(unsigned(request_of(MODEL.operations["ListCases"])))
    with larum.Service(tmp_path / "data") as service:
        (record,) = records_of(service, ADMINISTRATOR)
    assert record["additionalEventData"]["count"] == 1


@pytest.mark.parametrize("planted", ["no record of a denied read", "no record of a failure"])
def test_the_list_sees_a_service_that_forgets(
    planted: str, service: larum.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A denial or a failure that is answered without its record is noticed."""
    embedded = (service.handle, IN_PROCESS)
    if planted == "no record of a denied read":
        monkeypatch.setattr(path.Service, "answer_read", forgetful_read)
        with pytest.raises(ValueError, match="not enough values"):
            test_every_denied_operation_has_one_record(service, embedded)
        return
    monkeypatch.setattr(
        failed_authentications.FailedAuthentications, "answered", lambda *given: given[3]
    )
    with pytest.raises(ValueError, match="not enough values"):
        test_a_wrong_signature_has_one_record(service, embedded, monkeypatch)


def forgetful_read(service: larum.Service, call: Call) -> HttpResponse:
    """Answer a read as the service did before denials were recorded."""
    try:
        return service.engine.read(lambda tx: service._perform(call, tx))
    except Exception as error:  # noqa: BLE001 - whatever it is
        return service.refuse(error, call.request_id)
