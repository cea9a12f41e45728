"""Generated policies and requests: the product decides as the slow, literal second evaluator."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from larum.access.policy.document import parse
from larum.access.policy.evaluate import NamedPolicy, Policies, Question, decide
from tests.access.policy.literal import literal_decision

# tests/faults/test_policy_pairs.py asks ten thousand.
PAIRS = 400
ACCOUNT, OTHER = "111111111111", "222222222222"
ARN = f"arn:aws:security-ir:us-east-1:{ACCOUNT}"
ACTIONS = ["security-ir:GetCase", "security-ir:CreateCase", "security-ir:ListCases", "iam:GetUser"]
ACTION_PATTERNS = [
    *ACTIONS, "*", "security-ir:*", "Security-IR:get*", "security-ir:*Case", "security-ir:?etCase",
    "security-ir:*a*e*", "security-ir:List??ses", "iam:*",
]  # fmt: skip
RESOURCES = [
    f"{ARN}:case/1234567890", f"{ARN}:case/*", f"{ARN}:membership/m-1", "*",
    f"arn:aws:security-ir:us-east-1:{OTHER}:case/1", f"arn:aws:security-ir:us-west-2:{ACCOUNT}:a:b",
]  # fmt: skip
RESOURCE_PATTERNS = [
    *RESOURCES, "*", "*", f"{ARN}:*", "arn:aws:security-ir:*", "arn:aws:security-ir:us-*/m-1",
    "arn:aws:security-ir:us-*", f"arn:aws:security-ir:*:{ACCOUNT}:case/*",
    "arn:aws:security-ir:*:*", "arn:*:security-ir:us-????-1:*:*", f"{ARN}:c*e/1?3*",
    f"{ARN}:case/${{aws:username}}",
    f"{ARN}:case/${{aws:username, '1234567890'}}", f"{ARN}:${{*}}", f"{ARN}:case/${{*}}",
    "arn:aws:security-ir:*:a:b", "arn:aws:security-ir:**:*", "arn:aws:security-ir:u*t-1:*:*e/*",
    "arn:aws:security-ir:us-west-2:*:?:b", "arn:aws:security-ir:us-west-2:*:*b",
]  # fmt: skip
TEXTS = ["blue", "Blue", "b*", "bl?e", "red", "", "a*b", "${aws:username}", "${aws:none, 'red'}",
         "${*}", "${aws:none}", "*"]  # fmt: skip
NUMBERS = ["0", "5", "5.0", "-3", "7.25"]
DATES = ["2026-11-22", "2026-11-22T10:00:00Z", "2026-11-22T12:00:00+02:00", "0", "1795341600"]
NETWORKS = ["10.0.0.0/8", "10.1.2.3", "::ffff:10.1.2.3", "192.0.2.0/24", "2001:db8::/32", "::/0"]
ARNS = [
    f"{ARN}:case/1", f"arn:aws:iam::{ACCOUNT}:user/ann", "arn:aws:iam::*:user/*", "*",
    "arn:aws:iam::11111?111111:user/${aws:username}", "arn:*:*:*:*:*", "arn:aws:iam:::a:*",
]  # fmt: skip
ORDERS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
OPERATORS: dict[str, list[str]] = {
    **dict.fromkeys(
        [
            "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
        ],
        TEXTS,
    ),
    **{f"Numeric{order}": NUMBERS for order in ORDERS},
    **{f"Date{order}": DATES for order in ORDERS},
    "Bool": ["true", "false", "True"],
    "BinaryEquals": ["YQ==", "Yg=="],
    "IpAddress": NETWORKS,
    "NotIpAddress": NETWORKS,
    **dict.fromkeys(["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"], ARNS),
}  # fmt: skip
KEYS = ["aws:username", "aws:RequestTag/team", "aws:TagKeys", "aws:SourceIp"]
VALUES = {
    "String": ["blue", "Blue", "red", "", "b*", "axb", "ann", "*"],
    "Numeri": [*NUMBERS, "none"],
    "Date": [*DATES, "none"],
    "Bool": ["true", "FALSE", "maybe"],
    "Binary": ["YQ==", "Yg==", "?"],
    "Ip": ["10.1.2.3", "::ffff:10.9.9.9", "192.0.2.7", "2001:db8::1", "none"],
    "Arn": [f"{ARN}:case/1", f"arn:aws:iam::{ACCOUNT}:user/ann", "arn:aws:iam:::a:b", "none"],
}
EVERY_VALUE = sorted({value for values in VALUES.values() for value in values})


def some(pool: list[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    """Give lists of one to `most` of the pool."""
    return st.lists(st.sampled_from(pool), min_size=1, max_size=most)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, dict[str, list[str]]]:
    """Give a condition block of up to two operators."""
    block: dict[str, dict[str, list[str]]] = {}
    for _ in range(draw(st.integers(0, 2))):
        key = draw(st.sampled_from(KEYS))
        operator = draw(st.sampled_from([*OPERATORS, "Null"]))
        if operator == "Null":
            block["Null"] = {key: draw(some(["true", "false"], 1))}
            continue
        name = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"])) + operator
        name += draw(st.sampled_from(["", "", "IfExists"]))
        block.setdefault(name, {})[key] = draw(some(OPERATORS[operator]))
    return block


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Give a policy of one to three statements."""
    statements: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 3))):
        action = draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))
        resource = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
        statement: dict[str, Any] = {
            "Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
            action: draw(some(ACTION_PATTERNS)),
            resource: draw(some(RESOURCE_PATTERNS)),
        }
        block = draw(conditions())
        statements.append({**statement, "Condition": block} if block else statement)
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]))
    return json.dumps({"Version": version, "Statement": statements})


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, tuple[str, ...]]]:
    """Give an action, a resource and the keys of a request."""
    keys: dict[str, tuple[str, ...]] = {}
    for key in KEYS:
        most = 3 if key == "aws:TagKeys" else 1
        values = draw(st.lists(st.sampled_from(EVERY_VALUE), max_size=most))
        if values:
            keys[key.lower()] = tuple(values)
    return draw(st.sampled_from(ACTIONS)), draw(st.sampled_from(RESOURCES)), keys


