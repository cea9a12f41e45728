"""AssumeRole by boto3: who may, for how long, on which conditions, and what the session may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larum.domain.principals import Principal
from larum.store import principals, roles
from tests.sessions.stage import AWAY, HOME, allow, deny, document, refusal, trust

if TYPE_CHECKING:
    from larum.store.engine import Transaction
    from tests.sessions.stage import Stage

USER = f"arn:aws:iam::{HOME}:user/ann"
ASSUME = allow("sts:AssumeRole")
LIST = allow("security-ir:ListMemberships")
DENIED = "AccessDenied"


def assumed(stage: Stage, keys: dict[str, Any], role: str, **more: Any) -> dict[str, Any]:
    """Return the credentials of the role."""
    answer = stage.client("sts", keys).assume_role(RoleArn=role, RoleSessionName="work", **more)
    return dict(answer["Credentials"])


def test_a_role_of_another_account(stage: Stage) -> None:
    """Its session signs as the assumed role, in the role's account, with the role's policies."""
    ann = stage.user("ann", ASSUME)
    role = stage.role("lister", document(trust(HOME)), LIST)
    answer = stage.client("sts", ann).assume_role(RoleArn=role, RoleSessionName="work")
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": "AROAEXAMPLE0123456789:work",
        "Arn": f"arn:aws:sts::{AWAY}:assumed-role/lister/work",
    }
    assert "PackedPolicySize" not in answer
    keys = answer["Credentials"]
    assert keys["AccessKeyId"].startswith("LARS")
    assert len(keys["SessionToken"]) < 400
    assert (keys["Expiration"] - stage.clock()).total_seconds() == 3600
    session = stage.client("security-ir", keys)
    assert session.list_memberships()["items"] == []
    code, message = refusal(session.list_cases)
    assert code == "AccessDeniedException"
    assert message.startswith(f"User: arn:aws:sts::{AWAY}:assumed-role/lister/work is not")
    identity = stage.client("sts", keys).get_caller_identity()
    assert (identity["UserId"], identity["Account"]) == ("AROAEXAMPLE0123456789:work", AWAY)


@pytest.mark.parametrize(
    ("trusted", "own", "account", "allowed"),
    [
        (USER, (), HOME, True),
        (USER, (deny("sts:AssumeRole"),), HOME, False),
        (HOME, (), HOME, False),
        (HOME, (ASSUME,), HOME, True),
        (HOME, (ASSUME, deny("sts:*")), HOME, False),
        ("*", (), HOME, True),
        (USER, (), AWAY, False),
        (USER, (ASSUME,), AWAY, True),
        (HOME, (ASSUME,), AWAY, True),
        (HOME, (allow("sts:AssumeRole", "arn:aws:iam::*:role/other"),), AWAY, False),
        ("*", (), AWAY, False),
        (AWAY, (ASSUME,), AWAY, False),
        (f"arn:aws:iam::{HOME}:user/bob", (ASSUME,), HOME, False),
    ],
)
def test_trust_and_own_policies(
    stage: Stage, trusted: str, own: tuple[dict[str, Any], ...], account: str, *, allowed: bool
) -> None:
    """Named in one account: enough; else both must allow; a Deny of the caller's always denies."""
    ann = stage.user("ann", *own)
    role = stage.role("r", document(trust(trusted)), account=account)
    sts = stage.client("sts", ann)
    if allowed:
        assert sts.assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
        return
    code, message = refusal(sts.assume_role, RoleArn=role, RoleSessionName="work")
    assert code == DENIED
    assert (
        message == f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_what_bounds_a_caller_bounds_it_where_it_is_named_too(stage: Stage) -> None:
    """A boundary or session policy that does not allow it denies, whoever the trust names."""
    ann = stage.user("ann", ASSUME)
    role = stage.role("r", document(trust(USER)), ASSUME, account=HOME)
    onward = stage.role("on", document(trust(role)), account=HOME)
    administrator = stage.root("larum", "123456789012")
    for text, allowed in ((document(LIST), False), (document(LIST, ASSUME), True)):
        administrator.create_policy(accountId=HOME, policyName=f"b{allowed}", policyDocument=text)
        administrator.put_user_permissions_boundary(
            accountId=HOME,
            userName="ann",
            permissionsBoundary=f"arn:aws:iam::{HOME}:policy/b{allowed}",
        )
        sts = stage.client("sts", ann)
        if allowed:
            assert sts.assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
        else:
            assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="work")[0] == DENIED
    for policy, allowed in ((LIST, False), (ASSUME, True)):
        keys = assumed(stage, ann, role, Policy=document(policy))
        chained = stage.client("sts", keys)
        if allowed:
            assert chained.assume_role(RoleArn=onward, RoleSessionName="work")["Credentials"]
        else:
            assert refusal(chained.assume_role, RoleArn=onward, RoleSessionName="work")[0] == DENIED


