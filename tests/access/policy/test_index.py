"""Looking at fewer statements decides as looking at all of them does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from larum.access.policy.document import Policy, parse
from larum.access.policy.evaluate import Decision, Layer, NamedPolicy, Policies, Question, decide
from larum.access.policy.index import MOST_INDEXES, Index, index_of
from larum.access.policy.outcomes import Outcome

TEAM = "aws:resourcetag/team"


def policy(*statements: dict[str, Any]) -> Policy:
    """Return a policy; each statement allows everything but for what is given."""
    listed = [{"Effect": "Allow", "Action": "*", "Resource": "*"} | each for each in statements]
    return parse(json.dumps({"Version": "2012-10-17", "Statement": listed}))


def when(name: str = "StringEquals", *values: str) -> dict[str, Any]:
    """Return a condition on the team."""
    return {"Condition": {name: {"aws:ResourceTag/team": list(values or ("blue",))}}}


CASE = "arn:aws:security-ir:us-east-1:1:case/12"


def looked_at(
    found: Policy, *teams: str, action: str = "security-ir:getcase", resource: str = CASE
) -> list[int]:
    """Return the places of the statements that are looked at for a resource of these teams."""
    index = index_of({}, Layer.IDENTITY, 0, (NamedPolicy("p", found),), action)
    keys = {TEAM: teams} if teams else {}
    return [statement.index for _, _, statement in index.candidates(resource.split(":"), keys)]


def test_a_statement_for_another_text_is_not_looked_at() -> None:
    """Those without such a condition always, the others for their text, all in their order."""
    found = policy(
        when(), {}, when("StringEquals", "red", "green"), {}, when("StringEquals", "red")
    )
    assert looked_at(found) == [1, 3]
    assert looked_at(found, "blue") == [0, 1, 3]
    assert looked_at(found, "red") == [1, 2, 3, 4]
    assert looked_at(found, "green") == [1, 2, 3]
    assert looked_at(found, "black") == [1, 3]
    assert looked_at(found, "red", "green", "blue") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "operator",
    [
        "StringNotEquals",
        "StringEqualsIfExists",
        "StringEqualsIgnoreCase",
        "StringLike",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringEquals",
    ],
)
def test_what_can_hold_for_other_texts_is_always_looked_at(operator: str) -> None:
    """Negations, IfExists, set operators, wildcards and letters of any case ask for no text."""
    assert looked_at(policy(when(operator))) == [0]
    assert looked_at(policy(when(operator)), "red") == [0]


def test_a_variable_is_no_text() -> None:
    """A value with a variable depends on the request, also beside plain ones."""
    assert looked_at(policy(when("StringEquals", "blue", "${aws:username}")), "red") == [0]


def test_another_action_has_another_index() -> None:
    """Only statements about the action count; what they are is worked out once."""
    found = policy({"Action": "security-ir:Get*"}, {"Action": "security-ir:ListCases"})
    assert looked_at(found) == [0]
    assert looked_at(found, action="security-ir:listcases") == [1]


def test_an_index_is_made_once_for_the_same_policies() -> None:
    """Other policies in the layer, as another session has them, never get that of the first."""
    kept: dict[tuple[str, int, str], Index] = {}
    first, second = ((NamedPolicy("p", policy({})),) for _ in range(2))
    made = index_of(kept, Layer.SESSION, 0, first, "a:b")
    assert index_of(kept, Layer.SESSION, 0, first, "a:b") is made
    assert index_of(kept, Layer.SESSION, 0, second, "a:b").of is second
    assert index_of(kept, Layer.SESSION, 1, first, "a:b") is not made
    assert index_of(kept, Layer.IDENTITY, 0, first, "a:b") is not made


def test_names_of_actions_do_not_fill_the_memory() -> None:
    """Whoever simulates ever new actions makes nothing grow without an end."""
    kept: dict[tuple[str, int, str], Index] = {}
    policies = (NamedPolicy("p", policy({})),)
    for number in range(2 * MOST_INDEXES):
        assert index_of(kept, Layer.IDENTITY, 0, policies, f"a:b{number}").of is policies
    assert len(kept) <= MOST_INDEXES


PREFIX = "arn:aws:security-ir:*:*:"


def test_other_resources_are_passed_over() -> None:
    """A text or a beginning in the last part; wildcards before it, and whatever may run past it."""
    found = policy(
        {"Resource": f"{PREFIX}case/12"},
        {"Resource": f"{PREFIX}case/3*"},
        {"Resource": f"{PREFIX}case/*2"},
        {"Resource": f"{PREFIX}*"},
        {"Resource": "arn:aws:security-ir:*"},
        {"Resource": [f"{PREFIX}case/4", f"{PREFIX}case/5"]},
        {"Effect": "Deny", "Resource": f"{PREFIX}case/12"},
    )
    assert looked_at(found) == [0, 2, 3, 4, 5, 6]
    assert looked_at(found, resource=f"{CASE}:x") == [0, 1, 2, 3, 4, 5, 6]
    assert looked_at(found, resource=CASE.replace("12", "7")) == [2, 3, 4, 5]
    assert looked_at(found, resource=CASE.replace("12", "34")) == [1, 2, 3, 4, 5]
    assert looked_at(found, resource="*") == [0, 1, 2, 3, 4, 5, 6]


def test_what_runs_past_a_colon_still_denies() -> None:
    """A beginning with a final star reaches resources with more colons (§5.2)."""
    found = policy({}, {"Effect": "Deny", "Resource": f"{PREFIX}case/1*"})
    for resource, denied in ((f"{CASE}:x", True), (CASE, True), (CASE.replace("12", "2"), False)):
        asked = Question("security-ir:GetCase", resource)
        assert decide(asked, Policies((NamedPolicy("p", found),))).allowed is not denied


def test_the_first_deny_is_named_wherever_it_was_found() -> None:
    """The decision tells of the statement that stands first, with its text or without."""
    found = policy({}, when() | {"Effect": "Deny"}, {"Effect": "Deny"})
    named = Policies((NamedPolicy("p", found),))

    def told(**keys: tuple[str, ...]) -> Decision:
        return decide(Question("security-ir:GetCase", "*", {TEAM: keys["team"]}), named)

    denied = Outcome.EXPLICIT_DENY
    assert told(team=("blue",)) == Decision(denied, Layer.IDENTITY, "p", "Statement[1]")
    assert told(team=("red",)) == Decision(denied, Layer.IDENTITY, "p", "Statement[2]")


def test_a_text_does_not_replace_the_rest_of_the_statement() -> None:
    """What is found by its text still has to match in its resource and other conditions."""
    other = {"Resource": "arn:aws:security-ir:*:*:case/1"}
    both = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue", "aws:username": "ann"}}}
    for statement in (when() | other, both):
        asked = Question("security-ir:GetCase", "*", {TEAM: ("blue",)})
        assert not decide(asked, Policies((NamedPolicy("p", policy(statement)),))).allowed


@pytest.mark.parametrize(("effect", "matches"), [("Allow", False), ("Deny", True)])
def test_several_values_are_treated_as_without_an_index(effect: str, *, matches: bool) -> None:
    """An Allow asks for every value, a Deny is content with one (decision 8)."""
    found = policy({}, when() | {"Effect": effect})
    if effect == "Allow":
        found = policy(when())
    asked = Question("security-ir:GetCase", "*", {TEAM: ("blue", "red")})
    decision = decide(asked, Policies((NamedPolicy("p", found),)))
    assert (decision.outcome is Outcome.EXPLICIT_DENY) is matches
    assert not decision.allowed
