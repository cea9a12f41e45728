"""Which policies count for whom, and what a refusal says and carries."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.access.policy.evaluate import Decision, Layer
from larum.access.policy.managed import PREFIX
from larum.access.policy.outcomes import Outcome
from larum.context import Caller
from larum.errors import AccessDeniedException, UnrecognizedClientException
from larum.settings import ROOT_ACCOUNT
from larum.store import access_keys, tags
from tests.operations.directories import describe, organize, unit_ids
from tests.permissions.asking import ask, call_of
from tests.permissions.iam import NOW, Iam, policy, statement

if TYPE_CHECKING:
    from collections.abc import Iterator


MEMBER, TENANT = "222222222222", "444444444444"
ID = "m-" + "0" * 30
ARN = f"arn:aws:security-ir:us-east-1:{TENANT}:membership/{ID}"
READ = policy(statement(action="security-ir:Get*"))


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """An organization with one account in a unit of a unit, and a standalone account."""
    with larum.Service() as made:
        organize(made, {MEMBER: "workloads/prod"})
        made.client(account=TENANT).close()
        yield made


@pytest.fixture
def iam(service: larum.Service) -> Iam:
    """Whoever administers the standalone account."""
    return Iam(service, TENANT)


def root_of(service: larum.Service, account: str) -> Caller:
    """Return the caller that requests of the account's root have."""
    key = service.installation.root_access_key(account, NOW)
    return Caller(key.principal, key.access_key_id, "us-east-1")


def refusal(service: larum.Service, caller: Caller, name: str = "GetMembership") -> Decision:
    """Return the decision that refuses `caller` to do `name` to a membership."""
    with pytest.raises(AccessDeniedException) as caught:
        ask(service, call_of(caller, name, membershipId=ID))
    assert isinstance(caught.value.decision, Decision)
    return caught.value.decision


def allowed(service: larum.Service, caller: Caller, name: str = "GetMembership") -> bool:
    """Return whether `caller` may do `name` to a membership."""
    try:
        ask(service, call_of(caller, name, membershipId=ID))
    except AccessDeniedException:
        return False
    return True


def test_a_user_may_what_its_policies_allow(service: larum.Service, iam: Iam) -> None:
    """Nothing at first, then what an inline policy, a managed one, or one of a group says."""
    ann = iam.user("ann")
    assert refusal(service, ann) == Decision(Outcome.IMPLICIT_DENY, Layer.IDENTITY)
    iam.put(ann.principal.arn, READ)
    assert allowed(service, ann)
    assert not allowed(service, ann, "CancelMembership")
    iam.delete(ann.principal.arn)
    assert not allowed(service, ann)
    iam.attach(ann.principal.arn, iam.managed("Read", READ))
    assert allowed(service, ann)
    iam.detach(ann.principal.arn)
    assert not allowed(service, ann)
    iam.attach(iam.group("readers", "ann"), f"{PREFIX}AWSSecurityIncidentResponseReadOnlyAccess")
    assert allowed(service, ann)
    iam.leave("readers", "ann")
    assert not allowed(service, ann)


def test_a_policy_that_changes_counts_at_once(service: larum.Service, iam: Iam) -> None:
    """A managed policy that is written anew is not remembered as it was."""
    ann = iam.user("ann")
    iam.attach(ann.principal.arn, iam.managed("Some", READ))
    assert allowed(service, ann)
    iam.managed("Some", policy(statement("Deny"), statement()))
    assert refusal(service, ann) == Decision(
        Outcome.EXPLICIT_DENY, Layer.IDENTITY, iam.arn("policy", "Some"), "Statement[0]"
    )


def test_a_boundary_bounds_and_grants_nothing(service: larum.Service, iam: Iam) -> None:
    """Allowed is only what both allow; a boundary that is missing allows nothing."""
    ann = iam.user("ann")
    iam.bound("user", iam.managed("Boundary", READ))
    assert refusal(service, ann).layer is Layer.IDENTITY
    iam.put(ann.principal.arn, policy())
    assert allowed(service, ann)
    assert refusal(service, ann, "CancelMembership").layer is Layer.BOUNDARY
    iam.bound("user", iam.arn("policy", "Lost"))
    assert refusal(service, ann).outcome is Outcome.EXPLICIT_DENY


