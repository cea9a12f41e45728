"""Item 29 of reliability-and-security §10 A: no registered route without the verifier; and sts.

The routes come from the tables of operations, so that a new service or operation is asked too.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace as altered

from larum.operations import SERVICES
from larum.wire.model import load
from tests.access.front_door import GOOD, ROOT, SCOPE, front_door
from tests.access.signed_requests import Draft, added, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.wire.http import HttpRequest
    from tests.access.front_door import FrontDoor

FORM = ("content-type", "application/x-www-form-urlencoded")
IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15"
STS = replace(
    GOOD,
    path="/",
    body=IDENTITY.encode(),
    headers=(FORM,),
    scope=SCOPE.replace("security-ir", "sts"),
)
ASSUME = b"Action=AssumeRole&Version=2011-06-15&"
FORBIDDEN = 403


@pytest.fixture(scope="module")
def door() -> Iterator[FrontDoor]:
    """One server for all: what it refuses changes nothing in it."""
    with front_door() as opened:
        yield opened


def routes() -> Iterator[tuple[str, Draft]]:
    """Yield every operation of every service with a request that reaches its route."""
    for service in SERVICES:
        model = load(service)
        for name, operation in model.operations.items():
            if model.protocol == "query":
                body = f"Action={name}&Version=2011-06-15".encode()
                yield f"{service}-{name}", replace(STS, body=body)
                continue
            path = "/".join("x" if "{" in each else each for each in operation.uri.split("/"))
            body = b"{}" if operation.method in {"POST", "PUT"} else b""
            yield f"{service}-{name}", replace(GOOD, method=operation.method, path=path, body=body)


ROUTES = dict(routes())


@pytest.mark.parametrize("route", ROUTES)
def test_a29_no_route_is_reached_without_a_signature(door: FrontDoor, route: str) -> None:
    """A29: unsigned, with another's secret, or signed for another service: 403 and no call."""
    draft = ROUTES[route]
    service = route.rpartition("-")[0]
    scope = SCOPE.replace("security-ir", service)
    elsewhere = "s3" if service == "security-ir" else "security-ir"
    forged = altered(ROOT, secret_access_key="x" * 40)
    before = len(door.service.passed)
    for request in (
        altered(draft.request(), headers=draft.arrived()),
        replace(draft, scope=scope, key=forged),
        replace(draft, scope=SCOPE.replace("security-ir", elsewhere)),
    ):
        assert door.send(request).status == FORBIDDEN
    assert len(door.service.passed) == before


def test_every_service_is_asked() -> None:
    """The routes above are those of all services, none left out."""
    assert {"security-ir", "larum", "sts"} <= set(SERVICES)
    assert len(ROUTES) == sum(len(load(each).operations) for each in SERVICES)


REFUSED: dict[str, HttpRequest | Draft] = {
    "A05-header-and-query": replace(STS, query="X-Amz-Signature=x"),
    "A06-presigned": altered(
        STS.request(),
        raw_query=f"{IDENTITY}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={'0' * 64}",
        headers=(("host", "larum.example"), FORM),
    ),
    "A10-scope-of-the-api": replace(STS, scope=SCOPE),
    "A13-token-unsigned": replace(STS, unsigned=(("x-amz-security-token", "x"),)),
    "A13-target": replace(STS, unsigned=(("x-amz-target", "AWSSecurityTokenService"),)),
    "A15-content-type": changed(STS.request(), "content-type", FORM[1] + "; charset=utf-8"),
    "A16-action-changed": altered(STS.request(), body=ASSUME),
    "A16-action-added": altered(STS.request(), body=STS.body + b"&x=1"),
    "A16-action-in-the-query": altered(STS.request(), body=b"", raw_query=IDENTITY),
    "A18-GET": altered(replace(STS, query=IDENTITY, body=b"").request(), method="GET"),
    "A20-action-in-both": altered(STS.request(), raw_query="Action=GetSessionToken"),
    "A24-token-of-nobody": replace(STS, headers=(FORM, ("x-amz-security-token", "A" * 400))),
    "A24-empty-token": replace(STS, headers=(FORM, ("x-amz-security-token", ""))),
    "A24-two-tokens": added(
        replace(STS, headers=(FORM, ("x-amz-security-token", "a"))).request(),
        "x-amz-security-token",
        "b",
    ),
}


@pytest.mark.parametrize("item", REFUSED)
def test_no_such_request_gets_credentials(door: FrontDoor, item: str) -> None:
    """The query protocol has the same verifier: each is 403 in XML, and reaches no operation."""
    before = len(door.service.passed)
    answer = door.send(REFUSED[item])
    assert (answer.status, answer.headers["content-type"]) == (FORBIDDEN, "text/xml")
    assert ROOT.secret_access_key.encode() not in answer.body
    assert len(door.service.passed) == before


ODD = [
    b"",
    b"Action",
    b"Action=",
    b"Action=Nope&Version=2011-06-15",
    b"Action=GetCallerIdentity",
    b"Action=GetCallerIdentity&Version=1999-01-01",
    IDENTITY.encode() + b"&Action=AssumeRole",
    b"%",
    b"\xff\xfe",
    b"Action=%ff",
    IDENTITY.encode() + b"&x=%ff",
    ASSUME + b"RoleArn=a&RoleArn.x=b",
    ASSUME + b"Tags.member.99999999999999999999.Key=x",
    ASSUME + b"a.b.c.d.e.f.g.h.i.j=1",
    ASSUME + b"&".join(b"x%d=1" % number for number in range(500)),
    ASSUME + b"DurationSeconds=" + b"9" * 40,
    ASSUME + b"PolicyArns=x&Tags=y&TransitiveTagKeys.member.1=%3Cscript%3E",
    ASSUME + b"RoleArn=" + b"%3Carn%3E" * 500,
]


def test_odd_forms_are_plain_errors(door: FrontDoor) -> None:
    """Rightly signed and hardly a form: 400 with the text escaped, never a 5xx; unsigned, 403."""
    for body in ODD:
        draft = replace(STS, body=body)
        answer = door.send(draft)
        assert answer.status == 400, body
        assert b"<script>" not in answer.body
        assert door.send(altered(draft.request(), headers=draft.arrived())).status == FORBIDDEN


def test_changed_forms_are_plain_errors(door: FrontDoor) -> None:
    """Three hundred forms with some bytes changed, all rightly signed: no 5xx among the answers."""
    draw = random.Random(29)
    form = (
        b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx"
        b"&RoleSessionName=abc&Tags.member.1.Key=a&Tags.member.1.Value=b&DurationSeconds=900"
    )
    statuses = set()
    for _ in range(300):
        body = bytearray(form)
        for _ in range(draw.randint(1, 6)):
            body[draw.randrange(len(body))] = draw.randrange(256)
        statuses.add(door.send(replace(STS, body=bytes(body))).status)
    assert statuses <= {400, 403}


def test_what_the_refusals_were_made_of_gets_in(door: FrontDoor) -> None:
    """The request that the others are made of is answered, in the body and in the query."""
    for draft in (STS, replace(STS, method="GET", query=IDENTITY, body=b"", headers=())):
        answer = door.send(draft)
        assert answer.status == 200
        assert ROOT.principal.arn.encode() in answer.body
