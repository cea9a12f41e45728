"""GetMembership and ListMemberships of the `larum` model: every account's, for the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest, without_metadata

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient


def opened(instance: Instance, account: str, region: str = "us-east-1") -> str:
    """Open a membership of an account and return its id."""
    client = instance.client(account=account, region=region)
    made = client.create_membership(
        **smallest(membershipName=f"Of {account}", tags={"env": "prod"})
    )
    client.close()
    return made["membershipId"]


def every(client: LarumClient, size: int, **params: str) -> list[dict[str, Any]]:
    """Return what a list has, by pages of that size."""
    pages = client.get_paginator("list_memberships").paginate(
        PaginationConfig={"PageSize": size}, **params
    )
    return [item for page in pages for item in page["items"]]


def test_the_operator_sees_a_membership_as_its_owner_does(connect: Instance, account: str) -> None:
    """GetMembership of both models says the same, of an Active and of a Cancelled one."""
    made = opened(connect, account)
    owner, operator = connect.client(account=account), larum_client(connect)
    for _ in range(2):
        theirs = without_metadata(dict(owner.get_membership(membershipId=made)))
        address = {"membershipId": made, "accountId": account, "region": "us-east-1"}
        told = without_metadata(operator.get_membership(**address))
        assert told.pop("tags") == {"env": "prod"}
        assert told == theirs
        owner.cancel_membership(membershipId=made)
    owner.close()
    operator.close()


def test_a_membership_is_found_at_its_own_address_only(
    connect: Instance, account: str, stranger: str
) -> None:
    """Another account, another Region or another id is not found, and said so."""
    made = opened(connect, account)
    operator = larum_client(connect)
    for address in (
        {"membershipId": made, "accountId": stranger, "region": "us-east-1"},
        {"membershipId": made, "accountId": account, "region": "eu-west-1"},
        {"membershipId": "m-aaaaaaaaaaaa", "accountId": account, "region": "us-east-1"},
    ):
        with pytest.raises(operator.exceptions.ResourceNotFoundException):
            operator.get_membership(**address)
    operator.close()


def test_memberships_of_all_accounts_are_listed_once() -> None:
    """Pages of any size give each membership once, of all accounts and Regions or of one."""
    regions = ("eu-west-1", "us-east-1")
    with larum.Service(settings=larum.Settings(region=regions)) as service:
        made = set()
        for number in range(3):
            account = f"30000000000{number}"
            for region in regions:
                identity = opened(service, account, region)
                made.add((account, region, identity))
                client = service.client(account=account, region=region)
                client.cancel_membership(membershipId=identity)
                client.close()
        operator = larum_client(service)
        whole = every(operator, 100)
        told = [(each["accountId"], each["region"], each["membershipId"]) for each in whole]
        assert told == sorted(made)
        assert {each["membershipStatus"] for each in whole} == {"Cancelled"}
        assert {each["membershipName"] for each in whole} == {f"Of {each[0]}" for each in made}
        assert whole[0]["membershipArn"].endswith(f":membership/{told[0][2]}")
        for size in (1, 2, 5):
            assert every(operator, size) == whole
        one = every(operator, 1, accountId="300000000001")
        assert one == [each for each in whole if each["accountId"] == "300000000001"]
        assert every(operator, 1, accountId="999999999999") == []
        operator.close()
