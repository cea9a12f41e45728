"""update_resolver_type: from the customer's own team to the responder's side, and never back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.cases import customer, told, waiting
from tests.conformance.page import refusal_of, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR
from tests.operations.directories import apply

if TYPE_CHECKING:
    from mypy_boto3_security_ir.literals import ResolverTypeType

    from tests.conformance.instances import Instance


def test_a_self_managed_case_is_handed_over(connect: Instance, account: str) -> None:
    """It becomes AWS-supported and Submitted, whatever status it had, in one edit."""
    who = customer(connect, account)
    case_id = who.opened()
    who.client.update_case_status(caseId=case_id, caseStatus="Post-incident Activities")
    response = who.client.update_resolver_type(caseId=case_id, resolverType="AWS")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    expected = {"caseId": case_id, "caseStatus": "Submitted", "resolverType": "AWS"}
    assert without_metadata(response) == expected
    got = who.read(case_id)
    assert (got["caseStatus"], got["resolverType"]) == ("Submitted", "AWS")
    message = "Changed the resolver from Self to AWS."
    assert who.actions(case_id)[-1] == ("Update resolver type", message)


def test_there_is_no_way_back(connect: Instance, account: str) -> None:
    """AWS to Self is a ValidationException with reason OTHER, and changes nothing."""
    who = customer(connect, account)
    case_id = who.opened(resolverType="AWS")
    before = who.read(case_id)
    with pytest.raises(who.client.exceptions.ValidationException) as caught:
        who.client.update_resolver_type(caseId=case_id, resolverType="Self")
    assert refusal_of(caught.value)["reason"] == "OTHER"
    assert who.read(case_id) == before


@pytest.mark.parametrize("resolver", ["AWS", "Self"])
def test_the_same_resolver_is_no_change(
    connect: Instance, account: str, resolver: ResolverTypeType
) -> None:
    """The resolver that it has answers 200 with what is: no edit, no new time."""
    who = customer(connect, account)
    case_id = who.opened(resolverType=resolver)
    before = who.read(case_id)
    answer = who.client.update_resolver_type(caseId=case_id, resolverType=resolver)
    assert (answer["caseStatus"], answer["resolverType"]) == ("Submitted", resolver)
    assert who.read(case_id) == before
    assert len(who.edits(case_id)) == 1


def test_a_closed_case_keeps_its_resolver(connect: Instance, account: str) -> None:
    """Of a Closed case any resolver is a conflict, the one that it has too."""
    who = customer(connect, account)
    case_id = who.opened()
    who.client.close_case(caseId=case_id)
    for resolver in ("AWS", "Self"):
        with pytest.raises(who.client.exceptions.ConflictException) as caught:
            who.client.update_resolver_type(caseId=case_id, resolverType=resolver)
        assert told(caught.value) == ("ConflictException", case_id, "Case")


def test_the_quota_of_open_cases_counts() -> None:
    """A hand-over needs room among the open AWS-supported cases, and makes room in its own."""
    with larum.Service() as service:
        limits = {"activeServiceManagedCases": 1, "activeSelfManagedCases": 1}
        apply(service, {"limits": limits | {"serviceManagedCasesPerDay": 1}})
        who = customer(service, ADMINISTRATOR)
        supported, own = who.opened(resolverType="AWS"), who.opened()
        with pytest.raises(who.client.exceptions.ServiceQuotaExceededException) as caught:
            who.client.update_resolver_type(caseId=own, resolverType="AWS")
        assert refusal_of(caught.value)["quotaCode"] == "L-A44E2290"
        assert who.read(own)["resolverType"] == "Self"
        who.client.close_case(caseId=supported)
        who.client.update_resolver_type(caseId=own, resolverType="AWS")
        assert who.opened()


def test_people_hear_of_the_hand_over() -> None:
    """Machines hear Case Updated, people Case Updated To Service Managed."""
    with larum.Service() as service:
        who = customer(service, ADMINISTRATOR)
        case_id = who.opened()
        before = len(waiting(service))
        who.client.update_resolver_type(caseId=case_id, resolverType="AWS")
        event, *notices = waiting(service)[before:]
        assert (event.kind, event.type) == ("event", "Case Updated")
        assert [each.type for each in notices] == ["Case Updated To Service Managed"] * 2
