"""Lists of findings cost what they give, not what there is."""

from __future__ import annotations

import pytest

import larum
from larum.store import findings

PARAMETERS = {
    "account": "123456789012",
    "region": "us-east-1",
    "membership_id": "m-1",
    "before": 1,
    "before_place": 1,
    "status": "Suppressed",
    "case_id": "0000000001",
    "limit": 25,
}


@pytest.mark.parametrize("asked", findings.PAGES)
def test_a_page_is_read_in_the_order_of_an_index(asked: tuple[bool, bool]) -> None:
    """Whatever is asked for, nothing is sorted, and only what is asked for is looked at."""
    with larum.Service() as service:
        plan = service.engine.read(
            lambda tx: tx.rows(f"EXPLAIN QUERY PLAN {findings.PAGES[asked]}", PARAMETERS)
        )
    (told,) = [str(row[-1]) for row in plan]
    status, case = asked
    index = "findings_of_case" if case else "findings_by_status" if status else "findings_by_time"
    assert index in told
    assert "(ingested_at,place)<(?,?)" in told
