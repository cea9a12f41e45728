"""Kill -9 during load: no acknowledged write is lost, no token is answered twice differently."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.faults.case_kills import kill_under_every_operation
from tests.faults.kills import kill_under_load

if TYPE_CHECKING:
    from pathlib import Path

KILLS_OF_ALL = 600 if os.environ.get("LARUM_SOAK") == "1" else 15
KILLS = 2_000 if os.environ.get("LARUM_SOAK") == "1" else 100
SEED = int(os.environ.get("LARUM_TEST_SEED") or secrets.randbelow(10**9))


@pytest.mark.timeout(3600)
def test_kill_loses_nothing(tmp_path: Path) -> None:
    """100 kills under the load of 8 clients: every promise of the server is kept (goal G1)."""
    result = kill_under_load(tmp_path / "data", SEED, KILLS)
    print(f"LARUM_TEST_SEED={SEED}: {result}")  # noqa: T201 - the figures, with `pytest -s`
    assert result.faults == []
    assert result.kills == KILLS
    assert result.acknowledged > 10 * KILLS
    assert result.without_answer > KILLS / 10


@pytest.mark.timeout(3600)
def test_kill_loses_nothing_of_any_operation(tmp_path: Path) -> None:
    """Kills under the load of all operations: each that was answered is there, exactly once."""
    result = kill_under_every_operation(tmp_path, SEED, KILLS_OF_ALL)
    print(f"LARUM_TEST_SEED={SEED}: {result}")  # noqa: T201 - the figures, with `pytest -s`
    assert result.faults == [], f"LARUM_TEST_SEED={SEED}"
    assert result.kills == KILLS_OF_ALL
    assert result.answered.total() > 20 * KILLS_OF_ALL
    assert result.without_answer > KILLS_OF_ALL / 2
