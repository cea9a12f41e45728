"""The list of Regions: as many as AWS lists, and each one an ARN can express."""

from __future__ import annotations

import re

from larum.domain.regions import REGIONS


def test_there_are_25_regions_that_an_arn_can_name() -> None:
    """service-behaviour §8: 25 Regions, each in the form that the model's ARN pattern takes."""
    assert len(REGIONS) == 25
    assert all(re.fullmatch(r"[a-z]{2}-[a-z]+-[1-4]", region) for region in REGIONS)
