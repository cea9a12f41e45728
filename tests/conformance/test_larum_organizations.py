"""The operations that are named as those of AWS Organizations, as boto3 users call them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, refusal_of, smallest, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

SHOP, TOOLS = "300000000001", "300000000002"
SERVICE = "security-ir.amazonaws.com"
AWS_UNIT = "ou-zz99-abcdef12"


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """An installation of its own."""
    with larum.Service() as made:
        yield made


@pytest.fixture
def administrator(service: larum.Service) -> Iterator[LarumClient]:
    """A client of the administrator; SHOP and TOOLS are in the organization."""
    made = larum_client(service, config=UNCHECKED)
    for account in (SHOP, TOOLS):
        created(made, account)
    yield made
    made.close()


@pytest.fixture
def customer(service: larum.Service) -> Iterator[SecurityIncidentResponseClient]:
    """A client of `security-ir` of the management account."""
    made = service.client()
    yield made
    made.close()


def created(client: LarumClient, account: str) -> dict[str, Any]:
    """Return the state of the creation of an account of these digits."""
    answer = client.create_account(accountId=account, accountName="Shop", email="shop@example.com")
    return answer["createAccountStatus"]  # type: ignore[no-any-return]  # as the model says


def root_of(client: LarumClient) -> str:
    """Return the id of the organization's root."""
    (root,) = client.list_roots()["roots"]
    return str(root["id"])


def unit(client: LarumClient, name: str, parent: str | None = None, **more: str) -> str:
    """Return the id of a new unit."""
    answer = client.create_organizational_unit(
        parentId=parent or root_of(client), name=name, **more
    )
    return str(answer["organizationalUnit"]["id"])


def inside(client: LarumClient, parent: str) -> list[str]:
    """Return the accounts directly in a parent, through the paginator, a page each."""
    pages = client.get_paginator("list_accounts_for_parent").paginate(
        parentId=parent, PaginationConfig={"PageSize": 1}
    )
    return [each["id"] for page in pages for each in page["accounts"]]


def relationship(
    customer: SecurityIncidentResponseClient, membership: str, account: str
) -> tuple[str, str]:
    """Return how an account stands to a membership."""
    (item,) = customer.batch_get_member_account_details(
        membershipId=membership, accountIds=[account]
    )["items"]
    return item["relationshipStatus"], item["relationshipType"]


def test_an_organization_is_built_and_read_back(first_start: Instance) -> None:
    """Units, accounts and who acts are told as AWS Organizations tells them, by both doors."""
    client = larum_client(first_start)
    organization = client.describe_organization()["organization"]
    root, name = root_of(client), organization["id"]
    prefix = f"arn:aws:organizations::{ADMINISTRATOR}"
    assert organization["masterAccountId"] == ADMINISTRATOR
    assert organization["arn"] == f"{prefix}:organization/{name}"
    workloads = unit(client, "workloads")
    prod = unit(client, "prod", workloads, organizationalUnitId=AWS_UNIT)
    assert prod == AWS_UNIT
    assert client.describe_organizational_unit(organizationalUnitId=prod)["organizationalUnit"] == {
        "id": prod,
        "arn": f"{prefix}:ou/{name}/{prod}",
        "name": "prod",
    }
    status = created(client, SHOP)
    assert (status["state"], status["accountId"]) == ("SUCCEEDED", SHOP)
    assert client.describe_account(accountId=SHOP)["account"] == {
        "id": SHOP,
        "arn": f"{prefix}:account/{name}/{SHOP}",
        "name": "Shop",
        "email": "shop@example.com",
        "status": "ACTIVE",
    }
    assert inside(client, root) == [ADMINISTRATOR, SHOP]
    client.move_account(accountId=SHOP, sourceParentId=root, destinationParentId=prod)
    assert (inside(client, root), inside(client, prod)) == ([ADMINISTRATOR], [SHOP])
    assert client.list_parents(childId=SHOP)["parents"] == [
        {"id": prod, "type": "ORGANIZATIONAL_UNIT"}
    ]
    assert client.list_parents(childId=workloads)["parents"] == [{"id": root, "type": "ROOT"}]
    kinds = {"ACCOUNT": [SHOP], "ORGANIZATIONAL_UNIT": []}
    for kind, ids in kinds.items():
        children = client.list_children(parentId=prod, childType=kind)["children"]
        assert children == [{"id": each, "type": kind} for each in ids]
    (found,) = client.list_organizational_units_for_parent(parentId=workloads)[
        "organizationalUnits"
    ]
    assert found["id"] == prod
    client.register_delegated_administrator(accountId=SHOP, servicePrincipal=SERVICE)
    (named,) = client.list_delegated_administrators()["delegatedAdministrators"]
    assert named["id"] == SHOP
    paths = {each["path"]: each["organizationalUnitId"]
             for each in client.describe_directory()["organizationalUnits"]}  # fmt: skip
    assert paths == {"workloads": workloads, "workloads/prod": prod}
    client.close()


