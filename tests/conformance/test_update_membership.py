"""update_membership: changes what is given, replaces lists whole, undoes a cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.page import (
    EVERY_PARAMETER,
    TEAM,
    failed_fields,
    refusal_of,
    smallest,
    team_read_back,
    without_metadata,
)

if TYPE_CHECKING:
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.conformance.instances import Instance


def read(client: SecurityIncidentResponseClient, membership_id: str) -> dict[str, Any]:
    """Return the membership as GetMembership tells it."""
    return without_metadata(client.get_membership(membershipId=membership_id))


def test_what_is_given_changes(connect: Instance, account: str) -> None:
    """Name, team and features are replaced, each alone; the answer is 200 and empty."""
    client = connect.client(account=account)
    made = client.create_membership(**EVERY_PARAMETER | {"coverEntireOrganization": False})[
        "membershipId"
    ]
    expected = read(client, made)
    team = [*TEAM[:1], {"name": "Eve Evans", "jobTitle": "Lead", "email": "eve@example.com"}]
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"membershipName": "Example Corporation"}, {}),
        ({"incidentResponseTeam": team}, {"incidentResponseTeam": team_read_back(team)}),
        ({"optInFeatures": [{"featureName": "Triage", "isEnabled": False}]}, {}),
    ]
    for sent, told in changes:
        response = client.update_membership(membershipId=made, **sent)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert without_metadata(response) == {}
        expected |= sent | told
        assert read(client, made) == expected


def test_an_empty_update_changes_nothing(connect: Instance, account: str) -> None:
    """No member, or members as they are, is 200 and no change."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    before = read(client, made)
    client.update_membership(membershipId=made)
    client.update_membership(membershipId=made, membershipName="Example Corp")
    assert read(client, made) == before


def test_cancellation_is_undone(connect: Instance, account: str) -> None:
    """Undo makes a Cancelled membership Active again; on an Active one it does nothing."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    before = read(client, made)
    client.cancel_membership(membershipId=made)
    for _ in range(2):
        client.update_membership(membershipId=made, undoMembershipCancellation=True)
        assert read(client, made) == before


def test_undo_is_true_or_absent(connect: Instance, account: str) -> None:
    """The value false is a ValidationException, as the model's documentation says."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.update_membership(membershipId=made, undoMembershipCancellation=False)
    assert failed_fields(caught.value).keys() == {"undoMembershipCancellation"}


def test_cancelled_membership_does_not_change(connect: Instance, account: str) -> None:
    """Any update of a Cancelled membership but the undo is a conflict that names it."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    client.cancel_membership(membershipId=made)
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.update_membership(membershipId=made, membershipName="Another")
    told = refusal_of(caught.value)
    assert (told["resourceId"], told["resourceType"]) == (made, "Membership")
    assert read(client, made)["membershipName"] == "Example Corp"


def test_undo_needs_a_free_place(connect: Instance, account: str) -> None:
    """Where a new membership is Active, an older one cannot be brought back."""
    client = connect.client(account=account)
    old = client.create_membership(**smallest())["membershipId"]
    client.cancel_membership(membershipId=old)
    new = client.create_membership(**smallest())["membershipId"]
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.update_membership(membershipId=old, undoMembershipCancellation=True)
    assert refusal_of(caught.value)["resourceId"] == new


def test_duplicate_responder_changes_nothing(connect: Instance, account: str) -> None:
    """A team with one address twice is a conflict, and nothing of the update happens."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    team: Any = [TEAM[0], TEAM[1] | {"email": "ANA@example.com"}]
    before = read(client, made)
    with pytest.raises(client.exceptions.ConflictException):
        client.update_membership(
            membershipId=made, membershipName="Another", incidentResponseTeam=team
        )
    assert read(client, made) == before


def test_foreign_and_unknown_ids_look_alike(connect: Instance, account: str, stranger: str) -> None:
    """Nobody can change, or find out about, a membership of another account."""
    foreign = connect.client(account=stranger).create_membership(**smallest())["membershipId"]
    client = connect.client(account=account)
    told = []
    for membership_id in (foreign, "m-" + "a" * 30):
        with pytest.raises(client.exceptions.AccessDeniedException) as caught:
            client.update_membership(membershipId=membership_id, membershipName="Mine")
        told.append(repr(refusal_of(caught.value)).replace(membership_id, "m-ID"))
    assert told[0] == told[1]
