"""What an author is told: every fault with its place, in these words; and how values compare."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from larum.access.policy.document import PolicyRefused, parse
from larum.access.policy.evaluate import NamedPolicy, Policies, Question, decide
from larum.access.policy.keys import RequestFacts, global_keys, tag_keys
from larum.domain.policies import PolicyKind

LONG = "x" * 61
ARN = "arn:aws:security-ir:us-east-1:111111111111:case/1"


def document(*statements: dict[str, Any]) -> str:
    """Return a document of statements about everything, each with its own elements."""
    about = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{**about, **each} for each in statements]}
    )


def conditions(**blocks: Any) -> str:
    """Return a document with condition blocks."""
    return document({"Condition": blocks})


def trust(principal: object) -> str:
    """Return a trust policy for a principal."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


OPERATOR = "Statement[0].Condition"
TOLD: list[tuple[str, str]] = [
    ('{"Statement": [NaN]}', "not a policy: NaN is not JSON"),
    (
        document({"Sid": "a b", "Effect": "allow"}),
        (
            "Statement[0].Sid: must be letters and digits; "
            "Statement[0].Effect: must be exactly Allow or Deny"
        ),
    ),
    (document({"Action": 5}), "Statement[0].Action: must be a string or a list of strings"),
    (document({"Action": []}), "Statement[0].Action: must not be empty"),
    (document({"Resource": "case"}), "Statement[0].Resource: 'case' is not an ARN, nor *"),
    (
        document({"Resource": ["case", "arn:aws:s?:::a"]}),
        (
            "Statement[0].Resource: 'case' is not an ARN, nor *; "
            "Statement[0].Resource: 'arn:aws:s?:::a' has a wildcard or variable in its service"
        ),
    ),
    (
        document({"Resource": "arn:aws:s3:::${aws:username"}),
        "Statement[0].Resource: a variable begins with ${ and has no }",
    ),
    (
        document({"Resource": "arn:aws:s3:::${username}"}),
        "Statement[0].Resource: the variable ${username} is not ${key} or ${key, 'default'}",
    ),
    (
        document({"Action": "x" * 60}),
        f"Statement[0].Action: '{'x' * 60}' is not service:Name, nor *",
    ),
    (
        document({"Action": LONG}),
        f"Statement[0].Action: '{'x' * 60}…' is not service:Name, nor *",
    ),
    (
        document({"y" * 101: 1}),
        f"Statement[0].{'y' * 100}: is not an element that is known here",
    ),
    (
        json.dumps({"z" * 101: 1, "Statement": json.loads(document({}))["Statement"]}),
        f"{'z' * 100}: is not an element that is known here",
    ),
    (
        conditions(NumericEquals={"aws:username": "five"}),
        f"{OPERATOR}.NumericEquals.aws:username: 'five' is not a number",
    ),
    (
        conditions(DateEquals={"aws:CurrentTime": "today"}),
        f"{OPERATOR}.DateEquals.aws:CurrentTime: 'today' is not a date",
    ),
    (
        conditions(IpAddress={"aws:SourceIp": "here"}),
        f"{OPERATOR}.IpAddress.aws:SourceIp: 'here' is not an IP address or CIDR range",
    ),
    (
        conditions(BinaryEquals={"aws:username": "Y Q=="}),
        f"{OPERATOR}.BinaryEquals.aws:username: 'Y Q==' is not base64",
    ),
    (
        conditions(Bool={"aws:SecureTransport": "yes"}),
        f"{OPERATOR}.Bool.aws:SecureTransport: 'yes' is not true or false",
    ),
    (
        conditions(ArnLike={"aws:PrincipalArn": "arn:aws:iam"}),
        f"{OPERATOR}.ArnLike.aws:PrincipalArn: 'arn:aws:iam' is not an ARN of six parts",
    ),
    (
        conditions(ArnLike={"aws:PrincipalArn": ""}),
        f"{OPERATOR}.ArnLike.aws:PrincipalArn: '' is not an ARN of six parts",
    ),
    (conditions(Bool={}), f"{OPERATOR}.Bool: must not be empty"),
    (
        conditions(StringEquals={"username": "a", "aws:RequestTag/": "b", "aws:ResourceTag": "c"}),
        (
            f"{OPERATOR}.StringEquals.username: is not a condition key; "
            f"{OPERATOR}.StringEquals.aws:RequestTag/: is not a condition key; "
            f"{OPERATOR}.StringEquals.aws:ResourceTag: is not a condition key"
        ),
    ),
    (
        conditions(StringEquals={"aws:username": "a", "aws:UserName": "b"}),
        f"{OPERATOR}.StringEquals.aws:UserName: stands twice, in other cases of letters",
    ),
    (
        conditions(Like={"aws:username": "a"}),
        f"{OPERATOR}.Like.aws:username: 'Like' is not a condition operator",
    ),
]
TRUST_TOLD: list[tuple[object, str]] = [
    (
        {"Canonical": "a"},
        "Statement[0].Principal.Canonical: is not an element that is known here",
    ),
    ({"AWS": "ann"}, ("Statement[0].Principal.AWS: 'ann' is not a principal; "
                     "Statement[0].Principal: must name a principal")),
    ({"Service": 5}, ("Statement[0].Principal.Service: must be a string or a list of strings; "
                     "Statement[0].Principal: must name a principal")),
    ({}, "Statement[0].Principal: must name a principal"),
    ("ann", ("Statement[0].Principal: must be an object; "
            "Statement[0].Principal: must name a principal")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), TOLD)