def test_accounts_get_digits_of_their_own_once(administrator: LarumClient) -> None:
    """Without an id there is a new one; a repeated clientToken makes no second account."""
    given = {"accountName": "Shop", "email": "shop@example.com"}
    first, second = (administrator.create_account(**given) for _ in range(2))
    ids = {each["createAccountStatus"]["accountId"] for each in (first, second)}
    assert len(ids) == 2
    assert all(len(each) == 12 and each.isdigit() for each in ids)
    made = administrator.create_account(**given, clientToken="one")
    again = administrator.create_account(**given, clientToken="one")
    assert without_metadata(again) == without_metadata(made)
    with pytest.raises(administrator.exceptions.ConflictException) as caught:
        created(administrator, SHOP)
    assert refusal_of(caught.value)["resourceId"] == SHOP


def test_moves_change_what_a_membership_covers(
    administrator: LarumClient, customer: SecurityIncidentResponseClient
) -> None:
    """Covered by a unit an account is so while it is in it, a renamed unit is the same one."""
    root, prod = root_of(administrator), unit(administrator, "prod")
    made = customer.create_membership(**smallest())["membershipId"]
    customer.update_membership(
        membershipId=made,
        membershipAccountsConfigurationsUpdate={"organizationalUnitsToAdd": [prod]},
    )
    move = {"accountId": SHOP, "sourceParentId": root, "destinationParentId": prod}
    assert relationship(customer, made, SHOP) == ("Unassociated", "Organization")
    for _ in range(2):
        administrator.move_account(**move)
        assert relationship(customer, made, SHOP) == ("Associated", "Organization")
    renamed = administrator.update_organizational_unit(organizationalUnitId=prod, name="live")
    assert (renamed["organizationalUnit"]["id"], renamed["organizationalUnit"]["name"]) == (
        prod, "live"
    )  # fmt: skip
    assert relationship(customer, made, SHOP) == ("Associated", "Organization")
    assert customer.get_membership(membershipId=made)["numberOfAccountsCovered"] == 2
    administrator.close_account(accountId=SHOP)
    assert relationship(customer, made, SHOP) == ("Disassociated", "Organization")
    for _ in range(2):
        administrator.remove_account_from_organization(accountId=SHOP)
        assert relationship(customer, made, SHOP) == ("Disassociated", "Unrelated")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.describe_account(accountId=SHOP)


def test_a_standalone_account_joins_at_once(
    administrator: LarumClient, customer: SecurityIncidentResponseClient
) -> None:
    """Who is invited is covered as any account, and joining twice is no change."""
    made = customer.create_membership(**smallest(coverEntireOrganization=True))["membershipId"]
    administrator.remove_account_from_organization(accountId=SHOP)
    assert customer.get_membership(membershipId=made)["numberOfAccountsCovered"] == 2
    for _ in range(2):
        handshake = administrator.invite_account_to_organization(
            target={"id": SHOP, "type": "ACCOUNT"}
        )["handshake"]
        assert handshake["state"] == "ACCEPTED"
        assert relationship(customer, made, SHOP) == ("Associated", "Organization")
    assert customer.get_membership(membershipId=made)["numberOfAccountsCovered"] == 3
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.invite_account_to_organization(target={"id": "999", "type": "ACCOUNT"} | {
            "id": "999999999999"
        })  # fmt: skip


def test_nobody_joins_with_a_membership_of_its_own(
    service: larum.Service, administrator: LarumClient
) -> None:
    """An account that holds a membership is a conflict until that is cancelled."""
    administrator.remove_account_from_organization(accountId=SHOP)
    holder = service.client(account=SHOP)
    made = holder.create_membership(**smallest())["membershipId"]
    target = {"id": SHOP, "type": "ACCOUNT"}
    with pytest.raises(administrator.exceptions.ConflictException) as caught:
        administrator.invite_account_to_organization(target=target)
    assert refusal_of(caught.value)["resourceId"] == SHOP
    holder.cancel_membership(membershipId=made)
    administrator.invite_account_to_organization(target=target)
    assert administrator.describe_account(accountId=SHOP)["account"]["id"] == SHOP
    holder.close()