@pytest.mark.parametrize(
    ("trusted", "allowed"),
    [
        (f"arn:aws:iam::{HOME}:role/first", True),
        (f"arn:aws:sts::{HOME}:assumed-role/first/work", True),
        (f"arn:aws:sts::{HOME}:assumed-role/first/other", False),
        (f"arn:aws:iam::{HOME}:role/other", False),
        (HOME, False),
        (USER, False),
    ],
)
def test_from_role_to_role(stage: Stage, trusted: str, *, allowed: bool) -> None:
    """A session is meant by its role's ARN or its own; who made it does not count any more."""
    first = stage.role("first", document(trust(USER)), account=HOME)
    second = stage.role("second", document(trust(trusted)), account=HOME, role_id="AROASECOND")
    sts = stage.client("sts", assumed(stage, stage.user("ann"), first))
    if allowed:
        assert sts.assume_role(RoleArn=second, RoleSessionName="work")["Credentials"]
    else:
        assert refusal(sts.assume_role, RoleArn=second, RoleSessionName="work")[0] == DENIED


def test_a_denied_call_is_the_borrowers_record(stage: Stage) -> None:
    """Whoever may not assume a role finds it in their own chain; the role's account has nothing."""
    ann = stage.user("ann")
    role = stage.role("r", document(trust(HOME)))
    before = len(stage.records(AWAY))
    refusal(stage.client("sts", ann).assume_role, RoleArn=role, RoleSessionName="work")
    record = stage.records(HOME)[-1]
    assert (record["eventName"], record["errorCode"]) == ("AssumeRole", "AccessDeniedException")
    assert record["additionalEventData"]["decision"]["layer"] == "identity-based policy"
    assert len(stage.records(AWAY)) == before


def test_a_deny_of_the_trust_policy(stage: Stage) -> None:
    """Whoever it denies is out, whatever else allows."""
    ann = stage.user("ann", ASSUME)
    role = stage.role("r", document(trust(HOME), trust(USER, effect="Deny")), account=HOME)
    sts = stage.client("sts", ann)
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="work")[0] == DENIED


def test_a_role_that_is_not_there_reads_as_one_that_may_not_be_assumed(stage: Stage) -> None:
    """No name of a role or of a policy can be learnt by asking."""
    ann = stage.user("ann", ASSUME)
    there = stage.role("there", document(trust(AWAY)))
    gone = there.replace("there", "where")
    nobodys = f"arn:aws:iam::{AWAY}:policy/unknown"
    sts = stage.client("sts", ann)
    for more in ({}, {"PolicyArns": [{"arn": nobodys}]}, {"DurationSeconds": 43200}):
        first, second = (
            refusal(sts.assume_role, RoleArn=arn, RoleSessionName="work", **more)
            for arn in (there, gone)
        )
        assert first[0] == second[0] == DENIED
        assert first[1].replace("there", "where") == second[1]


