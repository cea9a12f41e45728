"""Every operation in every situation of a policy, through both doors (goal G20).

What is expected follows from the situation alone; actions, resources and keys come from the models.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.access.policy.actions import ACTIONS, TagKeys
from larum.errors import AccessDeniedException
from larum.operations import OPERATIONS
from larum.settings import Settings
from tests.conformance.page import smallest
from tests.conformance.signed_requests import IN_PROCESS, Wire, signed
from tests.edge.larum_servers import ADMINISTRATOR, in_thread
from tests.errors.stage import opening, params_of
from tests.operations.directories import organize
from tests.permissions.asking import ask, call_of
from tests.permissions.iam import NOW, Iam, policy, statement
from tests.wire.raw_requests import raw_request
from tests.wire.services import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.domain.principals import AccessKey
    from larum.wire.http import HttpRequest, HttpResponse

    Send = Callable[[HttpRequest], HttpResponse]

MEMBER = "222222222222"
TAGS = {"team": "blue"}
NOT_ALLOWED = "because no {} allows the security-ir:{} action"
DENIED = "with an explicit deny in {}"
IDENTITY, BOUNDARY, CONTROL, SESSION = (
    "identity-based policy",
    "permissions boundary",
    "service control policy",
    "session policy",
)
NAMES = sorted(MODEL.operations)
# Of these somebody else's id can be named.
WITH_ID = [name for name in NAMES if {"caseId", "membershipId", "resourceArn"} & {
    each.name for each in getattr(MODEL.operations[name].input, "members", ())
}]  # fmt: skip
_accounts = count(710_000_000_000)


@dataclass(frozen=True)
class World:
    """An account with a tagged membership and a tagged case, for one operation to be asked of."""

    iam: Iam
    name: str
    membership_id: str
    case_id: str

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the operation, about what the account has; the tags are TAGS."""
        arn = f"arn:aws:security-ir:us-east-1:{self.iam.account}:case/{self.case_id}"
        named = {
            "caseId": self.case_id,
            "membershipId": self.membership_id,
            "resourceArn": arn,
            "tags": TAGS,
        }
        return {key: named.get(key, each) for key, each in params_of(self.name).items()}

    @property
    def resource(self) -> str:
        """What the operation is asked on."""
        kinds = ACTIONS[self.name].resources
        if not kinds:
            return "*"
        identifier = self.case_id if kinds[0] == "case" else self.membership_id
        last = "*" if ACTIONS[self.name].creates else identifier
        return f"arn:aws:security-ir:us-east-1:{self.iam.account}:{kinds[0]}/{last}"

    @property
    def actions(self) -> list[str]:
        """Return what must be allowed: creating with tags is tagging too."""
        creates = ACTIONS[self.name].creates
        return [f"security-ir:{name}" for name in (self.name, *["TagResource"] * creates)]

    def allow(self, **changed: Any) -> str:
        """Return the narrowest policy that allows the call, but for what is changed."""
        tagged = TagKeys.RESOURCE_TAG in ACTIONS[self.name].keys
        condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}} if tagged else {}
        given = {"action": self.actions, "resource": self.resource, "Condition": condition}
        return policy(statement(**(given | changed)))


def nothing(_world: World, _user: str) -> None:
    """Leave the user without a policy."""


def allow(world: World, user: str) -> None:
    """Allow just the call."""
    world.iam.put(user, world.allow())


def through_group(world: World, user: str) -> None:
    """Allow it by a managed policy of a group."""
    group = world.iam.group("responders", user.rpartition("/")[2])
    world.iam.attach(group, world.iam.managed("Allow", world.allow()))


def deny(world: World, user: str) -> None:
    """Allow everything and deny the action."""
    world.iam.put(user, policy(statement(), statement("Deny", world.actions[0])))


def wrong_resource(world: World, user: str) -> None:
    """Allow it on another one of the same kind and account."""
    other = f"arn:aws:security-ir:us-east-1:{world.iam.account}:case/1"
    world.iam.put(user, world.allow(resource=other))


def wrong_tag(world: World, user: str) -> None:
    """Allow it where the team is another one."""
    red = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    world.iam.put(user, world.allow(Condition=red))


def wrong_action(world: World, user: str) -> None:
    """Allow all other actions."""
    world.iam.put(
        user, json.dumps({
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "NotAction": world.actions[0], "Resource": "*"},
        }),
    )  # fmt: skip


def within_boundary(world: World, user: str) -> None:
    """Allow everything, and bound the user by what the call needs."""
    world.iam.put(user, policy())
    world.iam.bound("user", world.iam.managed("Boundary", world.allow()))


def outside_boundary(world: World, user: str) -> None:
    """Allow everything, and bound the user by something else."""
    world.iam.put(user, policy())
    other = policy(statement(action="security-ir:Nothing"))
    world.iam.bound("user", world.iam.managed("Boundary", other))


SITUATIONS: dict[str, tuple[Callable[[World, str], None], str | None]] = {
    "no policy": (nothing, NOT_ALLOWED.format(IDENTITY, "{}")),
    "allow": (allow, None),
    "group policy": (through_group, None),
    "explicit deny": (deny, DENIED.format(f"an {IDENTITY}")),
    "wrong resource": (wrong_resource, NOT_ALLOWED.format(IDENTITY, "{}")),
    "wrong tag condition": (wrong_tag, NOT_ALLOWED.format(IDENTITY, "{}")),
    "all but the action": (wrong_action, NOT_ALLOWED.format(IDENTITY, "{}")),
    "within the boundary": (within_boundary, None),
    "outside the boundary": (outside_boundary, NOT_ALLOWED.format(BOUNDARY, "{}")),
}


