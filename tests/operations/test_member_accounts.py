"""How accounts stand to a membership: each line of service-behaviour §11 row 46, over boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import larum
from larum.settings import ROOT_ACCOUNT
from tests.conformance.page import smallest
from tests.operations.directories import apply, organize, unit_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COVERED, BENEATH, OUTSIDE = "222222222222", "333333333333", "444444444444"
ALONE, NEVER = "555555555555", "999999999999"
ORGANIZATION = {COVERED: "prod", BENEATH: "prod/shop", OUTSIDE: "test"}


class Holder:
    """The management account, with a membership that covers the unit `prod` and nothing else."""

    def __init__(self, service: larum.Service) -> None:
        self.service = service
        organize(service, ORGANIZATION)
        apply(service, {"accounts": [{"id": ALONE}]})
        self.client = service.client()
        made = self.client.create_membership(**smallest())
        self.membership_id = made["membershipId"]
        self.client.update_membership(
            membershipId=self.membership_id,
            membershipAccountsConfigurationsUpdate={
                "organizationalUnitsToAdd": [unit_ids(service)["prod"]]
            },
        )

    def told(self, accounts: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return how each of these accounts stands."""
        items = self.client.batch_get_member_account_details(
            membershipId=self.membership_id, accountIds=accounts
        )["items"]
        return [
            (each["accountId"], each["relationshipStatus"], each["relationshipType"])
            for each in items
        ]

    def standing(self, account: str) -> tuple[str, str]:
        """Return how one account stands."""
        ((_, status, kind),) = self.told([account])
        return status, kind


@pytest.fixture
def holder() -> Iterator[Holder]:
    """A membership that covers one unit."""
    with larum.Service() as service:
        yield Holder(service)


def test_covered_now(holder: Holder) -> None:
    """Accounts in the unit and beneath it, and the holder itself, are Associated."""
    for account in (COVERED, BENEATH, ROOT_ACCOUNT):
        assert holder.standing(account) == ("Associated", "Organization")


def test_inside_and_never_covered(holder: Holder) -> None:
    """An account of another unit is Unassociated, Organization."""
    assert holder.standing(OUTSIDE) == ("Unassociated", "Organization")


def test_inside_and_covered_earlier(holder: Holder) -> None:
    """An account that moved out of the unit is Disassociated, Organization."""
    organize(holder.service, ORGANIZATION | {COVERED: "test"})
    assert holder.standing(COVERED) == ("Disassociated", "Organization")


def test_left_after_being_covered(holder: Holder) -> None:
    """An account that left the organization is Disassociated, Unrelated."""
    organize(holder.service, {BENEATH: "prod/shop", OUTSIDE: "test"})
    assert holder.standing(COVERED) == ("Disassociated", "Unrelated")


def test_left_and_never_covered(holder: Holder) -> None:
    """An account that was inside but never covered, and left, is Unassociated, Unrelated."""
    organize(
        holder.service, {COVERED: "prod", BENEATH: "prod/shop"}, organizationalUnits=["prod/shop"]
    )
    assert holder.standing(OUTSIDE) == ("Unassociated", "Unrelated")


def test_never_inside(holder: Holder) -> None:
    """A standalone account is Unassociated, Unrelated."""
    assert holder.standing(ALONE) == ("Unassociated", "Unrelated")


def test_never_anywhere(holder: Holder) -> None:
    """An id that no account ever had is in `errors`, told apart from the others."""
    details = holder.client.batch_get_member_account_details(
        membershipId=holder.membership_id, accountIds=[NEVER, COVERED]
    )
    assert [each["accountId"] for each in details["items"]] == [COVERED]
    (error,) = details["errors"]
    assert (error["accountId"], error["error"]) == (NEVER, "ResourceNotFoundException")
    assert NEVER in error["message"]


@pytest.mark.parametrize("status", ["SUSPENDED", "CLOSED"])
def test_suspended_until_active_again(holder: Holder, status: str) -> None:
    """A suspended or closed account is Disassociated and not counted, until it is ACTIVE."""
    for now, told, count in ((status, "Disassociated", 2), ("ACTIVE", "Associated", 3)):
        entries = [
            {"id": each, "organizationalUnit": unit, **({"status": now} if each == COVERED else {})}
            for each, unit in ORGANIZATION.items()
        ]
        apply(holder.service, {"organization": {"accounts": entries}})
        assert holder.standing(COVERED) == (told, "Organization")
        got = holder.client.get_membership(membershipId=holder.membership_id)
        assert got["numberOfAccountsCovered"] == count


def test_coming_back_is_being_covered_again(holder: Holder) -> None:
    """Who left and joins again is Associated as before."""
    organize(holder.service, {BENEATH: "prod/shop", OUTSIDE: "test"})
    organize(holder.service, ORGANIZATION)
    assert holder.standing(COVERED) == ("Associated", "Organization")


def test_an_ended_membership_covers_nobody(holder: Holder) -> None:
    """After the cancellation everybody who was covered is Disassociated; undone, as before."""
    before = holder.told([*ORGANIZATION, ROOT_ACCOUNT, ALONE])
    holder.client.cancel_membership(membershipId=holder.membership_id)
    organize(holder.service, ORGANIZATION | {OUTSIDE: "prod"})
    assert holder.standing(COVERED) == ("Disassociated", "Organization")
    assert holder.standing(OUTSIDE) == ("Unassociated", "Organization")
    organize(holder.service, ORGANIZATION)
    holder.client.update_membership(
        membershipId=holder.membership_id, undoMembershipCancellation=True
    )
    assert holder.told([*ORGANIZATION, ROOT_ACCOUNT, ALONE]) == before


def test_a_new_membership_has_a_history_of_its_own(holder: Holder) -> None:
    """What the former one covered, the new one never did."""
    old = holder.membership_id
    holder.client.cancel_membership(membershipId=old)
    holder.membership_id = holder.client.create_membership(**smallest())["membershipId"]
    assert holder.standing(COVERED) == ("Unassociated", "Organization")
    holder.membership_id = old
    assert holder.standing(COVERED) == ("Disassociated", "Organization")


def test_answers_come_in_the_order_of_the_question(holder: Holder) -> None:
    """Items are in the order of accountIds, an id that is given twice once, where it was first."""
    asked = [OUTSIDE, ALONE, COVERED, OUTSIDE, ROOT_ACCOUNT, COVERED]
    assert [each[0] for each in holder.told(asked)] == [OUTSIDE, ALONE, COVERED, ROOT_ACCOUNT]


def test_a_hundred_accounts_are_the_most(holder: Holder) -> None:
    """A hundred are told in one call; the 101st is a ValidationException."""
    many = {f"6{number:011d}": "prod" for number in range(100)}
    organize(holder.service, ORGANIZATION | many)
    told = holder.told(list(many))
    assert [each[0] for each in told] == list(many)
    assert {each[1:] for each in told} == {("Associated", "Organization")}
    with pytest.raises(holder.client.exceptions.ValidationException):
        holder.told([*many, COVERED])


def test_accounts_of_a_standalone_membership() -> None:
    """A standalone account's own membership covers it, and relates to nobody else."""
    with larum.Service() as service:
        client = service.client(account=ALONE)
        made = client.create_membership(**smallest())["membershipId"]
        items = client.batch_get_member_account_details(
            membershipId=made, accountIds=[ALONE, ROOT_ACCOUNT]
        )["items"]
        assert [(each["relationshipStatus"], each["relationshipType"]) for each in items] == [
            ("Associated", "Organization"),
            ("Unassociated", "Unrelated"),
        ]
