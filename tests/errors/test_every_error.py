"""Each modelled exception of each operation, by each documented kind of cause, through both doors.

What is documented (scripts/docs_of_operations.py) is what is reached here, pair by pair: no
operation has an exception that nobody has seen, and none is seen that no page explains.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

import larum
from larum.operations import OPERATIONS
from scripts import docs_of_errors
from tests.conformance.page import smallest
from tests.edge.doors import Door
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED
from tests.errors.causes import ALL, CAUSES, WITH_TOKEN, Cause
from tests.errors.stage import Stage, params_of
from tests.errors.told import check
from tests.store.vfs import Fail, Stall, WatchedDisk, io_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOORS = ("http", "in process")
STATUSES = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "InternalServerException": 500,
    "InvalidTokenException": 423,
    "ResourceNotFoundException": 404,
    "SecurityIncidentResponseNotActiveException": 400,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "ValidationException": 400,
}
# The exceptions that each operation has from its circumstances, not from the caller's doing.
OF_THE_SERVER = {
    *((each, "InternalServerException") for each in ALL),
    *((each, "ThrottlingException") for each in ALL),
    *((each, "InvalidTokenException") for each in WITH_TOKEN),
}
TRIES = 60
_accounts = count(610_000_000_000)


@pytest.fixture(scope="module", params=DOORS)
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """A service that many causes share, each with an account of its own."""
    made = Door(larum.Service(), over_http=request.param == "http")
    yield made
    made.close()


@pytest.fixture(params=DOORS)
def own_door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """A service for one cause that changes the whole installation."""
    made = Door(larum.Service(), over_http=request.param == "http")
    yield made
    made.close()


@pytest.fixture(scope="module", params=DOORS)
def hurried(request: pytest.FixtureRequest) -> Iterator[Door]:
    """A service with AWS's own limits on rates."""
    service = larum.Service(settings=larum.Settings(throttle="aws"))
    made = Door(service, over_http=request.param == "http")
    yield made
    made.close()


@pytest.fixture(scope="module", params=DOORS)
def broken(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """An account on a service whose disk fails, from its first sync and at every read."""
    with WatchedDisk() as disk:
        data = tmp_path_factory.mktemp("broken") / "data"
        made = Door(larum.Service(data, vfs=disk.name), over_http=request.param == "http")
        stage = Stage(made, ADMINISTRATOR)
        client = stage.client
        disk.before = Fail("sync", error=io_error(apsw.SQLITE_IOERR_FSYNC))
        with pytest.raises(client.exceptions.InternalServerException):
            client.create_membership(**smallest())
        disk.before = Fail("read|sync", error=io_error(apsw.SQLITE_IOERR_READ))
        yield stage
        disk.before = lambda _kind, _name: None
        made.close()


def fresh(door: Door) -> Stage:
    """Return an account that nobody has used."""
    return Stage(door, str(next(_accounts)))


def refused(client: Any, operation: str, params: dict[str, Any], name: str) -> dict[str, Any]:  # noqa: ANN401 - of any operation
    """Call, expect the exception of that name, and return its members but the message."""
    with pytest.raises(getattr(client.exceptions, name)) as caught:
        getattr(client, xform_name(operation))(**params)
    return check(client, caught.value, STATUSES[name])


def rows(*, alone: bool) -> list[Any]:
    """Return a parameter for each cause and operation."""
    return [
        pytest.param(cause, operation, id=f"{operation}-{cause.exception}-{cause.name}")
        for cause in CAUSES
        if cause.alone is alone
        for operation in cause.operations
    ]


def test_what_is_documented_is_what_is_reached() -> None:
    """The pairs of operation and exception on the pages are those of this module, and all nine."""
    documented = {(each, name) for each in OPERATIONS for name in docs_of_errors.causes(each)}
    reached = {(each, cause.exception) for cause in CAUSES for each in cause.operations}
    assert reached | OF_THE_SERVER == documented
    assert {name for _, name in documented} == STATUSES.keys()


@pytest.mark.parametrize(("cause", "operation"), rows(alone=False))
def test_a_caller_s_cause(door: Door, cause: Cause, operation: str) -> None:
    """What the caller does or names is refused with its own exception and all its members."""
    attempt = cause.circumstances(fresh(door), operation)
    told = refused(attempt.client, operation, attempt.params, cause.exception)
    assert told.items() >= attempt.members.items()


@pytest.mark.parametrize(("cause", "operation"), rows(alone=True))
def test_a_cause_of_the_installation(own_door: Door, cause: Cause, operation: str) -> None:
    """What the administrator has limited is refused with its own exception and all its members."""
    attempt = cause.circumstances(fresh(own_door), operation)
    told = refused(attempt.client, operation, attempt.params, cause.exception)
    assert told.items() >= attempt.members.items()


@pytest.mark.parametrize("operation", ALL)
def test_throttling(hurried: Door, operation: str) -> None:
    """More calls a second than AWS admits are refused, and told when to come back."""
    client = fresh(hurried).client
    for _ in range(TRIES):
        try:
            getattr(client, xform_name(operation))(**params_of(operation))
        except client.exceptions.ThrottlingException as error:
            told = check(client, error, 429)
            break
        except ClientError:
            pass
    assert told.pop("retryAfterSeconds") == 1
    assert told.pop("quotaCode").startswith("LARUM-THROTTLE-")
    assert told == {"serviceCode": "security-ir"}


@pytest.mark.parametrize("operation", ALL)
def test_a_broken_disk(broken: Stage, operation: str) -> None:
    """Where the disk cannot be read, or was not certain of a write, the outcome is said to be."""
    params = broken.params(operation)
    told = refused(broken.client, operation, params, "InternalServerException")
    # A read may succeed soon; a write must wait for a restart.
    assert told == {"retryAfterSeconds": 5 if OPERATIONS[operation].writes else 1}


@pytest.mark.parametrize("over_http", [True, False], ids=DOORS)
@pytest.mark.parametrize("operation", WITH_TOKEN)
def test_a_token_in_flight(tmp_path: Path, operation: str, over_http: bool) -> None:  # noqa: FBT001 - a parameter
    """A token whose request still runs is 423 after the wait; later it has that one's answer."""
    settings = larum.Settings(in_flight_wait=0.2)
    with WatchedDisk() as disk, ExitStack() as stack:
        service = larum.Service(tmp_path, settings=settings, vfs=disk.name)
        stage = fresh(Door(service, over_http=over_http))
        stack.callback(stage.door.close)
        params = smallest() if operation == "CreateMembership" else {}
        params = params or stage.params(operation, stage.case())
        params["clientToken"] = "once"
        answers: list[Any] = []
        client, first = stage.client, stage.door.client(stage.account, config=UNCHECKED)
        call = getattr(first, xform_name(operation))
        with Stall("sync") as stall:
            disk.before = stall
            running = threading.Thread(target=lambda: answers.append(call(**params)))
            running.start()
            assert stall.reached.wait(10)
            assert refused(client, operation, params, "InvalidTokenException") == {}
        running.join(10)
        made = OPERATIONS[operation].identifier
        again = getattr(client, xform_name(operation))(**params)
        assert [each[made].split("?")[0] for each in answers] == [again[made].split("?")[0]]
