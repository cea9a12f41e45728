"""Who may do what, before there are policies: root in its own account, and nobody else."""

from __future__ import annotations

import pytest

from larum.access.policy.outcomes import Outcome
from larum.access.policy.root_rule import (
    PolicySettings,
    Question,
    access_denied,
    authorize,
    decide,
)
from larum.context import Caller
from larum.domain.principals import Principal
from larum.errors import AccessDeniedException

OWN, FOREIGN = "111111111111", "222222222222"
ROOT = Caller(Principal.root(OWN), "AKID", "us-east-1")
USER = Caller(Principal(OWN, f"arn:aws:iam::{OWN}:user/analyst"), "AKID", "us-east-1")
POSER = Caller(Principal(OWN, f"arn:aws:iam::{FOREIGN}:root"), "AKID", "us-east-1")
SETTINGS = PolicySettings(administrator_account=OWN)


def arn(account: str, resource: str = "membership/m-1") -> str:
    """Return the ARN of a resource of the service."""
    return f"arn:aws:security-ir:us-east-1:{account}:{resource}"


@pytest.mark.parametrize(
    ("caller", "action", "resource", "allowed"),
    [
        (ROOT, "security-ir:GetMembership", arn(OWN), True),
        (ROOT, "security-ir:CreateMembership", arn(OWN, "membership/*"), True),
        (ROOT, "security-ir:ListMemberships", "*", True),
        (ROOT, "security-ir:GetMembership", arn(FOREIGN), False),
        (ROOT, "security-ir:GetMembership", arn(""), False),
        (ROOT, "security-ir:GetMembership", arn("*"), False),
        (ROOT, "security-ir:GetMembership", arn(FOREIGN, f"membership/{OWN}"), False),
        (ROOT, "security-ir:GetMembership", f"arn:aws:security-ir:{OWN}:us-east-1:x", False),
        (ROOT, "security-ir:GetMembership", f"urn:aws:security-ir:us-east-1:{OWN}:x", False),
        (ROOT, "security-ir:GetMembership", OWN, False),
        (ROOT, "security-ir:GetMembership", "", False),
        (ROOT, "iam:CreateUser", "*", False),
        (ROOT, "", "*", False),
        (USER, "security-ir:GetMembership", arn(OWN), False),
        (USER, "security-ir:ListMemberships", "*", False),
        (USER, "larum:AcknowledgeCase", "*", False),
        (POSER, "security-ir:GetMembership", arn(OWN), False),
        (ROOT, "larum:AcknowledgeCase", arn(FOREIGN, "case/1"), True),
    ],
)
def test_root_may_do_all_of_its_own_and_others_nothing(
    caller: Caller, action: str, resource: str, *, allowed: bool
) -> None:
    """contracts.md: the row's decision, and `authorize` says the same as `decide`."""
    decision = decide(caller, Question(action, resource), SETTINGS)
    assert decision is (Outcome.ALLOW if allowed else Outcome.IMPLICIT_DENY)
    if allowed:
        authorize(caller, action=action, resource=resource, settings=SETTINGS)
        return
    with pytest.raises(AccessDeniedException):
        authorize(caller, action=action, resource=resource, settings=SETTINGS)


@pytest.mark.parametrize("administrator", [None, FOREIGN])
def test_only_the_administrators_root_has_the_second_model(administrator: str | None) -> None:
    """contracts.md: `larum:` actions are refused to every other account, own resources included."""
    settings = PolicySettings(administrator_account=administrator)
    for resource in ("*", arn(OWN, "case/1")):
        with pytest.raises(AccessDeniedException):
            authorize(ROOT, action="larum:AcknowledgeCase", resource=resource, settings=settings)


def test_no_settings_means_no_administrator() -> None:
    """Left out, the settings give nobody the second model."""
    with pytest.raises(AccessDeniedException):
        authorize(ROOT, action="larum:AcknowledgeCase", resource="*")


def test_tags_change_nothing_yet() -> None:
    """Tags are part of the question and neither grant nor take anything in this release."""
    tags = {"aws:PrincipalArn": ROOT.principal.arn, "team": "x"}
    for caller in (ROOT, USER):
        without = decide(caller, Question("security-ir:TagResource", arn(OWN)), SETTINGS)
        question = Question("security-ir:TagResource", arn(OWN), tags, tags)
        assert decide(caller, question, SETTINGS) is without


def test_the_refusal_has_awss_words() -> None:
    """reliability-and-security §5.3: implicit denial names the missing allow."""
    with pytest.raises(AccessDeniedException) as caught:
        authorize(USER, action="security-ir:GetMembership", resource=arn(FOREIGN))
    assert caught.value.message == (
        f"User: arn:aws:iam::{OWN}:user/analyst is not authorized to perform: "
        f"security-ir:GetMembership on resource: {arn(FOREIGN)} because no identity-based policy "
        "allows the security-ir:GetMembership action"
    )


def test_an_explicit_denial_says_so() -> None:
    """reliability-and-security §5.3: the other text, ready for policies that deny."""
    error = access_denied(
        USER,
        action="security-ir:GetCase",
        resource=arn(OWN, "case/1"),
        decision=Outcome.EXPLICIT_DENY,
    )
    assert error.message.endswith("case/1 with an explicit deny in an identity-based policy")
