"""Tags of users and roles: by key in any case, fifty at most."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.iam_documents import made_kinds, trusting
from tests.conformance.page import failed_fields, refusal_of
from tests.conformance.test_larum_policies import IDENTITIES, call
from tests.conformance.users import user_client, user_key

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient


def tags(**given: str) -> list[dict[str, str]]:
    """Return tags as the operations take them."""
    return [{"key": key, "value": value} for key, value in given.items()]


@pytest.mark.parametrize("kind", IDENTITIES)
def test_tags_come_and_go(administrator: LarumClient, account: str, kind: str) -> None:
    """A key in another case takes the former one's place; what is not there is removed too."""
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    call(administrator, f"tag_{low}", **named, tags=tags(Team="blue", env="", ä="ö"))
    call(administrator, f"tag_{low}", **named, tags=tags(tEAM="red"))
    expected = tags(env="", tEAM="red", ä="ö")
    assert call(administrator, f"get_{low}", **named)[low]["tags"] == expected
    pages = administrator.get_paginator(f"list_{low}_tags").paginate(
        **named, PaginationConfig={"PageSize": 2}
    )
    assert [page["tags"] for page in pages] == [expected[:2], expected[2:]]
    call(administrator, f"untag_{low}", **named, tagKeys=["TEAM", "none", "Ä"])
    assert call(administrator, f"list_{low}_tags", **named)["tags"] == tags(env="")


@pytest.mark.parametrize("kind", IDENTITIES)
def test_fifty_tags_at_most(administrator: LarumClient, account: str, kind: str) -> None:
    """The one beyond is refused by quota with all that came with it; a new value is no new tag."""
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    fifty = {f"k{number}": "v" for number in range(50)}
    call(administrator, f"tag_{low}", **named, tags=tags(**fifty))
    call(administrator, f"tag_{low}", **named, tags=tags(K0="w"))
    with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
        call(administrator, f"tag_{low}", **named, tags=tags(k1="w", more="v"))
    refusal = refusal_of(caught.value)
    assert (refusal["quotaCode"], refusal["resourceType"]) == ("LARUM-PRINCIPAL-TAGS", kind)
    told = call(administrator, f"get_{low}", **named)[low]["tags"]
    found = {each["key"]: each["value"] for each in told}
    assert (len(found), found["K0"], found["k1"]) == (50, "w", "v")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"tags": [*tags(Team="a"), *tags(tEAM="b")]}, "tags"),
        ({"tags": [{"key": "aws:x", "value": "a"}]}, "tags[0].key"),
        ({"tags": [{"key": "a*", "value": "a"}]}, "tags[0].key"),
        ({"tags": tags(**{f"k{number}": "v" for number in range(51)})}, "tags"),
    ],
)
def test_a_tag_that_iam_does_not_take_is_refused(
    administrator: LarumClient, account: str, given: dict[str, Any], place: str
) -> None:
    """A key twice, a reserved one, a wildcard, and too many at once."""
    named = made_kinds(administrator, account)["User"]
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.tag_user(**named, **given)
    assert set(failed_fields(caught.value)) == {place}
    assert administrator.list_user_tags(**named)["tags"] == []


@pytest.mark.parametrize("kind", IDENTITIES)
def test_users_and_roles_are_born_with_tags_and_boundary(
    administrator: LarumClient, account: str, kind: str
) -> None:
    """They are told at once and again; where one of them is refused, nothing was made."""
    low = kind.lower()
    arn = "arn:aws:iam::aws:policy/AWSSecurityIncidentResponseReadOnlyAccess"
    named = {"accountId": account, f"{low}Name": "a"}
    given = {**named, "permissionsBoundary": arn, "tags": tags(env="b", team="blue")}
    if kind == "Role":
        given["assumeRolePolicyDocument"] = trusting(account)
    for wrong, refusal in (
        ({"permissionsBoundary": f"{arn}2"}, "ResourceNotFoundException"),
        ({"tags": tags(a="1", A="2")}, "ValidationException"),
    ):
        with pytest.raises(ClientError) as caught:
            call(administrator, f"create_{low}", **given | wrong)
        assert caught.value.response["Error"]["Code"] == refusal
    assert call(administrator, f"list_{low}s", accountId=account)[f"{low}s"] == []
    made = call(administrator, f"create_{low}", **given, clientToken=account)
    assert made[low]["tags"] == given["tags"]
    assert made[low]["permissionsBoundary"]["permissionsBoundaryArn"] == arn
    assert call(administrator, f"create_{low}", **given, clientToken=account) == made
    assert call(administrator, f"get_{low}", **named) == made


def denying(action: str, operator: str, key: str, value: str) -> str:
    """Return a policy that allows everything but `action` where the key has the value."""
    condition = {operator: {key: value}}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    denied = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [everything, denied]})


@pytest.mark.parametrize(
    ("policy", "operation", "given"),
    [
        (
            denying("larum:TagUser", "ForAnyValue:StringEquals", "aws:TagKeys", "team"),
            "tag_user",
            {"userName": "eve", "tags": tags(team="blue")},
        ),
        (
            denying("larum:TagUser", "StringEquals", "aws:RequestTag/team", "blue"),
            "create_user",
            {"userName": "new", "tags": tags(team="blue")},
        ),
        (
            denying("larum:UntagUser", "ForAnyValue:StringEquals", "aws:TagKeys", "kept"),
            "untag_user",
            {"userName": "tagged", "tagKeys": ["kept"]},
        ),
        (
            denying("larum:CreateAccessKey", "StringEquals", "aws:ResourceTag/kept", "yes"),
            "create_access_key",
            {"userName": "tagged"},
        ),
    ],
)
def test_denials_by_tags_hold(
    connect: Instance,
    administrator: LarumClient,
    account: str,
    policy: str,
    operation: str,
    given: dict[str, Any],
) -> None:
    """A Deny by a tag of the request, or of the user that is meant, is no empty word."""
    key = user_key(administrator, account)
    administrator.put_user_policy(
        accountId=account, userName="eve", policyName="p", policyDocument=policy
    )
    administrator.create_user(accountId=account, userName="tagged", tags=tags(kept="yes"))
    with user_client(connect, key, "larum") as eve:
        with pytest.raises(eve.exceptions.AccessDeniedException):
            getattr(eve, operation)(**given)
        eve.tag_user(userName="eve", tags=tags(harmless="red"))
