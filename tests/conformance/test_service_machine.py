"""Every operation agrees with a small model, whatever is called, and the server may crash.

Source of the model: service-behaviour §1 to §3 and §11. `LARUM_SOAK=1` takes longer, with new
examples each time; `LARUM_TEST_SHRINK=1` looks for the shortest way to a failure.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conformance.service_machine import CALL, OFTEN, ONE, OTHER, ServiceMachine
from tests.conformance.whole_model import OPERATIONS

SOAK = os.environ.get("LARUM_SOAK") == "1"
SHRINK = os.environ.get("LARUM_TEST_SHRINK") == "1"
EXAMPLES, STEPS = (2_000, 100) if SOAK else (6, 80)

MOST_STEPS = 1_500
# What must have been met, or the steps are too tame.
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
    assert ServiceMachine.told.total() > EXAMPLES * STEPS


class CuriousMachine(ServiceMachine):
    """Mostly does what it has not done yet, and opens cases until there is no room."""

    often = (*OFTEN, *["CreateCase"] * len(OFTEN))
    curiosity = 0.7


def test_every_operation_works_and_every_refusal_is_met() -> None:
    """In one run by two accounts; with the model's answers, as always."""
    machine, random = CuriousMachine(), Random(1)
    told = machine.driver.told
    try:
        machine.begin(seed=1)
        for _ in range(MOST_STEPS):
            machine.step(
                what=CALL, caller=random.choice((ONE, OTHER)), seed=random.randrange(10**9)
            )
            worked = {operation for operation, error in told if not error}
            if worked == set(OPERATIONS) and {error for _, error in told} >= REFUSALS:
                break
    finally:
        machine.teardown()
    assert set(OPERATIONS) - worked == set(), "these never worked"
    assert {error for _, error in told} >= REFUSALS
