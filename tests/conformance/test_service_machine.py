"""Every operation agrees with a small model, whatever is called, and the server may crash.

Source of the model: service-behaviour §1 to §3 and §11. `LARUM_SOAK=1` takes longer, with new
examples each time.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conformance.service_machine import ServiceMachine

SOAK = os.environ.get("LARUM_SOAK") == "1"
EXAMPLES, STEPS = (2_000, 100) if SOAK else (8, 60)


@pytest.mark.timeout(36_000 if SOAK else 120)
def test_service_agrees_with_the_model() -> None:
    """All operations in any order by several accounts, with kill -9 in between and amidst."""
    bounds = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=not SOAK,
        database=None,
        print_blob=True,
    )
    run_state_machine_as_test(ServiceMachine, settings=bounds)
