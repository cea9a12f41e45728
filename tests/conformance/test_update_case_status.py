"""update_case_status: a self-managed case moves by the published table, and nothing else does."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.cases import customer, told, waiting
from tests.conformance.page import failed_fields, refusal_of, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED

if TYPE_CHECKING:
    from mypy_boto3_security_ir.literals import SelfManagedCaseStatusType

    from tests.conformance.instances import Instance

SUBMITTED: SelfManagedCaseStatusType = "Submitted"
DETECTION: SelfManagedCaseStatusType = "Detection and Analysis"
CONTAINMENT: SelfManagedCaseStatusType = "Containment, Eradication and Recovery"
POST_INCIDENT: SelfManagedCaseStatusType = "Post-incident Activities"
# Every move of the newest reference: service-behaviour §2.2.
WALKS: list[list[SelfManagedCaseStatusType]] = [
    [SUBMITTED, DETECTION, CONTAINMENT, DETECTION, POST_INCIDENT, DETECTION],
    [SUBMITTED, CONTAINMENT, POST_INCIDENT, CONTAINMENT],
    [SUBMITTED, POST_INCIDENT],
]


@pytest.mark.parametrize("walk", WALKS, ids=["detection", "containment", "post-incident"])
def test_published_moves_work(
    connect: Instance, account: str, walk: list[SelfManagedCaseStatusType]
) -> None:
    """Each move answers 201 with the new status, and is one edit that names both."""
    who = customer(connect, account)
    case_id = who.opened()
    for before, after in pairwise(walk):
        response = who.client.update_case_status(caseId=case_id, caseStatus=after)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 201
        assert without_metadata(response) == {"caseStatus": after}
        assert who.read(case_id)["caseStatus"] == after
        message = f"Changed the status from {before} to {after}."
        assert who.actions(case_id)[-1] == ("Update case status", message)


@pytest.mark.parametrize("status", [DETECTION, CONTAINMENT, POST_INCIDENT])
def test_nothing_becomes_submitted_again(
    connect: Instance, account: str, status: SelfManagedCaseStatusType
) -> None:
    """Back to Submitted is a conflict from everywhere, and changes nothing."""
    who = customer(connect, account)
    case_id = who.opened()
    who.client.update_case_status(caseId=case_id, caseStatus=status)
    with pytest.raises(who.client.exceptions.ConflictException) as caught:
        who.client.update_case_status(caseId=case_id, caseStatus=SUBMITTED)
    assert told(caught.value) == ("ConflictException", case_id, "Case")
    assert who.read(case_id)["caseStatus"] == status


def test_the_same_status_is_no_change(connect: Instance, account: str) -> None:
    """The status that it has answers 201 with it: no edit, no new time."""
    who = customer(connect, account)
    case_id = who.opened()
    before = who.read(case_id)
    response = who.client.update_case_status(caseId=case_id, caseStatus=SUBMITTED)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert response["caseStatus"] == SUBMITTED
    assert who.read(case_id) == before
    assert len(who.edits(case_id)) == 1


def test_an_aws_supported_case_is_the_responders(connect: Instance, account: str) -> None:
    """The customer cannot move it, not even to where it is: ValidationException, reason OTHER."""
    who = customer(connect, account)
    case_id = who.opened(resolverType="AWS")
    for status in (SUBMITTED, DETECTION):
        with pytest.raises(who.client.exceptions.ValidationException) as caught:
            who.client.update_case_status(caseId=case_id, caseStatus=status)
        assert refusal_of(caught.value)["reason"] == "OTHER"
    assert who.read(case_id)["caseStatus"] == SUBMITTED


@pytest.mark.parametrize("status", ["Acknowledged", "Ready to Close", "Closed", "Detection"])
def test_other_statuses_are_not_in_the_model(connect: Instance, account: str, status: str) -> None:
    """What only the responder's side sets, and Closed, is no value that can be asked for."""
    who = customer(connect, account)
    case_id = who.opened()
    client = connect.client(account=account, config=UNCHECKED)
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.update_case_status(caseId=case_id, caseStatus=status)  # type: ignore[arg-type]  # the point
    assert failed_fields(caught.value).keys() == {"caseStatus"}


def test_a_closed_case_does_not_move(connect: Instance, account: str) -> None:
    """A Closed case is a conflict, of either resolver."""
    who = customer(connect, account)
    for resolver in ("Self", "AWS"):
        case_id = who.opened(resolverType=resolver)
        who.client.close_case(caseId=case_id)
        with pytest.raises(who.client.exceptions.ConflictException) as caught:
            who.client.update_case_status(caseId=case_id, caseStatus=DETECTION)
        assert told(caught.value) == ("ConflictException", case_id, "Case")


def test_a_move_is_an_event_and_notices_of_its_own_type() -> None:
    """Machines hear Case Updated, people Case Status Updated."""
    with larum.Service() as service:
        who = customer(service, ADMINISTRATOR)
        case_id = who.opened()
        before = len(waiting(service))
        who.client.update_case_status(caseId=case_id, caseStatus=DETECTION)
        event, *notices = waiting(service)[before:]
        assert (event.kind, event.type) == ("event", "Case Updated")
        assert [each.type for each in notices] == ["Case Status Updated"] * 2
