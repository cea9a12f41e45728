"""ApplyDirectory, DescribeDirectory and ListAccounts, as boto3 users call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.larum_clients import actions, larum_client, member, members
from tests.conformance.page import failed_fields, refusal_of, smallest, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

WHOLE: dict[str, Any] = {
    "organization": {
        "trustedAccess": True,
        "delegatedAdministrator": "300000000001",
        "organizationalUnits": ["workloads/prod", "workloads/test"],
        "accounts": [
            member(1, name="Security", email="security@example.com"),
            member(2, name="Shop", organizationalUnit="workloads/prod", serviceOn=False),
        ],
    },
    "accounts": [member(9, name="Partner", status="SUSPENDED")],
    "limits": {"memberships": 7, "coveredAccountsPerMembership": 3},
}


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """An installation of its own."""
    with larum.Service() as made:
        yield made


@pytest.fixture
def administrator(service: larum.Service) -> Iterator[LarumClient]:
    """A client of the administrator."""
    made = larum_client(service)
    yield made
    made.close()


def accounts(client: LarumClient) -> list[dict[str, Any]]:
    """Return all accounts, through the paginator."""
    pages = client.get_paginator("list_accounts").paginate()
    return [item for page in pages for item in page["items"]]


def test_a_directory_is_made_true_and_read_back(first_start: Instance) -> None:
    """What is declared is what the two reading operations tell, over HTTP and in process."""
    client = larum_client(first_start)
    answer = client.apply_directory(directory=WHOLE)
    assert answer["createdAccessKeys"] == []
    assert actions(answer) == [
        ("create-organizational-unit", "workloads"),
        ("create-organizational-unit", "workloads/prod"),
        ("create-organizational-unit", "workloads/test"),
        ("create-account", "300000000001"),
        ("create-account", "300000000002"),
        ("create-account", "300000000009"),
        ("set-delegated-administrator", "300000000001"),
        ("set-limit", "memberships"),
        ("set-limit", "covered-accounts-per-membership"),
    ]
    told = without_metadata(client.describe_directory())
    assert told.pop("organizationId").startswith("o-")
    assert told.pop("rootId").startswith("r-")
    units = told.pop("organizationalUnits")
    assert [each["path"] for each in units] == ["workloads", "workloads/prod", "workloads/test"]
    assert all(each["organizationalUnitId"].startswith("ou-") for each in units)
    assert told == {
        "managementAccount": ADMINISTRATOR,
        "delegatedAdministrator": "300000000001",
        "trustedAccess": True,
        "accountCount": 4,
        "activeMemberships": 0,
        "limits": {"memberships": 7, "coveredAccountsPerMembership": 3},
    }
    listed = [{k: v for k, v in each.items() if k != "organizationId"} for each in accounts(client)]
    assert listed == [
        {"accountId": ADMINISTRATOR, "status": "ACTIVE", "serviceOn": True},
        {
            "accountId": "300000000001",
            "status": "ACTIVE",
            "serviceOn": True,
            "name": "Security",
            "email": "security@example.com",
        },
        {
            "accountId": "300000000002",
            "status": "ACTIVE",
            "serviceOn": False,
            "name": "Shop",
            "organizationalUnit": "workloads/prod",
        },
        {"accountId": "300000000009", "status": "SUSPENDED", "serviceOn": True, "name": "Partner"},
    ]
    assert client.apply_directory(directory=WHOLE)["changes"] == []
    client.close()


def test_a_dry_run_tells_the_truth_and_changes_nothing(administrator: LarumClient) -> None:
    """The changes of a dry run are those of the run after it; in between nothing is different."""
    before = without_metadata(administrator.describe_directory())
    rehearsed = administrator.apply_directory(directory=WHOLE, dryRun=True)
    assert without_metadata(administrator.describe_directory()) == before
    assert len(accounts(administrator)) == 1
    assert rehearsed["createdAccessKeys"] == []
    done = administrator.apply_directory(directory=WHOLE)
    assert done["changes"] == rehearsed["changes"] != []


def test_a_dry_run_is_refused_as_the_run_would_be(
    service: larum.Service, administrator: LarumClient
) -> None:
    """A limit that only the doing would find reached refuses the dry run too, and nothing stays."""
    client = service.client()
    client.create_membership(**smallest(coverEntireOrganization=True))
    client.close()
    directory = members(3, units=1) | {"limits": {"coveredAccountsPerMembership": 2}}
    before = without_metadata(administrator.describe_directory())
    for dry_run in (True, False):
        with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
            administrator.apply_directory(directory=directory, dryRun=dry_run)
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-COVERED-ACCOUNTS"
    assert without_metadata(administrator.describe_directory()) == before


def test_every_fault_is_listed_and_nothing_is_changed(administrator: LarumClient) -> None:
    """Faults of different kinds come in one answer, by their paths."""
    organization = {
        "delegatedAdministrator": "999988887777",
        "organizationalUnits": ["a/b/c/d/e/f"],
        "accounts": [
            member(1, organizationalUnit="nowhere"),
            member(2),
            member(2),
            {"id": ADMINISTRATOR, "status": "CLOSED"},
        ],
    }
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.apply_directory(
            directory={"organization": organization, "accounts": [member(1)]}
        )
    assert set(failed_fields(caught.value)) == {
        "directory.organization.delegatedAdministrator",
        "directory.organization.organizationalUnits[0]",
        "directory.organization.accounts[0].organizationalUnit",
        "directory.organization.accounts[2].id",
        "directory.organization.accounts[3].status",
        "directory.accounts[0].id",
    }
    assert len(accounts(administrator)) == 1
    assert administrator.describe_directory()["organizationalUnits"] == []


def test_what_is_not_given_stays(administrator: LarumClient) -> None:
    """An absent part of the directory is as it was; a list that is given is the whole list."""
    administrator.apply_directory(directory=WHOLE)
    before = accounts(administrator)
    assert administrator.apply_directory(directory={})["changes"] == []
    assert administrator.apply_directory(directory={"organization": {}})["changes"] == []
    assert accounts(administrator) == before
    only = {"organization": {"accounts": [member(1)]}}
    left = administrator.apply_directory(directory=only)
    assert actions(left) == [("leave-organization", "300000000002")]
    kept = {each["accountId"]: each for each in accounts(administrator)}
    assert kept["300000000001"]["name"] == "Security"
    assert "organizationId" not in kept["300000000002"]


def test_a_root_access_key_is_made_once_and_works(service: larum.Service) -> None:
    """The key of an account is told once, signs for that account, and is not made again."""
    client = larum_client(service)
    directory = {"accounts": [member(5, createRootAccessKey=True)]}
    rehearsed = client.apply_directory(directory=directory, dryRun=True)
    answer = client.apply_directory(directory=directory)
    again = client.apply_directory(directory=directory)
    client.close()
    assert rehearsed["changes"] == answer["changes"]
    assert actions(answer)[-1] == ("create-root-access-key", "300000000005")
    assert (again["changes"], again["createdAccessKeys"]) == ([], [])
    ((account, key_id, secret),) = (
        (each["accountId"], each["accessKeyId"], each["secretAccessKey"])
        for each in answer["createdAccessKeys"]
    )
    assert account == "300000000005"
    found = service.installation.credentials.find(key_id)
    assert found is not None
    assert (found.secret_access_key, found.principal.arn) == (
        secret,
        f"arn:aws:iam::{account}:root",
    )


def test_accounts_are_paged_in_the_order_of_their_digits(administrator: LarumClient) -> None:
    """Pages of any size neither skip nor repeat an account."""
    administrator.apply_directory(directory=members(30))
    expected = [ADMINISTRATOR, *(member(number)["id"] for number in range(30))]
    for size in (1, 7, 31, 100):
        pages = administrator.get_paginator("list_accounts").paginate(
            PaginationConfig={"PageSize": size}
        )
        found = [[item["accountId"] for item in page["items"]] for page in pages]
        assert [account for page in found for account in page] == expected
        assert {len(page) for page in found[:-1]} <= {size}
    assert len(administrator.list_accounts()["items"]) == 25


def test_a_page_token_of_another_list_does_not_open(administrator: LarumClient) -> None:
    """The nextToken of one operation is refused by another."""
    administrator.apply_directory(directory=members(5))
    token = administrator.list_accounts(maxResults=1)["nextToken"]
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.list_outbox_entries(maxResults=1, nextToken=token)
    assert set(failed_fields(caught.value)) == {"nextToken"}


def test_five_thousand_accounts_fit_into_one_call(first_start: Instance) -> None:
    """A body with 5,000 accounts, everything given, is taken whole; its repeat changes nothing."""
    client = larum_client(first_start)
    directory = members(5_000, units=50)
    assert len(client.apply_directory(directory=directory)["changes"]) == 5_100
    assert client.describe_directory()["accountCount"] == 5_001
    assert client.apply_directory(directory=directory)["changes"] == []
    client.close()


def test_more_than_the_list_may_hold_is_refused(administrator: LarumClient) -> None:
    """An account beyond 20,000 is a fault of the list, told by its path."""
    directory = {"accounts": [member(number) for number in range(20_001)]}
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.apply_directory(directory=directory)
    assert set(failed_fields(caught.value)) == {"directory.accounts"}


def test_declared_accounts_change_what_a_membership_covers(
    service: larum.Service, administrator: LarumClient
) -> None:
    """Accounts that join, are suspended or leave show in GetMembership at once."""
    client = service.client()
    made = client.create_membership(**smallest(coverEntireOrganization=True))["membershipId"]

    def covered(directory: dict[str, Any]) -> int:
        administrator.apply_directory(directory=directory)
        return int(client.get_membership(membershipId=made)["numberOfAccountsCovered"])

    assert covered(members(4)) == 5
    suspended = members(4)
    suspended["organization"]["accounts"][0]["status"] = "SUSPENDED"
    assert covered(suspended) == 4
    assert covered({"organization": {"accounts": []}}) == 1
    client.close()