def test_a_fault_is_told_in_these_words(text: str, told: str) -> None:
    """All faults, each with its place and with what was expected."""
    with pytest.raises(PolicyRefused) as refused:
        parse(text)
    assert str(refused.value) == told


@pytest.mark.parametrize(("principal", "told"), TRUST_TOLD)
def test_a_fault_of_a_trust_policy_is_told_in_these_words(principal: object, told: str) -> None:
    """All faults of who may assume a role."""
    with pytest.raises(PolicyRefused) as refused:
        parse(trust(principal), PolicyKind.TRUST)
    assert str(refused.value)[: len(told)] == told


def test_a_federated_principal_is_known() -> None:
    """A provider may be named, as in IAM."""
    (statement,) = parse(trust({"Federated": "accounts.example.com"}), PolicyKind.TRUST).statements
    assert statement.principals == frozenset({"Federated:accounts.example.com"})


def test_what_matches_nothing_is_a_warning() -> None:
    """An ARN of too few parts is taken, and told of; one whose last part is open is not."""
    closed, opened = "arn:aws:security-ir:us-east-1:a", "arn:aws:security-ir:us-*"
    (warning,) = parse(document({"Resource": [closed, opened, ARN]})).warnings
    assert str(warning) == f"Statement[0].Resource: {closed!r} can match nothing"


def allowed(block: dict[str, Any], **keys: tuple[str, ...]) -> bool:
    """Return whether an Allow with the condition block lets a request with these keys pass."""
    policy = parse(document({"Condition": block}))
    asked = {f"aws:{name}": values for name, values in keys.items()}
    question = Question("security-ir:GetCase", ARN, asked)
    return decide(question, Policies(identity=(NamedPolicy("p", policy),))).allowed


LIKE_A_NAME = {"StringLike": {"aws:useragent": "${aws:username}-*"}}
NOT_LIKE_A_NAME = {"StringNotLike": {"aws:useragent": "${aws:username}-*"}}


@pytest.mark.parametrize(
    ("agent", "name", "like"),
    [
        ("ann-1", ("ann",), True),
        ("bob-1", ("ann",), False),
        ("axn-1", ("a?n",), False),
        ("a?n-1", ("a?n",), True),
        ("ann-1", ("ann", "bob"), None),
        ("ann-1", (), None),
    ],
)
def test_like_takes_a_variable_literally(
    agent: str, name: tuple[str, ...], *, like: bool | None
) -> None:
    """Its value's wildcards are characters; without one value nothing matches, nor its negation."""
    keys = {"useragent": (agent,), "username": name}
    assert allowed(LIKE_A_NAME, **keys) is (like is True)
    assert allowed(NOT_LIKE_A_NAME, **keys) is (like is False)


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("Bool", True, "true", True),
        ("Bool", True, "false", False),
        ("NumericLessThan", 5, "4.5", True),
        ("IpAddress", "10.1.2.3/8", "10.9.9.9", True),
        ("IpAddress", "10.1.2.3/8", "11.1.2.3", False),
        ("DateLessThan", "2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.4Z", True),
        ("DateLessThan", "2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.6Z", False),
        ("DateEquals", "2026-11-22T10:00:00Z", "2026-11-22T12:00:00+02:00", True),
        ("BinaryEquals", "YQ==", "Y Q==", False),
        ("ArnLike", "arn:*:*:*:*:*", "urn:aws:iam::1:user", False),
        ("ArnLike", "arn:*:*:*:*:*", "arn:aws:iam", False),
        ("ArnLike", "arn:*:*:*:*:*:*", "arn:aws:iam::1:a:b", True),
        ("Null", True, "", False),
        ("Null", False, "", True),
    ],
)
def test_a_value_is_compared_as_its_kind(
    operator: str, wanted: object, value: str, *, holds: bool
) -> None:
    """Numbers and booleans of JSON, addresses with host bits, parts of seconds, whole ARNs."""
    assert allowed({operator: {"aws:username": wanted}}, username=(value,)) is holds


def test_tags_are_keys_in_lower_case() -> None:
    """Tags of principal, request and resource each have their keys, and none is lost."""
    tags = {"Team": "red"}
    facts = RequestFacts(
        principal_arn="arn:aws:iam::111111111111:user/ann",
        account="111111111111",
        user_id="AIDA",
        now=datetime(2026, 11, 22, tzinfo=UTC),
        region="us-east-1",
        is_secure=True,
        principal_tags=tags,
    )
    assert global_keys(facts)["aws:principaltag/team"] == ("red",)
    made = tag_keys("security-ir:CreateCase", request_tags=tags)
    tagged = tag_keys("security-ir:TagResource", request_tags=tags, resource_tags={"Old": "1"})
    assert made == {
        "aws:requesttag/team": ("red",),
        "aws:resourcetag/team": ("red",),
        "aws:tagkeys": ("Team",),
    }
    assert tagged == {
        "aws:requesttag/team": ("red",),
        "aws:resourcetag/old": ("1",),
        "aws:tagkeys": ("Team",),
    }
