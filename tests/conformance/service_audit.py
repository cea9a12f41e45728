"""What the audit must say after anything that callers did, whatever was killed meanwhile."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.conformance.larum_clients import LarumClient

Chains: TypeAlias = dict[str, list[dict[str, Any]]]


def chains_of(client: LarumClient) -> Chains:
    """Return all chains as the administrator lists them."""
    accounts = [
        item["accountId"]
        for page in client.get_paginator("list_audit_chains").paginate()
        for item in page["items"]
    ]
    listed = client.get_paginator("list_audit_records")
    return {
        account: [
            item
            for page in listed.paginate(accountId=account, PaginationConfig={"PageSize": 1_000})
            for item in page["items"]
        ]
        for account in accounts
    }


def faults(chains: Chains, denied: int) -> list[str]:
    """Return what is wrong: a chain that is broken, a record in a wrong chain, a denial without.

    `denied` calls of the API were answered with an AccessDeniedException.
    """
    found = [fault for account, items in chains.items() for fault in _of_chain(account, items)]
    records = [json.loads(each["record"]) for items in chains.values() for each in items]
    recorded = sum(each.get("errorCode") == "AccessDeniedException" for each in records)
    if recorded < denied:
        found.append(f"{denied} calls were denied, and {recorded} are recorded")
    return found


def _of_chain(account: str, items: Iterable[dict[str, Any]]) -> Iterator[str]:
    previous = bytes(32)
    for number, item in enumerate(items, start=1):
        record = json.loads(item["record"])
        previous = sha256(previous + item["record"].encode()).digest()
        if (item["sequence"], item["hash"]) != (number, previous.hex()):
            yield f"{account}: the chain is broken at {number}"
        if record["recipientAccountId"] != account:
            yield f"{account}: {number} is of {record['recipientAccountId']}"
        asked = record["userIdentity"].get("accountId", account)
        if "errorCode" in record and asked != account:
            yield f"{account}: {number} was written by {asked}, who was refused"
        if "errorCode" not in record and asked not in {account, ADMINISTRATOR}:
            yield f"{account}: {number} was done by {asked}"
        owners = {each.split(":")[4] for each in record["resources"] if each != "*"}
        if "errorCode" not in record and not owners <= {account}:
            yield f"{account}: {number} is about what is {owners}'s"
