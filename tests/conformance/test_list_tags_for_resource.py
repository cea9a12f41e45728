"""list_tags_for_resource: the tags of a membership, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.page import smallest, without_metadata
from tests.conformance.tagged import tagged

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_tags_come_back_by_key(connect: Instance, account: str) -> None:
    """All tags come back, in the order of their keys."""
    given = {"zeta": "1", "Alpha": "2", "alpha": "", "größe": "x y", "a/b:c": "@+-=._"}
    there = tagged(connect, account, given)
    assert there.tags == given
    assert list(there.tags) == sorted(given)


def test_answer_has_tags_alone(connect: Instance, account: str) -> None:
    """The answer of an untagged membership is an empty map and nothing else."""
    there = tagged(connect, account, {})
    response = there.client.list_tags_for_resource(resourceArn=there.arn)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert without_metadata(response) == {"tags": {}}


def test_case_of_an_account_without_membership_is_not_active(
    connect: Instance, account: str
) -> None:
    """Where no membership is Active, a case's tags are answered as not active."""
    client = connect.client(account=account)
    arn = f"arn:aws:security-ir:us-east-1:{account}:case/1234567890"
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
        client.list_tags_for_resource(resourceArn=arn)


def test_unknown_case_of_a_member_is_not_found(connect: Instance, account: str) -> None:
    """With an Active membership, a case id that is not there is 404."""
    client = connect.client(account=account)
    client.create_membership(**smallest())
    arn = f"arn:aws:security-ir:us-east-1:{account}:case/1234567890"
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.list_tags_for_resource(resourceArn=arn)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_arn_of_another_region_is_denied(connect: Instance, account: str) -> None:
    """A request signed for one Region cannot name a resource of another."""
    there = tagged(connect, account, {"a": "b"})
    elsewhere = there.arn.replace("us-east-1", "eu-west-1")
    with pytest.raises(there.client.exceptions.AccessDeniedException):
        there.client.list_tags_for_resource(resourceArn=elsewhere)
