"""Every operation agrees with a small model, whatever is called, and the server may crash.

Source of the model: service-behaviour §1 to §3 and §11. `LARUM_SOAK=1` takes longer, with new
examples each time; `LARUM_TEST_SHRINK=1` looks for the shortest way to a failure.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conformance.service_machine import ServiceMachine
from tests.conformance.whole_model import OPERATIONS

SOAK = os.environ.get("LARUM_SOAK") == "1"
SHRINK = os.environ.get("LARUM_TEST_SHRINK") == "1"
EXAMPLES, STEPS = (2_000, 100) if SOAK else (7, 80)

# What must have been met, or the examples are too tame.
REFUSALS = {
    "AccessDeniedException",
    "ConflictException",
    "ResourceNotFoundException",
    "SecurityIncidentResponseNotActiveException",
    "ServiceQuotaExceededException",
    "ValidationException",
}


@pytest.mark.timeout(36_000 if SOAK else 300)
def test_service_agrees_with_the_model() -> None:
    """All operations in any order by several accounts, with kill -9 in between and amidst."""
    bounds = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=not SOAK,
        database=None,
        # Each example takes a server: a failure is told as it is found.
        phases=tuple(Phase) if SHRINK else (Phase.generate,),
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(ServiceMachine, settings=bounds)
    answered = {operation for operation, error in ServiceMachine.told if not error}
    assert set(OPERATIONS) - answered == set(), "these never worked"
    assert {error for _, error in ServiceMachine.told} >= REFUSALS
