"""Groups: made, listed, filled, emptied and removed, as IAM does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import larum
from larum.domain import groups
from tests.conformance.iam_documents import allowing
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, refusal_of

if TYPE_CHECKING:
    from tests.conformance.larum_clients import LarumClient


def test_groups_are_made_shown_listed_and_removed(administrator: LarumClient, account: str) -> None:
    """A group is told as IAM tells it, pages are by name, and one that was removed is gone."""
    for name in ("b.b@x", "C", "a"):
        group = administrator.create_group(accountId=account, groupName=name)["group"]
        assert group["arn"] == f"arn:aws:iam::{account}:group/{name}"
        assert (group["path"], group["groupName"], group["groupId"][:4]) == ("/", name, "AGPA")
        found = administrator.get_group(accountId=account, groupName=name)
        assert (found["group"], found["users"]) == (group, [])
    pages = administrator.get_paginator("list_groups").paginate(
        accountId=account, PaginationConfig={"PageSize": 2}
    )
    assert [[each["groupName"] for each in page["groups"]] for page in pages] == [
        ["a", "b.b@x"], ["C"]
    ]  # fmt: skip
    administrator.delete_group(accountId=account, groupName="C")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.get_group(accountId=account, groupName="C")


def test_users_come_and_go(administrator: LarumClient, account: str) -> None:
    """Twice in is once, both sides tell the same in pages, and out twice is an error."""
    group = {"accountId": account, "groupName": "team"}
    administrator.create_group(**group)
    administrator.create_group(accountId=account, groupName="Also")
    for name in ("c", "B", "a"):
        administrator.create_user(accountId=account, userName=name)
        for _ in "ab":
            administrator.add_user_to_group(**group, userName=name)
    administrator.add_user_to_group(accountId=account, groupName="Also", userName="a")
    pages = administrator.get_paginator("get_group").paginate(
        **group, PaginationConfig={"PageSize": 2}
    )
    assert [[each["userName"] for each in page["users"]] for page in pages] == [["a", "B"], ["c"]]
    pages = administrator.get_paginator("list_groups_for_user").paginate(
        accountId=account, userName="a", PaginationConfig={"PageSize": 1}
    )
    assert [[each["groupName"] for each in page["groups"]] for page in pages] == [
        ["Also"], ["team"]
    ]  # fmt: skip
    administrator.remove_user_from_group(**group, userName="a")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.remove_user_from_group(**group, userName="a")
    assert [each["userName"] for each in administrator.get_group(**group)["users"]] == ["B", "c"]


def test_a_group_that_holds_something_stays(administrator: LarumClient, account: str) -> None:
    """Users and policies must go first, each of them, and the refusal says which there are."""
    group = {"accountId": account, "groupName": "team"}
    administrator.create_group(**group)
    administrator.create_user(accountId=account, userName="a")
    policy = administrator.create_policy(
        accountId=account, policyName="p", policyDocument=allowing("security-ir:*")
    )["policy"]["arn"]
    administrator.add_user_to_group(**group, userName="a")
    administrator.attach_group_policy(**group, policyArn=policy)
    administrator.put_group_policy(**group, policyName="p", policyDocument=allowing("larum:*"))
    for told, act, named in (
        (
            "users, attached policies, inline policies",
            administrator.remove_user_from_group,
            {"userName": "a"},
        ),
        (
            "attached policies, inline policies",
            administrator.detach_group_policy,
            {"policyArn": policy},
        ),
        ("inline policies", administrator.delete_group_policy, {"policyName": "p"}),
    ):
        with pytest.raises(administrator.exceptions.ConflictException) as caught:
            administrator.delete_group(**group)
        assert f"has {told}. Remove" in caught.value.response["Error"]["Message"]
        act(**group, **named)
    administrator.delete_group(**group)
    administrator.delete_user(accountId=account, userName="a")


def test_a_repeated_creation_is_one_group(administrator: LarumClient, account: str) -> None:
    """The same clientToken answers with the same group; of one deleted since it finds none."""
    named = {"accountId": account, "groupName": "team", "clientToken": account}
    first = administrator.create_group(**named)["group"]
    assert administrator.create_group(**named)["group"] == first
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.create_group(accountId=account, groupName="TEAM")
    administrator.delete_group(accountId=account, groupName="team")
    administrator.create_group(accountId=account, groupName="team")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.create_group(**named)


def test_groups_and_their_users_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 groups, ten for each user: what goes beyond is refused by its quota, and is not there."""
    assert (groups.GROUPS_OF_AN_ACCOUNT, groups.GROUPS_OF_A_USER) == (300, 10)
    monkeypatch.setattr("larum.operations.groups.GROUPS_OF_AN_ACCOUNT", 2)
    monkeypatch.setattr("larum.operations.groups.GROUPS_OF_A_USER", 1)
    with larum.Service() as service:
        client = larum_client(service)
        client.create_user(userName="a")
        for name in ("a", "b"):
            client.create_group(groupName=name)
        with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
            client.create_group(groupName="c")
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-GROUPS"
        client.add_user_to_group(groupName="a", userName="a")
        client.add_user_to_group(groupName="a", userName="a")
        with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
            client.add_user_to_group(groupName="b", userName="a")
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-GROUPS-OF-A-USER"
        assert [each["groupName"] for each in client.list_groups()["groups"]] == ["a", "b"]
        assert client.get_group(groupName="b")["users"] == []
        client.close()


def test_a_user_in_a_group_is_not_deleted(administrator: LarumClient, account: str) -> None:
    """IAM's rule: first out of its groups; and a user of that name is in none when made again."""
    user = {"accountId": account, "userName": "a"}
    administrator.create_user(**user)
    administrator.create_group(accountId=account, groupName="team")
    administrator.add_user_to_group(**user, groupName="team")
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.delete_user(**user)
    administrator.remove_user_from_group(**user, groupName="team")
    administrator.delete_user(**user)
    administrator.create_user(**user)
    assert administrator.list_groups_for_user(**user)["groups"] == []


def test_names_are_found_as_they_were_written(administrator: LarumClient, account: str) -> None:
    """Another spelling, an unknown group and a group of another account are not found alike."""
    administrator.create_group(accountId=account, groupName="Team")
    administrator.create_user(accountId=account, userName="a")
    administrator.create_group(groupName=f"own-{account}")
    for name in ("team", "none", f"own-{account}"):
        group = {"accountId": account, "groupName": name}
        for act, more in (
            (administrator.get_group, {}),
            (administrator.delete_group, {}),
            (administrator.add_user_to_group, {"userName": "a"}),
        ):
            with pytest.raises(administrator.exceptions.ResourceNotFoundException) as caught:
                act(**group, **more)
            told = caught.value.response["Error"]["Message"]
            assert told == f"Account {account} has no group of that name."


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "*", "x" * 129])
def test_a_name_that_iam_does_not_take_is_refused(administrator: LarumClient, name: str) -> None:
    """What could be mistaken for a part of an ARN, or for a pattern, is no name."""
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.create_group(groupName=name)
    assert set(failed_fields(caught.value)) == {"groupName"}
