"""Calls of stock boto3 clients whose first answers are lost, and what must be true after them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3

from larum.edge.group_commit import GroupCommit
from larum.edge.server import HttpServer
from larum.service import Service
from larum.settings import Settings
from tests.store.calls import account, membership
from tests.store.lossy_proxy import Loss, LossyProxy
from tests.store.promises import broken_promises

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.store.lossy_proxy import Seen

LOSSES = (Loss.CLOSED, Loss.RESET, Loss.HALF_A_LINE)
THREADS = 8


def check_lost_answers(directory: Path, calls: int) -> None:
    """Lose the first answer of each of `calls` calls; fail unless each made exactly one thing."""
    service = Service(directory, Settings())
    try:
        with HttpServer(service, open_writes=GroupCommit) as server:
            with LossyProxy(server.url, _loses_first) as proxy:
                ids = _create(service, proxy.url, calls)
            _check_wire(proxy.seen, calls)
        assert len(set(ids)) == calls
        _check_store(service, calls)
    finally:
        service.close()


def _loses_first(seen: Seen, attempt: int) -> Loss:
    return LOSSES[UUID(seen.token).int % len(LOSSES)] if attempt == 1 else Loss.NONE


def _create(service: Service, url: str, calls: int) -> list[str]:
    session = boto3.session.Session()
    clients = [_client(service, session, url, account(number)) for number in range(calls)]
    with ThreadPoolExecutor(THREADS) as threads:
        # No clientToken: the SDK fills it.
        answers = list(threads.map(lambda each: each.create_membership(**membership()), clients))
    for client in clients:
        client.close()
    assert {each["ResponseMetadata"]["RetryAttempts"] for each in answers} == {1}
    return [each["membershipId"] for each in answers]


def _client(
    service: Service, session: boto3.session.Session, url: str, account_id: str
) -> SecurityIncidentResponseClient:
    key = service.installation.root_access_key(account_id, datetime.now(UTC))
    return session.client(
        "security-ir",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
    )


def _check_wire(seen: list[Seen], calls: int) -> None:
    """Fail unless each call sent a token of its own, the same one on both attempts."""
    attempts: dict[str, list[Seen]] = {}
    for each in seen:
        attempts.setdefault(each.token, []).append(each)
    assert len(attempts) == calls
    for token, pair in attempts.items():
        assert len(token) == 36
        assert len(pair) == 2
        first, second = (each.headers for each in pair)
        assert first["amz-sdk-invocation-id"] == second["amz-sdk-invocation-id"]
        assert [each.headers["amz-sdk-request"].split(";")[0] for each in pair] == [
            "attempt=1",
            "attempt=2",
        ]
        assert pair[0].params == pair[1].params


def _check_store(service: Service, calls: int) -> None:
    """Fail unless there is one membership, event and record of change for each call."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return service.engine.read(lambda tx: tx.rows(sql, {}))

    assert rows("SELECT count(*) FROM memberships WHERE status = 'Active'") == [(calls,)]
    assert rows(
        "SELECT count(*) FROM outbox WHERE kind = 'event' AND type = 'Membership Created'"
    ) == [(calls,)]
    records = [json.loads(text) for (text,) in rows("SELECT record FROM audit_records")]
    created = [each for each in records if each["eventName"] == "CreateMembership"]
    assert sorted(each["replayed"] for each in created) == [False] * calls + [True] * calls
    assert broken_promises(service) == []
