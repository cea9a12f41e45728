"""ListOutboxEntries: what waits for delivery, of all accounts, as the administrator sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import larum
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient


def entries(client: LarumClient, size: int) -> list[dict[str, Any]]:
    """Return everything that waits, by pages of that size."""
    pages = client.get_paginator("list_outbox_entries").paginate(
        PaginationConfig={"PageSize": size}
    )
    return [item for page in pages for item in page["items"]]


def test_an_event_and_its_notices_are_told_whole(first_start: Instance) -> None:
    """Each entry says what it is, of which resource, for whom and since when."""
    client, administrator = first_start.client(), larum_client(first_start)
    assert administrator.list_outbox_entries()["items"] == []
    made = client.create_membership(**smallest())["membershipId"]
    arn = client.get_membership(membershipId=made)["membershipArn"]
    found = entries(administrator, 100)
    event, *notices = found
    assert {each["accountId"] for each in found} == {ADMINISTRATOR}
    assert {each["region"] for each in found} == {"us-east-1"}
    assert {each["resourceArn"] for each in found} == {arn}
    assert {each["detail"] for each in found} == {f'{{"membershipId":"{made}"}}'}
    assert (event["kind"], event["type"]) == ("event", "Membership Created")
    assert "recipient" not in event
    assert [each["kind"] for each in notices] == ["notice"] * 2
    assert [each["recipient"] for each in notices] == ["ana@example.com", "bob@example.com"]
    assert abs(event["createdAt"] - datetime.now(UTC)) < timedelta(minutes=1)
    client.close()
    administrator.close()


def test_entries_of_all_accounts_come_oldest_first() -> None:
    """Pages of any size give every entry once, in the order of time and not of accounts."""
    now = datetime.now(UTC)

    def clock() -> datetime:
        return now

    with larum.Service(clock=clock) as service:
        order = ["900000000003", "100000000001", "500000000002", ADMINISTRATOR]
        for account in order:
            now += timedelta(seconds=1)
            client = service.client(account=account)
            client.create_membership(**smallest())
            client.close()
        administrator = larum_client(service)
        whole = entries(administrator, 100)
        assert [each["accountId"] for each in whole if each["kind"] == "event"] == order
        assert len(whole) == 12
        for size in (1, 5, 12):
            assert entries(administrator, size) == whole
        administrator.close()


def test_what_is_added_meanwhile_does_not_disturb_a_page() -> None:
    """An entry that comes between two pages is on a later page, and nothing is told twice."""
    with larum.Service() as service:
        administrator = larum_client(service)
        for account in ("300000000001", "300000000002"):
            client = service.client(account=account)
            client.create_membership(**smallest())
            client.close()
        first = administrator.list_outbox_entries(maxResults=4)
        client = service.client(account="100000000000")
        client.create_membership(**smallest())
        client.close()
        rest = administrator.list_outbox_entries(maxResults=100, nextToken=first["nextToken"])
        ids = [each["outboxId"] for each in [*first["items"], *rest["items"]]]
        assert ids == sorted(set(ids))
        assert len(ids) == 9
        administrator.close()