@pytest.mark.parametrize(
    ("condition", "given", "allowed"),
    [
        ({"StringEquals": {"sts:ExternalId": "x-1"}}, {"ExternalId": "x-1"}, True),
        ({"StringEquals": {"sts:ExternalId": "x-1"}}, {"ExternalId": "x-2"}, False),
        ({"StringEquals": {"sts:ExternalId": "x-1"}}, {}, False),
        ({"StringLike": {"sts:RoleSessionName": "w*"}}, {}, True),
        ({"StringLike": {"sts:RoleSessionName": "x*"}}, {}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, False),
        (
            {"StringEquals": {"aws:RequestTag/team": "red"}},
            {"Tags": [{"Key": "team", "Value": "red"}]},
            True,
        ),
        (
            {"StringEquals": {"aws:RequestTag/team": "red"}},
            {"Tags": [{"Key": "team", "Value": "blue"}]},
            False,
        ),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
            {"Tags": [{"Key": "other", "Value": "red"}]},
            False,
        ),
        ({"StringEquals": {"aws:PrincipalArn": USER}}, {}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {}, False),
    ],
)
def test_conditions_of_the_trust_policy(
    stage: Stage, condition: dict[str, Any], given: dict[str, Any], *, allowed: bool
) -> None:
    """What the request says and who asks decide, key by key."""
    ann = stage.user("ann", ASSUME, allow("sts:TagSession"))
    role = stage.role("r", document(trust(HOME, condition=condition)))
    sts = stage.client("sts", ann)
    if allowed:
        assert sts.assume_role(RoleArn=role, RoleSessionName="work", **given)["Credentials"]
    else:
        answer = refusal(sts.assume_role, RoleArn=role, RoleSessionName="work", **given)
        assert answer[0] == DENIED


def test_tags_need_their_own_permission(stage: Stage) -> None:
    """Whoever may assume and not tag cannot pass a tag by which the role decides."""
    ann = stage.user("ann", ASSUME)
    role = stage.role("r", document(trust(HOME)))
    sts = stage.client("sts", ann)
    tags = [{"Key": "team", "Value": "red"}]
    assert sts.assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="work", Tags=tags)[0] == DENIED


def test_root_assumes_no_role(stage: Stage) -> None:
    """As in AWS, even where the trust policy means the whole account."""
    role = stage.role("r", document(trust(HOME)), account=HOME)
    answer = refusal(stage.root("sts").assume_role, RoleArn=role, RoleSessionName="work")
    assert answer == (DENIED, "Roles may not be assumed by root accounts.")


def test_session_policies_only_take_away(stage: Stage) -> None:
    """The session may do what its policies and the role's both allow, by text or by ARN."""
    ann = stage.user("ann", ASSUME)
    role = stage.role("r", document(trust(HOME)), LIST)
    reader = "arn:aws:iam::aws:policy/AWSSecurityIncidentResponseReadOnlyAccess"
    for more, allowed in (
        ({"Policy": document(LIST)}, True),
        ({"Policy": document(allow("security-ir:ListCases"))}, False),
        ({"Policy": document(allow("*"), deny("security-ir:ListMemberships"))}, False),
        ({"PolicyArns": [{"arn": reader}]}, True),
    ):
        session = stage.client("security-ir", assumed(stage, ann, role, **more))
        if allowed:
            assert session.list_memberships()["items"] == []
        else:
            assert refusal(session.list_memberships)[0] == "AccessDeniedException"
        assert refusal(session.list_cases)[0] == "AccessDeniedException"
    sts = stage.client("sts", ann)
    answer = sts.assume_role(RoleArn=role, RoleSessionName="work", Policy=document(LIST))
    assert 0 < answer["PackedPolicySize"] < 20


