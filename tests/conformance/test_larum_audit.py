"""GetAuditKey, ListAuditChains, ListAuditRecords: the audit as the administrator reads it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import larum
from larum.operations import audit as operations
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient


def records(client: LarumClient, account: str, size: int, **given: Any) -> list[dict[str, Any]]:
    """Return an account's records by pages of that size."""
    pages = client.get_paginator("list_audit_records").paginate(
        accountId=account, PaginationConfig={"PageSize": size}, **given
    )
    return [item for page in pages for item in page["items"]]


def changed(instance: Instance, account: str, times: int) -> None:
    """Make a membership of the account and change it that often, a record each."""
    client = instance.client(account=account)
    made = client.create_membership(**smallest(tags={"canary": "canary"}))["membershipId"]
    for number in range(times):
        client.update_membership(membershipId=made, membershipName=f"canary {number}")
    client.close()


def test_the_chain_is_told_as_it_is_kept(connect: Instance, account: str) -> None:
    """Pages of any size give every record once, and each hash is that of all before it."""
    changed(connect, account, 4)
    administrator = larum_client(connect)
    whole = records(administrator, account, 1_000)
    assert [each["sequence"] for each in whole] == [1, 2, 3, 4, 5]
    previous = bytes(32)
    for each in whole:
        previous = sha256(previous + each["record"].encode()).digest()
        assert each["hash"] == previous.hex()
    for size in (1, 2, 5):
        assert records(administrator, account, size) == whole
    assert records(administrator, account, 2, afterSequence=3) == whole[3:]
    chains = [
        item
        for page in administrator.get_paginator("list_audit_chains").paginate(
            PaginationConfig={"PageSize": 1}
        )
        for item in page["items"]
    ]
    assert {"accountId": account, "sequence": 5, "hash": whole[-1]["hash"]} in chains
    accounts = [each["accountId"] for each in chains]
    assert accounts == sorted(set(accounts))
    assert len(base64.b64decode(administrator.get_audit_key()["publicKey"])) == 32
    administrator.close()


def test_a_record_has_cloudtrails_shape(connect: Instance, account: str) -> None:
    """Who, what, when and where by CloudTrail's names; no text and no errorCode on success."""
    changed(connect, account, 1)
    administrator = larum_client(connect)
    first, second = (json.loads(each["record"]) for each in records(administrator, account, 10))
    assert (first["eventVersion"], first["eventType"]) == ("1.09", "AwsApiCall")
    assert (first["eventName"], first["readOnly"]) == ("CreateMembership", False)
    assert first["eventSource"] == "security-ir.amazonaws.com"
    assert (first["recipientAccountId"], first["awsRegion"]) == (account, "us-east-1")
    assert first["userIdentity"]["type"] == "Root"
    assert first["requestParameters"]["membershipName"] == "***"
    assert second["requestParameters"]["membershipId"] == first["responseElements"]["membershipId"]
    assert first["eventID"] != second["eventID"]
    assert not {"errorCode", "errorMessage"} & first.keys()
    assert "canary" not in json.dumps([first, second])
    administrator.close()


def test_nobody_but_the_administrator_reads_it(connect: Instance, account: str) -> None:
    """An account's root may read no chain, its own neither."""
    stranger = larum_client(connect, account)
    for call in (
        stranger.list_audit_chains,
        stranger.get_audit_key,
        lambda: stranger.list_audit_records(accountId=account),
    ):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            call()
    stranger.close()


def test_a_time_window_is_found_by_short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of a time are found whole, however few of them a page looks at."""
    monkeypatch.setattr(operations, "LOOKED_AT", 3)
    start = datetime.now(UTC).replace(microsecond=0)
    ticks = iter(range(1_000))
    account = "222222222222"
    with larum.Service(clock=lambda: start + timedelta(seconds=next(ticks))) as service:
        changed(service, account, 20)
        administrator = larum_client(service)
        whole = records(administrator, account, 5)
        times = [datetime.fromisoformat(json.loads(each["record"])["eventTime"]) for each in whole]
        for low, high in ((0, 20), (3, 9), (12, 12), (19, 20)):
            found = records(administrator, account, 2, startTime=times[low], endTime=times[high])
            assert found == whole[low:high]
        administrator.close()
