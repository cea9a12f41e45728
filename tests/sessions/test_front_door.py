"""The endpoint as HTTP has it: GET, POST, errors in XML, and no way in without a signature."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

import larum
from larum.errors import InternalServerException
from tests.conformance.signed_requests import IN_PROCESS, Wire, signed, unsigned
from tests.edge.larum_servers import ADMINISTRATOR, in_thread
from tests.wire.raw_requests import RawRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.domain.principals import AccessKey
    from larum.wire.http import HttpRequest, HttpResponse

    Send = Callable[[HttpRequest], HttpResponse]

FORM = "application/x-www-form-urlencoded; charset=utf-8"
WHO = "Action=GetCallerIdentity&Version=2011-06-15"
NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"


@pytest.fixture(scope="module")
def service() -> Iterator[larum.Service]:
    """A service that all tests share."""
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


@pytest.fixture
def key(service: larum.Service) -> AccessKey:
    """The administrator account's root key."""
    return service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))


def post(body: str, query: str = "", content_type: str | None = FORM) -> RawRequest:
    """Return a POST of a form."""
    return RawRequest("POST", "/", query, content_type, body.encode())


def get(query: str) -> RawRequest:
    """Return a GET with a query."""
    return RawRequest("GET", "/", query, None, b"")


def told(response: HttpResponse) -> tuple[int, str]:
    """Return status and code of an error; the answer must be XML and carry a request id."""
    assert dict(response.headers)["content-type"] == "text/xml"
    root = ET.fromstring(response.body)  # noqa: S314 - our own server's answer
    assert root.tag == f"{NAMESPACE}ErrorResponse"
    assert root.findtext(f"{NAMESPACE}RequestId") == dict(response.headers)["x-amzn-requestid"]
    return response.status, root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Code") or ""


@pytest.mark.parametrize("raw", [post(WHO), get(WHO), post("", WHO), post("", WHO, None)])
def test_every_way_to_ask(door: tuple[Send, str], key: AccessKey, raw: RawRequest) -> None:
    """The same parameters in a form or in the query, by POST or GET, are the same question."""
    send, url = door
    response = send(signed(raw, key, url, service="sts"))
    assert response.status == 200
    root = ET.fromstring(response.body)  # noqa: S314 - our own server's answer
    arn = root.findtext(f"{NAMESPACE}GetCallerIdentityResult/{NAMESPACE}Arn")
    assert arn == f"arn:aws:iam::{ADMINISTRATOR}:root"


def forged(good: HttpRequest, **headers: str | None) -> HttpRequest:
    """Return the request with headers replaced, added or (None) left out."""
    changes = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = tuple((name, value) for name, value in good.headers if name not in changes)
    added = tuple((name, value) for name, value in changes.items() if value is not None)
    return replace(good, headers=kept + added)


def test_no_way_in_without_a_signature(door: tuple[Send, str], key: AccessKey) -> None:
    """What is unsigned, signed for something else, or changed after signing is refused in XML."""
    send, url = door
    good = signed(post(WHO), key, url, service="sts")
    other = replace(key, access_key_id="LARUEXAMPLEEXAMPLE00")
    authorization = good.header("authorization") or ""
    expected: list[tuple[HttpRequest, tuple[int, str]]] = [
        (unsigned(post(WHO), url), (403, "MissingAuthenticationToken")),
        (unsigned(get(WHO), url), (403, "MissingAuthenticationToken")),
        (unsigned(post("Action=Nothing"), url), (403, "MissingAuthenticationToken")),
        (signed(post(WHO), key, url), (403, "SignatureDoesNotMatch")),
        (signed(post(WHO), key, url, service="larum"), (403, "SignatureDoesNotMatch")),
        (signed(post("Action=No"), key, url, service="s3"), (403, "SignatureDoesNotMatch")),
        (signed(post(WHO), other, url, service="sts"), (403, "InvalidClientTokenId")),
        (replace(good, body=good.body + b"&X=1"), (403, "SignatureDoesNotMatch")),
        (replace(good, raw_query="X=1"), (403, "SignatureDoesNotMatch")),
        (forged(good, authorization="Bearer x"), (400, "IncompleteSignature")),
        (forged(good, x_amz_date="20200101T000000Z"), (403, "SignatureDoesNotMatch")),
        (forged(good, x_amz_security_token="x"), (403, "InvalidClientTokenId")),
        (
            forged(good, authorization=authorization.replace("us-east-1", "mars-1")),
            (403, "SignatureDoesNotMatch"),
        ),
        (
            replace(unsigned(get(WHO), url), raw_query=f"{WHO}&X-Amz-Signature=0"),
            (403, "SignatureDoesNotMatch"),
        ),
    ]
    for request, answer in expected:
        assert told(send(request)) == answer


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (post("Version=2011-06-15"), "InvalidAction"),
        (post("Action=GetCallerIdentity"), "InvalidAction"),
        (post("Action=GetFederationToken&Version=2011-06-15"), "InvalidAction"),
        (post(f"{WHO}&Action=AssumeRole"), "InvalidAction"),
        (post(f"{WHO}&X=%zz"), "ValidationError"),
        (post("Action=AssumeRole&Version=2011-06-15"), "ValidationError"),
        (
            post("Action=AssumeRole&Version=2011-06-15&RoleArn=%00&Tags=x"),
            "ValidationError",
        ),
    ],
)
def test_what_is_no_question(
    door: tuple[Send, str], key: AccessKey, raw: RawRequest, code: str
) -> None:
    """Signed but not understood: 400, with the code of this protocol."""
    send, url = door
    assert told(send(signed(raw, key, url, service="sts"))) == (400, code)


def test_the_other_services_do_not_take_its_signatures(
    door: tuple[Send, str], key: AccessKey
) -> None:
    """A request that was signed for sts opens no other route, which answers in JSON."""
    send, url = door
    raw = RawRequest("POST", "/v1/memberships", "", "application/json", b"{}")
    response = send(signed(raw, key, url, service="sts"))
    assert response.status == 403
    assert dict(response.headers)["x-amzn-errortype"] == "InvalidSignatureException"


def test_a_store_that_fails_is_told_in_xml(
    door: tuple[Send, str],
    key: AccessKey,
    service: larum.Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever gets no answer from the store reads so in the protocol in which they asked."""

    def fail(*_: object) -> None:
        raise InternalServerException("The store has failed.")

    send, url = door
    asked = signed(post("Action=GetSessionToken&Version=2011-06-15"), key, url, service="sts")
    assert send(asked).status == 200
    monkeypatch.setattr(service.engine, "begin", fail)
    monkeypatch.setattr(service.engine, "turn", fail)
    assert told(send(asked)) == (500, "InternalFailure")


def records(service: larum.Service, account: str = ADMINISTRATOR) -> list[dict[str, Any]]:
    """Return the records of an account's chain, newest last."""
    client = service.client("larum")
    try:
        pages = client.get_paginator("list_audit_records").paginate(accountId=account)
        return [each for page in pages for each in page["items"]]
    finally:
        client.close()


def test_what_failed_to_sign_is_recorded(key: AccessKey) -> None:
    """A failed authentication names the operation of sts that it was for."""
    with larum.Service() as service:
        known = service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
        wrong = replace(known, secret_access_key=key.secret_access_key[::-1])
        service.handle(signed(post(WHO), wrong, service="sts"))
        last = str(records(service)[-1])
    assert "GetCallerIdentity" in last
    assert "sts.amazonaws.com" in last
