"""No route of a real server is reached without a good signature, whatever it names.

The list: reliability-and-security §10 A, through the socket; `tests/access` has the verifier's own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as altered

import larum
from tests.conformance.page import smallest
from tests.conformance.signed_requests import IN_PROCESS, Wire, error_of, signed, told, unsigned
from tests.edge.larum_servers import ADMINISTRATOR, in_thread
from tests.wire.examples import OPERATION_NAMES, example
from tests.wire.raw_requests import RawRequest, raw_request
from tests.wire.services import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.domain.principals import AccessKey
    from larum.wire.http import HttpRequest, HttpResponse

    Send = Callable[[HttpRequest], HttpResponse]

# What other servers have had there, and near misses of our own routes.
NO_ROUTE = [
    ("GET", "/"),
    ("GET", "/metrics"),
    ("GET", "/debug/vars"),
    ("GET", "/admin"),
    ("GET", "/console"),
    ("GET", "/larum/v1/accounts"),
    ("POST", "/larum/v1/reset"),
    ("GET", "/.env"),
    ("GET", "/healthz/x"),
    ("POST", "/healthz"),
    ("PUT", "/readyz"),
    ("GET", "/v1/membership"),
    ("DELETE", "/v1/membership/m-abcd1234efgh"),
    ("POST", "/v1/membership/"),
    ("POST", "/V1/membership"),
    ("POST", "/v2/membership"),
    ("PATCH", "/v1/memberships"),
    ("POST", "/v1/memberships/x"),
    ("HEAD", "/v1/memberships"),
]


@pytest.fixture(scope="module")
def service() -> Iterator[larum.Service]:
    """A service that all tests share: what they send must change nothing."""
    with larum.Service() as made:
        yield made


@pytest.fixture(scope="module")
def server(service: larum.Service) -> Iterator[str]:
    """The URL of a server of it."""
    with in_thread(service) as url:
        yield url


@pytest.fixture
def key(service: larum.Service, newcomer: str) -> AccessKey:
    """A root key of an account that no other test uses."""
    return service.installation.root_access_key(newcomer, datetime.now(UTC))


@pytest.fixture(params=["http", "embedded"])
def door(
    request: pytest.FixtureRequest, service: larum.Service, server: str
) -> Iterator[tuple[Send, str]]:
    """The way in, and the URL to sign for."""
    if request.param == "embedded":
        yield service.handle, IN_PROCESS
        return
    with Wire(server) as wire:
        yield wire, server


def raw(method: str, path: str, body: bytes = b"") -> RawRequest:
    """Return a request of that method and raw path."""
    return RawRequest(method, path, "", "application/json" if body else None, body)


def changed(request: HttpRequest, **headers: str | None) -> HttpRequest:
    """Return the request with these headers (underscores for dashes) set, or removed for None."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = [(name, value) for name, value in request.headers if name not in named]
    added = [(name, value) for name, value in named.items() if value is not None]
    return altered(request, headers=(*kept, *added))


def test_every_operation_of_the_model_is_probed() -> None:
    """The examples that these tests send cover all 25 routes."""
    assert set(OPERATION_NAMES) == set(MODEL.operations)
    assert len(OPERATION_NAMES) == 25


@pytest.mark.parametrize("operation", OPERATION_NAMES)
def test_operation_without_authentication_is_refused(
    door: tuple[Send, str], operation: str
) -> None:
    """Each of the 25 routes answers an unsigned request with 403 and nothing more."""
    send, url = door
    response = send(unsigned(raw_request(MODEL.operations[operation], example(operation)), url))
    assert response.status == 403
    assert error_of(response) == "MissingAuthenticationTokenException"
    assert told(response) == {"message": "Missing Authentication Token"}


@pytest.mark.parametrize(("method", "path"), NO_ROUTE)
def test_no_route_is_authenticated_first(
    door: tuple[Send, str], key: AccessKey, method: str, path: str
) -> None:
    """Where no operation is, an unsigned request is 403 as anywhere, a signed one 404."""
    send, url = door
    refused = send(unsigned(raw(method, path), url))
    assert (refused.status, error_of(refused)) == (403, "MissingAuthenticationTokenException")
    answered = send(signed(raw(method, path), key, url))
    assert (answered.status, error_of(answered)) == (404, "UnknownOperationException")


