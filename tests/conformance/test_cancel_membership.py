"""cancel_membership: ends a membership at once, as often as a client repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import larum
from tests.conformance.page import TEAM, smallest, without_metadata
from tests.operations.directories import outbox

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_a_membership_ends_at_once(connect: Instance, account: str) -> None:
    """The answer is 200 with the id; the membership is Cancelled, covers nobody, stays readable."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    response = client.cancel_membership(membershipId=made)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert without_metadata(response) == {"membershipId": made}
    got = client.get_membership(membershipId=made)
    assert got["membershipStatus"] == "Cancelled"
    assert got["membershipDeactivationTimestamp"] >= got["membershipActivationTimestamp"]
    assert got["numberOfAccountsCovered"] == 0
    assert client.list_memberships()["items"][0]["membershipStatus"] == "Cancelled"


def test_repeating_is_no_error(connect: Instance, account: str) -> None:
    """A retry after a lost answer gets the same answer and moves no timestamp."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    client.cancel_membership(membershipId=made)
    first = without_metadata(client.get_membership(membershipId=made))
    assert client.cancel_membership(membershipId=made)["membershipId"] == made
    assert without_metadata(client.get_membership(membershipId=made)) == first


def test_another_can_be_made_afterwards(connect: Instance, account: str) -> None:
    """After the end a new membership may be made; both are listed, the newest first."""
    client = connect.client(account=account)
    old = client.create_membership(**smallest(clientToken="old"))["membershipId"]
    client.cancel_membership(membershipId=old)
    new = client.create_membership(**smallest(clientToken="new"))["membershipId"]
    assert [item["membershipId"] for item in client.list_memberships()["items"]] == [new, old]
    # A late retry of the first request is answered with what it made, and makes nothing.
    assert client.create_membership(**smallest(clientToken="old"))["membershipId"] == old


def test_exactly_those_who_asked_are_told_once() -> None:
    """One event however often the call is repeated, and one notice for each who asked."""
    team: list[Any] = [
        TEAM[0] | {"communicationPreferences": ["Membership Cancelled"]},
        TEAM[1] | {"communicationPreferences": ["Membership Updated", "Case Closed"]},
        {"name": "Eve", "jobTitle": "Old client", "email": "eve@example.com"},
    ]
    with larum.Service() as service:
        client = service.client(account="222222222222")
        made = client.create_membership(**smallest(incidentResponseTeam=team))["membershipId"]
        before = len(outbox(service))
        for _ in range(3):
            client.cancel_membership(membershipId=made)
        assert outbox(service)[before:] == [
            ("event", "Membership Cancelled", None),
            ("notice", "Membership Cancelled", "ana@example.com"),
            ("notice", "Membership Cancelled", "eve@example.com"),
        ]


def test_an_ended_membership_can_be_tagged_and_read(connect: Instance, account: str) -> None:
    """What has ended is still the account's own: its tags can be read and changed."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest(tags={"a": "1"}))["membershipId"]
    client.cancel_membership(membershipId=made)
    arn = client.get_membership(membershipId=made)["membershipArn"]
    client.tag_resource(resourceArn=arn, tags={"b": "2"})
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}