def test_a_session_policy_bounds_a_role(service: larum.Service, iam: Iam) -> None:
    """A session has what the role's and the session's policies both allow."""
    session = iam.role("responder", READ)
    assert not allowed(service, session)
    iam.put(iam.arn("role", "responder"), policy())
    assert allowed(service, session)
    assert refusal(service, session, "CancelMembership").layer is Layer.SESSION


@pytest.mark.parametrize("target", ["root", "unit", "account"])
def test_control_policies_bind_a_member_account(service: larum.Service, target: str) -> None:
    """Each level has to allow, for the account's root too; the management account is not bound."""
    chief = Iam(service, ROOT_ACCOUNT)
    units = unit_ids(service)
    targets = {"root": describe(service)["rootId"], "unit": units["workloads"], "account": MEMBER}
    users = [root_of(service, MEMBER), Iam(service, MEMBER).user("ann"), chief.user("bob")]
    Iam(service, MEMBER).put(users[1].principal.arn, policy())
    chief.put(users[2].principal.arn, policy())
    assert [allowed(service, each) for each in users] == [True, True, True]
    chief.control(targets[target], policy(statement(action="organizations:*")))
    assert refusal(service, users[0]).layer is Layer.CONTROL
    assert [allowed(service, each) for each in users] == [False, False, True]
    chief.control(targets[target], policy(statement("Deny", "security-ir:Get*"), statement()))
    assert refusal(service, users[0]) == refusal(service, users[1])
    assert [allowed(service, each, "CancelMembership") for each in users] == [True, True, True]
    chief.control(targets[target], None)
    assert [allowed(service, each) for each in users] == [True, True, True]


def test_a_policy_that_is_no_policy_denies_and_is_logged(
    service: larum.Service, iam: Iam, caplog: pytest.LogCaptureFixture
) -> None:
    """What the store has and nobody can understand takes everything; its text is not told."""
    ann = iam.user("ann")
    iam.put(ann.principal.arn, policy())
    iam.put(ann.principal.arn, '{"Statement": "SECRET"}', "broken")
    with caplog.at_level(logging.ERROR):
        assert refusal(service, ann).outcome is Outcome.EXPLICIT_DENY
    assert "user/ann/broken" in caplog.text
    assert "SECRET" not in caplog.text


def test_whoever_is_gone_is_refused_in_the_transaction(service: larum.Service, iam: Iam) -> None:
    """A key that was disabled, and a user or role of which only the name is still there."""
    ann, session = iam.user("ann"), iam.role("responder")
    for caller in (ann, session):
        iam.put(caller.identity.arn, policy())
        assert allowed(service, caller)
    iam.write(lambda tx: access_keys.set_status(tx, ann.principal, ann.access_key_id, "Inactive"))
    iam.change("UPDATE roles SET role_id = 'AROAother' WHERE account = :account")
    for caller in (ann, session):
        with pytest.raises(UnrecognizedClientException):
            ask(service, call_of(caller, "GetMembership", membershipId=ID))
    bob = iam.user("bob")
    iam.put(bob.identity.arn, policy())
    assert allowed(service, bob)
    iam.change("DELETE FROM users WHERE account = :account AND folded_name = 'bob'")
    with pytest.raises(UnrecognizedClientException):
        ask(service, call_of(bob, "GetMembership", membershipId=ID))


def test_the_refusal_has_awss_words(service: larum.Service, iam: Iam) -> None:
    """reliability-and-security §5.3, and the kind of policy that AWS names."""
    ann = iam.user("ann")
    start = (
        f"User: {ann.principal.arn} is not authorized to perform: security-ir:GetMembership "
        f"on resource: {ARN} "
    )
    texts = {
        policy(statement("Deny")): "with an explicit deny in an identity-based policy",
        READ.replace("Get", "List"): "because no identity-based policy allows the "
        "security-ir:GetMembership action",
    }
    for document, ending in texts.items():
        iam.put(ann.principal.arn, document)
        assert message(service, ann) == start + ending
    iam.put(ann.principal.arn, policy())
    iam.bound("user", iam.managed("Boundary", policy(statement("Deny"))))
    assert message(service, ann) == f"{start}with an explicit deny in a permissions boundary"


def message(service: larum.Service, caller: Caller) -> str:
    """Return the text of the refusal to get a membership."""
    with pytest.raises(AccessDeniedException) as caught:
        ask(service, call_of(caller, "GetMembership", membershipId=ID))
    return caught.value.message