def test_deregistering_ends_the_membership_of_the_administrator(
    service: larum.Service, administrator: LarumClient
) -> None:
    """One account is registered at a time; its membership is Terminated with its registration."""
    named = {"accountId": SHOP, "servicePrincipal": SERVICE}
    other = named | {"accountId": TOOLS}
    for _ in range(2):
        administrator.register_delegated_administrator(**named)
    with pytest.raises(administrator.exceptions.ConflictException) as caught:
        administrator.register_delegated_administrator(**other)
    assert refusal_of(caught.value)["resourceId"] == SHOP
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.remove_account_from_organization(accountId=SHOP)
    holder = service.client(account=SHOP)
    made = holder.create_membership(**smallest(coverEntireOrganization=True))["membershipId"]
    administrator.deregister_delegated_administrator(**other)
    assert holder.get_membership(membershipId=made)["membershipStatus"] == "Active"
    for _ in range(2):
        administrator.deregister_delegated_administrator(**named)
    assert holder.get_membership(membershipId=made)["membershipStatus"] == "Terminated"
    assert administrator.list_delegated_administrators()["delegatedAdministrators"] == []
    administrator.close_account(accountId=TOOLS)
    for account in (TOOLS, ADMINISTRATOR):
        with pytest.raises(administrator.exceptions.ValidationException) as refused:
            administrator.register_delegated_administrator(**named | {"accountId": account})
        assert set(failed_fields(refused.value)) == {"accountId"}
    holder.close()


def test_without_trusted_access_the_membership_ends(
    administrator: LarumClient, customer: SecurityIncidentResponseClient
) -> None:
    """Disabling Terminates it, and enabling does not bring it back."""
    made = customer.create_membership(**smallest())["membershipId"]
    enabled = [{"servicePrincipal": SERVICE}]
    listed = administrator.list_aws_service_access_for_organization
    assert listed()["enabledServicePrincipals"] == enabled
    for _ in range(2):
        administrator.disable_aws_service_access(servicePrincipal=SERVICE)
    assert listed()["enabledServicePrincipals"] == []
    assert customer.get_membership(membershipId=made)["membershipStatus"] == "Terminated"
    for _ in range(2):
        administrator.enable_aws_service_access(servicePrincipal=SERVICE)
    assert listed()["enabledServicePrincipals"] == enabled
    assert customer.get_membership(membershipId=made)["membershipStatus"] == "Terminated"


def test_units_are_refused_where_they_cannot_be(administrator: LarumClient) -> None:
    """Names are taken once in a place, units lie five deep, and only empty ones are deleted."""
    root = root_of(administrator)
    ids = [unit(administrator, "a")]
    for _ in range(4):
        ids.append(unit(administrator, "a", ids[-1]))
    with pytest.raises(administrator.exceptions.ValidationException) as deep:
        unit(administrator, "a", ids[-1])
    assert set(failed_fields(deep.value)) == {"parentId"}
    other = unit(administrator, "b", organizationalUnitId=AWS_UNIT)
    refused = administrator.exceptions.ConflictException
    with pytest.raises(refused) as taken:
        unit(administrator, "a")
    assert refusal_of(taken.value)["resourceId"] == ids[0]
    with pytest.raises(refused):
        administrator.update_organizational_unit(organizationalUnitId=other, name="a")
    with pytest.raises(refused):
        unit(administrator, "c", organizationalUnitId=other)
    administrator.move_account(accountId=SHOP, sourceParentId=root, destinationParentId=other)
    for occupied in (ids[0], other):
        with pytest.raises(refused):
            administrator.delete_organizational_unit(organizationalUnitId=occupied)
    administrator.delete_organizational_unit(organizationalUnitId=ids.pop())
    administrator.move_account(accountId=SHOP, sourceParentId=other, destinationParentId=root)
    administrator.delete_organizational_unit(organizationalUnitId=other)
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.describe_organizational_unit(organizationalUnitId=other)
    assert unit(administrator, "b", organizationalUnitId=AWS_UNIT) == AWS_UNIT
    administrator.delete_organizational_unit(organizationalUnitId=AWS_UNIT)
    with pytest.raises(refused):
        unit(administrator, "b", ids[0], organizationalUnitId=AWS_UNIT)


def test_the_management_account_stays(administrator: LarumClient) -> None:
    """It can neither leave nor be closed."""
    for call in (administrator.remove_account_from_organization, administrator.close_account):
        with pytest.raises(administrator.exceptions.ValidationException) as caught:
            call(accountId=ADMINISTRATOR)
        assert set(failed_fields(caught.value)) == {"accountId"}


