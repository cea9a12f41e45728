"""`larum policy simulate`: what an administrator types to see who decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import larum
from tests.edge.declared import type_larum
from tests.permissions.iam import Iam, policy, statement

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PARTNER = "444444444444"
ANN = f"arn:aws:iam::{PARTNER}:user/ann"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that no server has open, with a user who may read."""
    path = tmp_path / "larum-data"
    with larum.Service(path) as service:
        service.client(account=PARTNER).close()
        iam = Iam(service, PARTNER)
        iam.user("ann")
        iam.put(ANN, policy(statement(Sid="Reads", action="security-ir:Get*")), "reads")
    return path


def typed(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `larum policy simulate …` about the user."""
    given = ("--policy-source-arn", ANN, *words, "--data", str(data))
    return type_larum("policy", "simulate", *given, cwd=data.parent)


def test_people_are_told_who_decides(data: Path) -> None:
    """A block for each action: decision, kind of policy, policy and statement."""
    done = typed(data, "--action-names", "security-ir:GetCase", "security-ir:CloseCase")
    allowed, refused = done.stdout.split("\n\n")
    for word in (
        "security-ir:GetCase",
        "allowed",
        "identity-based policy",
        f"{ANN}/reads",
        "Reads",
    ):
        assert word in allowed
    assert "not allowed" in refused
    assert "Reads" not in refused


def test_a_policy_and_keys_can_be_tried(data: Path) -> None:
    """A document from a file counts as if it were attached, with the keys that are given."""
    file = data.parent / "p.json"
    within = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    file.write_text(policy(statement(action="security-ir:CloseCase", Condition=within)), "utf-8")
    words = ["--action-names", "security-ir:CloseCase", "--output", "json"]
    words += ["--policy-input-list", f"file://{file}"]
    (without,) = json.loads(typed(data, *words).stdout)["EvaluationResults"]
    assert without["EvalDecision"] == "implicitDeny"
    assert without["MissingContextValues"] == ["aws:sourceip"]
    entry = "ContextKeyName=aws:SourceIp,ContextKeyValues=192.0.2.7"
    (given,) = json.loads(typed(data, *words, "--context-entries", entry).stdout)[
        "EvaluationResults"
    ]
    assert given["EvalDecision"] == "allowed"
    assert given["MatchedStatements"][0]["SourcePolicyId"] == "policyInputList[0]"


def test_whoever_is_not_there_cannot_be_asked_about(data: Path) -> None:
    """An unknown user is told in a line, with exit code 1."""
    given = ("--policy-source-arn", f"{ANN}-nobody", "--action-names", "security-ir:GetCase")
    done = type_larum("policy", "simulate", *given, "--data", str(data), cwd=data.parent)
    assert done.returncode == 1
    assert "does not exist" in done.stderr
