"""create_case: what is sent reads back, quotas hold, and a token makes one case."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.cases import CASE, EVERY_PARAMETER, customer, told, waiting
from tests.conformance.page import failed_fields, refusal_of, smallest, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR, ONE_ATTEMPT, UNCHECKED
from tests.operations.directories import apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.cases import Customer
    from tests.conformance.instances import Instance


class Clock:
    """A clock that a test moves forward."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        """Return the time now, moved."""
        return datetime.now(UTC) + self.offset


@pytest.fixture
def clock() -> Clock:
    """The clock of `service`."""
    return Clock()


@pytest.fixture
def service(clock: Clock) -> Iterator[larum.Service]:
    """A service of its own, where requests need no signature of its own time."""
    with larum.Service(settings=larum.Settings(auth="relaxed"), clock=clock) as made:
        yield made


@pytest.fixture
def holder(service: larum.Service) -> Customer:
    """The administrator of `service` as a customer."""
    return customer(service, ADMINISTRATOR)


def test_every_parameter_reads_back(connect: Instance, account: str) -> None:
    """A case with every member is there as it was sent, Submitted and waiting for nobody."""
    who = customer(connect, account)
    response = who.client.create_case(**EVERY_PARAMETER, tags={"env": "prod"})
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(response).keys() == {"caseId"}
    case_id = response["caseId"]
    assert re.fullmatch(r"[0-9]{10}", case_id)
    got = who.read(case_id)
    created = got.pop("createdDate")
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)
    assert got.pop("lastUpdatedDate") == created
    assert got == EVERY_PARAMETER | {
        "caseArn": who.arn(case_id),
        "caseStatus": "Submitted",
        "pendingAction": "None",
    }
    assert who.client.list_tags_for_resource(resourceArn=who.arn(case_id))["tags"] == {
        "env": "prod"
    }
    assert who.actions(case_id) == [("Create case", "Created the case.")]


def test_the_smallest_case_has_empty_lists(connect: Instance, account: str) -> None:
    """Optional lists that were not given are there and empty; nothing else is made up."""
    who = customer(connect, account)
    got = who.read(who.opened())
    assert {name: got.pop(name) for name in CASE} == CASE
    assert {name: each for name, each in got.items() if each == []} == {
        "impactedAwsRegions": [],
        "impactedServices": [],
        "threatActorIpAddresses": [],
    }
    assert not got.keys() & {"closedDate", "closureCode", "caseAttachments", "caseMetadata"}


def test_watchers_are_known_by_address(connect: Instance, account: str) -> None:
    """A second watcher with the same address, in other letters, is not another one."""
    who = customer(connect, account)
    watchers = [
        {"email": "Carol@example.com", "name": "Carol"},
        {"email": "carol@EXAMPLE.com", "name": "Carol Costa"},
    ]
    assert who.read(who.opened(watchers=watchers))["watchers"] == watchers[:1]


def test_same_token_gives_the_same_case(connect: Instance, account: str) -> None:
    """A repeated request is answered with the first one's id; other parameters are a conflict."""
    who = customer(connect, account)
    ids = {who.opened(clientToken="once") for _ in range(3)}
    assert len(ids) == 1
    assert who.client.list_cases()["total"] == 1
    with pytest.raises(who.client.exceptions.ConflictException) as caught:
        who.opened(clientToken="once", title="Another")
    assert told(caught.value) == ("ConflictException", ids.pop(), "Case")


def test_no_membership_no_case(connect: Instance, account: str) -> None:
    """Without an Active membership every operation on cases answers that it is not active."""
    client = connect.client(account=account)
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
        client.create_case(**CASE)
    made = client.create_membership(**smallest())["membershipId"]
    client.create_case(**CASE)
    client.cancel_membership(membershipId=made)
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
        client.create_case(**CASE)


def test_self_managed_quota_counts_what_is_open(connect: Instance, account: str) -> None:
    """The 101st open self-managed case is refused by AWS's code; closing one makes room."""
    who = customer(connect, account)
    ids = [who.opened() for _ in range(100)]
    with pytest.raises(who.client.exceptions.ServiceQuotaExceededException) as caught:
        who.opened()
    body = refusal_of(caught.value)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
    assert told(caught.value) == ("ServiceQuotaExceededException", account, "Case")
    assert (body["serviceCode"], body["quotaCode"]) == ("security-ir", "L-87F7FF63")
    who.client.close_case(caseId=ids[0])
    assert who.opened()