class Asking:
    """A service, the way to it, and a world for each operation."""

    def __init__(self, service: larum.Service, send: Send, url: str) -> None:
        self.service, self.send, self.url = service, send, url

    def world(self, name: str) -> World:
        """Make an account for an operation."""
        account = str(next(_accounts))
        with closing(self.service.client(account=account)) as client:
            membership_id = client.create_membership(**smallest(), tags=TAGS)["membershipId"]
            case_id = client.create_case(**opening(), tags=TAGS)["caseId"]
        return World(Iam(self.service, account), name, membership_id, case_id)

    def answer(self, key: AccessKey, name: str, params: dict[str, Any]) -> tuple[int, bytes]:
        """Return the status and body that the call is answered with."""
        raw = raw_request(MODEL.operations[name], params)
        response = self.send(signed(raw, key, self.url))
        return response.status, response.body


@pytest.fixture(scope="module", params=["http", "in process"])
def asking(request: pytest.FixtureRequest) -> Iterator[Asking]:
    """A service that all share, and a door to it."""
    with larum.Service(settings=Settings(throttle="off")) as service:
        organize(service, {MEMBER: ""})
        if request.param == "in process":
            yield Asking(service, service.handle, IN_PROCESS)
            return
        with in_thread(service) as url, Wire(url) as wire:
            yield Asking(service, wire, url)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_situation_decides(asking: Asking, name: str, situation: str) -> None:
    """A user may do it, or is refused in AWS's words for just that reason."""
    arrange, ending = SITUATIONS[situation]
    world = asking.world(name)
    key = world.iam.user_key("ann")
    arrange(world, key.principal.arn)
    status, body = asking.answer(key, name, world.params)
    if ending is None:
        assert status != 403, body
        return
    assert status == 403
    assert json.loads(body)["message"] == (
        f"User: {key.principal.arn} is not authorized to perform: security-ir:{name} "
        f"on resource: {world.resource} {ending.format(name)}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_service_control_policy_binds_users_and_root(asking: Asking, name: str) -> None:
    """What the organization denies an account, neither its user with all rights nor root may do."""
    params = params_of(name) | ({"tags": TAGS} if "tags" in params_of(name) else {})
    if "resourceArn" in params:
        params["resourceArn"] = params["resourceArn"].replace(ADMINISTRATOR, MEMBER)
    iam, chief = Iam(asking.service, MEMBER), Iam(asking.service, ADMINISTRATOR)
    user = iam.user_key(f"user-{name}-{asking.url[-5:-3]}")
    iam.put(user.principal.arn, policy())
    chief.control(MEMBER, policy(statement(), statement("Deny", f"security-ir:{name}")))
    for key in (user, asking.service.installation.root_access_key(MEMBER, NOW)):
        status, body = asking.answer(key, name, params)
        assert status == 403
        assert json.loads(body)["message"].endswith(DENIED.format(f"a {CONTROL}"))
    chief.control(MEMBER, None)
    assert DENIED.format(f"a {CONTROL}").encode() not in asking.answer(user, name, params)[1]


@pytest.mark.parametrize("name", WITH_ID)
def test_somebody_elses_looks_like_nobodys(asking: Asking, name: str) -> None:
    """A user with all rights gets the same bytes for a foreign id as for one that never was."""
    world = asking.world(name)
    other = Iam(asking.service, asking.world(name).iam.account)
    key = other.user_key("ann")
    other.put(key.principal.arn, policy())
    foreign = asking.answer(key, name, world.params)
    never = World(world.iam, name, "m-" + "9" * 30, "9999999998")
    found = asking.answer(key, name, never.params)
    for old, new in ((never.case_id, world.case_id), (never.membership_id, world.membership_id)):
        found = (found[0], found[1].replace(old.encode(), new.encode()))
    assert foreign == found
    assert foreign[0] == (404 if "caseId" in world.params else 403)


@pytest.mark.parametrize("name", NAMES)
def test_a_session_has_no_more_than_its_policy(name: str) -> None:
    """A role with all rights: allowed with a session policy that has the action, else refused."""
    with larum.Service() as service:
        service.client(account=MEMBER).close()
        iam = Iam(service, MEMBER)
        params = World(iam, name, "m-" + "0" * 30, "1").params
        texts = {
            "with": policy(statement()),
            "without": json.dumps(
                {"Version": "2012-10-17", "Statement":
                    {"Effect": "Allow", "NotAction": f"security-ir:{name}", "Resource": "*"}}
            ),
        }  # fmt: skip
        for role, text in texts.items():
            session = iam.role(role, text)
            iam.put(iam.arn("role", role), policy())
            call = call_of(session, name, **params)
            if role == "with":
                ask(service, call)
                continue
            with pytest.raises(AccessDeniedException, match=NOT_ALLOWED.format(SESSION, name)):
                ask(service, call)


def test_every_route_has_an_action_and_every_action_a_row() -> None:
    """The model, the table of operations and the table of actions name the same operations."""
    assert set(MODEL.operations) == set(OPERATIONS) == set(ACTIONS)
