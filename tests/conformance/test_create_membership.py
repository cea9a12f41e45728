"""create_membership as its reference page has it, from boto3 over HTTP and in process."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ParamValidationError

from tests.conformance.page import (
    EVERY_PARAMETER,
    LITERAL,
    OF_THE_PAGE,
    TEAM,
    failed_fields,
    smallest,
    team_read_back,
    without_metadata,
)
from tests.edge.larum_servers import UNCHECKED, LarumServer

if TYPE_CHECKING:
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    import larum
    from tests.conformance.instances import Instance

MEMBERSHIP_ID = re.compile(r"m-[a-z0-9]{30}")
ADDED_BY_HTTP = {"date", "content-length", "connection", "cache-control", "x-content-type-options"}


def everything_about(client: SecurityIncidentResponseClient, membership_id: str) -> dict[str, Any]:
    """Return all that the API tells of a membership, with its id and its time normalised."""
    got = without_metadata(client.get_membership(membershipId=membership_id))
    arn = got["membershipArn"]
    listed = without_metadata(client.list_memberships())
    tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
    age = time.time() - got["membershipActivationTimestamp"].timestamp()
    assert -1 < age < 60
    told = repr({"got": got | {"membershipActivationTimestamp": "now"}, "listed": listed})
    return {"told": told.replace(membership_id, "m-ID"), "tags": tags}


@pytest.mark.parametrize(
    "params", [EVERY_PARAMETER, OF_THE_PAGE], ids=["every parameter", "vintage of the page"]
)
def test_page_request_works(first_start: Instance, params: dict[str, Any]) -> None:
    """The page's request with every parameter makes a membership that reads back as it was sent."""
    client = first_start.client()
    response = client.create_membership(**params)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(response).keys() == {"membershipId"}
    membership_id = response["membershipId"]
    assert MEMBERSHIP_ID.fullmatch(membership_id)
    got = without_metadata(client.get_membership(membershipId=membership_id))
    activated = got.pop("membershipActivationTimestamp")
    assert abs(time.time() - activated.timestamp()) < 60
    arn = f"arn:aws:security-ir:us-east-1:123456789012:membership/{membership_id}"
    assert got == {
        "membershipId": membership_id,
        "accountId": "123456789012",
        "region": "us-east-1",
        "membershipName": "Example Corp",
        "membershipArn": arn,
        "membershipStatus": "Active",
        "customerType": "Organization",
        "numberOfAccountsCovered": 1,
        "incidentResponseTeam": team_read_back(params["incidentResponseTeam"]),
        "optInFeatures": [{"featureName": "Triage", "isEnabled": True}],
        "membershipAccountsConfigurations": {
            "coverEntireOrganization": True,
            "organizationalUnits": [],
        },
    }
    tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == {"team": "security", "env": "prod"}


def test_both_doors_give_the_same_answers(
    http_server: LarumServer, service_in_process: larum.Service, account: str
) -> None:
    """Over HTTP and in process every answer is the same, but for the id and the time."""
    told = []
    for instance in (http_server, service_in_process):
        client = instance.client(account=account)
        params = EVERY_PARAMETER | {"coverEntireOrganization": False}
        made = client.create_membership(**params)["membershipId"]
        told.append(everything_about(client, made))
    assert told[0] == told[1]


def test_both_doors_send_the_same_headers(
    http_server: LarumServer, service_in_process: larum.Service, account: str
) -> None:
    """An answer's headers differ between the doors only by what HTTP itself adds."""
    names = []
    for instance in (http_server, service_in_process):
        metadata = instance.client(account=account).list_memberships()["ResponseMetadata"]
        names.append(set(metadata["HTTPHeaders"]))
    assert names[0] - names[1] <= ADDED_BY_HTTP
    assert names[1] == {"content-type", "x-amzn-requestid"}


