"""Every constraint of every member of the operations is enforced by the server itself.

The violations are generated from the model (tests/wire/violations.py), written past botocore's own
checks, signed, and sent through a real server and in process. None may pass, none may be a 5xx,
none may leave a row, and no value may be told back or logged.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

import pytest

import larum
from larum.operations import LARUM_OPERATIONS, OPERATIONS
from larum.wire.model import DOCUMENTS
from tests.conformance.signed_requests import IN_PROCESS, Wire, error_of, signed, told
from tests.edge.larum_servers import ADMINISTRATOR, in_thread
from tests.wire.examples import example
from tests.wire.raw_requests import raw_request
from tests.wire.services import operation as operation_of
from tests.wire.services import service_of
from tests.wire.violations import violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.store.engine import Transaction
    from larum.wire.http import HttpRequest, HttpResponse

    Send = Callable[[HttpRequest], HttpResponse]

# Words of the model itself, which an answer may well hold: enum values and member names.
SHAPES = [
    shape
    for document in DOCUMENTS.values()
    for shape in json.loads((resources.files("larum.wire") / document).read_bytes())[
        "shapes"
    ].values()
]
WORDS = {word for each in SHAPES for word in (*each.get("enum", ()), *each.get("members", ()))}
WORKING = sorted([*OPERATIONS, *(f"larum:{name}" for name in LARUM_OPERATIONS)])
# Its input has no member: there is nothing to violate.
WITHOUT_INPUT = {"larum:DescribeDirectory", "larum:DescribeOrganization", "larum:GetAuditKey"}
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
# Shorter values, such as a tag of "security", are part of ordinary messages.
SHORTEST_CANARY = 9


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """A service of its own, so that its rows can be counted."""
    with larum.Service() as made:
        yield made


@pytest.fixture(params=["http", "embedded"])
def door(request: pytest.FixtureRequest, service: larum.Service) -> Iterator[tuple[Send, str]]:
    """The way in, and the URL to sign for."""
    if request.param == "embedded":
        yield service.handle, IN_PROCESS
        return
    with in_thread(service) as url, Wire(url) as wire:
        yield wire, url


def rows(service: larum.Service) -> dict[str, int]:
    """Return how many rows each table has."""

    def count(tx: Transaction) -> dict[str, int]:
        names = [name for (name,) in tx.rows(TABLES, {})]
        return {name: tx.rows(f"SELECT count(*) FROM {name}", {})[0][0] for name in names}  # noqa: S608 - names of the schema

    return service.engine.read(count)


def texts(value: object) -> Iterator[str]:
    """Give every string inside a JSON value, keys of maps too."""
    match value:
        case str():
            yield value
        case dict():
            for name, each in value.items():
                yield name
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)


def canaries(params: object) -> set[str]:
    """Return the values of `params` that no answer and no log may repeat."""
    return {each for each in texts(params) if len(each) >= SHORTEST_CANARY} - WORDS


def fault(name: str, response: HttpResponse, expected: set[str], params: object) -> str | None:
    """Return what is wrong with the answer to a violation of `expected` fields, or None."""
    if response.status != 400 or error_of(response) != "ValidationException":
        return f"{name}: {response.status} {error_of(response)}"
    content = told(response)
    if content.keys() != {"message", "reason", "fieldList"}:
        return f"{name}: members {sorted(content)}"
    named = {each["name"] for each in content["fieldList"]}
    if named != expected:
        return f"{name}: names {sorted(named)}, not {sorted(expected)}"
    repeated = [
        each for each in canaries(params) if each in json.dumps(content, ensure_ascii=False)
    ]
    return f"{name}: repeats a value" if repeated else None


def test_the_lists_of_operations_agree() -> None:
    """There is something to violate in each operation that works."""
    found = {name: len(list(violations(operation_of(name)))) for name in WORKING}
    assert {name for name, count in found.items() if count == 1} == WITHOUT_INPUT
    assert found["CreateMembership"] > 100
    assert found["larum:ApplyDirectory"] > 100


@pytest.mark.parametrize("operation", sorted(set(WORKING) - WITHOUT_INPUT))
def test_no_violation_passes(
    service: larum.Service,
    door: tuple[Send, str],
    operation: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each violation, and all at once, is refused by its fields; nothing is written or repeated."""
    caplog.set_level(logging.DEBUG, "larum")
    send, url = door
    key = service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
    before = rows(service)
    faults, sensitive = [], set()
    for violation in violations(operation_of(operation)):
        raw = raw_request(operation_of(operation), violation.params)
        response = send(signed(raw, key, url, service=service_of(operation)))
        faults.append(fault(violation.label, response, set(violation.fields), violation.params))
        sensitive |= canaries(violation.params)
    assert [each for each in faults if each] == []
    assert rows(service) == before
    assert [each for each in sensitive if each in caplog.text] == []


@pytest.mark.parametrize("operation", WORKING)
def test_the_valid_example_is_no_violation(service: larum.Service, operation: str) -> None:
    """The request that all violations are made from breaks no constraint itself."""
    key = service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
    params = {name: each for name, each in example(operation).items() if name != "nextToken"}
    raw = raw_request(operation_of(operation), params)
    response = service.handle(signed(raw, key, service=service_of(operation)))
    assert error_of(response) != "ValidationException"
    assert response.status < 500


def test_a_planted_canary_is_told_nowhere(
    service: larum.Service, door: tuple[Send, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Values of every sensitive member, each illegal, appear neither in the answer nor in a log."""
    caplog.set_level(logging.DEBUG)
    send, url = door
    key = service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
    canary = "zq7Canary"
    responder = {
        "name": canary + "\x1b",
        "jobTitle": canary * 9,
        "email": canary,
        "communicationPreferences": [canary],
    }
    params = {
        "clientToken": canary * 40,
        "membershipName": canary + "\0",
        "incidentResponseTeam": [responder, responder],
        "optInFeatures": [{"featureName": canary, "isEnabled": canary}],
        "tags": {canary + "<": canary + "\x07", "aws:" + canary: canary},
        "coverEntireOrganization": canary,
    }
    response = send(signed(raw_request(operation_of("CreateMembership"), params), key, url))
    assert error_of(response) == "ValidationException"
    assert len(told(response)["fieldList"]) >= 12
    assert canary.encode() not in response.body
    assert canary not in repr(response.headers)
    assert canary not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"{}{}",
        b"\xef\xbb\xbf{}",
        b'{"membershipName": NaN}',
        b'{"membershipName": 1e400}',
        b'{"membershipName": "\\ud800"}',
        b'{"membershipName": "\xff"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        '{"membershipName": "x"}'.encode("utf-16"),
        b'{"__proto__": {"membershipName": "Example"}, "constructor": 1}',
    ],
)
def test_odd_bodies_are_refused(
    service: larum.Service, door: tuple[Send, str], body: bytes
) -> None:
    """What is no JSON object with the required members is 400, never a 5xx, and writes nothing."""
    send, url = door
    key = service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
    raw = raw_request(operation_of("CreateMembership"), {})
    before = rows(service)
    odd = type(raw)(raw.method, raw.raw_path, raw.raw_query, raw.content_type, body)
    response = send(signed(odd, key, url))
    assert response.status == 400
    assert error_of(response) == "ValidationException"
    assert rows(service) == before
