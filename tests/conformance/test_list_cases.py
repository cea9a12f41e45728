"""list_cases: the most recently changed first, in pages that nothing disturbs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.cases import CASE, customer
from tests.conformance.page import failed_fields, smallest, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_no_cases_is_an_empty_list(connect: Instance, account: str) -> None:
    """The list of a new membership is there and empty; without a membership it is not active."""
    client = connect.client(account=account)
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
        client.list_cases()
    client.create_membership(**smallest())
    assert without_metadata(client.list_cases()) == {"items": [], "total": 0}


def test_an_item_has_what_the_model_gives(connect: Instance, account: str) -> None:
    """An item tells of its case what GetCase tells of it."""
    who = customer(connect, account)
    case_id = who.opened()
    item = dict(who.client.list_cases()["items"][0])
    assert "closedDate" not in item
    assert item.pop("caseId") == case_id
    case = who.read(case_id)
    assert item == {name: case[name] for name in item}
    assert item.keys() == {
        "lastUpdatedDate",
        "title",
        "caseArn",
        "engagementType",
        "caseStatus",
        "createdDate",
        "resolverType",
        "pendingAction",
    }
    closed = who.client.close_case(caseId=case_id)["closedDate"]
    assert who.client.list_cases()["items"][0]["closedDate"] == closed


def test_every_page_size_gives_the_same_list(connect: Instance, account: str) -> None:
    """Pages of any size give each case once, newest first; a change moves its case to the top."""
    who = customer(connect, account)
    ids = [who.opened(title=f"Number {number}") for number in range(30)]
    assert len(who.client.list_cases()["items"]) == 25
    for changed in (ids[3], ids[29], ids[17]):
        who.client.update_case(caseId=changed, title="Changed")
        ids.remove(changed)
        ids.append(changed)
    for size in (1, 7, 15, 25):
        assert who.listed(size) == ids[::-1]
    pages = who.client.get_paginator("list_cases").paginate(PaginationConfig={"PageSize": 15})
    *_, last = pages
    assert len(last["items"]) == 15
    assert "nextToken" not in last
    assert last["total"] == 30


def test_changes_between_pages_skip_and_repeat_nothing(connect: Instance, account: str) -> None:
    """What is changed, closed or opened while somebody pages leaves the pages as they began."""
    who = customer(connect, account)
    ids = [who.opened() for _ in range(9)]
    page = who.client.list_cases(maxResults=2)
    found = [each["caseId"] for each in page["items"]]
    step = 0
    while "nextToken" in page:
        who.client.update_case(caseId=ids[step], title=f"Step {step}")
        who.client.update_case(caseId=ids[8 - step], title=f"Step {step}")
        who.client.close_case(caseId=ids[4])
        who.opened()
        page = who.client.list_cases(maxResults=2, nextToken=page["nextToken"])
        found += [each["caseId"] for each in page["items"]]
        step += 1
    assert found == ids[::-1]


def test_an_account_sees_only_its_own(connect: Instance, account: str, stranger: str) -> None:
    """Cases of another account never appear, and its tokens open nothing."""
    theirs = customer(connect, stranger)
    for _ in range(2):
        theirs.opened()
    token = theirs.client.list_cases(maxResults=1)["nextToken"]
    client = customer(connect, account).client
    assert client.list_cases()["items"] == []
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.list_cases(nextToken=token)
    assert failed_fields(caught.value).keys() == {"nextToken"}


@pytest.mark.parametrize("size", [0, 26, -1])
def test_page_size_is_1_to_25(connect: Instance, account: str, size: int) -> None:
    """A maxResults outside 1 to 25 is a ValidationException about it."""
    customer(connect, account)
    client = connect.client(account=account, config=UNCHECKED)
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.list_cases(maxResults=size)
    assert failed_fields(caught.value).keys() == {"maxResults"}


def test_a_token_of_a_former_membership_is_refused(connect: Instance, account: str) -> None:
    """A list that was begun in one membership does not go on in the next."""
    who = customer(connect, account)
    for _ in range(2):
        who.opened()
    token = who.client.list_cases(maxResults=1)["nextToken"]
    who.client.cancel_membership(membershipId=who.membership_id)
    who.client.create_membership(**smallest())
    with pytest.raises(who.client.exceptions.ValidationException) as caught:
        who.client.list_cases(maxResults=1, nextToken=token)
    assert failed_fields(caught.value).keys() == {"nextToken"}


def test_a_list_is_whole_for_24_hours_and_then_refused() -> None:
    """A page goes on in its list for a day, whatever the sweep deletes, and never half of it."""
    offset = timedelta()

    def clock() -> datetime:
        return datetime.now(UTC) + offset

    with larum.Service(settings=larum.Settings(auth="relaxed"), clock=clock) as service:
        who = customer(service, ADMINISTRATOR)
        ids = [who.opened() for _ in range(6)]
        first = who.client.list_cases(maxResults=2)
        for each in ids[:4]:
            who.client.update_case(caseId=each, title="Changed")
        offset = timedelta(hours=23)
        while service.sweep():
            pass
        second = who.client.list_cases(maxResults=2, nextToken=first["nextToken"])
        assert [each["caseId"] for each in second["items"]] == [ids[3], ids[2]]
        offset = timedelta(hours=26)
        while service.sweep():
            pass
        with pytest.raises(who.client.exceptions.ValidationException) as caught:
            who.client.list_cases(maxResults=2, nextToken=second["nextToken"])
        assert failed_fields(caught.value).keys() == {"nextToken"}
        assert who.listed() == [ids[3], ids[2], ids[1], ids[0], ids[5], ids[4]]
        kept = service.engine.read(
            lambda tx: tx.rows("SELECT count(*) FROM former_case_places", {})
        )
        assert kept == [(0,)]
        assert CASE["title"] == who.read(ids[5])["title"]