def test_session_policies_that_cannot_be_taken(stage: Stage) -> None:
    """A document that is none, one of another account, and what does not fit are refused."""
    ann = stage.user("ann", ASSUME, allow("sts:TagSession"))
    role = stage.role("r", document(trust(HOME)))
    sts = stage.client("sts", ann)
    ask = {"RoleArn": role, "RoleSessionName": "work"}
    code, message = refusal(sts.assume_role, **ask, Policy='{"Statement": 5}')
    assert code == "MalformedPolicyDocument"
    assert "Statement" in message
    for arn in (f"arn:aws:iam::{HOME}:policy/mine", f"arn:aws:iam::{AWAY}:policy/none"):
        code, message = refusal(sts.assume_role, **ask, PolicyArns=[{"arn": arn}])
        assert code == "ValidationError"
        assert "PolicyArns[0].arn" in message
    unlike = [chr(0x4E00 + 4 * number) for number in range(4_600)]
    tags = [
        {"Key": f"k{number}", "Value": "".join(unlike[number * 230 : number * 230 + 230])}
        for number in range(20)
    ]
    assert refusal(sts.assume_role, **ask, Tags=tags)[0] == "PackedPolicyTooLarge"


def test_session_tags_are_principal_tags_and_go_on_where_said(stage: Stage) -> None:
    """They decide in the session's requests; transitive ones go on and cannot be changed."""
    ann = stage.user("ann", ASSUME, allow("sts:TagSession"))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    chain = allow(["sts:AssumeRole", "sts:TagSession"])
    first = stage.role(
        "first", document(trust(HOME)), chain, allow(LIST["Action"], Condition=condition)
    )
    second = stage.role("second", document(trust(AWAY)), allow(LIST["Action"], Condition=condition))
    tags = [{"Key": "team", "Value": "red"}]
    for transitive in ([], ["Team"]):
        keys = assumed(stage, ann, first, Tags=tags, TransitiveTagKeys=transitive)
        assert stage.client("security-ir", keys).list_memberships()["items"] == []
        onward = stage.client("security-ir", assumed(stage, keys, second))
        if transitive:
            assert onward.list_memberships()["items"] == []
        else:
            assert refusal(onward.list_memberships)[0] == "AccessDeniedException"
    sts = stage.client("sts", keys)
    other = [{"Key": "TEAM", "Value": "blue"}]
    code, message = refusal(sts.assume_role, RoleArn=second, RoleSessionName="work", Tags=other)
    assert (code, "inherited" in message) == ("ValidationError", True)


def test_how_long(stage: Stage) -> None:
    """From 900 s to the role's longest, and an hour where a role assumes the next one."""
    ann = stage.user("ann", ASSUME)
    long = stage.role("long", document(trust(HOME)), ASSUME, longest=7200)
    other = stage.role("other", document(trust(AWAY)), longest=43200)
    sts = stage.client("sts", ann)
    for seconds in (900, 7200):
        keys = assumed(stage, ann, long, DurationSeconds=seconds)
        assert (keys["Expiration"] - stage.clock()).total_seconds() == seconds
    code, message = refusal(
        sts.assume_role, RoleArn=long, RoleSessionName="work", DurationSeconds=7201
    )
    assert (code, "MaxSessionDuration" in message) == ("ValidationError", True)
    chained = stage.client("sts", keys)
    assert chained.assume_role(RoleArn=other, RoleSessionName="work", DurationSeconds=3600)
    code, message = refusal(
        chained.assume_role, RoleArn=other, RoleSessionName="work", DurationSeconds=3601
    )
    assert (code, "role chaining" in message) == ("ValidationError", True)


def test_every_fault_is_told_at_once(stage: Stage) -> None:
    """All constraints of the model, and what is not built here, by name and in one answer."""
    sts = stage.client("sts", stage.user("ann", ASSUME))
    code, message = refusal(
        sts.assume_role,
        RoleArn="x",
        RoleSessionName="a b",
        DurationSeconds=899,
        TokenCode="12345a",
        Tags=[{"Key": "k" * 129, "Value": "v"}],
        ExternalId="!",
    )
    assert code == "ValidationError"
    assert message.startswith("6 validation errors detected")
    for name in ("RoleArn", "RoleSessionName", "DurationSeconds", "TokenCode", "Tags[0].Key"):
        assert f"'{name}'" in message
    code, message = refusal(
        sts.assume_role,
        RoleArn=f"arn:aws:iam::{AWAY}:user/x",
        RoleSessionName="work",
        SourceIdentity="ann",
        TransitiveTagKeys=["none"],
    )
    assert code == "ValidationError"
    assert message.startswith("3 validation errors detected")
    assert "'SourceIdentity' failed to satisfy constraint: Member is not supported here" in message