Layered = tuple[list[str], list[str] | None, list[str] | None, list[list[str]]]
LAYERS: st.SearchStrategy[Layered] = st.tuples(
    st.lists(documents(), max_size=3),
    st.none() | st.lists(documents(), max_size=1),
    st.none() | st.lists(documents(), max_size=1),
    st.lists(st.lists(documents(), max_size=1), max_size=1),
)


def named(texts: list[str]) -> tuple[NamedPolicy, ...]:
    """Return parsed policies with names."""
    return tuple(NamedPolicy(str(number), parse(text)) for number, text in enumerate(texts))


def check(request: tuple[str, str, dict[str, tuple[str, ...]]], layered: Layered) -> None:
    """Assert that both evaluators answer alike."""
    identity, boundary, session, control = layered
    policies = Policies(
        named(identity),
        None if boundary is None else named(boundary),
        None if session is None else named(session),
        tuple(named(level) for level in control),
    )
    listed = [*control, *(layer for layer in (boundary, session) if layer is not None), identity]
    decision = decide(Question(*request), policies)
    outcome, missing = literal_decision(*request, listed)
    assert decision.outcome == outcome
    if missing is not None:
        assert decision.layer is [layer for layer, _ in policies.layers()][missing]


@settings(max_examples=PAIRS)
@given(requests(), documents())
def test_one_policy_decides_as_the_documented_rules(
    request: tuple[str, str, dict[str, tuple[str, ...]]], document: str
) -> None:
    """G19: no difference between two evaluators that share no code, over one policy."""
    check(request, ([document], None, None, []))


@settings(max_examples=PAIRS // 4)
@given(requests(), LAYERS)
def test_layers_decide_as_the_documented_rules(
    request: tuple[str, str, dict[str, tuple[str, ...]]], layered: Layered
) -> None:
    """G19: nor over all the layers that intersect."""
    check(request, layered)
