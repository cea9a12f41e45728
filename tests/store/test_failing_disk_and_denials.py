"""A disk that fails or is full while a refusal is recorded: nothing is granted, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import apsw
import pytest

from larum.domain.principals import AccessKey, Principal
from larum.service import Service
from tests.conformance.signed_requests import error_of, signed
from tests.edge.audit_rows import added, lengths
from tests.store.vfs import Fail, WatchedDisk, full, io_error
from tests.wire.examples import example
from tests.wire.raw_requests import raw_request
from tests.wire.services import operation as operation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from larum.wire.http import HttpRequest

TENANT = "222222222222"
FAULTS: dict[str, tuple[str, Callable[[], Exception]]] = {
    "EIO": ("write|truncate", io_error(apsw.SQLITE_IOERR_WRITE)),
    "EIO of a sync": ("sync", io_error(apsw.SQLITE_IOERR_FSYNC)),
    "ENOSPC": ("write|truncate", full),
}


@pytest.fixture
def disk() -> Iterator[WatchedDisk]:
    """A disk that can be made to fail."""
    with WatchedDisk() as made:
        yield made


@pytest.fixture
def service(tmp_path: Path, disk: WatchedDisk) -> Iterator[Service]:
    """A service on it."""
    made = Service(tmp_path / "data", vfs=disk.name)
    yield made
    disk.before = lambda _kind, _name: None
    made.close()


def key_of(service: Service) -> AccessKey:
    """Return a root key of a tenant, who must not touch what is the administrator's."""
    return service.installation.root_access_key(TENANT, datetime.now(UTC))


def denied(operation: str, key: AccessKey) -> HttpRequest:
    """Return a request of an operation on a resource of somebody else."""
    return signed(raw_request(operation_of(operation), example(operation)), key)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", ["ListTagsForResource", "TagResource", "a failure"])
def test_what_cannot_be_recorded_is_refused_all_the_same(
    service: Service, disk: WatchedDisk, fault: str, operation: str
) -> None:
    """A denied read or write, or a wrong signature, is a 500 then: never a success, never a 403."""
    key = key_of(service)
    if operation == "a failure":
        wrong = AccessKey(key.access_key_id, "wrong", Principal.root(TENANT))
        request = denied("ListTagsForResource", wrong)
    else:
        request = denied(operation, key)
    before = lengths(service)
    kind, error = FAULTS[fault]
    disk.before = Fail(kind, error=error)
    answer = service.handle(request)
    assert (answer.status, error_of(answer)) == (500, "InternalServerException")
    disk.before = lambda _kind, _name: None
    assert len(added(service, before)) <= 1
    if fault == "ENOSPC":
        assert service.handle(request).status == 403
        assert len(added(service, before)) == 1


def test_counts_wait_for_a_disk_that_works(service: Service, disk: WatchedDisk) -> None:
    """What was counted and could not be written is counted on, and told once."""
    key = key_of(service)
    raw = raw_request(operation_of("ListTagsForResource"), example("ListTagsForResource"))
    before = lengths(service)
    request = signed(raw, key)
    plain = type(request)(request.method, request.raw_path, "", (("host", "localhost"),), b"")
    assert [service.handle(plain).status for _ in range(3)] == [403] * 3
    disk.before = Fail("write|truncate", error=full)
    assert service.failed_authentications.write() == 0
    disk.before = lambda _kind, _name: None
    assert service.handle(plain).status == 403
    service.sweep()
    ((_, record),) = added(service, before)
    assert record["additionalEventData"]["count"] == 4
