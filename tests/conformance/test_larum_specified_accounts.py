"""AssociateMemberAccounts and DisassociateMemberAccounts: accounts that are covered by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.larum_clients import larum_client, member, members
from tests.conformance.page import failed_fields, refusal_of, smallest
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.instances import Instance

SHOP, DESK, LAB = (member(number)["id"] for number in range(3))
UNKNOWN = "999988887777"


class Membership:
    """A membership of the administrator's organization, and the two clients around it."""

    def __init__(self, instance: Instance, **more: Any) -> None:
        self.administrator = larum_client(instance)
        self.holder = instance.client()
        self.administrator.apply_directory(directory=members(3, units=1))
        self.id = self.holder.create_membership(**smallest(**more))["membershipId"]

    def close(self) -> None:
        """Close both clients."""
        self.administrator.close()
        self.holder.close()

    def name(self, *accounts: str, **more: Any) -> None:
        """Associate the accounts."""
        self.administrator.associate_member_accounts(**self._given(accounts, more))

    def unname(self, *accounts: str, **more: Any) -> None:
        """Disassociate the accounts."""
        self.administrator.disassociate_member_accounts(**self._given(accounts, more))

    def covered(self) -> int:
        """Return how many accounts GetMembership says are covered."""
        return int(self.holder.get_membership(membershipId=self.id)["numberOfAccountsCovered"])

    def relationships(self, *accounts: str) -> list[str]:
        """Return how the accounts stand to the membership."""
        told = self.holder.batch_get_member_account_details(
            membershipId=self.id, accountIds=list(accounts)
        )
        return [str(each["relationshipStatus"]) for each in told["items"]]

    def events(self) -> list[str]:
        """Return the types of the events that wait, oldest first."""
        pages = self.administrator.get_paginator("list_outbox_entries").paginate()
        return [each["type"] for p in pages for each in p["items"] if each["kind"] == "event"]

    def _given(self, accounts: tuple[str, ...], more: dict[str, Any]) -> dict[str, Any]:
        given = {"accountId": ADMINISTRATOR, "region": "us-east-1", "membershipId": self.id}
        return given | {"accountIds": list(accounts)} | more


@pytest.fixture
def membership() -> Iterator[Membership]:
    """A membership that does not cover its whole organization."""
    with larum.Service() as service:
        made = Membership(service)
        yield made
        made.close()


def test_named_accounts_are_covered_until_they_are_named_no_more(first_start: Instance) -> None:
    """Naming covers, un-naming ends it, and each change that changes something is one event."""
    membership = Membership(first_start)
    assert membership.covered() == 1
    membership.name(SHOP, DESK)
    assert membership.covered() == 3
    assert membership.relationships(SHOP, DESK, LAB) == ["Associated", "Associated", "Unassociated"]
    membership.unname(DESK)
    assert membership.covered() == 2
    assert membership.relationships(SHOP, DESK) == ["Associated", "Disassociated"]
    membership.name(DESK)
    assert membership.relationships(DESK) == ["Associated"]
    assert membership.events() == ["Membership Created", *["Membership Updated"] * 3]
    membership.close()


def test_what_changes_nothing_tells_nobody(membership: Membership) -> None:
    """Naming what is named and un-naming what is not is no change and no event, however often."""
    membership.name(SHOP, SHOP)
    before = membership.events()
    membership.name(SHOP)
    membership.unname(DESK, LAB)
    assert membership.events() == before
    assert membership.covered() == 2


def test_some_of_the_accounts_may_be_named_already(membership: Membership) -> None:
    """Only what is new is added, and what was there stays."""
    membership.name(SHOP)
    membership.name(SHOP, DESK, LAB)
    assert membership.covered() == 4
    membership.unname(SHOP, DESK, LAB, ADMINISTRATOR)
    assert membership.covered() == 0


@pytest.mark.parametrize("stranger", [UNKNOWN, "444400000001"])
def test_an_account_from_elsewhere_is_refused_by_name(
    membership: Membership, stranger: str
) -> None:
    """An account that is unknown or standalone is named in the refusal; nothing is changed."""
    membership.administrator.apply_directory(directory={"accounts": [{"id": "444400000001"}]})
    for change in (membership.name, membership.unname):
        with pytest.raises(
            membership.administrator.exceptions.ResourceNotFoundException, match=stranger
        ):
            change(SHOP, stranger)
    assert membership.covered() == 1


def test_an_account_that_left_can_still_be_unnamed(membership: Membership) -> None:
    """The name of an account that left the organization does not stay for ever."""
    membership.name(SHOP)
    rest = [member(1), member(2)]
    membership.administrator.apply_directory(directory={"organization": {"accounts": rest}})
    assert membership.covered() == 1
    membership.unname(SHOP)
    back = [member(0), *rest]
    membership.administrator.apply_directory(directory={"organization": {"accounts": back}})
    assert membership.covered() == 1


def test_whole_organization_leaves_nothing_to_name() -> None:
    """While the whole organization is covered both operations are a ValidationException."""
    with larum.Service() as service:
        membership = Membership(service, coverEntireOrganization=True)
        for change in (membership.name, membership.unname):
            with pytest.raises(membership.administrator.exceptions.ValidationException) as caught:
                change(SHOP)
            assert set(failed_fields(caught.value)) == {"membershipId"}
        assert membership.covered() == 4
        membership.close()


def test_a_cancelled_membership_is_a_conflict(membership: Membership) -> None:
    """Nothing is named for a membership that is not Active."""
    membership.holder.cancel_membership(membershipId=membership.id)
    for change in (membership.name, membership.unname):
        with pytest.raises(membership.administrator.exceptions.ConflictException) as caught:
            change(SHOP)
        told = refusal_of(caught.value)
        assert (told["resourceId"], told["resourceType"]) == (membership.id, "Membership")


@pytest.mark.parametrize(
    "other",
    [
        {"membershipId": "m-abcd1234efgh"},
        {"accountId": SHOP},
        {"region": "eu-west-1"},
    ],
)
def test_a_membership_that_is_not_there_is_not_found(
    membership: Membership, other: dict[str, str]
) -> None:
    """The membership is looked for where it is said to be, and nowhere else."""
    with pytest.raises(membership.administrator.exceptions.ResourceNotFoundException):
        membership.name(SHOP, **other)
    assert membership.covered() == 1


def test_the_limit_of_covered_accounts_holds(membership: Membership) -> None:
    """Beyond the administrator's limit nothing is named; up to it everything is."""
    limits = {"limits": {"coveredAccountsPerMembership": 2}}
    membership.administrator.apply_directory(directory=limits)
    membership.name(SHOP)
    with pytest.raises(membership.administrator.exceptions.ServiceQuotaExceededException) as caught:
        membership.name(DESK)
    told = refusal_of(caught.value)
    assert (told["quotaCode"], told["resourceId"]) == ("LARUM-COVERED-ACCOUNTS", membership.id)
    assert membership.covered() == 2
    assert membership.events()[-1] == "Membership Updated"
    assert len(membership.events()) == 2


def test_the_team_hears_of_it(membership: Membership) -> None:
    """Each responder who asked for it gets a notice of the change."""
    membership.name(SHOP)
    items = membership.administrator.list_outbox_entries(maxResults=100)["items"]
    notices = [each["recipient"] for each in items if each["kind"] == "notice"]
    assert sorted(notices) == sorted(["ana@example.com", "bob@example.com"] * 2)
