"""A refusal is answered when its record is on the disk, and not before."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from larum.calls import Chore
from larum.domain.principals import AccessKey, Principal
from larum.edge.group_commit import GroupCommit
from larum.service import Service
from tests.conformance.signed_requests import Wire, signed
from tests.edge.audit_rows import added, lengths
from tests.edge.larum_servers import in_thread
from tests.store.vfs import Stall, WatchedDisk
from tests.wire.examples import example
from tests.wire.raw_requests import raw_request
from tests.wire.services import operation as operation_of

if TYPE_CHECKING:
    from pathlib import Path

    from larum.calls import Call
    from larum.store.engine import Transaction
    from larum.wire.http import HttpResponse

TENANT = "222222222222"
KINDS = ("ListTagsForResource", "TagResource", "a wrong signature")
PATIENCE = 0.3


def answered_early(data: Path, kind: str) -> bool:
    """Ask for what is refused, over HTTP, while the disk holds its sync; tell whether that waits.

    In the end it is answered, with its one record.
    """
    with WatchedDisk() as disk, Stall() as stall, ThreadPoolExecutor(1) as pool:
        service = Service(data, vfs=disk.name)
        key = service.installation.root_access_key(TENANT, datetime.now(UTC))
        if kind not in KINDS[:2]:
            key = AccessKey(key.access_key_id, "wrong", Principal.root(TENANT))
        name = kind if kind in KINDS[:2] else KINDS[0]
        before = lengths(service)
        with in_thread(service) as url, Wire(url) as wire:
            request = signed(raw_request(operation_of(name), example(name)), key, url)
            disk.before = stall
            asked = pool.submit(wire, request)
            stall.reached.wait(5)
            try:
                asked.result(PATIENCE)
                early = True
            except TimeoutError:
                early = False
            stall.release()
            assert asked.result(5).status == 403
        assert len(added(service, before)) == 1
        service.close()
    return early


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_waits_for_its_record(tmp_path: Path, kind: str) -> None:
    """A denied read, a denied write and a wrong signature: none before the sync."""
    assert not answered_early(tmp_path / "data", kind)


def test_a_server_that_refuses_first_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that answers a denied read at once, and writes its record later, is noticed."""
    submit = GroupCommit.submit
    waiting: list[asyncio.Task[HttpResponse]] = []

    async def hasty(writes: GroupCommit, call: Call | Chore) -> HttpResponse:
        if not isinstance(call, Chore):
            return await submit(writes, call)
        answer: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()

        def perform(tx: Transaction) -> HttpResponse:
            answer.set_result(call.perform(tx))
            return answer.result()

        waiting.append(asyncio.create_task(submit(writes, Chore(call.request_id, perform))))
        return await answer

    monkeypatch.setattr(GroupCommit, "submit", hasty)
    assert answered_early(tmp_path / "data", KINDS[0])
