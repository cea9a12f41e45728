"""What a lost answer does: boto3 sends the same call again, and the work is not done twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name

import larum
from larum.operations import OPERATIONS
from tests.conformance.page import without_metadata
from tests.edge.doors import Door
from tests.edge.larum_servers import boto3_client
from tests.errors.calls_that_work import WORKS
from tests.errors.stage import Stage
from tests.store.lossy_proxy import Loss, LossyProxy
from tests.store.lost_answers import check_lost_answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from larum.store.engine import Transaction
    from tests.store.lossy_proxy import Seen

WRITES = sorted(each for each in OPERATIONS if OPERATIONS[each].writes)
OUTBOX = "SELECT kind, type FROM outbox WHERE account = :account"
EDITS = "SELECT record FROM audit_records WHERE account = :account AND case_arn IS NOT NULL"
_accounts = count(620_000_000_000)


def test_lost_answers_do_nothing_twice(tmp_path: Path) -> None:
    """50 calls whose first answer is lost make exactly 50 memberships, events and records."""
    check_lost_answers(tmp_path, 50)


def loses_first(_seen: Seen, attempt: int) -> Loss:
    """Lose the first answer of each call."""
    return Loss.RESET if attempt == 1 else Loss.NONE


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    """A service over HTTP for all operations, each with accounts of its own."""
    made = Door(larum.Service(), over_http=True)
    yield made
    made.close()


def traces(stage: Stage) -> Counter[Any]:
    """Return what the account has been told and what stands in the edits of its cases."""

    def found(tx: Transaction) -> Counter[Any]:
        account = {"account": stage.account}
        return Counter([*tx.rows(OUTBOX, account), *("edit" for _ in tx.rows(EDITS, account))])

    return stage.door.service.engine.read(found)


def done(stage: Stage, operation: str, url: str) -> tuple[dict[str, Any], Counter[Any]]:
    """Do the operation by a stock client of `url`; return its answer and the traces it left."""
    params, before = WORKS[operation](stage), traces(stage)
    key = stage.door.service.installation.root_access_key(stage.account, datetime.now(UTC))
    client = boto3_client(url, key)
    answer = getattr(client, xform_name(operation))(**params)
    client.close()
    return answer, traces(stage) - before


@pytest.mark.parametrize("operation", WRITES)
def test_a_lost_answer_does_nothing_twice(door: Door, operation: str) -> None:
    """A call that boto3 repeats answers, tells and edits what the same call does at once."""
    straight, lossy = (Stage(door, str(next(_accounts))) for _ in range(2))
    expected, left = done(straight, operation, door.url)
    with LossyProxy(door.url, loses_first) as proxy:
        answer, left_twice = done(lossy, operation, proxy.url)
    assert len(proxy.seen) == 2
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    status = expected["ResponseMetadata"]["HTTPStatusCode"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert without_metadata(answer).keys() == without_metadata(expected).keys()
    assert left_twice == left
    assert left
