"""update_membership: changes what is given, replaces lists whole, undoes a cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.page import (
    EVERY_PARAMETER,
    TEAM,
    failed_fields,
    refusal_of,
    smallest,
    team_read_back,
    without_metadata,
)
from tests.operations.directories import apply, organize, outbox, unit_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    twice: Any = [TEAM[0], TEAM[1] | {"email": "ANA@example.com"}]
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.update_membership(
            membershipId=old, undoMembershipCancellation=True, incidentResponseTeam=twice
        )
    # What is wrong with the request itself is told first.
    assert refusal_of(caught.value)["resourceType"] == "IncidentResponder"


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


def test_covering_the_whole_organization_and_back(first_start: Instance) -> None:
    """The management account switches between its whole organization and its own account."""
    client = first_start.client()
    made = client.create_membership(**smallest())["membershipId"]
    for whole in (True, False):
        client.update_membership(
            membershipId=made,
            membershipAccountsConfigurationsUpdate={"coverEntireOrganization": whole},
        )
        got = read(client, made)
        assert got["membershipAccountsConfigurations"] == {
            "coverEntireOrganization": whole,
            "organizationalUnits": [],
        }
        assert got["numberOfAccountsCovered"] == 1


def test_standalone_account_has_no_organization_to_cover(connect: Instance, account: str) -> None:
    """Neither the whole nor a unit of an organization: ResourceNotFoundException."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    for update in ({"coverEntireOrganization": True}, {"organizationalUnitsToAdd": [NOBODYS_UNIT]}):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
            update_accounts(client, made, **update)
        assert account in caught.value.response["Error"]["Message"]
    update_accounts(client, made, coverEntireOrganization=False)
    assert read(client, made)["numberOfAccountsCovered"] == 1


NOBODYS_UNIT = "ou-zzzz-zzzzzzzz"
SHOP, CART, LAB = "222222222222", "333333333333", "444444444444"
INSIDE = {SHOP: "prod", CART: "prod/cart", LAB: "lab"}


def update_accounts(
    client: SecurityIncidentResponseClient, membership_id: str, **update: Any
) -> None:
    """Send a membershipAccountsConfigurationsUpdate."""
    accounts: Any = update
    client.update_membership(
        membershipId=membership_id, membershipAccountsConfigurationsUpdate=accounts
    )


class Holder:
    """A management account with a membership that covers its own account, and three members."""

    def __init__(self, service: larum.Service, **more: Any) -> None:
        self.service = service
        organize(service, INSIDE)
        self.units = unit_ids(service)
        self.client = service.client()
        self.membership_id = self.client.create_membership(**smallest(**more))["membershipId"]

    def cover(self, **update: Any) -> None:
        """Update what the membership covers."""
        update_accounts(self.client, self.membership_id, **update)

    @property
    def covered(self) -> int:
        """NumberOfAccountsCovered."""
        return int(read(self.client, self.membership_id)["numberOfAccountsCovered"])

    @property
    def told_units(self) -> list[str]:
        """The organizational units as GetMembership tells them."""
        told = read(self.client, self.membership_id)["membershipAccountsConfigurations"]
        return list(told["organizationalUnits"])


@pytest.fixture
def holder() -> Iterator[Holder]:
    """A membership of an organization with units."""
    with larum.Service() as service:
        yield Holder(service)


def test_units_cover_nested_and_future_accounts(holder: Holder) -> None:
    """A unit covers who is in it, beneath it and comes later; without it they are no longer."""
    holder.cover(organizationalUnitsToAdd=[holder.units["prod"]])
    assert (holder.told_units, holder.covered) == ([holder.units["prod"]], 3)
    organize(holder.service, INSIDE | {"555555555555": "prod/new/deep"})
    assert holder.covered == 4
    holder.cover(organizationalUnitsToRemove=[holder.units["prod"]])
    assert (holder.told_units, holder.covered) == ([], 1)


def test_units_that_overlap_count_once(holder: Holder) -> None:
    """A unit and one beneath it cover an account once; taking one away leaves the other."""
    both = [holder.units["prod"], holder.units["prod/cart"]]
    holder.cover(organizationalUnitsToAdd=both)
    assert (holder.told_units, holder.covered) == (sorted(both), 3)
    holder.cover(organizationalUnitsToRemove=both[:1])
    assert (holder.told_units, holder.covered) == (both[1:], 2)


def test_units_are_sets(holder: Holder) -> None:
    """Adding what is there and removing what is not is 200, no change and no event."""
    holder.cover(organizationalUnitsToAdd=[holder.units["prod"]])
    before = outbox(holder.service)
    holder.cover(organizationalUnitsToAdd=[holder.units["prod"]])
    holder.cover(organizationalUnitsToRemove=[holder.units["lab"]])
    holder.cover(coverEntireOrganization=False)
    holder.cover()
    assert outbox(holder.service) == before
    assert holder.covered == 3


