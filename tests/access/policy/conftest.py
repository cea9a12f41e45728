"""What other tests compiled is compiled again here, so that compiling is tested too."""

from __future__ import annotations

import pytest

from larum.access.policy import document, evaluate


@pytest.fixture(scope="session", autouse=True)
def _nothing_compiled() -> None:
    document.parse.cache_clear()
    evaluate._about.cache_clear()
