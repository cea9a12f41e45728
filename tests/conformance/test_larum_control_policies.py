"""Service control policies, as boto3 users write and attach them, and whom they bind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, refusal_of, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

SHOP, TOOLS = "300000000001", "300000000002"
FULL = "p-FullAWSAccess"


def document(effect: str, *actions: str) -> str:
    """Return a policy of one statement on all resources."""
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


NO_CASES = document("Deny", "security-ir:CreateCase")


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """An installation of its own."""
    with larum.Service() as made:
        yield made


@pytest.fixture
def administrator(service: larum.Service) -> Iterator[LarumClient]:
    """A client of the administrator, with two accounts in the organization."""
    made = larum_client(service, config=UNCHECKED)
    prepared(made)
    yield made
    made.close()


def prepared(client: LarumClient) -> None:
    """Add SHOP and TOOLS to the organization."""
    for account in (SHOP, TOOLS):
        client.create_account(accountId=account, accountName="A", email="a@example.com")


def written(client: LarumClient, name: str, content: str = NO_CASES, **more: str) -> str:
    """Return the id of a new policy."""
    answer = client.create_service_control_policy(name=name, content=content, **more)
    return str(answer["policy"]["policySummary"]["id"])


def attached(client: LarumClient, target: str) -> list[str]:
    """Return the names of the policies of a target, through the paginator, a page each."""
    pages = client.get_paginator("list_service_control_policies_for_target").paginate(
        targetId=target, PaginationConfig={"PageSize": 1}
    )
    return [each["name"] for page in pages for each in page["policies"]]


def may_list(service: larum.Service, account: str) -> bool:
    """Return whether the account's root may list its memberships."""
    client = service.client(account=account)
    try:
        client.list_memberships()
    except client.exceptions.AccessDeniedException:
        return False
    finally:
        client.close()
    return True


def test_who_left_and_came_back_is_bound_by_nothing_old(
    service: larum.Service, administrator: LarumClient
) -> None:
    """An account leaves its policies behind at once, though it asks for nothing in between."""
    policy = written(administrator, "NoService", document("Deny", "security-ir:*"))
    administrator.attach_service_control_policy(policyId=policy, targetId=SHOP)
    assert not may_list(service, SHOP)
    administrator.remove_account_from_organization(accountId=SHOP)
    administrator.invite_account_to_organization(target={"id": SHOP, "type": "ACCOUNT"})
    assert attached(administrator, SHOP) == ["FullAWSAccess"]
    assert may_list(service, SHOP)


def test_a_policy_is_written_attached_and_taken_away(first_start: Instance) -> None:
    """Its life as AWS Organizations tells it, through both doors."""
    client = larum_client(first_start)
    prepared(client)
    organization = client.describe_organization()["organization"]["id"]
    policy = written(client, "NoCases", description="None.", type="SERVICE_CONTROL_POLICY")
    told = client.describe_service_control_policy(policyId=policy)["policy"]
    assert told == {
        "policySummary": {
            "id": policy,
            "arn": f"arn:aws:organizations::{ADMINISTRATOR}:policy/{organization}/"
            f"service_control_policy/{policy}",
            "name": "NoCases",
            "description": "None.",
            "type": "SERVICE_CONTROL_POLICY",
            "awsManaged": False,
        },
        "content": NO_CASES,
    }
    listed = client.list_service_control_policies()["policies"]
    assert {each["id"]: each["awsManaged"] for each in listed} == {policy: False, FULL: True}
    for _ in range(2):
        client.attach_service_control_policy(policyId=policy, targetId=SHOP)
        assert sorted(attached(client, SHOP)) == ["FullAWSAccess", "NoCases"]
    (target,) = client.list_targets_for_service_control_policy(policyId=policy)["targets"]
    assert (target["targetId"], target["type"]) == (SHOP, "ACCOUNT")
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.delete_service_control_policy(policyId=policy)
    assert refusal_of(caught.value)["resourceId"] == policy
    for _ in range(2):
        client.detach_service_control_policy(policyId=policy, targetId=SHOP)
        assert attached(client, SHOP) == ["FullAWSAccess"]
    client.delete_service_control_policy(policyId=policy)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_service_control_policy(policyId=policy)
    client.close()


def test_it_binds_the_root_of_an_account_at_once(
    service: larum.Service, administrator: LarumClient
) -> None:
    """Attached above an account it denies, changed it allows, and other accounts are not bound."""
    root = administrator.list_roots()["roots"][0]["id"]
    unit = administrator.create_organizational_unit(parentId=root, name="prod")
    prod = unit["organizationalUnit"]["id"]
    policy = written(administrator, "Nothing", document("Deny", "security-ir:*"))
    administrator.attach_service_control_policy(policyId=policy, targetId=prod)
    assert (may_list(service, SHOP), may_list(service, TOOLS)) == (True, True)
    place = {"accountId": SHOP, "sourceParentId": root, "destinationParentId": prod}
    administrator.move_account(**place)
    assert (may_list(service, SHOP), may_list(service, TOOLS)) == (False, True)
    administrator.update_service_control_policy(policyId=policy, content=NO_CASES)
    assert may_list(service, SHOP)
    administrator.update_service_control_policy(
        policyId=policy, content=document("Deny", "security-ir:List*")
    )
    assert not may_list(service, SHOP)
    administrator.remove_account_from_organization(accountId=SHOP)
    assert may_list(service, SHOP)
    administrator.attach_service_control_policy(policyId=policy, targetId=root)
    assert (may_list(service, SHOP), may_list(service, TOOLS)) == (True, False)
    assert may_list(service, ADMINISTRATOR)
    administrator.invite_account_to_organization(target={"id": SHOP, "type": "ACCOUNT"})
    assert not may_list(service, SHOP)
    administrator.detach_service_control_policy(policyId=policy, targetId=root)
    assert (may_list(service, SHOP), may_list(service, TOOLS)) == (True, True)


