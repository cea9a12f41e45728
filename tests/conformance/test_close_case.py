"""close_case: for good, for either resolver, at any status, and as often as it is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.cases import customer, told, waiting
from tests.conformance.page import without_metadata
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.instances import Instance


@pytest.mark.parametrize("resolver", ["AWS", "Self"])
def test_a_case_is_closed_once(connect: Instance, account: str, resolver: str) -> None:
    """The answer is Closed with its time; again it is the same answer, and no second edit."""
    who = customer(connect, account)
    case_id = who.opened(resolverType=resolver)
    response = who.client.close_case(caseId=case_id)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    first = without_metadata(response)
    assert first["caseStatus"] == "Closed"
    assert abs(datetime.now(UTC) - first["closedDate"]) < timedelta(minutes=1)
    got = who.read(case_id)
    assert (got["caseStatus"], got["closedDate"]) == ("Closed", first["closedDate"])
    assert "closureCode" not in got
    for _ in range(2):
        assert without_metadata(who.client.close_case(caseId=case_id)) == first
    assert who.read(case_id) == got
    assert who.actions(case_id)[1:] == [("Close case", "Closed the case.")]


def test_closed_is_final(connect: Instance, account: str) -> None:
    """Every write to a Closed case is a conflict that names it, and it stays as it was."""
    who = customer(connect, account)
    case_id, arn = who.opened(tags={"a": "b"}), ""
    arn = who.arn(case_id)
    who.client.close_case(caseId=case_id)
    before = who.read(case_id)
    client = who.client
    writes: list[Callable[[], Any]] = [
        lambda: client.update_case(caseId=case_id, title="Later"),
        lambda: client.update_case_status(caseId=case_id, caseStatus="Submitted"),
        lambda: client.update_resolver_type(caseId=case_id, resolverType="AWS"),
        lambda: client.tag_resource(resourceArn=arn, tags={"c": "d"}),
        lambda: client.tag_resource(resourceArn=arn, tags={"a": "b"}),
        lambda: client.untag_resource(resourceArn=arn, tagKeys=["a"]),
    ]
    for write in writes:
        with pytest.raises(client.exceptions.ConflictException) as caught:
            write()
        assert told(caught.value) == ("ConflictException", case_id, "Case")
    assert who.read(case_id) == before
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
    assert len(who.edits(case_id)) == 2


def test_closing_is_told_without_an_actor() -> None:
    """The event Case Closed names the case alone; people hear Case Closed, once."""
    with larum.Service() as service:
        who = customer(service, ADMINISTRATOR)
        case_id = who.opened()
        before = len(waiting(service))
        who.client.close_case(caseId=case_id)
        who.client.close_case(caseId=case_id)
        event, *notices = waiting(service)[before:]
        assert (event.type, event.detail) == ("Case Closed", f'{{"caseId":"{case_id}"}}')
        assert [each.type for each in notices] == ["Case Closed"] * 2
