"""Fixtures of the conformance suite: the same journeys over HTTP and in process."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.instances import ACCOUNTS, fresh_account
from tests.conformance.larum_clients import larum_client
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED, LarumServer, issue_root_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

_newcomers = count()


@pytest.fixture(scope="session")
def http_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LarumServer]:
    """One server process for this worker, with keys of many standalone accounts."""
    data = tmp_path_factory.mktemp("conformance") / "data"
    keys = issue_root_keys(data, [ADMINISTRATOR, *ACCOUNTS])
    with LarumServer(data, "--throttle", "off", keys=keys) as server:
        yield server


@pytest.fixture(scope="session")
def service_in_process() -> Iterator[larum.Service]:
    """One service in this process."""
    with larum.Service() as service:
        yield service


@pytest.fixture(params=["http", "embedded"])
def connect(request: pytest.FixtureRequest) -> Instance:
    """An installation behind each door; take accounts from `account` and `stranger`."""
    name = "http_server" if request.param == "http" else "service_in_process"
    instance: Instance = request.getfixturevalue(name)
    return instance


@pytest.fixture(params=["http", "embedded"])
def first_start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Instance]:
    """An installation of its own behind each door, whose administrator has no membership yet."""
    if request.param == "embedded":
        with larum.Service() as service:
            yield service
        return
    data = tmp_path / "data"
    with LarumServer(data, keys=issue_root_keys(data, [ADMINISTRATOR])) as server:
        yield server


@pytest.fixture
def account() -> str:
    """A standalone account that no other test uses."""
    return fresh_account()


@pytest.fixture
def stranger() -> str:
    """Another one."""
    return fresh_account()


@pytest.fixture
def newcomer() -> str:
    """An account that only services in this process take: no server process has its key."""
    return f"3{next(_newcomers):011d}"


@pytest.fixture
def administrator(connect: Instance, account: str) -> Iterator[LarumClient]:
    """A client of the administrator account's root; `account` exists."""
    if isinstance(connect, larum.Service):
        connect.client(account=account).close()
    client = larum_client(connect, config=UNCHECKED)
    yield client
    client.close()
