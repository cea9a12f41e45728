"""Reliability-and-security §10 E 91 and 92, and whose address counts, past the evaluator's own."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.calls import Call
from larum.edge.server import Listen
from larum.settings import Settings
from tests.conformance.page import smallest
from tests.conformance.signed_requests import IN_PROCESS, Wire, signed
from tests.edge.larum_servers import in_thread
from tests.permissions.iam import NOW, Iam, policy, statement
from tests.wire.raw_requests import raw_request
from tests.wire.services import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.domain.principals import AccessKey
    from larum.wire.http import HttpRequest

ACCOUNT, OTHER = "444444444444", "555555555555"
ANY = "arn:aws:security-ir:*:*:*"


class Own:
    """An account with a membership tagged `team=blue`, and a user of it."""

    def __init__(self, service: larum.Service) -> None:
        self.service, self.iam = service, Iam(service, ACCOUNT)
        with closing(service.client(account=ACCOUNT)) as client:
            made = client.create_membership(**smallest(), tags={"team": "blue"})
        self.id = made["membershipId"]
        self.arn = f"arn:aws:security-ir:us-east-1:{ACCOUNT}:membership/{self.id}"
        self.key = self.iam.user_key("ann")

    def allow(self, *statements: Any) -> None:
        """Give the user one policy of these statements."""
        self.iam.put(self.key.principal.arn, policy(*statements))

    def request(
        self, name: str, key: AccessKey | None = None, url: str = IN_PROCESS, **params: Any
    ) -> HttpRequest:
        """Return a signed request of the user's, or of whose key is given."""
        given = params or {"membershipId": self.id}
        return signed(raw_request(MODEL.operations[name], given), key or self.key, url)

    def status(self, name: str = "GetMembership", **params: Any) -> int:
        """Return how the user is answered."""
        return self.service.handle(self.request(name, **params)).status


@pytest.fixture
def own() -> Iterator[Own]:
    """A service of its own."""
    with larum.Service(settings=Settings(throttle="off")) as service:
        yield Own(service)


