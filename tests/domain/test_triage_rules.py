"""Triage rules: what matches, in which order, until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from larum.domain import finding_formats
from larum.domain.findings import Outcome, Severity
from larum.domain.triage_rules import BY_SEVERITY, Match, Triage, TriageRule, check_rule
from larum.errors import ValidationException
from tests.finding_documents import guard_duty

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FINDING = replace(
    finding_formats.finding(guard_duty(3)), actor_ips=("198.51.100.23", "2001:db8::7")
)


def decided(*rules: TriageRule, now: datetime = NOW) -> tuple[str, str | None]:
    """Return the outcome of the finding and the rule that decided."""
    decision = Triage(rules, now).decide(FINDING)
    return decision.outcome, decision.rule


def rule(name: str = "a", priority: int = 1, **match: Any) -> TriageRule:
    """Return a rule that suppresses."""
    return TriageRule(name, priority, Outcome.SUPPRESS, Match(**match))


@pytest.mark.parametrize(
    "match",
    [
        {},
        {"types": ("CryptoCurrency:*",)},
        {"types": ("Recon:*", "*BitcoinTool.?")},
        {"sources": ("GuardDuty",)},
        {"accounts": ("123456789012",)},
        {"regions": ("eu-west-1", "us-east-1")},
        {"resources": ("i-0000000000000000?",)},
        {"ip_ranges": ("10.0.0.0/8", "198.51.100.0/24")},
        {"ip_ranges": ("2001:db8::/32",)},
        {"minimum_severity": Severity.HIGH, "maximum_severity": Severity.HIGH},
        {"maximum_severity": Severity.CRITICAL},
        {"minimum_severity": Severity.INFORMATIONAL},
    ],
)
def test_a_rule_matches_what_it_asks_for(match: dict[str, Any]) -> None:
    """Of each list one is enough, and what is not asked for does not matter."""
    assert decided(rule(**match)) == ("suppress", "a")


@pytest.mark.parametrize(
    "match",
    [
        {"types": ("CryptoCurrency",)},
        {"types": ("cryptocurrency:*",)},
        {"types": ("CryptoCurrency:EC[2]/*",)},
        {"sources": ("SecurityHub",)},
        {"accounts": ("123456789013",)},
        {"resources": ("i-1*",)},
        {"ip_ranges": ("198.51.101.0/24",)},
        {"minimum_severity": Severity.CRITICAL},
        {"maximum_severity": Severity.MEDIUM},
        {"types": ("*",), "accounts": ("000000000000",)},
    ],
)
def test_a_rule_that_asks_for_something_else_does_not_match(match: dict[str, Any]) -> None:
    """One thing that is asked for and not there is enough to pass on."""
    assert decided(rule(**match)) == ("escalate", None)


def test_the_smallest_priority_decides_and_then_the_name() -> None:
    """Rules are asked by priority, equal ones by name, in whatever order they are given."""
    rules = [rule("c", 2), rule("b", 1), rule("a", 2), rule("no", 0, regions=("eu-west-1",))]
    assert decided(*rules) == ("suppress", "b")
    assert decided(rules[2], rules[0]) == decided(rules[0], rules[2]) == ("suppress", "a")


def test_a_rule_expires() -> None:
    """A rule holds until the moment of its expiry, and not at it."""
    expiring = replace(rule(), expires_at=NOW)
    assert decided(expiring, now=NOW - timedelta(microseconds=1)) == ("suppress", "a")
    assert decided(expiring) == ("escalate", None)


def test_without_a_rule_the_severity_decides() -> None:
    """Each severity has its outcome."""
    for severity, outcome in BY_SEVERITY.items():
        found = Triage([], NOW).decide(replace(FINDING, severity=severity))
        assert (found.outcome, found.rule) == (outcome, None)
    assert BY_SEVERITY.keys() == set(Severity)


def test_a_pattern_takes_no_time_that_grows_with_its_stars() -> None:
    """A pattern of many stars is answered at once, though nothing matches it."""
    begun = datetime.now(UTC)
    assert decided(rule(types=("*a" * 200 + "b",))) == ("escalate", None)
    long = replace(FINDING, types=("a" * 500,))
    assert Triage([rule(types=("*a" * 250 + "b",))], NOW).decide(long).rule is None
    assert datetime.now(UTC) - begun < timedelta(seconds=2)


def test_what_no_finding_could_match_is_refused() -> None:
    """IP ranges that are none, and a maximum below the minimum, are named."""
    wrong = rule(
        ip_ranges=("203.0.113.7/24", "1.2.3.4", "999.0.0.0/8"),
        minimum_severity=Severity.HIGH,
        maximum_severity=Severity.LOW,
    )
    with pytest.raises(ValidationException) as caught:
        check_rule(wrong)
    assert [each.name for each in caught.value.field_list] == [
        "match.ipRanges[0]", "match.ipRanges[2]", "match.maximumSeverity"
    ]  # fmt: skip
