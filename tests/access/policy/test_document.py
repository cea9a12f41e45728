"""Documents that are refused, each with its place, and those that are understood."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from larum.access.policy.document import PolicyRefused, parse
from larum.access.policy.json_text import MOST_CHARACTERS, depth_of
from larum.domain.policies import PolicyKind

GOOD = {"Effect": "Allow", "Action": "security-ir:GetCase", "Resource": "*"}
OK = {"Version": "2012-10-17", "Statement": GOOD}


def changed(**elements: Any) -> str:
    """Return a document whose one statement has `elements`, without those that are None."""
    statement = {name: value for name, value in {**GOOD, **elements}.items() if value is not None}
    return json.dumps({**OK, "Statement": [statement]})


def condition(operator: str, value: Any, key: str = "aws:RequestTag/k") -> str:  # noqa: ANN401 - JSON
    """Return a document with one condition."""
    return changed(Condition={operator: {key: value}})


REFUSED: list[tuple[str, str]] = [
    ("", ""),
    ("[]", ""),
    ("null", ""),
    ('"text"', ""),
    ("{}", "Statement"),
    ("{", ""),
    (json.dumps(OK) + "x", ""),
    (json.dumps({**OK, "Statement": []}), "Statement"),
    (json.dumps({**OK, "Statement": "Allow"}), "Statement[0]"),
    (json.dumps({**OK, "Version": "2026-01-01"}), "Version"),
    (json.dumps({**OK, "Version": None}), "Version"),
    (json.dumps({**OK, "Id": 5}), "Id"),
    (json.dumps({**OK, "statement": []}), "statement"),
    (json.dumps({**OK, "Extra": 1}), "Extra"),
    ('{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}', "Version"),
    ('{"Statement": {"Effect": "Deny", "Effect": "Allow"}}', "Statement[0].Effect"),
    (changed(Effect="allow"), "Statement[0].Effect"),
    (changed(Effect="ALLOW"), "Statement[0].Effect"),
    (changed(Effect=["Allow"]), "Statement[0].Effect"),
    (changed(Effect=None), "Statement[0].Effect"),
    (changed(Sid="a b"), "Statement[0].Sid"),
    (changed(Sid=5), "Statement[0].Sid"),
    (changed(Action=None), "Statement[0]"),
    (changed(NotAction="*"), "Statement[0]"),
    (changed(NotResource="*"), "Statement[0]"),
    (changed(Resource=None), "Statement[0]"),
    (changed(Action=[]), "Statement[0].Action"),
    (changed(Action=""), "Statement[0].Action"),
    (changed(Action=5), "Statement[0].Action"),
    (changed(Action="GetCase"), "Statement[0].Action"),
    (changed(Action="*:GetCase"), "Statement[0].Action"),
    (changed(Action="security-*:GetCase"), "Statement[0].Action"),
    (changed(Action="security-ir:${aws:username}"), "Statement[0].Action"),
    (changed(Action="security-ir:GetCas\u212a"), "Statement[0].Action"),
    (changed(Resource=[]), "Statement[0].Resource"),
    (changed(Resource=""), "Statement[0].Resource"),
    (changed(Resource="**"), "Statement[0].Resource"),
    (changed(Resource="case/1"), "Statement[0].Resource"),
    (changed(Resource="arn:aws"), "Statement[0].Resource"),
    (changed(Resource="arn:aws:*:*:*:*"), "Statement[0].Resource"),
    (changed(Resource="arn:aws:s?:*:*:*"), "Statement[0].Resource"),
    (changed(Resource="${aws:PrincipalTag/all}"), "Statement[0].Resource"),
    (changed(Resource="arn:aws:s3:::${aws:username"), "Statement[0].Resource"),
    (changed(Resource="arn:aws:s3:::${}"), "Statement[0].Resource"),
    (changed(Resource="arn:aws:s3:::${username}"), "Statement[0].Resource"),
    (changed(Resource="arn:aws:s3:::${aws:username, default}"), "Statement[0].Resource"),
    (changed(Principal="*"), "Statement[0].Principal"),
    (changed(NotPrincipal="*"), "Statement[0].NotPrincipal"),
    (changed(Condition=[]), "Statement[0].Condition"),
    (changed(Condition={"Bool": "true"}), "Statement[0].Condition.Bool"),
    (condition("StringEqual", "a"), "Statement[0].Condition.StringEqual.aws:RequestTag/k"),
    (condition("stringequals", "a"), "Statement[0].Condition.stringequals.aws:RequestTag/k"),
    (condition("ForSome:StringEquals", "a"), "Statement[0].Condition.ForSome:StringEquals."),
    (condition(":StringEquals", "a"), "Statement[0].Condition.:StringEquals."),
    (condition("StringEqualsIfExistsIfExists", "a"), "Statement[0].Condition."),
    (condition("NullIfExists", "true"), "Statement[0].Condition.NullIfExists."),
    (condition("ForAnyValue:Null", "true"), "Statement[0].Condition.ForAnyValue:Null."),
    (condition("Null", "yes"), "Statement[0].Condition.Null."),
    (condition("Bool", "yes"), "Statement[0].Condition.Bool."),
    (condition("NumericEquals", "five"), "Statement[0].Condition.NumericEquals."),
    (condition("NumericEquals", "1e9"), "Statement[0].Condition.NumericEquals."),
    (condition("NumericEquals", "${aws:username}"), "Statement[0].Condition.NumericEquals."),
    (condition("NumericEquals", "\u0663"), "Statement[0].Condition.NumericEquals."),
    (condition("DateEquals", "tomorrow"), "Statement[0].Condition.DateEquals."),
    (condition("DateEquals", "2026-13-01"), "Statement[0].Condition.DateEquals."),
    (condition("DateEquals", "2026-11-22T10:00:00"), "Statement[0].Condition.DateEquals."),
    (condition("BinaryEquals", "a"), "Statement[0].Condition.BinaryEquals."),
    (condition("IpAddress", "10.0.0"), "Statement[0].Condition.IpAddress."),
    (condition("IpAddress", "10.0.0.0/33"), "Statement[0].Condition.IpAddress."),
    (condition("IpAddress", "10.0.0.0/0.255.255.255"), "Statement[0].Condition.IpAddress."),
    (condition("IpAddress", "fe80::1%eth0"), "Statement[0].Condition.IpAddress."),
    (condition("ArnLike", "case/1"), "Statement[0].Condition.ArnLike."),
    (condition("ArnLike", "arn:aws:iam"), "Statement[0].Condition.ArnLike."),
    (condition("StringEquals", []), "Statement[0].Condition.StringEquals."),
    (condition("StringEquals", None), "Statement[0].Condition.StringEquals."),
    (condition("StringEquals", {"a": "b"}), "Statement[0].Condition.StringEquals."),
    (condition("StringEquals", "${"), "Statement[0].Condition.StringEquals."),
    (condition("StringEquals", "a", "team"), "Statement[0].Condition.StringEquals.team"),
    (condition("StringEquals", "a", "aws:RequestTag"), "Statement[0].Condition.StringEquals."),
    (condition("StringEquals", "a", "aws:ResourceTag/"), "Statement[0].Condition.StringEquals."),
    (
        changed(Condition={"StringEquals": {"aws:TagKeys": "a", "AWS:tagkeys": "b"}}),
        "Statement[0].Condition.StringEquals.AWS:tagkeys",
    ),
    ('{"Statement": {"Effect": "Allow", "Sid": "\\ud800"}}', ""),
    ('{"Statement": {"Effect": "Allow", "Sid": NaN}}', ""),
    (json.dumps({**OK, "Statement": [{**GOOD, "Sid": "a"}] * 2}), "Statement[1].Sid"),
]


@pytest.mark.parametrize(("text", "place"), REFUSED)
def test_what_is_not_understood_is_refused_at_its_place(text: str, place: str) -> None:
    """§10 E 97: one fault, and the message says where."""
    with pytest.raises(PolicyRefused) as refused:
        parse(text)
    assert any(fault.place.startswith(place) for fault in refused.value.faults)
    assert place in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    """An author corrects a policy in one round."""
    bad = {"Effect": "allow", "Action": "x", "Resource": "y", "Else": 1, "Condition": {"A": {}}}
    text = json.dumps({"Version": "1", "Statement": [bad, {**bad, "Action": "*"}]})
    with pytest.raises(PolicyRefused) as refused:
        parse(text)
    assert [fault.place for fault in refused.value.faults] == [
        "Version",
        "Statement[0].Else",
        "Statement[0].Effect",
        "Statement[0].Action",
        "Statement[0].Resource",
        "Statement[0].Condition.A",
        "Statement[1].Else",
        "Statement[1].Effect",
        "Statement[1].Resource",
        "Statement[1].Condition.A",
    ]


@pytest.mark.parametrize(
    "text",
    [
        " " * 1_000_000,
        "[" * 1_000_000,
        '{"Statement":' * 100 + "1" + "}" * 100,
        '{"a":' * 6000,
        json.dumps({**OK, "Id": "x" * MOST_CHARACTERS}),
        '{"Id": ' + "9" * 6000 + "}",
    ],
)
def test_a_document_that_is_too_large_or_too_deep_is_refused_at_once(text: str) -> None:
    """§10 E 97: 1 MB and depth 100 cost nothing and break nothing."""
    began = time.process_time()
    with pytest.raises(PolicyRefused):
        parse(text)
    assert time.process_time() - began < 0.5


def test_the_size_counts_no_white_space() -> None:
    """10,240 characters without white space are taken, one more is not."""
    room = MOST_CHARACTERS - len("".join(json.dumps({**OK, "Id": ""}).split()))
    assert parse(json.dumps({**OK, "Id": "x" * room}, indent=4)).statements
    with pytest.raises(PolicyRefused, match="10240"):
        parse(json.dumps({**OK, "Id": "x" * (room + 1)}))


def test_brackets_in_strings_are_not_depth() -> None:
    """Depth is counted outside strings, escaped quotes included."""
    assert depth_of('{"a[[[\\"[[": ["\\\\", []]}') == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (condition("ForAllValues:StringEquals", "a", "aws:TagKeys"), "also holds without"),
        (changed(Action="security-ir:GetCaze"), "is no action of the service"),
        (changed(Resource="arn:aws:security-ir:us-*/m-1"), "can match nothing"),
    ],
)
def test_what_is_risky_is_told_and_taken(text: str, message: str) -> None:
    """IAM allows these; an author should know what they do."""
    (warning,) = parse(text).warnings
    assert message in warning.message
    assert warning.place.startswith("Statement[0].")


def test_null_closes_the_hole_of_for_all_values() -> None:
    """With the key's presence asked for beside it, there is nothing to warn of."""
    block = {
        "ForAllValues:StringEquals": {"aws:TagKeys": "a"},
        "Null": {"aws:TagKeys": "false"},
    }
    assert not parse(changed(Condition=block)).warnings
    block["Null"] = {"aws:TagKeys": "true"}
    assert parse(changed(Condition=block)).warnings


@pytest.mark.parametrize(
    "elements",
    [
        {"Principal": None},
        {"Principal": {}},
        {"Principal": {"AWS": []}},
        {"Principal": {"AWS": "arn:aws:iam::111111111111:user/*"}},
        {"Principal": {"AWS": "ann"}},
        {"Principal": {"Else": "x"}},
        {"Principal": "arn:aws:iam::111111111111:root"},
        {"Resource": "*"},
        {"NotPrincipal": "*"},
    ],
)
def test_a_trust_policy_has_principals_and_no_resource(elements: dict[str, Any]) -> None:
    """Whoever is to assume a role is named, or anybody (`*`) is."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", **elements}
    known = {name: value for name, value in statement.items() if value is not None}
    with pytest.raises(PolicyRefused):
        parse(json.dumps({**OK, "Statement": known}), PolicyKind.TRUST)


def test_equal_texts_are_compiled_once() -> None:
    """Compiled policies are kept by their text, and by what they are for."""
    text = json.dumps(OK)
    assert parse(text) is parse(str(text))
    with pytest.raises(PolicyRefused):
        parse(text, PolicyKind.TRUST)
