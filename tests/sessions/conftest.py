"""The stage of these tests, through both doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore.auth
import pytest

import larum
from tests.edge.larum_servers import in_thread
from tests.sessions.stage import Clock, Stage, opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by which botocore signs too."""
    made = Clock()

    def now(*, remove_tzinfo: bool = True) -> object:
        return made().replace(tzinfo=None) if remove_tzinfo else made()

    monkeypatch.setattr(botocore.auth, "get_current_datetime", now)
    return made


@pytest.fixture(params=["http", "embedded"])
def stage(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Stage]:
    """Two accounts in a service of its own, over HTTP and in process."""
    with larum.Service(clock=clock) as service:
        if request.param == "embedded":
            with opened(service, clock, None) as made:
                yield made
            return
        with in_thread(service) as url, opened(service, clock, url) as made:
            yield made
