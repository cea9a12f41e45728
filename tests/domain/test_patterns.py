"""Looking up many patterns and networks at once says what looking at each would say."""

from __future__ import annotations

import ipaddress
import time
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from larum.domain.findings import Outcome, Resource
from larum.domain.patterns import Networks, Patterns, numbered
from larum.domain.triage_rules import Match, Triage, TriageRule
from tests.domain.test_triage_rules import FINDING

PATTERNS = st.lists(st.text("ab*?[]", min_size=1, max_size=6), max_size=4)
ADDRESSES = st.one_of(st.ip_addresses(), st.sampled_from(["10.0.0.255", "10.0.1.0", "::", "::1"]))
RANGES = st.lists(
    st.one_of(
        st.sampled_from(["0.0.0.0/0", "::/0", "10.0.0.0/24", "10.0.0.0/8", "10.0.0.255", "::1"]),
        st.ip_addresses().map(str),
    ),
    max_size=5,
)


@given(PATTERNS, st.text("ab[]", max_size=6))
def test_patterns_match_as_each_by_itself(patterns: list[str], text: str) -> None:
    """A star is any characters, a question mark any one, and a bracket is a bracket."""
    one_by_one = any(fnmatchcase(text, each.replace("[", "[[]")) for each in patterns)
    assert Patterns(patterns).match(text) == one_by_one


@given(RANGES, ADDRESSES)
def test_networks_hold_as_each_by_itself(ranges: list[str], address: object) -> None:
    """Overlapping ranges and both versions of IP are told apart."""
    found = ipaddress.ip_address(str(address))
    one_by_one = any(found in ipaddress.ip_network(each) for each in ranges)
    (number,) = numbered([str(address)])
    assert Networks(ranges).hold(number) == one_by_one


def test_a_full_set_of_rules_is_asked_in_a_moment() -> None:
    """Two hundred rules of a hundred patterns and ranges hold nobody up for minutes."""
    hundred = range(100)
    rules = [
        TriageRule(
            f"{number}",
            number,
            Outcome.SUPPRESS,
            Match(
                ip_ranges=tuple(f"10.{number}.{each}.0/24" for each in hundred),
                resources=tuple(f"arn:aws:s3:::{number}-{each}*" for each in hundred),
            ),
        )
        for number in range(200)
    ]
    many = replace(
        FINDING,
        resources=tuple(Resource("S3Bucket", f"arn:aws:s3:::{each}") for each in range(50)),
        actor_ips=tuple(f"198.51.100.{each}" for each in range(200)),
    )
    triage = Triage(rules, datetime(2026, 11, 22, tzinfo=UTC))
    began = time.monotonic()
    for _ in range(10):
        assert triage.decide(many).rule is None
    assert time.monotonic() - began < 5
