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
from tests.conformance.iam_documents import allowing
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest
from tests.conformance.users import user_client, user_key
from tests.edge.larum_servers import ADMINISTRATOR

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


def test_an_account_reads_its_own_chain_alone(
    connect: Instance, account: str, stranger: str
) -> None:
    """Its root lists its records and asks for the key; other chains and their list are refused."""
    changed(connect, account, 2)
    changed(connect, stranger, 2)
    administrator, own = larum_client(connect), larum_client(connect, account)
    assert records(own, account, 2) == records(administrator, account, 2)
    assert own.get_audit_key()["publicKey"] == administrator.get_audit_key()["publicKey"]
    for call in (
        own.list_audit_chains,
        lambda: own.list_audit_records(accountId=stranger),
        lambda: own.list_audit_records(accountId=ADMINISTRATOR),
    ):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            call()
    administrator.close()
    own.close()


def test_a_user_reads_it_whom_a_policy_lets(connect: Instance, account: str) -> None:
    """Without a policy nobody but root; one on the account's audit opens that and nothing else."""
    changed(connect, account, 1)
    administrator = larum_client(connect)
    key = user_key(administrator, account)
    named = {"accountId": account, "userName": "eve"}
    with user_client(connect, key, "larum") as user:
        with pytest.raises(ClientError, match="AccessDeniedException"):
            user.list_audit_records(accountId=account)
        policy = allowing("larum:ListAuditRecords", resource=f"arn:aws:larum::{account}:audit")
        administrator.put_user_policy(**named, policyName="auditor", policyDocument=policy)
        assert len(records(user, account, 2)) > 2
        for refused in (ADMINISTRATOR, "999999999999"):
            with pytest.raises(ClientError, match="AccessDeniedException"):
                user.list_audit_records(accountId=refused)
    administrator.close()


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