def test_a_session_ends_to_the_second(stage: Stage) -> None:
    """A24: the second before its expiry it works, at its expiry it is refused."""
    keys = assumed(stage, stage.user("ann", ASSUME), stage.role("r", document(trust(HOME)), LIST),
                   DurationSeconds=900)  # fmt: skip
    session, sts = stage.client("security-ir", keys), stage.client("sts", keys)
    stage.clock.forward(899)
    assert session.list_memberships()["items"] == []
    stage.clock.forward(1)
    told = "The security token included in the request is expired"
    assert refusal(session.list_memberships) == ("ExpiredTokenException", told)
    assert refusal(sts.get_caller_identity) == ("ExpiredToken", told)


@pytest.mark.parametrize("again", [False, True])
def test_a_session_ends_with_its_role(stage: Stage, *, again: bool) -> None:
    """A25: a role that is deleted, or made again with its name, has no sessions of before."""
    keys = assumed(stage, stage.user("ann", ASSUME), stage.role("r", document(trust(HOME)), LIST))
    session = stage.client("security-ir", keys)
    assert session.list_memberships()["items"] == []

    def remove(tx: Transaction) -> None:
        role = roles.get(tx, AWAY, "r")
        assert role is not None
        roles.delete(tx, role)

    stage.change(AWAY, remove)
    if again:
        stage.role("r", document(trust(HOME)), LIST, role_id="AROAANOTHERONE0000000")
    assert refusal(session.list_memberships)[0] == "UnrecognizedClientException"
    assert refusal(stage.client("sts", keys).get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_changes_with_its_roles_policies(stage: Stage) -> None:
    """A25: what is taken from the role is taken from its sessions at once."""
    keys = assumed(stage, stage.user("ann", ASSUME), stage.role("r", document(trust(HOME)), LIST))
    session = stage.client("security-ir", keys)
    assert session.list_memberships()["items"] == []
    stage.put(Principal.role(AWAY, "r"), deny("*"))
    assert refusal(session.list_memberships)[0] == "AccessDeniedException"


def test_the_borrower_may_go(stage: Stage) -> None:
    """A role's session stays when the user who made it is gone, as in AWS."""
    ann = stage.user("ann", ASSUME)
    keys = assumed(stage, ann, stage.role("r", document(trust(HOME)), LIST))

    def remove(tx: Transaction) -> None:
        user = principals.get(tx, HOME, "ann")
        assert user is not None
        principals.delete(tx, user)

    stage.change(HOME, remove)
    assert stage.client("security-ir", keys).list_memberships()["items"] == []


def test_both_accounts_have_the_record(stage: Stage) -> None:
    """Who lends and who borrows see it in their chains, without secret, token or code."""
    ann = stage.user("ann", ASSUME)
    keys = assumed(stage, ann, stage.role("r", document(trust(HOME)), LIST), ExternalId="x-1")
    for account in (HOME, AWAY):
        record = stage.records(account)[-1]
        assert (record["eventSource"], record["eventName"]) == ("sts.amazonaws.com", "AssumeRole")
        assert record["userIdentity"]["arn"] == USER
        assert record["resources"] == [f"arn:aws:iam::{AWAY}:role/r"]
        assert record["responseElements"]["Credentials"]["AccessKeyId"] == keys["AccessKeyId"]
        for secret in (keys["SecretAccessKey"], keys["SessionToken"], "x-1"):
            assert secret not in str(record)
