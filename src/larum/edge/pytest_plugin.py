"""The pytest plugin: a client of the service with fresh state for each test.

It loads with every pytest run on the machine, so it imports nothing of Larum until it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient


@pytest.fixture
def security_ir() -> Iterator[SecurityIncidentResponseClient]:
    """Give a stock boto3 client of `security-ir` over a private service in memory."""
    import larum

    client = larum.client()
    yield client
    client.close()