def test_what_is_not_there_is_not_found(administrator: LarumClient) -> None:
    """Unknown accounts, units and parents are told by ResourceNotFoundException."""
    root, nobody, nowhere = root_of(administrator), "999999999999", "ou-zz99-00000000"
    missing = administrator.exceptions.ResourceNotFoundException
    moves = ((nobody, root, root), (SHOP, nowhere, root), (SHOP, root, nowhere))
    for account, source, destination in moves:
        with pytest.raises(missing):
            administrator.move_account(
                accountId=account, sourceParentId=source, destinationParentId=destination
            )
    prod, test = unit(administrator, "prod"), unit(administrator, "test")
    with pytest.raises(missing):
        administrator.move_account(accountId=SHOP, sourceParentId=prod, destinationParentId=test)
    for name in ("describe_account", "close_account", "remove_account_from_organization"):
        with pytest.raises(missing):
            getattr(administrator, name)(accountId=nobody)
    with pytest.raises(missing):
        administrator.list_accounts_for_parent(parentId=nowhere)


def test_units_with_ids_keep_them_through_apply_directory(
    administrator: LarumClient, customer: SecurityIncidentResponseClient
) -> None:
    """Given with ids, a unit of another name is a rename, and is covered as before."""

    def applied(**paths: str) -> list[tuple[str, str]]:
        units = [
            {"path": path.replace("_", "/"), "organizationalUnitId": f"ou-zz99-{unit_id}"}
            for path, unit_id in paths.items()
        ]
        answer = administrator.apply_directory(
            directory={
                "organization": {
                    "identifiedUnits": units,
                    "accounts": [
                        {"id": SHOP, "organizationalUnit": units[-1]["path"]}, {"id": TOOLS}
                    ],
                }
            }
        )  # fmt: skip
        return [(each["action"], each["resource"]) for each in answer["changes"]]

    assert applied(a="aaaaaaaa", a_b="bbbbbbbb") == [
        ("create-organizational-unit", "a"),
        ("create-organizational-unit", "a/b"),
        ("move-account", SHOP),
    ]
    made = customer.create_membership(**smallest())["membershipId"]
    customer.update_membership(
        membershipId=made,
        membershipAccountsConfigurationsUpdate={"organizationalUnitsToAdd": ["ou-zz99-aaaaaaaa"]},
    )
    assert relationship(customer, made, SHOP)[0] == "Associated"
    assert applied(c="aaaaaaaa", c_b="bbbbbbbb") == [("rename-organizational-unit", "a")]
    assert relationship(customer, made, SHOP)[0] == "Associated"
    assert applied(c="aaaaaaaa", c_b="bbbbbbbb") == []
    assert applied(c="cccccccc", c_b="dddddddd") == [
        ("create-organizational-unit", "c"),
        ("create-organizational-unit", "c/b"),
        ("remove-organizational-unit", "c/b"),
        ("remove-organizational-unit", "c"),
        ("move-account", SHOP),
    ]
    assert relationship(customer, made, SHOP)[0] == "Disassociated"
    for wrong in ({"c_b": "dddddddd"}, {"d": "dddddddd"}, {"c": "cccccccc", "d": "cccccccc"}):
        with pytest.raises(administrator.exceptions.ValidationException) as caught:
            applied(**wrong)
        (place,) = failed_fields(caught.value)
        assert place.startswith("directory.organization.identifiedUnits[")


def test_the_audit_keeps_no_name_and_no_address(administrator: LarumClient) -> None:
    """Who joined and moved where is on record by ids, and nothing of what accounts are called."""
    administrator.create_account(
        accountId="300000000077", accountName="Acme Labs", email="boss@example.com"
    )
    prod = unit(administrator, "prod")
    root = root_of(administrator)
    administrator.move_account(
        accountId="300000000077", sourceParentId=root, destinationParentId=prod
    )
    records = administrator.list_audit_records(accountId=ADMINISTRATOR, maxResults=100)["items"]
    kept = [json.loads(each["record"]) for each in records]
    by_name = {each["eventName"]: each for each in kept}
    assert by_name["MoveAccount"]["requestParameters"] == {
        "accountId": "300000000077",
        "sourceParentId": root,
        "destinationParentId": prod,
    }
    created = by_name["CreateAccount"]
    assert created["responseElements"]["createAccountStatus"]["accountId"] == "300000000077"
    everything = json.dumps(kept)
    assert "Acme" not in everything
    assert "boss@" not in everything