def test_service_managed_quotas(holder: Customer, service: larum.Service, clock: Clock) -> None:
    """AWS-supported cases are limited while open, and by how many the last 24 hours saw."""
    limits = {"activeServiceManagedCases": 2, "serviceManagedCasesPerDay": 3}
    apply(service, {"limits": limits})
    exceeded = holder.client.exceptions.ServiceQuotaExceededException

    def refused() -> str:
        with pytest.raises(exceeded) as caught:
            holder.opened(resolverType="AWS")
        return str(refusal_of(caught.value)["quotaCode"])

    first = holder.opened(resolverType="AWS")
    clock.offset = timedelta(hours=1)
    holder.opened(resolverType="AWS")
    assert refused() == "L-A44E2290"
    holder.client.close_case(caseId=first)
    third = holder.opened(resolverType="AWS")
    holder.client.close_case(caseId=third)
    assert refused() == "L-5052B1EE"
    clock.offset = timedelta(hours=24, seconds=5)
    fourth = holder.opened(resolverType="AWS")
    holder.client.close_case(caseId=fourth)
    assert refused() == "L-5052B1EE"
    apply(service, {"limits": {"serviceManagedCasesPerDay": 0}})
    clock.offset = timedelta(days=9)
    assert refused() == "L-5052B1EE"
    assert holder.opened()


def test_a_refused_case_leaves_nothing(holder: Customer, service: larum.Service) -> None:
    """A case over a quota is not listed, not told of, and its token is free."""
    apply(service, {"limits": {"activeSelfManagedCases": 0}})
    before = waiting(service)
    with pytest.raises(holder.client.exceptions.ServiceQuotaExceededException):
        holder.opened(clientToken="again")
    assert holder.client.list_cases()["total"] == 0
    assert waiting(service) == before
    apply(service, {"limits": {"activeSelfManagedCases": 1}})
    assert holder.opened(clientToken="again")


def test_team_and_watchers_are_told_once(service: larum.Service) -> None:
    """Who asked for Case Created and every watcher gets one notice, whatever the letter case."""
    team: list[Any] = [
        {"name": "Ana", "jobTitle": "Lead", "email": "ana@example.com"},
        {
            "name": "Bob",
            "jobTitle": "On call",
            "email": "bob@example.com",
            "communicationPreferences": ["Case Closed"],
        },
    ]
    who = customer(service, ADMINISTRATOR, incidentResponseTeam=team)
    before = len(waiting(service))
    case_id = who.opened(watchers=[{"email": "ANA@example.com"}, {"email": "eve@example.com"}])
    event, *notices = waiting(service)[before:]
    assert (event.kind, event.type, event.resource_arn) == (
        "event",
        "Case Created",
        who.arn(case_id),
    )
    assert event.detail == f'{{"caseId":"{case_id}","createdBy":"{ADMINISTRATOR}"}}'
    assert {each.type for each in notices} == {"Case Created"}
    assert sorted(str(each.recipient).lower() for each in notices) == [
        "ana@example.com",
        "eve@example.com",
    ]


def test_service_switched_off_refuses(holder: Customer, service: larum.Service) -> None:
    """An account whose service the administrator switched off has no operations on cases."""
    case_id = holder.opened()
    organization = {"accounts": [{"id": ADMINISTRATOR, "serviceOn": False}]}
    apply(service, {"organization": organization})
    not_active = holder.client.exceptions.SecurityIncidentResponseNotActiveException
    for call in (holder.opened, lambda: holder.read(case_id), holder.client.list_cases):
        with pytest.raises(not_active, match="switched off"):
            call()


def test_too_much_is_refused_by_name(connect: Instance, account: str) -> None:
    """Members beyond the model's limits are all named at once, and there is no case."""
    customer(connect, account)
    client = connect.client(account=account, config=UNCHECKED)
    too_much = {
        "title": "",
        "impactedAccounts": ["1"],
        "watchers": [{"email": f"w{number}@example.com"} for number in range(31)],
        "threatActorIpAddresses": [{"ipAddress": "192.0.2.7"}] * 201,
    }
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.create_case(**CASE | too_much)
    assert failed_fields(caught.value).keys() == {
        "title",
        "impactedAccounts[0]",
        "watchers",
        "threatActorIpAddresses",
    }
    assert client.list_cases()["items"] == []


def test_region_without_the_service(connect: Instance, account: str) -> None:
    """In a Region that is not served there are no cases."""
    customer(connect, account)
    client = connect.client(account=account, region="eu-north-1", config=ONE_ATTEMPT)
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
        client.create_case(**CASE)