CONDITIONS: list[tuple[str, dict[str, Any]]] = [
    ("tagged", {"StringEquals": {"aws:ResourceTag/team": "blue"}}),
    ("arn", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{TENANT}:user/ann"}}),
    ("account", {"StringEquals": {"aws:PrincipalAccount": TENANT}}),
    ("name", {"StringEquals": {"aws:username": "ann", "aws:userid": "AIDAann"}}),
    ("principal", {"StringEquals": {"aws:PrincipalTag/Team": "blue"}}),
    ("same", {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}),
    ("address", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
    ("plain", {"Bool": {"aws:SecureTransport": "false"}}),
    ("agent", {"StringLike": {"aws:UserAgent": "curl/*"}}),
    ("region", {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),
    ("time", {"DateEquals": {"aws:CurrentTime": "2026-11-22T10:00:00Z"}}),
    ("key", {"Null": {"aws:MultiFactorAuthPresent": "true", "aws:TokenIssueTime": "true"}}),
]


@pytest.mark.parametrize(
    "condition", [each for _, each in CONDITIONS], ids=[n for n, _ in CONDITIONS]
)
def test_conditions_ask_the_request(
    service: larum.Service, iam: Iam, condition: dict[str, Any]
) -> None:
    """Each key is the request's: an Allow with it lets ann do it, and nobody who differs."""
    ann = iam.user("ann")
    iam.tag(ann.principal.arn, "team", "blue")
    iam.write(lambda tx: tags.put(tx, TENANT, ARN, {"team": "blue"}))
    iam.put(ann.principal.arn, policy(statement(Condition=condition)))
    assert allowed(service, ann)
    iam.put(ann.principal.arn, policy(statement(), statement("Deny", Condition=condition)))
    assert not allowed(service, ann)


def test_a_session_brings_its_own_facts(service: larum.Service, iam: Iam) -> None:
    """The role's ARN and the session's name, tags, MFA and time of issue."""
    session = iam.role("responder", tags={"team": "blue"})
    arn = iam.arn("role", "responder")
    iam.tag(arn, "team", "red")
    condition = {
        "ArnEquals": {"aws:PrincipalArn": arn},
        "StringEquals": {"aws:userid": "AROAresponder:work", "aws:PrincipalTag/team": "blue"},
        "Bool": {"aws:MultiFactorAuthPresent": "false"},
        "DateEquals": {"aws:TokenIssueTime": "2026-11-22T10:00:00Z"},
        "Null": {"aws:username": "true"},
    }
    iam.put(arn, policy(statement(Condition=condition)))
    assert allowed(service, session)


def test_creating_with_tags_is_tagging_too(service: larum.Service, iam: Iam) -> None:
    """CreateMembership alone is enough without tags; with tags TagResource is asked as well."""
    ann = iam.user("ann")
    iam.put(ann.principal.arn, policy(statement(action="security-ir:CreateMembership")))
    ask(service, call_of(ann, "CreateMembership"))
    with pytest.raises(AccessDeniedException, match="perform: security-ir:TagResource on"):
        ask(service, call_of(ann, "CreateMembership", tags={"team": "blue"}))
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue", "aws:RequestTag/team": "blue"}}
    actions = ["security-ir:CreateMembership", "security-ir:TagResource"]
    iam.put(ann.principal.arn, policy(statement(action=actions, Condition=condition)))
    ask(service, call_of(ann, "CreateMembership", tags={"team": "blue"}))
    with pytest.raises(AccessDeniedException):
        ask(service, call_of(ann, "CreateMembership", tags={"team": "red"}))


def test_no_policy_gives_a_tenant_the_second_model(service: larum.Service, iam: Iam) -> None:
    """`larum:*` on everything reaches nothing outside the administrator account."""
    ann, chief = iam.user("ann"), Iam(service, ROOT_ACCOUNT)
    bob = chief.user("bob")
    for each in (iam, chief):
        each.put(each.arn("user", "ann" if each is iam else "bob"), policy())
    params = {"accountId": TENANT, "region": "us-east-1", "caseId": "1"}
    ask(service, call_of(bob, "GetCase", "larum", **params))
    for given in (ann, root_of(service, TENANT)):
        with pytest.raises(AccessDeniedException) as caught:
            ask(service, call_of(given, "GetCase", "larum", **params))
        assert getattr(caught.value.decision, "layer", None) is Layer.REACH
    chief.put(chief.arn("user", "bob"), policy(statement(action="security-ir:*")))
    with pytest.raises(AccessDeniedException):
        ask(service, call_of(bob, "GetCase", "larum", **params))
