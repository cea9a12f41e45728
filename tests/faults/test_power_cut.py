"""Power cuts: nothing that was acknowledged is lost, whenever the machine goes dark (goal G2)."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.store.power_cuts import losses

if TYPE_CHECKING:
    from pathlib import Path

CUTS_IN_A_RUN = 10
RUNS = 500 if os.environ.get("LARUM_SOAK") == "1" else 32
SEED = int(os.environ.get("LARUM_TEST_SEED") or secrets.randbelow(10**9))


@pytest.mark.timeout(1200)
def test_power_cuts_lose_nothing(tmp_path: Path) -> None:
    """300 seeded cuts, from the first start on: no acknowledged write lost, nothing half done."""
    print(f"LARUM_TEST_SEED={SEED}")  # noqa: T201 - pytest shows it when the test fails
    cuts = [cut for run in range(RUNS) for cut in losses(SEED + run, tmp_path, CUTS_IN_A_RUN)]
    assert [what for cut in cuts for what in cut] == []
    assert len(cuts) >= 300