BLUE = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
RED = {"StringEquals": {"aws:ResourceTag/team": "red"}}
GET = "security-ir:GetMembership"
E91: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "any of the service, right tag": ([statement(resource=ANY, Condition=BLUE)], True),
    "any of the service, wrong tag": ([statement(resource=ANY, Condition=RED)], False),
    "of another account": (
        [statement(resource=f"arn:aws:security-ir:*:{OTHER}:membership/*")],
        False,
    ),
    "of the own account": ([statement(resource=f"arn:aws:security-ir:*:{ACCOUNT}:*")], True),
    "of another Region": ([statement(resource="arn:aws:security-ir:eu-*:*:*")], False),
    "in other cases": ([statement(action="SECURITY-IR:getMEMBERSHIP")], True),
    "in another case of the resource": (
        [statement(resource="arn:aws:security-ir:*:*:Membership/*")],
        False,
    ),
    "NotAction in a Deny": (
        [statement(), {"Effect": "Deny", "NotAction": "security-ir:List*", "Resource": "*"}],
        False,
    ),
    "NotAction in a Deny, but this": (
        [statement(), {"Effect": "Deny", "NotAction": GET, "Resource": "*"}],
        True,
    ),
    "NotResource in a Deny": (
        [statement(), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b"}],
        False,
    ),
    "NotResource in an Allow": (
        [{"Effect": "Allow", "Action": GET, "NotResource": "arn:aws:security-ir:*:*:case/*"}],
        True,
    ),
    "ForAllValues without a value": (
        [statement(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "team"}})],
        True,
    ),
    "IfExists in a Deny without the key": (
        [
            statement(),
            statement("Deny", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        ],
        False,
    ),
    "Bool in a Deny without the key": (
        [
            statement(),
            statement("Deny", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        ],
        True,
    ),
}


@pytest.mark.parametrize(("statements", "allowed"), E91.values(), ids=E91.keys())
def test_e91_combinations(own: Own, statements: list[dict[str, Any]], *, allowed: bool) -> None:
    """E91: what the documentation says, for a request through the whole service."""
    own.allow(*statements)
    assert own.status() == (200 if allowed else 403)


def test_e92_who_takes_the_tag_away_has_no_right_by_it(own: Own) -> None:
    """E92: after UntagResource the condition on the tag holds no more, also for tagging again."""
    own.allow(statement(Condition=BLUE))
    tagging = {"resourceArn": own.arn}
    assert own.status() == 200
    assert own.status("UntagResource", **tagging, tagKeys=["team"]) == 200
    assert own.status() == 403
    assert own.status("TagResource", **tagging, tags={"team": "blue"}) == 403


def test_e92_no_tag_can_be_given_that_no_condition_allows(own: Own) -> None:
    """E92: TagResource is decided by the tags that are there and those that are asked for."""
    wanted = {"StringEquals": {"aws:RequestTag/team": ["blue", "green"]}}
    own.allow(
        statement(
            action="security-ir:TagResource",
            Condition={"StringEquals": BLUE["StringEquals"] | wanted["StringEquals"]},
        )
    )
    tagging = {"resourceArn": own.arn}
    assert own.status("TagResource", **tagging, tags={"team": "red"}) == 403
    assert own.status("TagResource", **tagging, tags={"team": "green"}) == 204
    assert own.status("TagResource", **tagging, tags={"team": "blue"}) == 403


def test_e92_a_tag_changed_in_the_same_commit_counts(own: Own) -> None:
    """E92: of two calls that share a commit the second one is decided by what the first one did."""
    own.allow(statement(Condition=BLUE))
    root = own.service.installation.root_access_key(ACCOUNT, NOW)
    red: dict[str, Any] = {"resourceArn": own.arn, "tags": {"team": "red"}}
    name: dict[str, Any] = {"membershipId": own.id, "membershipName": "Other"}
    calls = [
        own.service.prepare(own.request("UpdateMembership", **name)),
        own.service.prepare(own.request("TagResource", root, **red)),
        own.service.prepare(own.request("UpdateMembership", **name)),
    ]
    with own.service.engine.turn(1.0) as group:
        assert group is not None
        answers = []
        for call in calls:
            assert isinstance(call, Call)
            answers.append(own.service.perform_in(group, call).status)
        group.commit()
    assert answers == [200, 204, 403]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "allowed"),
    [
        (("127.0.0.1",), "203.0.113.9", True),
        (("127.0.0.1",), "198.51.100.1, 203.0.113.9", True),
        (("127.0.0.1", "10.0.0.0/8"), "203.0.113.9, 10.1.2.3", True),
        (("127.0.0.1",), "203.0.113.9, 198.51.100.1", False),
        (("127.0.0.1",), "", False),
        ((), "203.0.113.9", False),
    ],
)
def test_the_address_is_the_last_that_no_trusted_proxy_has(
    own: Own, proxies: tuple[str, ...], forwarded: str, *, allowed: bool
) -> None:
    """What a caller writes into X-Forwarded-For itself counts for nothing; so with the scheme."""
    condition = {
        "IpAddress": {"aws:SourceIp": "203.0.113.9"},
        "Bool": {"aws:SecureTransport": "true"},
    }
    own.allow(statement(Condition=condition))
    listen = Listen(trusted_proxies=proxies)
    with in_thread(own.service, listen) as url, Wire(url) as wire:
        request = own.request("GetMembership", url=url)
        more = (("x-forwarded-for", forwarded), ("x-forwarded-proto", "https"))
        answer = wire(larum_request(request, more if forwarded else ()))
    assert answer.status == (200 if allowed else 403), json.loads(answer.body)


def larum_request(request: HttpRequest, more: tuple[tuple[str, str], ...]) -> HttpRequest:
    """Return the request with headers that are not signed."""
    return type(request)(
        request.method,
        request.raw_path,
        request.raw_query,
        (*request.headers, *more),
        request.body,
    )
