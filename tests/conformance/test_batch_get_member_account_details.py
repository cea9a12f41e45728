"""batch_get_member_account_details: how accounts stand to a membership, one by one.

Each way to stand, and each bound: tests/operations/test_member_accounts.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.page import (
    OF_THE_PAGE,
    failed_fields,
    refusal_of,
    smallest,
    without_metadata,
)
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED

if TYPE_CHECKING:
    from tests.conformance.instances import Instance

NOBODYS = "999999999999"


def test_the_holder_is_associated(first_start: Instance) -> None:
    """With the entire organization covered its account is Associated; no errors, no member."""
    client = first_start.client()
    made = client.create_membership(**OF_THE_PAGE)["membershipId"]
    response = client.batch_get_member_account_details(
        membershipId=made, accountIds=[ADMINISTRATOR]
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert without_metadata(response) == {
        "items": [
            {
                "accountId": ADMINISTRATOR,
                "relationshipStatus": "Associated",
                "relationshipType": "Organization",
            }
        ]
    }


def test_unknown_accounts_are_errors_of_their_own(connect: Instance, account: str) -> None:
    """An id that nobody has is in `errors`, and the call is 200 for the others."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    details = client.batch_get_member_account_details(
        membershipId=made, accountIds=[NOBODYS, account, NOBODYS]
    )
    assert [item["accountId"] for item in details["items"]] == [account]
    assert details["items"][0]["relationshipStatus"] == "Associated"
    (error,) = details["errors"]
    assert (error["accountId"], error["error"]) == (NOBODYS, "ResourceNotFoundException")
    assert error["message"]


def test_foreign_and_unknown_ids_look_alike(connect: Instance, account: str, stranger: str) -> None:
    """Nobody can ask about a membership of another account."""
    foreign = connect.client(account=stranger).create_membership(**smallest())["membershipId"]
    client = connect.client(account=account)
    told = []
    for membership_id in (foreign, "m-" + "a" * 30):
        with pytest.raises(client.exceptions.AccessDeniedException) as caught:
            client.batch_get_member_account_details(
                membershipId=membership_id, accountIds=[account]
            )
        told.append(repr(refusal_of(caught.value)).replace(membership_id, "m-ID"))
    assert told[0] == told[1]


def test_short_and_long_ids_are_refused(connect: Instance, account: str) -> None:
    """An id is twelve digits, padded with zeros; the others are named by their place."""
    client = connect.client(account=account, config=UNCHECKED)
    made = client.create_membership(**smallest())["membershipId"]
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.batch_get_member_account_details(
            membershipId=made, accountIds=[account, "1", "1" * 13, "a" * 12, "000000000001"]
        )
    assert failed_fields(caught.value).keys() == {f"accountIds[{each}]" for each in (1, 2, 3)}
    details = client.batch_get_member_account_details(
        membershipId=made, accountIds=["000000000001"]
    )
    assert [each["accountId"] for each in details["errors"]] == ["000000000001"]
