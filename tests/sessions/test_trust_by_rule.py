"""Any trust policy with any policies of the caller: the answer is that of the rule, written down.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-cross-account.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import larum
from larum.domain.principals import Principal
from larum.store import roles
from tests.sessions.stage import AWAY, HOME, Clock, allow, document, opened, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.store.engine import Transaction
    from tests.sessions.stage import Stage

USER = f"arn:aws:iam::{HOME}:user/ann"
MEANT = {USER, HOME, "*"}
BY_NAME = {USER, "*"}


@dataclass(frozen=True)
class Trusting:
    """A statement of a trust policy: whom it means, and the ExternalId that it asks for, if any."""

    effect: str
    principal: str
    external_id: str | None


@dataclass(frozen=True)
class Own:
    """A statement of the caller's policy, about the role or about another one."""

    effect: str
    about_it: bool


EFFECTS = st.sampled_from(["Allow", "Allow", "Deny"])
TRUSTS = st.lists(
    st.builds(
        Trusting,
        EFFECTS,
        st.sampled_from([USER, HOME, "*", AWAY, f"arn:aws:iam::{HOME}:user/bob"]),
        st.sampled_from([None, None, "x-1", "x-2"]),
    ),
    min_size=1,
    max_size=4,
)
OWNS = st.lists(st.builds(Own, EFFECTS, st.booleans()), max_size=3)


def may(trusts: list[Trusting], owns: list[Own], account: str, external_id: str | None) -> bool:
    """Return what the rule says, with nothing of the evaluator."""
    meant = [
        each
        for each in trusts
        if each.principal in MEANT and each.external_id in {None, external_id}
    ]
    mine = {each.effect for each in owns if each.about_it}
    if "Deny" in {each.effect for each in meant} | mine or not meant:
        return False
    named = any(each.principal in BY_NAME for each in meant)
    return "Allow" in mine or (account == HOME and named)


@pytest.fixture(scope="module")
def staged() -> Iterator[tuple[Stage, Any]]:
    """A service with a user and a role in each account, and the user's STS client."""
    clock = Clock()
    with larum.Service() as service, opened(service, clock, None) as stage:
        ann = stage.user("ann")
        for account in (HOME, AWAY):
            stage.role("it", document(trust(USER)), account=account)
        yield stage, stage.client("sts", ann)


def arrange(stage: Stage, trusts: list[Trusting], owns: list[Own], account: str) -> str:
    """Make both policies true; return the ARN of the role."""
    arn = f"arn:aws:iam::{account}:role/it"
    text = document(
        *(
            trust(
                each.principal,
                effect=each.effect,
                condition=None
                if each.external_id is None
                else {"StringEquals": {"sts:ExternalId": each.external_id}},
            )
            for each in trusts
        )
    )

    def change(tx: Transaction) -> None:
        role = roles.get(tx, account, "it")
        assert role is not None
        roles.update(tx, replace(role, trust_policy=text))

    stage.change(account, change)
    mine = (
        allow("sts:AssumeRole", arn if each.about_it else f"{arn}-other") | {"Effect": each.effect}
        for each in owns
    )
    stage.put(Principal.user(HOME, "ann"), *mine)
    return arn


@settings(max_examples=150)
@given(TRUSTS, OWNS, st.sampled_from([HOME, AWAY]), st.sampled_from([None, "x-1"]))
def test_the_answer_is_that_of_the_rule(
    staged: tuple[Stage, Any],
    trusts: list[Trusting],
    owns: list[Own],
    account: str,
    external_id: str | None,
) -> None:
    """Who is let in and who is not, for every mixture of statements, accounts and conditions."""
    stage, sts = staged
    arn = arrange(stage, trusts, owns, account)
    given_id = {} if external_id is None else {"ExternalId": external_id}
    try:
        sts.assume_role(RoleArn=arn, RoleSessionName="work", **given_id)
        answer = ""
    except ClientError as error:
        answer = error.response["Error"]["Code"]
    expected = "" if may(trusts, owns, account, external_id) else "AccessDenied"
    assert answer == expected
