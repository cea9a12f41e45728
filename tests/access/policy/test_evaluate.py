"""Golden cases of the decision, each also asked of the second evaluator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larum.access.policy.document import parse
from larum.access.policy.evaluate import (
    Layer,
    NamedPolicy,
    Policies,
    Question,
    decide,
    decide_trust,
)
from larum.access.policy.outcomes import Outcome
from larum.domain.policies import PolicyKind
from tests.access.policy import golden
from tests.access.policy.literal import literal_decision

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLOW, DENY, NOTHING = Outcome.ALLOW, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY
ASKED = "security-ir:GetCase"
KEYS = {"aws:principalaccount": (golden.A,), "aws:principaltag/wild": ("*",)}


def text(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    """Return a document."""
    return json.dumps({"Version": version, "Statement": list(statements)})


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """Return a statement about everything, or what `elements` say."""
    about = {} if {"Action", "NotAction"} & set(elements) else {"Action": "*"}
    on = {} if {"Resource", "NotResource"} & set(elements) else {"Resource": "*"}
    return {"Effect": effect, **about, **on, **elements}


def policies(*texts: str) -> tuple[NamedPolicy, ...]:
    """Return parsed policies, named p0, p1 and so on."""
    return tuple(NamedPolicy(f"p{number}", parse(item)) for number, item in enumerate(texts))


def outcome(
    document: str,
    action: str = ASKED,
    resource: str = golden.CASE,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> Outcome:
    """Return what both evaluators say of one identity policy."""
    asked: dict[str, tuple[str, ...]] = {**KEYS, **(keys or {})}
    decision = decide(Question(action, resource, asked), Policies(policies(document)))
    assert literal_decision(action, resource, asked, [[document]])[0] == decision.outcome
    return decision.outcome


@pytest.mark.parametrize(("pattern", "asked", "hit"), golden.ACTIONS)
def test_actions(pattern: str, asked: str, *, hit: bool) -> None:
    """An Action matches by the row, and NotAction is exactly its opposite."""
    assert outcome(text(statement(Action=pattern)), asked) is (ALLOW if hit else NOTHING)
    assert outcome(text(statement(NotAction=pattern)), asked) is (NOTHING if hit else ALLOW)


@pytest.mark.parametrize(("pattern", "asked", "hit"), golden.RESOURCES)
def test_resources(pattern: str, asked: str, *, hit: bool) -> None:
    """A Resource matches by the row, for a Deny too."""
    assert outcome(text(statement(Resource=pattern)), resource=asked) is (ALLOW if hit else NOTHING)
    denied = text(statement(), statement("Deny", Resource=pattern))
    assert outcome(denied, resource=asked) is (DENY if hit else ALLOW)


@pytest.mark.parametrize(
    ("pattern", "asked", "hit"), [row for row in golden.RESOURCES if "${aws:u" not in row[0]]
)
def test_not_resources(pattern: str, asked: str, *, hit: bool) -> None:
    """NotResource is the opposite of Resource, where the text is known."""
    document = text(statement(NotResource=[pattern]))
    assert outcome(document, resource=asked) is (NOTHING if hit else ALLOW)


@pytest.mark.parametrize(("name", "key", "wanted", "values", "holds"), golden.CONDITIONS)
def test_conditions(
    name: str, key: str, wanted: list[str], values: list[str], *, holds: bool
) -> None:
    """A condition holds by the row."""
    keys = {key.lower(): tuple(values)} if values else {}
    document = text(statement(Condition={name: {key: wanted}}))
    assert outcome(document, keys=keys) is (ALLOW if holds else NOTHING)
    if len(values) < 2 or ":" in name:
        document = text(statement("Deny", Condition={name: {key: wanted}}))
        assert outcome(document, keys=keys) is (DENY if holds else NOTHING)


def test_there_are_enough_golden_cases() -> None:
    """G19: at least 150 rows written by hand."""
    assert len(golden.ACTIONS) + len(golden.RESOURCES) + len(golden.CONDITIONS) >= 150


TAGGED = {"aws:resourcetag/team": ("blue",)}
RED: dict[str, Any] = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}
BLUE: dict[str, Any] = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement("Deny")], DENY),
        ([statement(), statement("Deny")], DENY),
        ([statement("Deny"), statement()], DENY),
        ([statement(), statement("Deny", Action="iam:*")], ALLOW),
        ([statement("Deny", NotAction="security-ir:*")], NOTHING),
        ([statement(NotAction="iam:*"), statement("Deny", NotAction="security-ir:Get*")], ALLOW),
        ([statement("Deny", NotResource=golden.CASE)], NOTHING),
        ([statement(), statement("Deny", NotResource=f"{golden.CASE}1")], DENY),
        ([statement(NotResource=[f"{golden.CASE}1", golden.CASE])], NOTHING),
        ([statement(NotResource="arn:aws:s3:::${aws:username}")], NOTHING),
        ([statement(Resource=[f"{golden.CASE}1", golden.CASE])], ALLOW),
        ([statement(Action=["iam:*", ASKED])], ALLOW),
        ([statement(NotAction=["iam:*", ASKED])], NOTHING),
        ([statement(Resource="arn:aws:security-ir:*:*:*", **BLUE)], ALLOW),
        ([statement(Resource="arn:aws:security-ir:*:*:*", **RED)], NOTHING),
        ([statement(), statement("Deny", **RED)], ALLOW),
        ([statement(), statement("Deny", **BLUE)], DENY),
        ([statement(Condition={"StringEquals": {"aws:ResourceTag/TEAM": "blue"}})], ALLOW),
        ([statement(Condition={**RED["Condition"], "Null": {"a:b": "true"}})], NOTHING),
        ([statement(Condition={**BLUE["Condition"], "Null": {"a:b": "true"}})], ALLOW),
        (
            [statement(), statement("Deny", Condition={"BoolIfExists": {"a:mfa": "false"}})],
            DENY,
        ),
        ([statement(), statement("Deny", Condition={"Bool": {"a:mfa": "false"}})], ALLOW),
        ([statement(Condition={"Bool": {"a:mfa": False}})], NOTHING),
    ],
)
def test_statements_add_up(statements: list[dict[str, Any]], expected: Outcome) -> None:
    """Combinations of Allow, Deny, Not… and conditions on a tag (§10 E 91)."""
    assert outcome(text(*statements), keys=TAGGED) is expected


def test_a_deny_is_content_with_one_of_several_values() -> None:
    """Without a qualifier, an Allow asks for all values and a Deny for one: none slips past."""
    keys = {"aws:tagkeys": ("a", "c")}
    for name, wanted in (("StringEquals", "c"), ("StringNotEquals", "a")):
        block = {name: {"aws:TagKeys": wanted}}
        assert outcome(text(statement(Condition=block)), keys=keys) is NOTHING
        assert outcome(text(statement("Deny", Condition=block)), keys=keys) is DENY


def test_the_old_version_has_no_variables() -> None:
    """2008-10-17: `${…}` is text, and its `*` a wildcard; a missing Version is that one."""
    block = {"StringEquals": {"aws:RequestTag/k": "${aws:PrincipalAccount}"}}
    for value, expected in ((golden.A, NOTHING), ("${aws:PrincipalAccount}", ALLOW)):
        keys = {"aws:requesttag/k": (value,)}
        old = text(statement(Condition=block), version="2008-10-17")
        assert outcome(old, keys=keys) is expected
        bare = json.dumps({"Statement": statement(Condition=block)})
        assert outcome(bare, keys=keys) is expected


ALL, NONE, NO = text(statement()), text(statement(Action="iam:*")), text(statement("Deny"))


@pytest.mark.parametrize(
    ("given", "expected", "layer"),
    [
        (Policies(), NOTHING, Layer.IDENTITY),
        (Policies(policies(ALL)), ALLOW, Layer.IDENTITY),
        (Policies(policies(NONE, ALL)), ALLOW, Layer.IDENTITY),
        (Policies(policies(ALL, NO)), DENY, Layer.IDENTITY),
        (Policies(boundary=policies(ALL)), NOTHING, Layer.IDENTITY),
        (Policies(policies(ALL), boundary=policies(ALL)), ALLOW, Layer.IDENTITY),
        (Policies(policies(ALL), boundary=policies(NONE)), NOTHING, Layer.BOUNDARY),
        (Policies(policies(ALL), boundary=policies(NO)), DENY, Layer.BOUNDARY),
        (Policies(policies(ALL), boundary=()), NOTHING, Layer.BOUNDARY),
        (Policies(policies(ALL), session=policies(NONE)), NOTHING, Layer.SESSION),
        (Policies(policies(ALL), session=policies(NONE, ALL)), ALLOW, Layer.IDENTITY),
        (Policies(policies(ALL), session=policies(ALL, NO)), DENY, Layer.SESSION),
        (Policies(policies(NONE), session=policies(ALL)), NOTHING, Layer.IDENTITY),
        (Policies(policies(ALL), session=()), NOTHING, Layer.SESSION),
        (Policies(policies(ALL), control=(policies(ALL), policies(ALL))), ALLOW, Layer.IDENTITY),
        (Policies(policies(ALL), control=(policies(ALL), policies(NONE))), NOTHING, Layer.CONTROL),
        (Policies(policies(ALL), control=(policies(NONE), policies(ALL))), NOTHING, Layer.CONTROL),
        (Policies(policies(ALL), control=(policies(NONE, ALL),)), ALLOW, Layer.IDENTITY),
        (Policies(policies(ALL), control=((),)), NOTHING, Layer.CONTROL),
        (Policies(control=(policies(ALL),)), NOTHING, Layer.IDENTITY),
        (Policies(policies(NO), boundary=policies(NONE)), DENY, Layer.IDENTITY),
        (Policies((), policies(NONE), policies(NONE)), NOTHING, Layer.BOUNDARY),
    ],
)
def test_layers_intersect(given: Policies, expected: Outcome, layer: Layer) -> None:
    """Each layer that is present must allow, and the decision names the layer that decided."""
    decision = decide(Question(ASKED, golden.CASE), given)
    assert (decision.outcome, decision.layer) == (expected, layer)
    assert decision.allowed is (expected is ALLOW)


def test_a_decision_tells_which_statement_decided() -> None:
    """An administrator learns the policy and the Sid, or the place where there is none."""
    document = text(statement(Sid="Reads"), statement("Deny", Action="security-ir:Close*"))
    given = Policies(policies(NONE, document))
    allowed = decide(Question(ASKED, "*"), given)
    assert (allowed.policy, allowed.statement) == ("p1", "Reads")
    assert allowed.reason == "Reads of identity-based policy p1 allows it"
    denied = decide(Question("security-ir:CloseCase", "*"), given)
    assert denied.reason == "Statement[1] of identity-based policy p1 denies it"
    assert decide(Question("x:Y", "*"), Policies()).reason == "no identity-based policy allows it"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", ALLOW),
        ({"AWS": "*"}, ALLOW),
        ({"AWS": golden.A}, ALLOW),
        ({"AWS": f"arn:aws:iam::{golden.A}:root"}, ALLOW),
        ({"AWS": [golden.B, f"arn:aws:iam::{golden.A}:user/ann"]}, ALLOW),
        ({"AWS": f"arn:aws:iam::{golden.A}:user/Ann"}, NOTHING),
        ({"AWS": golden.B}, NOTHING),
        ({"Service": "security-ir.amazonaws.com"}, NOTHING),
    ],
)
def test_a_trust_policy_names_who_may_assume(
    principal: dict[str, Any] | str, expected: Outcome
) -> None:
    """A role's trust policy is about principals and has no Resource."""
    document = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = NamedPolicy("trust", parse(text(document), PolicyKind.TRUST))
    names = frozenset({f"AWS:arn:aws:iam::{golden.A}:{end}" for end in ("root", "user/ann")})
    asked = Question("sts:AssumeRole", f"arn:aws:iam::{golden.A}:role/r", principals=names)
    assert decide_trust(asked, trust).outcome is expected
    denied = parse(text(document, {**document, "Effect": "Deny"}), PolicyKind.TRUST)
    assert decide_trust(asked, NamedPolicy("t", denied)).outcome is (
        DENY if expected is ALLOW else NOTHING
    )