def test_what_goes_loses_what_was_attached_to_it(administrator: LarumClient) -> None:
    """An account that left and joins again, or a unit that was deleted, has FullAWSAccess alone."""
    root = administrator.list_roots()["roots"][0]["id"]
    unit = {"parentId": root, "name": "prod", "organizationalUnitId": "ou-zz99-abcdef12"}
    administrator.create_organizational_unit(**unit)
    policy = written(administrator, "NoCases")
    for target in (SHOP, unit["organizationalUnitId"]):
        administrator.attach_service_control_policy(policyId=policy, targetId=target)
    administrator.remove_account_from_organization(accountId=SHOP)
    administrator.invite_account_to_organization(target={"id": SHOP, "type": "ACCOUNT"})
    administrator.delete_organizational_unit(organizationalUnitId=unit["organizationalUnitId"])
    administrator.create_organizational_unit(**unit)
    for target in (SHOP, unit["organizationalUnitId"]):
        assert attached(administrator, target) == ["FullAWSAccess"]
    administrator.delete_service_control_policy(policyId=policy)


def test_what_no_level_allows_is_denied(service: larum.Service, administrator: LarumClient) -> None:
    """In place of FullAWSAccess an account has what its own policies allow, and nothing else."""
    cases = written(administrator, "Cases", document("Allow", "security-ir:*Case*"))
    administrator.attach_service_control_policy(policyId=cases, targetId=SHOP)
    assert may_list(service, SHOP)
    administrator.detach_service_control_policy(policyId=FULL, targetId=SHOP)
    assert not may_list(service, SHOP)
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.detach_service_control_policy(policyId=cases, targetId=SHOP)
    targets = administrator.list_targets_for_service_control_policy(policyId=FULL)["targets"]
    assert SHOP not in {each["targetId"] for each in targets}
    assert {TOOLS, ADMINISTRATOR} < {each["targetId"] for each in targets}


def test_a_policy_that_cannot_be_understood_is_refused_with_its_faults(
    administrator: LarumClient,
) -> None:
    """Every fault is told by its place, at creation and update; nothing is kept of it."""
    faulty = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Denie", "Action": "security-ir:*", "Resource": "*", "Principal": "*"}
            ],
        }
    )
    policy = written(administrator, "Good")
    places = {"content.Statement[0].Effect", "content.Statement[0].Principal"}
    refused = administrator.exceptions.ValidationException
    with pytest.raises(refused) as caught:
        written(administrator, "Bad", faulty)
    assert set(failed_fields(caught.value)) == places
    with pytest.raises(refused) as caught:
        administrator.update_service_control_policy(policyId=policy, content=faulty)
    assert set(failed_fields(caught.value)) == places
    long = document("Deny", *(f"security-ir:{'a' * 50}{number}" for number in range(100)))
    with pytest.raises(refused) as caught:
        written(administrator, "Long", long)
    assert set(failed_fields(caught.value)) == {"content"}
    told = administrator.describe_service_control_policy(policyId=policy)["policy"]
    assert told["content"] == NO_CASES
    assert len(administrator.list_service_control_policies()["policies"]) == 2


def test_names_are_taken_once_and_a_token_makes_one(administrator: LarumClient) -> None:
    """No two policies have one name, FullAWSAccess's included; a repeat answers the same."""
    first = administrator.create_service_control_policy(
        name="One", content=NO_CASES, clientToken="a"
    )
    again = administrator.create_service_control_policy(
        name="One", content=NO_CASES, clientToken="a"
    )
    assert without_metadata(again) == without_metadata(first)
    other = written(administrator, "Two")
    refused = administrator.exceptions.ConflictException
    for name in ("One", "FullAWSAccess"):
        with pytest.raises(refused):
            written(administrator, name)
        with pytest.raises(refused):
            administrator.update_service_control_policy(policyId=other, name=name)


def test_nobody_changes_full_access(administrator: LarumClient) -> None:
    """The policy that AWS Organizations brings is neither updated nor deleted."""
    calls = {"update_service_control_policy": {"content": NO_CASES}}
    for name, given in (*calls.items(), ("delete_service_control_policy", {})):
        with pytest.raises(administrator.exceptions.ValidationException) as caught:
            getattr(administrator, name)(policyId=FULL, **given)
        assert set(failed_fields(caught.value)) == {"policyId"}


def test_a_target_has_five_policies_at_most(administrator: LarumClient) -> None:
    """The sixth is refused by the quota's name, also on a target that had FullAWSAccess alone."""
    policies = [written(administrator, f"P{number}") for number in range(5)]
    for policy in policies[:4]:
        administrator.attach_service_control_policy(policyId=policy, targetId=SHOP)
    with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
        administrator.attach_service_control_policy(policyId=policies[4], targetId=SHOP)
    assert refusal_of(caught.value)["quotaCode"] == "LARUM-CONTROL-POLICIES-PER-TARGET"
    assert len(attached(administrator, SHOP)) == 5


@pytest.mark.parametrize("target", ["999999999999", "ou-zz99-00000000", "r-none"])
def test_what_is_no_target_is_not_found(administrator: LarumClient, target: str) -> None:
    """Accounts, units and roots that are not the organization's have and get no policy."""
    policy = written(administrator, "One")
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("attach_service_control_policy", {"policyId": policy}),
        ("detach_service_control_policy", {"policyId": policy}),
        ("list_service_control_policies_for_target", {}),
    )
    for name, given in calls:
        with pytest.raises(administrator.exceptions.ResourceNotFoundException):
            getattr(administrator, name)(targetId=target, **given)
