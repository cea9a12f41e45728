"""Roles: made, listed, changed and removed, as IAM does it; what they trust is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import larum
from larum.domain import roles
from tests.conformance.iam_documents import allowing, made_kinds, trusting
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, refusal_of

if TYPE_CHECKING:
    from tests.conformance.larum_clients import LarumClient


def test_roles_are_made_shown_listed_and_removed(administrator: LarumClient, account: str) -> None:
    """A role is told as IAM tells it, pages are by name, and one that was removed is gone."""
    trust = f"\n {trusting(account)}\t"
    for name in ("b.b@x", "C", "a"):
        role = administrator.create_role(
            accountId=account, roleName=name, assumeRolePolicyDocument=trust
        )["role"]
        assert role["arn"] == f"arn:aws:iam::{account}:role/{name}"
        assert (role["path"], role["roleName"], role["roleId"][:4]) == ("/", name, "AROA")
        assert (role["assumeRolePolicyDocument"], role["maxSessionDuration"]) == (trust, 3600)
        assert "description" not in role
        assert administrator.get_role(accountId=account, roleName=name)["role"] == role
    pages = administrator.get_paginator("list_roles").paginate(
        accountId=account, PaginationConfig={"PageSize": 2}
    )
    assert [[each["roleName"] for each in page["roles"]] for page in pages] == [
        ["a", "b.b@x"], ["C"]
    ]  # fmt: skip
    administrator.delete_role(accountId=account, roleName="C")
    for name in ("C", "A", "none"):
        with pytest.raises(administrator.exceptions.ResourceNotFoundException):
            administrator.get_role(accountId=account, roleName=name)


def test_what_is_not_given_stays(administrator: LarumClient, account: str) -> None:
    """UpdateRole changes what it names, UpdateAssumeRolePolicy the document as it was written."""
    named = {"accountId": account, "roleName": "reader"}
    administrator.create_role(
        **named,
        assumeRolePolicyDocument=trusting(account),
        description="Reads.",
        maxSessionDuration=43_200,
    )
    administrator.update_role(**named, description="Reads more.")
    administrator.update_role(**named)
    role = administrator.get_role(**named)["role"]
    assert (role["description"], role["maxSessionDuration"]) == ("Reads more.", 43_200)
    administrator.update_role(**named, maxSessionDuration=7_200, description="")
    newer = f"{trusting('444455556666')} "
    administrator.update_assume_role_policy(**named, policyDocument=newer)
    role = administrator.get_role(**named)["role"]
    assert ("description" in role, role["maxSessionDuration"]) == (False, 7_200)
    assert role["assumeRolePolicyDocument"] == newer


def test_a_trust_policy_that_is_not_understood_is_refused(
    administrator: LarumClient, account: str
) -> None:
    """The place of every fault is told, and neither a new role nor a kept one has it."""
    named = {"accountId": account, "roleName": "reader"}
    wrong = '{"Statement": [{"Effect": "allow", "Action": "sts:AssumeRole", "Resource": "*"}]}'
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.create_role(**named, assumeRolePolicyDocument=wrong)
    place = "assumeRolePolicyDocument.Statement[0]"
    assert set(failed_fields(caught.value)) == {
        f"{place}.Effect", f"{place}.Resource", f"{place}.Principal"
    }  # fmt: skip
    assert administrator.list_roles(accountId=account)["roles"] == []
    trust = trusting(account)
    administrator.create_role(**named, assumeRolePolicyDocument=trust)
    for document in (allowing("sts:AssumeRole"), "{", "[]"):
        with pytest.raises(administrator.exceptions.ValidationException) as caught:
            administrator.update_assume_role_policy(**named, policyDocument=document)
        assert all(each.startswith("policyDocument") for each in failed_fields(caught.value))
    assert administrator.get_role(**named)["role"]["assumeRolePolicyDocument"] == trust


def test_a_role_with_policies_stays(administrator: LarumClient, account: str) -> None:
    """Its policies must go first; its tags and boundary go with it, and do not come again."""
    named = made_kinds(administrator, account)["Role"]
    arn = "arn:aws:iam::aws:policy/AWSSecurityIncidentResponseReadOnlyAccess"
    administrator.attach_role_policy(**named, policyArn=arn)
    administrator.put_role_policy(**named, policyName="p", policyDocument=allowing("larum:*"))
    administrator.put_role_permissions_boundary(**named, permissionsBoundary=arn)
    administrator.tag_role(**named, tags=[{"key": "team", "value": "blue"}])
    for told, act, more in (
        ("attached policies, inline", administrator.detach_role_policy, {"policyArn": arn}),
        ("inline", administrator.delete_role_policy, {"policyName": "p"}),
    ):
        with pytest.raises(administrator.exceptions.ConflictException) as caught:
            administrator.delete_role(**named)
        assert f"has {told} policies. Remove" in caught.value.response["Error"]["Message"]
        act(**named, **more)
    before = administrator.get_role(**named)["role"]
    assert before["tags"] == [{"key": "team", "value": "blue"}]
    assert before["permissionsBoundary"]["permissionsBoundaryArn"] == arn
    administrator.delete_role(**named)
    administrator.create_role(**named, assumeRolePolicyDocument=trusting(account))
    after = administrator.get_role(**named)["role"]
    assert not {"tags", "permissionsBoundary"} & set(after)
    assert after["roleId"] != before["roleId"]


def test_a_repeated_creation_is_one_role(administrator: LarumClient, account: str) -> None:
    """The same clientToken answers with the same role; of one deleted since it finds none."""
    trust = trusting("111122223333")
    named = {"accountId": account, "roleName": "reader", "assumeRolePolicyDocument": trust}
    first = administrator.create_role(**named, clientToken=account)["role"]
    assert administrator.create_role(**named, clientToken=account)["role"] == first
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.create_role(**named | {"roleName": "READER"})
    administrator.delete_role(accountId=account, roleName="reader")
    administrator.create_role(**named)
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.create_role(**named, clientToken=account)


def test_roles_and_what_they_trust_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 roles, 2,048 characters of trust beside white space: beyond it is refused by quota."""
    assert (roles.ROLES_OF_AN_ACCOUNT, roles.TRUST_POLICY_SIZE) == (1_000, 2_048)
    monkeypatch.setattr("larum.operations.roles.ROLES_OF_AN_ACCOUNT", 2)
    principals = [f"arn:aws:iam::111122223333:user/{'a' * 20}{number}" for number in range(40)]
    with larum.Service() as service:
        client = larum_client(service)
        trust = trusting("111122223333").replace(" ", " " * 300)
        for name in ("a", "b"):
            client.create_role(roleName=name, assumeRolePolicyDocument=trust)
        with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
            client.create_role(roleName="c", assumeRolePolicyDocument=trust)
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-ROLES"
        with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
            client.update_assume_role_policy(roleName="a", policyDocument=trusting(*principals))
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-TRUST-POLICY-SIZE"
        listed = client.list_roles()["roles"]
        assert [each["roleName"] for each in listed] == ["a", "b"]
        assert {each["assumeRolePolicyDocument"] for each in listed} == {trust}
        client.close()