def test_smallest_request_of_standalone_account(connect: Instance, account: str) -> None:
    """Name and team are enough; what was not given is absent, and only the account is covered."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    got = without_metadata(client.get_membership(membershipId=made))
    assert got["customerType"] == "Standalone"
    assert got["numberOfAccountsCovered"] == 1
    assert got["membershipAccountsConfigurations"]["coverEntireOrganization"] is False
    assert "optInFeatures" not in got
    assert "membershipDeactivationTimestamp" not in got
    assert client.list_tags_for_resource(resourceArn=got["membershipArn"])["tags"] == {}


def test_preferences_are_kept_as_given(connect: Instance, account: str) -> None:
    """Chosen preferences come back alone; a responder who chose none gets none."""
    client = connect.client(account=account)
    team: list[Any] = [
        TEAM[0] | {"communicationPreferences": ["Case Closed", "Case Created"]},
        TEAM[1] | {"communicationPreferences": []},
    ]
    made = client.create_membership(membershipName="Example Corp", incidentResponseTeam=team)
    got = client.get_membership(membershipId=made["membershipId"])["incidentResponseTeam"]
    assert [each["communicationPreferences"] for each in got] == [
        ["Case Closed", "Case Created"],
        [],
    ]


def test_literal_example_gives_the_two_errors_it_must(connect: Instance, account: str) -> None:
    """The page's 'string' values: too few responders, and 'string' is no e-mail address."""
    client = connect.client(account=account, config=UNCHECKED)
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.create_membership(**LITERAL)
    failed = failed_fields(caught.value)
    assert failed.keys() == {"incidentResponseTeam", "incidentResponseTeam[0].email"}
    assert "greater than or equal to 2" in failed["incidentResponseTeam"]
    assert "pattern" in failed["incidentResponseTeam[0].email"]
    assert client.list_memberships()["items"] == []


def test_literal_example_stops_at_botocore(connect: Instance, account: str) -> None:
    """With its own checks on, boto3 itself refuses one responder and sends nothing."""
    client = connect.client(account=account)
    with pytest.raises(ParamValidationError, match="incidentResponseTeam"):
        client.create_membership(**LITERAL)


def test_same_token_gives_the_same_membership(connect: Instance, account: str) -> None:
    """A repeated request is answered with the first one's id and makes nothing new."""
    client = connect.client(account=account)
    params = smallest(clientToken="once", tags={"a": "b"})
    answers = [client.create_membership(**params) for _ in range(3)]
    assert {each["ResponseMetadata"]["HTTPStatusCode"] for each in answers} == {201}
    assert len({each["membershipId"] for each in answers}) == 1
    assert len(client.list_memberships()["items"]) == 1


def test_token_belongs_to_one_account(connect: Instance, account: str, stranger: str) -> None:
    """Two accounts may use the same token for memberships of their own."""
    ids = {
        connect.client(account=each).create_membership(**smallest(clientToken="once"))[
            "membershipId"
        ]
        for each in (account, stranger)
    }
    assert len(ids) == 2


def test_any_unicode_survives(connect: Instance, account: str) -> None:
    """Names in any script come back exactly, and a token may be any text of 255 characters."""
    client = connect.client(account=account)
    team = [
        {"name": "Áná \N{FIRE} 東京", "jobTitle": "مهندس", "email": "ana@example.com"},
        {"name": "Ana\u0301 \U0001f9ef", "jobTitle": "x", "email": "bob@example.com"},
    ]
    params: dict[str, Any] = {
        "membershipName": "Ωmega \U0001f9ef " + "ß" * 40,
        "incidentResponseTeam": team,
        "tags": {"größe": "東京"},
        "clientToken": "\U0001f9ef" * 255,
    }
    made = client.create_membership(**params)["membershipId"]
    assert client.create_membership(**params)["membershipId"] == made
    got = client.get_membership(membershipId=made)
    assert got["membershipName"] == params["membershipName"]
    assert [each["name"] for each in got["incidentResponseTeam"]] == [each["name"] for each in team]
    tags = client.list_tags_for_resource(resourceArn=got["membershipArn"])["tags"]
    assert tags == {"größe": "東京"}


def test_largest_legal_request_is_accepted(connect: Instance, account: str) -> None:
    """Ten responders, two hundred tags and every length at its maximum are no error."""
    client = connect.client(account=account)
    team: list[Any] = [
        {
            "name": f"{number:0>50}",
            "jobTitle": "\U0001f9ef" * 50,
            "email": f"{number:0>242}@example.com",
        }
        for number in range(10)
    ]
    tags = {f"{number:\N{LATIN SMALL LETTER E WITH ACUTE}>128}": "é" * 256 for number in range(200)}
    made = client.create_membership(
        membershipName="\U0001f9ef" * 50, incidentResponseTeam=team, tags=tags
    )["membershipId"]
    got = client.get_membership(membershipId=made)
    assert len(got["incidentResponseTeam"]) == 10
    assert client.list_tags_for_resource(resourceArn=got["membershipArn"])["tags"] == tags
