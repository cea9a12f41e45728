"""PutTriageRule, ListTriageRules, DeleteTriageRule and TestTriageRules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import larum
from larum.domain.triage_rules import RULES_OF_A_MEMBERSHIP
from tests.conformance.page import failed_fields
from tests.conformance.triaged import Triaged
from tests.edge.larum_servers import ADMINISTRATOR
from tests.finding_documents import address, guard_duty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.instances import Instance


@pytest.fixture
def triaged() -> Iterator[Triaged]:
    """A membership in a service of its own."""
    with larum.Service() as service, Triaged(service, ADMINISTRATOR) as made:
        yield made


def test_rules_decide_on_what_comes_in(connect: Instance, account: str) -> None:
    """Each outcome is the first status; the rule is told; without one the severity decides."""
    with Triaged(connect, account) as triaged:
        triaged.put_rule("ours", match={"ipRanges": [f"{address(1)}/32"]}, priority=1)
        triaged.put_rule("noise", match={"resources": ["i-*2"]}, outcome="false-positive")
        triaged.put_rule("look", match={"types": ["Recon:*"]}, outcome="investigate")
        triaged.put_rule("late", match={}, priority=900, outcome="escalate")
        triaged.ingest(
            guard_duty(1), guard_duty(2), guard_duty(3, type="Recon:EC2/PortProbe"),
            guard_duty(4, severity=1),
        )  # fmt: skip
        assert [(each["status"], each["rule"]) for each in triaged.findings()] == [
            ("Suppressed", "ours"), ("FalsePositive", "noise"), ("Investigating", "look"),
            ("Escalated", "late"),
        ]  # fmt: skip


def test_rules_are_put_listed_and_removed(connect: Instance, account: str) -> None:
    """A rule is told as it was put, in the order in which it is asked, until it is removed."""
    with Triaged(connect, account) as triaged:
        expires = datetime(2099, 1, 1, tzinfo=UTC)
        match = {
            "sources": ["GuardDuty"], "types": ["*"], "minimumSeverity": "LOW",
            "maximumSeverity": "HIGH", "accounts": [account], "regions": ["us-east-1"],
            "resources": ["i-*"], "ipRanges": ["203.0.113.0/24", "2001:db8::/32"],
        }  # fmt: skip
        triaged.put_rule("b", match=match, expiresAt=expires, priority=2)
        triaged.put_rule("a", priority=2)
        triaged.put_rule("z", priority=1)
        listed = triaged.administrator.list_triage_rules(**triaged.where)["items"]
        assert [each["name"] for each in listed] == ["z", "a", "b"]
        assert listed[2] == {
            "name": "b", "priority": 2, "outcome": "suppress", "match": match, "expiresAt": expires
        }  # fmt: skip
        triaged.put_rule("b", outcome="escalate")
        paginator = triaged.administrator.get_paginator("list_triage_rules")
        pages = list(paginator.paginate(**triaged.where, PaginationConfig={"PageSize": 2}))
        assert [[each["name"] for each in page["items"]] for page in pages] == [["z", "a"], ["b"]]
        triaged.administrator.delete_triage_rule(**triaged.where, name="b")
        with pytest.raises(triaged.administrator.exceptions.ResourceNotFoundException):
            triaged.administrator.delete_triage_rule(**triaged.where, name="b")


def test_an_expired_rule_does_not_decide(triaged: Triaged) -> None:
    """From its expiry on a rule is as if it were not there."""
    triaged.put_rule(expiresAt=datetime.now(UTC) - timedelta(seconds=1))
    triaged.ingest(guard_duty(1))
    assert triaged.statuses() == ["Escalated"]


def test_a_rule_that_can_match_nothing_is_refused(triaged: Triaged) -> None:
    """What is wrong with a match is named, and no rule is put."""
    wrong = {"ipRanges": ["1.2.3.4/24"], "minimumSeverity": "HIGH", "maximumSeverity": "LOW"}
    with pytest.raises(triaged.administrator.exceptions.ValidationException) as caught:
        triaged.put_rule(match=wrong)
    assert set(failed_fields(caught.value)) == {"match.ipRanges[0]", "match.maximumSeverity"}
    assert triaged.administrator.list_triage_rules(**triaged.where)["items"] == []


def test_a_membership_has_a_bounded_number_of_rules(triaged: Triaged) -> None:
    """Up to the limit rules are put, and replaced; beyond it none is added."""
    for number in range(RULES_OF_A_MEMBERSHIP):
        triaged.put_rule(f"rule {number}")
    triaged.put_rule("rule 7", outcome="escalate")
    with pytest.raises(triaged.administrator.exceptions.ValidationException) as caught:
        triaged.put_rule("one more")
    assert set(failed_fields(caught.value)) == {"name"}


def test_a_dry_run_tells_and_changes_nothing(connect: Instance, account: str) -> None:
    """Given rules are tried on past findings; what would be decided otherwise is told."""
    with Triaged(connect, account) as triaged:
        triaged.ingest(guard_duty(1), guard_duty(2, severity=5), guard_duty(3, severity=2))
        before = triaged.findings()
        rules = [
            {"name": "first", "priority": 1, "outcome": "suppress",
             "match": {"minimumSeverity": "MEDIUM"}},
            {"name": "never", "priority": 2, "outcome": "escalate",
             "match": {"types": ["Nothing:*"]}},
        ]  # fmt: skip
        answer = triaged.administrator.test_triage_rules(**triaged.where, rules=rules)
        assert (answer["testedCount"], answer["changedCount"]) == (3, 2)
        assert {each["outcome"]: each["count"] for each in answer["outcomes"]} == {
            "suppress": 3, "false-positive": 0, "investigate": 0, "escalate": 0
        }  # fmt: skip
        assert answer["rules"] == [{"name": "first", "count": 2}, {"name": "never", "count": 0}]
        assert [
            (each["findingId"], each["outcomeBefore"], each["outcome"], each["rule"])
            for each in answer["changes"]
        ] == [
            (before[1]["findingId"], "investigate", "suppress", "first"),
            (before[0]["findingId"], "escalate", "suppress", "first"),
        ]
        own = triaged.administrator.test_triage_rules(**triaged.where, maxFindings=2)
        assert (own["testedCount"], own["changedCount"], own["rules"]) == (2, 0, [])
        assert triaged.findings() == before
        assert triaged.administrator.list_triage_rules(**triaged.where)["items"] == []
