"""What other tests compiled is compiled again here, so that compiling is tested too."""

from __future__ import annotations

import pytest

from larum.access.policy import actions, document, wildcards


@pytest.fixture(scope="session", autouse=True)
def _nothing_compiled() -> None:
    for module in (actions, document, wildcards):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()