def test_units_are_added_and_removed_in_one_call(holder: Holder) -> None:
    """Disjoint lists work together."""
    holder.cover(organizationalUnitsToAdd=[holder.units["prod"]])
    holder.cover(
        organizationalUnitsToAdd=[holder.units["lab"]],
        organizationalUnitsToRemove=[holder.units["prod"]],
    )
    assert (holder.told_units, holder.covered) == ([holder.units["lab"]], 2)


def test_contradictions_are_refused(holder: Holder) -> None:
    """A unit in both lists, or units with the whole organization, are named and change nothing."""
    unit, other = [holder.units["prod"]], [holder.units["lab"]]
    whole = {"coverEntireOrganization": True}
    member = "membershipAccountsConfigurationsUpdate"
    cases: list[tuple[dict[str, Any], set[str]]] = [
        (
            {"organizationalUnitsToAdd": unit, "organizationalUnitsToRemove": [*other, *unit]},
            {f"{member}.organizationalUnitsToAdd"},
        ),
        (whole | {"organizationalUnitsToAdd": unit}, {f"{member}.coverEntireOrganization"}),
        (whole | {"organizationalUnitsToRemove": unit}, {f"{member}.coverEntireOrganization"}),
    ]
    for update, fields in cases:
        with pytest.raises(holder.client.exceptions.ValidationException) as caught:
            holder.cover(**update)
        assert failed_fields(caught.value).keys() == fields
    assert (holder.told_units, holder.covered) == ([], 1)
    holder.cover(**whole)
    with pytest.raises(holder.client.exceptions.ValidationException) as caught:
        holder.cover(organizationalUnitsToAdd=unit)
    assert failed_fields(caught.value).keys() == {f"{member}.organizationalUnitsToAdd"}
    assert holder.covered == 4


def test_unknown_units_are_not_found(holder: Holder) -> None:
    """A unit that is not, or no longer, of the organization is named, and nothing is added."""
    removed = holder.units["lab"]
    organize(holder.service, INSIDE | {LAB: ""})
    for unit in (NOBODYS_UNIT, removed):
        with pytest.raises(holder.client.exceptions.ResourceNotFoundException) as caught:
            holder.cover(organizationalUnitsToAdd=[holder.units["prod"], unit])
        assert unit in caught.value.response["Error"]["Message"]
    assert (holder.told_units, holder.covered) == ([], 1)


def test_the_whole_organization_clears_the_units(holder: Holder) -> None:
    """Switched on and off again, the membership covers its own account as at first."""
    holder.cover(organizationalUnitsToAdd=[holder.units["prod"]])
    holder.cover(coverEntireOrganization=True)
    assert (holder.told_units, holder.covered) == ([], 4)
    holder.cover(coverEntireOrganization=False)
    assert (holder.told_units, holder.covered) == ([], 1)
    holder.cover(coverEntireOrganization=True)
    holder.cover(coverEntireOrganization=False, organizationalUnitsToAdd=[holder.units["prod"]])
    assert (holder.told_units, holder.covered) == ([holder.units["prod"]], 3)


def test_nobody_is_covered_for_a_moment(holder: Holder) -> None:
    """An undo with other accounts never covers by the old ones who came in the meantime."""
    holder.cover(coverEntireOrganization=True)
    holder.client.cancel_membership(membershipId=holder.membership_id)
    organize(holder.service, INSIDE | {"555555555555": "lab"})
    holder.client.update_membership(
        membershipId=holder.membership_id,
        undoMembershipCancellation=True,
        membershipAccountsConfigurationsUpdate={"coverEntireOrganization": False},
    )
    items = holder.client.batch_get_member_account_details(
        membershipId=holder.membership_id, accountIds=["555555555555", LAB]
    )["items"]
    assert [each["relationshipStatus"] for each in items] == ["Unassociated", "Disassociated"]


def test_limit_of_covered_accounts(holder: Holder) -> None:
    """An update or an undo beyond the limit is refused; what covers less is not."""
    apply(holder.service, {"limits": {"coveredAccountsPerMembership": 2}})
    quota = holder.client.exceptions.ServiceQuotaExceededException
    with pytest.raises(quota) as caught:
        holder.cover(coverEntireOrganization=True)
    told = refusal_of(caught.value)
    assert (told["quotaCode"], told["resourceId"]) == (
        "LARUM-COVERED-ACCOUNTS",
        holder.membership_id,
    )
    assert holder.covered == 1
    apply(holder.service, {"limits": {"coveredAccountsPerMembership": 4}})
    holder.cover(coverEntireOrganization=True)
    apply(holder.service, {"limits": {"coveredAccountsPerMembership": 1}})
    holder.cover(coverEntireOrganization=False, organizationalUnitsToAdd=[holder.units["prod"]])
    assert holder.covered == 3
    holder.client.cancel_membership(membershipId=holder.membership_id)
    with pytest.raises(quota):
        holder.client.update_membership(
            membershipId=holder.membership_id, undoMembershipCancellation=True
        )


