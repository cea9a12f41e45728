"""Goal G19: ten thousand generated pairs of policy and request, answered by two evaluators.

`tests/access/policy/test_differential.py` asks fewer of them in each run of the tests.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.access.policy.test_differential import LAYERS, Layered, check, documents, requests

PAIRS = 100_000 if os.environ.get("LARUM_SOAK") else 10_000
QUICK = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], max_examples=PAIRS
)
Request = tuple[str, str, dict[str, tuple[str, ...]]]


@pytest.mark.timeout(3_600)
@seed(20261122)
@settings(QUICK)
@given(requests(), documents())
def test_ten_thousand_policies_decide_as_the_documented_rules(
    request: Request, document: str
) -> None:
    """No difference over one policy."""
    check(request, ([document], None, None, []))


@pytest.mark.timeout(3_600)
@seed(20261122)
@settings(QUICK, max_examples=PAIRS // 10)
@given(requests(), LAYERS)
def test_a_thousand_layers_decide_as_the_documented_rules(
    request: Request, layered: Layered
) -> None:
    """Nor over all the layers that intersect."""
    check(request, layered)
