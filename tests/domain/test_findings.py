"""The states of a finding, and what each counts as."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larum.domain import finding_formats
from larum.domain.finding_metrics import COUNTED, INGESTED, Metric, counted, moved
from larum.domain.findings import (
    REACHED,
    TRANSITIONS,
    FindingSource,
    FindingStatus,
    FindingStep,
    Outcome,
    TriagedFinding,
)
from larum.domain.regions import IMPACTED_REGIONS
from larum.domain.triage_rules import FIRST_STATUS
from larum.wire import model
from tests.finding_documents import guard_duty

FINDING = finding_formats.finding(guard_duty())
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def triaged(status: FindingStatus) -> TriagedFinding:
    """Return the finding in that status."""
    return TriagedFinding(FINDING, Outcome.ESCALATE, status, NOW)


def test_every_step_from_every_status_is_a_move_a_rest_or_refused() -> None:
    """The tables decide: a pair that is in neither is refused."""
    for status, step in product(FindingStatus, FindingStep):
        after = triaged(status).after(step)
        if REACHED[status] is step or (status, step) == (
            FindingStatus.ESCALATED,
            FindingStep.ESCALATED,
        ):
            assert after is not None
            assert after.status is status
            assert (status, step) not in TRANSITIONS
        else:
            assert (None if after is None else after.status) == TRANSITIONS.get((status, step))


def test_nothing_leads_back_from_an_escalation() -> None:
    """What was escalated stays so: the customer was told."""
    escalated = {each for each in FindingStatus if Metric.ESCALATED in COUNTED[each]}
    assert {TRANSITIONS[pair] for pair in TRANSITIONS if pair[0] in escalated} <= escalated


def test_every_status_can_be_reached() -> None:
    """Each status is a first one or some step leads to it."""
    assert set(FIRST_STATUS.values()) | set(TRANSITIONS.values()) == set(FindingStatus)
    assert COUNTED.keys() == REACHED.keys() == set(FindingStatus)


@pytest.mark.parametrize("status", FindingStatus)
def test_the_stages_are_nested(status: FindingStatus) -> None:
    """Escalated is investigated is triaged, and each stage adds up from what is in it."""
    found = Counter(COUNTED[status])
    assert found[Metric.TRIAGED] == 1 >= found[Metric.INVESTIGATED] >= found[Metric.ESCALATED]
    ends = found[Metric.ESCALATED_IN_PROGRESS] + found[Metric.ESCALATED_FALSE_POSITIVE]
    if found[Metric.ESCALATED]:
        assert ends + found[Metric.TRUE_POSITIVE] == 1
    elif found[Metric.INVESTIGATED]:
        investigated = Metric.INVESTIGATED_IN_PROGRESS, Metric.INVESTIGATED_FALSE_POSITIVE
        assert sum(found[each] for each in investigated) + found[Metric.TRUE_POSITIVE] == 1
    assert set(found.values()) == {1}


@given(st.lists(st.sampled_from(FindingStatus), min_size=1), st.sampled_from(FindingSource))
def test_moves_add_up_to_where_they_end(path: list[FindingStatus], source: FindingSource) -> None:
    """Counting a first status and every change of it is counting the last one."""
    total = counted(source, path[0])
    for before, after in pairwise(path):
        total.update(moved(before, after))
    assert +total == counted(source, path[-1])
    assert total[INGESTED[source]] == 1


def test_regions_of_a_case_are_those_of_the_model() -> None:
    """A Region that a finding names is put into a case only if the model has it."""
    create = model.load("security-ir").operations["CreateCase"].input
    assert create is not None
    regions = create.member("impactedAwsRegions").shape.item
    assert regions is not None
    assert set(regions.member("region").shape.enum) == IMPACTED_REGIONS


def test_the_id_tells_source_and_finding_apart() -> None:
    """The same id from the other source is another finding; a repetition is the same."""
    assert FINDING.finding_id == finding_formats.finding(guard_duty()).finding_id
    assert FINDING.finding_id != finding_formats.finding(guard_duty(1)).finding_id
    assert len(FINDING.finding_id) == 28
    assert repr(FINDING) == f"Finding({FINDING.finding_id}, HIGH)"
