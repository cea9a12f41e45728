"""A few power cuts, always the same ones; `tests/faults/test_power_cut.py` makes many new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.store.power_cuts import losses

if TYPE_CHECKING:
    from pathlib import Path


def test_power_cuts_lose_nothing(tmp_path: Path) -> None:
    """Cuts at random moments, from the first start on, lose no acknowledged write."""
    cuts = [cut for seed in range(3) for cut in losses(seed, tmp_path)]
    assert [what for cut in cuts for what in cut] == []
    assert len(cuts) > 20
