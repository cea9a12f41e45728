"""A thousand lost answers, with the SDK's own retries (goal G12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.lost_answers import check_lost_answers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(240)
def test_a_thousand_lost_answers(tmp_path: Path) -> None:
    """1,000 calls whose first answer is lost make exactly 1,000 memberships, events and records."""
    check_lost_answers(tmp_path, 1_000)