def forgeries(good: HttpRequest, other: HttpRequest) -> dict[str, HttpRequest]:
    """Return requests that each differ from the signed `good` in one thing."""
    authorization = good.header("authorization") or ""
    parts = authorization.split(" ", 1)[1]
    credential, signed_headers, signature = parts.split(", ")
    wrong = signature[:-1] + ("0" if signature[-1] != "0" else "1")

    def header(*pieces: str) -> HttpRequest:
        return changed(good, authorization="AWS4-HMAC-SHA256 " + ", ".join(pieces))

    return {
        "no Authorization": changed(good, authorization=None),
        "empty": changed(good, authorization=""),
        "algorithm alone": changed(good, authorization="AWS4-HMAC-SHA256"),
        "Basic": changed(good, authorization="Basic eDp5"),
        "Bearer": changed(good, authorization="Bearer x"),
        "SigV4a": changed(good, authorization=authorization.replace("AWS4-", "AWS4-ECDSA-P256-")),
        "two Authorizations": altered(
            good, headers=(*good.headers, ("authorization", authorization))
        ),
        "wrong signature": header(credential, signed_headers, wrong),
        "upper-case signature": header(
            credential, signed_headers, "Signature=" + signature.partition("=")[2].upper()
        ),
        "short signature": header(credential, signed_headers, signature[:-1]),
        "signature of another request": changed(good, authorization=other.header("authorization")),
        "no signature": header(credential, signed_headers),
        "no credential": header(signed_headers, signature),
        "other Region": header(
            credential.replace("us-east-1", "eu-west-1"), signed_headers, signature
        ),
        "unknown Region": header(
            credential.replace("us-east-1", "mars-north-1"), signed_headers, signature
        ),
        "other service": header(credential.replace("security-ir", "s3"), signed_headers, signature),
        "other key": header(
            credential.replace("Credential=", "Credential=X"), signed_headers, signature
        ),
        "body changed": altered(good, body=good.body.replace(b"Example", b"Sxample")),
        "body appended": altered(good, body=good.body + b" "),
        "body empty": altered(good, body=b""),
        "method changed": altered(good, method="PUT"),
        "path changed": altered(good, raw_path="/v1/memberships"),
        "query added": altered(good, raw_query="x=y"),
        "date moved": changed(good, x_amz_date="20200101T000000Z"),
        "no date": changed(good, x_amz_date=None),
        "unsigned x-amz header": changed(good, x_amz_target="anything"),
        "unsigned session token": changed(good, x_amz_security_token="anything"),
        "body hash declared wrong": changed(good, x_amz_content_sha256="0" * 64),
        "unsigned payload": changed(good, x_amz_content_sha256="UNSIGNED-PAYLOAD"),
    }


def test_forged_requests_change_nothing(
    service: larum.Service, door: tuple[Send, str], key: AccessKey, newcomer: str
) -> None:
    """Every forgery of a good request is 403, tells no secret and makes no membership."""
    send, url = door
    operation = MODEL.operations["CreateMembership"]
    good = signed(raw_request(operation, smallest()), key, url)
    other = signed(raw_request(operation, smallest(membershipName="Another")), key, url)
    through = {}
    for name, forgery in forgeries(good, other).items():
        response = send(forgery)
        if response.status != 403 or key.secret_access_key.encode() in response.body:
            through[name] = (response.status, response.body)
    assert through == {}
    assert service.client(account=newcomer).list_memberships()["items"] == []
    # The original is good, so each refusal above was of the forgery; a resend is an SDK's retry.
    assert [send(good).status, send(good).status] == [201, 409]


@pytest.mark.parametrize("operation", OPERATION_NAMES)
def test_forged_signature_is_refused_on_every_route(
    door: tuple[Send, str], key: AccessKey, operation: str
) -> None:
    """On each of the 25 routes a signature made with a wrong secret is 403."""
    send, url = door
    wrong = replace(key, secret_access_key=key.secret_access_key[::-1])
    request = raw_request(MODEL.operations[operation], example(operation))
    response = send(signed(request, wrong, url))
    assert (response.status, error_of(response)) == (403, "InvalidSignatureException")


def test_presigned_query_opens_no_route(door: tuple[Send, str], key: AccessKey) -> None:
    """Authentication by the query string, alone or beside the header, is refused on the API."""
    send, url = door
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=" + "0" * 64
    good = signed(raw("POST", "/v1/memberships", b"{}"), key, url)
    for request in (altered(good, raw_query=query),
                    altered(changed(good, authorization=None), raw_query=query)):  # fmt: skip
        assert send(request).status == 403


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_signature(server: str, path: str) -> None:
    """The two probes answer anybody, and tell nothing of accounts, keys or files."""
    with Wire(server) as wire:
        answer = wire(unsigned(raw("GET", path), server))
    assert answer.status == 200
    assert ADMINISTRATOR.encode() not in answer.body
    assert b"LARU" not in answer.body
