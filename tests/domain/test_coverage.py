"""Spans of versions tell the same as going through every version, one by one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larum.domain.coverage import (
    Coverage,
    Place,
    RelationshipStatus,
    RelationshipType,
    Rule,
    RuleKind,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCOUNT, OTHER = "111122223333", "444455556666"
CUSTOMER = "o-customer"
NOW = 9
UNITS = ("ou-a", "ou-b")

closed = st.tuples(st.integers(0, NOW - 1), st.integers(0, NOW - 1)).filter(
    lambda ends: ends[0] < ends[1]
)
spans = st.one_of(closed.map(lambda ends: Span(*ends)), st.integers(0, NOW).map(Span))
rules = st.one_of(
    st.builds(Rule, spans, st.just(RuleKind.ORGANIZATION)),
    st.builds(Rule, spans, st.just(RuleKind.UNIT), st.sampled_from(UNITS)),
    st.builds(Rule, spans, st.just(RuleKind.ACCOUNT), st.sampled_from((ACCOUNT, OTHER))),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Place]:
    """Draw the places of one account: one after the other without a gap, the last one open."""
    starts = sorted({0, *draw(st.lists(st.integers(1, NOW), max_size=4))})
    return [
        Place(
            Span(since, until),
            draw(st.sampled_from((CUSTOMER, CUSTOMER, ACCOUNT))),
            frozenset(draw(st.sets(st.sampled_from(UNITS)))),
            draw(st.booleans()),
        )
        for since, until in pairwise([*starts, None])
        if since is not None
    ]


def holds(span: Span, version: int) -> bool:
    """Return whether the span has the version."""
    return span.since <= version and (span.until is None or version < span.until)


def names(rule: Rule, place: Place) -> bool:
    """Return whether the rule is about ACCOUNT at `place`."""
    if rule.kind is RuleKind.UNIT:
        return rule.target in place.units
    return rule.kind is RuleKind.ORGANIZATION or rule.target == ACCOUNT


def covered_at(coverage: Coverage, places: Sequence[Place], version: int) -> bool:
    """Return whether ACCOUNT is covered at one version, by looking at what held then."""
    if any(holds(pause, version) for pause in coverage.pauses):
        return False
    (place,) = (each for each in places if holds(each.span, version))
    return (
        place.active
        and place.customer == coverage.customer
        and any(holds(rule.span, version) and names(rule, place) for rule in coverage.rules)
    )


@given(st.lists(rules, max_size=4), st.lists(spans, max_size=3), histories())
def test_spans_tell_what_each_version_tells(
    rules: list[Rule], pauses: list[Span], places: list[Place]
) -> None:
    """Covered now is covered at the last version; ever covered is covered at any version."""
    coverage = Coverage(CUSTOMER, rules, pauses)
    assert coverage.covers(ACCOUNT, places) == covered_at(coverage, places, NOW)
    ever = any(covered_at(coverage, places, version) for version in range(NOW + 1))
    assert coverage.ever_covered(ACCOUNT, places) == ever


@given(spans, spans)
def test_spans_meet_in_the_versions_that_both_have(one: Span, other: Span) -> None:
    """What meets is common to both, version for version, whichever is asked."""
    both = {version for version in range(NOW + 1) if holds(one, version) and holds(other, version)}
    met = one.met(other)
    assert met == other.met(one)
    assert both == (set() if met is None else {each for each in range(NOW + 1) if holds(met, each)})


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        (Span(1, 3), Span(3, 5), None),
        (Span(1, 3), Span(3), None),
        (Span(1, 4), Span(3), Span(3, 4)),
        (Span(1), Span(3), Span(3)),
        (Span(1, 2), Span(1, 2), Span(1, 2)),
    ],
)
def test_spans_that_only_touch_do_not_meet(one: Span, other: Span, met: Span | None) -> None:
    """A span does not have the version that ends it."""
    assert one.met(other) == met
    assert other.met(one) == met


ORGANIZATION = [Rule(Span(2), RuleKind.ORGANIZATION)]


@pytest.mark.parametrize(
    ("customers", "told"),
    [
        ([CUSTOMER], (RelationshipStatus.ASSOCIATED, RelationshipType.ORGANIZATION)),
        ([CUSTOMER, ACCOUNT], (RelationshipStatus.DISASSOCIATED, RelationshipType.UNRELATED)),
        ([ACCOUNT], (RelationshipStatus.UNASSOCIATED, RelationshipType.UNRELATED)),
        (
            [CUSTOMER, ACCOUNT, CUSTOMER],
            (RelationshipStatus.ASSOCIATED, RelationshipType.ORGANIZATION),
        ),
    ],
)
def test_relationship_follows_the_organization(
    customers: list[str], told: tuple[RelationshipStatus, RelationshipType]
) -> None:
    """Who leaves is Disassociated and Unrelated, who comes back is Associated again."""
    starts = [0, 4, 6][: len(customers)]
    places = [
        Place(Span(since, until), customer, frozenset(), active=True)
        for (since, until), customer in zip(pairwise([*starts, None]), customers, strict=True)
        if since is not None
    ]
    assert Coverage(CUSTOMER, ORGANIZATION).relationship(ACCOUNT, places) == told


def test_suspended_is_disassociated_only_after_coverage() -> None:
    """Suspended after it was covered: Disassociated; suspended from the start: Unassociated."""
    before = Place(Span(0, 5), CUSTOMER, frozenset(), active=True)
    after = Place(Span(5), CUSTOMER, frozenset(), active=False)
    whole = Coverage(CUSTOMER, ORGANIZATION)
    inside = RelationshipType.ORGANIZATION
    assert whole.relationship(ACCOUNT, [before, after]) == (
        RelationshipStatus.DISASSOCIATED,
        inside,
    )
    late = Coverage(CUSTOMER, [Rule(Span(5), RuleKind.ORGANIZATION)])
    assert late.relationship(ACCOUNT, [before, after]) == (RelationshipStatus.UNASSOCIATED, inside)


def test_time_in_which_the_membership_was_ended_is_no_coverage() -> None:
    """Who was inside only during a pause was never covered; who saw its end was."""
    coverage = Coverage(CUSTOMER, ORGANIZATION, [Span(3, 6)])
    outside = Place(Span(0, 3), ACCOUNT, frozenset(), active=True)
    for until, covered in ((6, False), (7, True)):
        inside = Place(Span(3, until), CUSTOMER, frozenset(), active=True)
        left = Place(Span(until), ACCOUNT, frozenset(), active=True)
        assert coverage.ever_covered(ACCOUNT, [outside, inside, left]) is covered