UNDO: dict[str, Any] = {"undoMembershipCancellation": True}


def test_an_undo_needs_what_a_creation_needs(holder: Holder) -> None:
    """Trusted access, the service switched on and room beneath the limit; then it works."""
    client, membership_id = holder.client, holder.membership_id
    client.cancel_membership(membershipId=membership_id)
    off = {"accounts": [{"id": "123456789012", "serviceOn": False}]}
    on = {"accounts": [{"id": "123456789012", "serviceOn": True}]}
    causes: list[tuple[dict[str, Any], dict[str, Any], Any]] = [
        ({"organization": off}, {"organization": on}, "SecurityIncidentResponseNotActiveException"),
        (
            {"organization": {"trustedAccess": False}},
            {"organization": {"trustedAccess": True}},
            "AccessDeniedException",
        ),
        (
            {"limits": {"memberships": 0}},
            {"limits": {"memberships": 1}},
            "ServiceQuotaExceededException",
        ),
    ]
    for cause, cure, name in causes:
        apply(holder.service, cause)
        with pytest.raises(getattr(client.exceptions, name)):
            client.update_membership(membershipId=membership_id, **UNDO)
        apply(holder.service, cure)
    client.update_membership(membershipId=membership_id, **UNDO)
    assert read(client, membership_id)["membershipStatus"] == "Active"


def test_every_update_of_a_cancelled_membership_conflicts(connect: Instance, account: str) -> None:
    """Whatever is given, the same as before included; with the undo in the call it works."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    client.cancel_membership(membershipId=made)
    updates: list[dict[str, Any]] = [
        {"membershipName": "Example Corp"},
        {"incidentResponseTeam": TEAM},
        {"optInFeatures": [{"featureName": "Triage", "isEnabled": True}]},
        {"membershipAccountsConfigurationsUpdate": {}},
    ]
    for update in updates:
        with pytest.raises(client.exceptions.ConflictException):
            client.update_membership(membershipId=made, **update)
    client.update_membership(membershipId=made)
    assert read(client, made)["membershipStatus"] == "Cancelled"
    client.update_membership(membershipId=made, membershipName="Another", **UNDO)
    got = read(client, made)
    assert (got["membershipStatus"], got["membershipName"]) == ("Active", "Another")


def test_exactly_those_who_asked_are_told_of_an_update() -> None:
    """One event for each change, and notices by the preferences of the team after it."""
    before, after = ("ana", "bob"), ("eve", "dan")
    everybody: dict[str, list[Any]] = {
        "first": [person(each, "Membership Updated") for each in before],
        "second": [
            person(after[0], "Membership Updated"),
            person(after[1], "Membership Cancelled"),
        ],
    }
    with larum.Service() as service:
        client = service.client(account=SHOP)
        made = client.create_membership(**smallest(incidentResponseTeam=everybody["first"]))
        membership_id = made["membershipId"]
        start = len(outbox(service))
        client.update_membership(membershipId=membership_id, membershipName="Another")
        client.update_membership(membershipId=membership_id, membershipName="Another")
        client.update_membership(membershipId=membership_id, **UNDO)
        client.update_membership(
            membershipId=membership_id, incidentResponseTeam=everybody["second"]
        )
        event = ("event", "Membership Updated", None)
        assert outbox(service)[start:] == [
            event,
            ("notice", "Membership Updated", "ana@example.com"),
            ("notice", "Membership Updated", "bob@example.com"),
            event,
            ("notice", "Membership Updated", "eve@example.com"),
        ]
        start = len(outbox(service))
        client.cancel_membership(membershipId=membership_id)
        client.update_membership(membershipId=membership_id, **UNDO)
        assert outbox(service)[start:] == [
            ("event", "Membership Cancelled", None),
            ("notice", "Membership Cancelled", "dan@example.com"),
            event,
            ("notice", "Membership Updated", "eve@example.com"),
        ]


def person(name: str, wish: str) -> dict[str, Any]:
    """Return a responder who wants to hear of one thing."""
    return {
        "name": name.title(),
        "jobTitle": "On call",
        "email": f"{name}@example.com",
        "communicationPreferences": [wish],
    }
