"""The keys of a request: worked out when a condition asks, once, and as they would be at first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from larum.access.policy.document import parse
from larum.access.policy.evaluate import NamedPolicy, Policies, condition_keys
from larum.access.policy.keys import (
    RequestFacts,
    RequestKeys,
    every_tag_key,
    global_keys,
    tag_keys,
)

WHEN = datetime(2026, 11, 22, 10, 30, 5, 900_000, tzinfo=UTC)
FACTS = RequestFacts(
    principal_arn="arn:aws:iam::111111111111:role/handler",
    account="111111111111",
    user_id="AROA:night",
    now=WHEN,
    region="eu-west-1",
    is_secure=True,
    source_ip="192.0.2.7",
    user_agent="Boto3/1.44.5",
    token_issued=WHEN,
    multi_factor=False,
    principal_tags={"Team": "red", "team": "blue"},
)
TAGS: dict[str, tuple[str, ...]] = {"aws:requesttag/team": ("red",), "aws:tagkeys": ("Team",)}
MORE = {"sts:externalid": ("42",), "aws:tagkeys": ("Other",)}
VALUES = {
    "aws:principalarn": FACTS.principal_arn,
    "aws:principalaccount": "111111111111",
    "aws:userid": "AROA:night",
    "aws:sourceip": "192.0.2.7",
    "aws:securetransport": "true",
    "aws:currenttime": "2026-11-22T10:30:05Z",
    "aws:epochtime": "1795343405",
    "aws:useragent": "Boto3/1.44.5",
    "aws:requestedregion": "eu-west-1",
    "aws:tokenissuetime": "2026-11-22T10:30:05Z",
    "aws:multifactorauthpresent": "false",
}
ABSENT = ["aws:username", "aws:resourcetag/team", "aws:principaltag/none", "aws:nothing", "ext:id"]


class Asked:
    """Facts and tags that count how often they are worked out."""

    def __init__(self) -> None:
        self.facts = self.tags = 0
        self.keys = RequestKeys(self._facts, self._tags, MORE)

    def _facts(self) -> RequestFacts:
        self.facts += 1
        return FACTS

    def _tags(self) -> dict[str, tuple[str, ...]]:
        self.tags += 1
        return TAGS


@pytest.mark.parametrize(("key", "value"), VALUES.items())
def test_a_fact_is_a_key(key: str, value: str) -> None:
    """Each fact has its key, and its text, asked for alone or with all others."""
    asked = Asked()
    assert asked.keys.get(key) == asked.keys[key] == (value,)
    assert (asked.facts, asked.tags) == (1, 0)
    assert global_keys(FACTS)[key] == (value,)


@pytest.mark.parametrize("key", ABSENT)
def test_what_is_not_there_is_absent(key: str) -> None:
    """An absent key has no values, is no KeyError of another kind, and is not listed after."""
    keys = Asked().keys
    assert keys.get(key) == ()
    with pytest.raises(KeyError, match=key):
        keys[key]
    assert key not in list(keys)


def test_tags_are_worked_out_once_and_when_asked() -> None:
    """Tags of request, resource and principal; what the caller gives beside them comes first."""
    asked = Asked()
    assert asked.keys.get("sts:externalid") == ("42",)
    assert asked.keys.get("aws:tagkeys") == ("Other",)
    assert (asked.facts, asked.tags) == (0, 0)
    assert asked.keys.get("aws:requesttag/team") == ("red",)
    assert asked.keys.get("aws:requesttag/other") == ()
    assert asked.keys.get("aws:principaltag/team") == ("red", "blue")
    assert asked.keys.get("aws:principaltag/team") == ("red", "blue")
    assert (asked.facts, asked.tags) == (1, 1)


def test_all_keys_are_those_of_facts_tags_and_what_was_given() -> None:
    """Listing them gives each once, whatever was asked for before."""
    keys = Asked().keys
    expected = {*VALUES, "aws:principaltag/team", "aws:requesttag/team", *MORE}
    assert set(keys) == expected
    assert len(keys) == len(expected)
    assert keys.get("aws:username") == ()
    assert set(keys) == expected


def test_absent_facts_have_no_key() -> None:
    """A long-lived key has neither the time of a token nor MFA, as in IAM."""
    facts = RequestFacts(
        principal_arn="arn:aws:iam::111111111111:user/ann",
        account="111111111111",
        user_id="AIDA",
        now=WHEN,
        region="us-east-1",
        is_secure=False,
        user_name="ann",
    )
    assert set(global_keys(facts)) == {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:userid",
        "aws:username",
        "aws:securetransport",
        "aws:currenttime",
        "aws:epochtime",
        "aws:requestedregion",
    }
    keys = RequestKeys(lambda: facts, dict)
    assert (keys["aws:username"], keys["aws:securetransport"]) == (("ann",), ("false",))


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("security-ir:ListCases", set()),
        ("security-ir:GetCase", {"aws:resourcetag/old"}),
        ("security-ir:CreateCase", {"aws:requesttag/new", "aws:resourcetag/new", "aws:tagkeys"}),
        ("security-ir:TagResource", {"aws:requesttag/new", "aws:resourcetag/old", "aws:tagkeys"}),
        ("security-ir:Unknown", set()),
    ],
)
def test_an_action_has_the_tag_keys_of_its_row(action: str, expected: set[str]) -> None:
    """The table says which; an action without a row has none."""
    found = tag_keys(action, request_tags={"New": "1"}, resource_tags={"Old": "2"})
    assert set(found) == expected
    assert found.get("aws:tagkeys", ("New",)) == ("New",)


def test_tags_that_are_named_are_tag_keys() -> None:
    """Untagging names keys alone; without any there is no key at all."""
    named = tag_keys("security-ir:UntagResource", resource_tags={"Old": "2"}, named=["b", "a"])
    assert named["aws:tagkeys"] == ("a", "b")
    assert "aws:tagkeys" not in tag_keys("security-ir:TagResource")


def test_without_a_table_there_are_all_tag_keys() -> None:
    """Actions of the other models have the tags of request and resource, and their names."""
    found = every_tag_key(request_tags={"New": "1"}, resource_tags={"Old": "2"}, named=["b"])
    assert found == {
        "aws:requesttag/new": ("1",),
        "aws:resourcetag/old": ("2",),
        "aws:tagkeys": ("New", "b"),
    }
    assert every_tag_key() == {}


def named(text: dict[str, Any]) -> tuple[NamedPolicy, ...]:
    """Return a policy of one statement on everything."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **text}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    return (NamedPolicy("p", parse(document)),)


def test_the_keys_of_conditions_on_an_action() -> None:
    """Those of every layer, and of the statements that are about it alone."""
    policies = Policies(
        identity=named({"Condition": {"StringEquals": {"aws:Username": "ann"}}}),
        boundary=named({"Action": "iam:*", "Condition": {"Bool": {"aws:SecureTransport": True}}}),
        session=named({"Action": "security-ir:get*", "Condition": {"Null": {"aws:UserId": True}}}),
    )
    assert condition_keys("security-ir:GetCase", policies) == {"aws:username", "aws:userid"}
