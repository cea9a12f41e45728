"""What a lost answer does: boto3 sends the same token again, and the work is not done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.store.lost_answers import check_lost_answers

if TYPE_CHECKING:
    from pathlib import Path


def test_lost_answers_do_nothing_twice(tmp_path: Path) -> None:
    """50 calls whose first answer is lost make exactly 50 memberships, events and records."""
    check_lost_answers(tmp_path, 50)
