"""Odd but well-signed requests: each gets a plain answer, never a 5xx (§10 C 72-78)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.page import EVERY_PARAMETER, smallest
from tests.conformance.signed_requests import IN_PROCESS, Wire, error_of, signed, told
from tests.edge.larum_servers import in_thread
from tests.wire.raw_requests import RawRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.wire.http import HttpResponse

    Ask = Callable[[RawRequest], HttpResponse]

CREATE = RawRequest("POST", "/v1/membership", "", "application/json", b"")
LIST = RawRequest("POST", "/v1/memberships", "", "application/json", b"{}")


@pytest.fixture(scope="module")
def service() -> Iterator[larum.Service]:
    """A service that all tests share: each has an account of its own."""
    with larum.Service() as made:
        yield made


@pytest.fixture(scope="module")
def server(service: larum.Service) -> Iterator[str]:
    """The URL of a server of it."""
    with in_thread(service) as url:
        yield url


@pytest.fixture(params=["http", "embedded"])
def ask(
    request: pytest.FixtureRequest, service: larum.Service, server: str, newcomer: str
) -> Iterator[Ask]:
    """Sign a request as the root of `account` and send it through either door."""
    key = service.installation.root_access_key(newcomer, datetime.now(UTC))
    if request.param == "embedded":
        yield lambda raw: service.handle(signed(raw, key, IN_PROCESS))
        return
    with Wire(server) as wire:
        yield lambda raw: wire(signed(raw, key, server))


def tags_path(account: str, membership_id: str) -> str:
    """Return the raw path of the tags of a membership, encoded as every SDK does it."""
    return (
        f"/v1/tags/arn%3Aaws%3Asecurity-ir%3Aus-east-1%3A{account}%3Amembership%2F{membership_id}"
    )


def create(**params: object) -> RawRequest:
    """Return a CreateMembership with these members in its body."""
    return replace(CREATE, body=json.dumps(params).encode())


def test_unknown_members_are_ignored(ask: Ask) -> None:
    """Members that the model does not have change nothing, however they are called."""
    strange: dict[str, object] = {
        "__proto__": {"x": 1},
        "constructor": [],
        "membershipid": "m-x",
        "": None,
    }
    assert ask(create(**smallest(), **strange)).status == 201


def test_members_of_the_path_do_not_count_in_the_body(ask: Ask, newcomer: str) -> None:
    """A resourceArn in the body does not overrule the one in the path."""
    made = told(ask(create(**smallest())))["membershipId"]
    body = json.dumps({"resourceArn": "arn:aws:security-ir:us-east-1:1:x", "tags": {"a": "b"}})
    raw = RawRequest("POST", tags_path(newcomer, made), "", "application/json", body.encode())
    assert ask(raw).status == 204


def test_null_is_as_if_absent(ask: Ask) -> None:
    """Null for an optional member is like leaving it out; for a required one it is missing."""
    optional = {"clientToken": None, "optInFeatures": None, "tags": None,
                "coverEntireOrganization": None}  # fmt: skip
    assert ask(create(**smallest(), **optional)).status == 201
    refused = ask(create(**smallest(membershipName=None)))
    assert [each["name"] for each in told(refused)["fieldList"]] == ["membershipName"]


def test_requests_without_token_work(ask: Ask) -> None:
    """A raw client that sends no clientToken gets its membership, and no protection."""
    assert ask(create(**smallest())).status == 201
    assert error_of(ask(create(**smallest()))) == "ConflictException"


def test_last_of_duplicate_members_wins(ask: Ask) -> None:
    """A member that is there twice counts as in every SDK's own JSON parser: the last."""
    body = json.dumps(EVERY_PARAMETER)[:-1] + ', "coverEntireOrganization": false}'
    made = told(ask(replace(CREATE, body=body.encode())))["membershipId"]
    got = told(ask(RawRequest("GET", f"/v1/membership/{made}", "", None, b"")))
    assert got["membershipAccountsConfigurations"]["coverEntireOrganization"] is False


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
def test_json_by_any_spelling_is_understood(ask: Ask, content_type: str) -> None:
    """The Content-Type of JSON in UTF-8 may be spelled as HTTP allows."""
    assert ask(replace(LIST, content_type=content_type)).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/xml",
        "json",
    ],
)
def test_other_content_types_are_refused(ask: Ask, content_type: str | None) -> None:
    """A body that is not declared as JSON is 400, so that no browser's form can post here."""
    response = ask(replace(LIST, content_type=content_type))
    assert (response.status, error_of(response)) == (400, "MalformedHttpRequestException")


@pytest.mark.parametrize(
    ("label", "statuses"),
    [
        ("m-%00aaaaaaaaaaa", {400}),
        ("m-aaaaaaaaaa%0d%0aX-Evil%3a1", {400}),
        ("%E0%A4%A", {400}),
        ("m-" + "a" * 7_000, {400}),
        ("m-aaaaaaaaaaaa%2F..%2F..", {400}),
        ("m-%C3%A9aaaaaaaaaaa", {400}),
        ("..", {400}),
        ("m-aaaaaaaaaaaa;x", {400}),
        ("", {404}),
    ],
)
def test_odd_labels_are_plain_errors(ask: Ask, label: str, statuses: set[int]) -> None:
    """NUL, line ends, traversal, bad UTF-8 or 7 kB in a path are plain errors, echoed nowhere."""
    response = ask(RawRequest("GET", f"/v1/membership/{label}", "", None, b""))
    assert response.status in statuses
    assert not any("evil" in name.lower() for name, _ in response.headers)
    assert all("\n" not in value and "\r" not in value for _, value in response.headers)


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PATCH", "HEAD", "DELETE", "PURGE"])
def test_other_methods_are_unknown(ask: Ask, method: str) -> None:
    """Methods that no operation has are refused, and nothing is done."""
    response = ask(RawRequest(method, "/v1/memberships", "", None, b""))
    assert response.status in {400, 404}


def test_too_many_tag_keys_are_refused(ask: Ask, newcomer: str) -> None:
    """More query parameters than an operation can use are 400."""
    query = "&".join(f"tagKeys=key{number}" for number in range(400))
    path = tags_path(newcomer, "m-abcd1234efgh")
    response = ask(RawRequest("DELETE", path, query, None, b""))
    assert response.status == 400


def test_every_answer_is_stable_json(ask: Ask) -> None:
    """Absent members are absent, never null; all headers but date and request id are constant."""
    made = told(ask(create(**smallest())))["membershipId"]
    answer, again = (
        ask(RawRequest("GET", f"/v1/membership/{made}", "", None, b"")) for _ in range(2)
    )
    assert b"null" not in answer.body
    assert answer.body == again.body
    differing = {name for name, _ in set(answer.headers) ^ set(again.headers)}
    assert "x-amzn-requestid" in differing
    assert differing <= {"x-amzn-requestid", "date"}
    stamp = told(answer)["membershipActivationTimestamp"]
    assert isinstance(stamp, float | int)
    assert round(stamp, 3) == stamp
