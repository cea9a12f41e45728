"""`larum organizations sync`: real boto3, and moto's server as AWS Organizations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.settings import ROOT_ACCOUNT
from tests.conformance.page import smallest
from tests.edge.aws_organizations import aws_organizations
from tests.edge.declared import type_larum
from tests.edge.larum_servers import LarumServer
from tests.operations.directories import apply, describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.edge.aws_organizations import AwsOrganizations

Answer = dict[str, Any]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsOrganizations]:
    """An organization in AWS."""
    with aws_organizations(monkeypatch) as made:
        yield made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that no server has open."""
    path = tmp_path / "larum-data"
    larum.Service(path).close()
    return path


def synced(aws: AwsOrganizations, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `larum organizations sync`."""
    reading = ("--organizations-endpoint-url", aws.url, "--data", str(data))
    return type_larum("organizations", "sync", *reading, *words, cwd=data.parent)


def changes(aws: AwsOrganizations, data: Path, *words: str) -> list[tuple[str, str]]:
    """Return what a sync, which must succeed, says it changed."""
    done = synced(aws, data, "--output", "json", *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["changes"]
    return [(each["action"], each["resource"]) for each in told]


def directory(data: Path) -> tuple[dict[str, str], dict[str, Answer]]:
    """Return the units, ids by path, and the accounts of the organization by id."""
    with larum.Service(data) as service:
        units = describe(service)["organizationalUnits"]
        client = service.client("larum")
        pages = client.get_paginator("list_accounts").paginate()
        items = [item for page in pages for item in page["items"]]
        client.close()
    paths = {each["path"]: each["organizationalUnitId"] for each in units}
    return paths, {each["accountId"]: each for each in items if "organizationId" in each}


def opened(data: Path, account: str, **coverage: list[str]) -> str:
    """Return the id of a new membership of an account."""
    with larum.Service(data) as service:
        client: Any = service.client(account=account)
        made: str = client.create_membership(**smallest())["membershipId"]
        if coverage:
            client.update_membership(
                membershipId=made, membershipAccountsConfigurationsUpdate=coverage
            )
        client.close()
    return made


def relationship(data: Path, holder: str, membership: str, account: str) -> tuple[str, str]:
    """Return how an account stands to a membership of `holder`."""
    with larum.Service(data) as service:
        client = service.client(account=holder)
        (item,) = client.batch_get_member_account_details(
            membershipId=membership, accountIds=[account]
        )["items"]
        client.close()
    return item["relationshipStatus"], item["relationshipType"]


def test_an_organization_is_taken_over_whole(aws: AwsOrganizations, data: Path) -> None:
    """Units with their ids, accounts with place, name, address and status, and who administers."""
    workloads = aws.unit("workloads")
    prod = aws.unit("prod", workloads)
    shop, tools, old = aws.account("Shop", prod), aws.account("Tools"), aws.account("Old")
    aws.client.close_account(AccountId=old)
    aws.register(tools)
    made = changes(aws, data)
    assert made[:2] == [
        ("create-organizational-unit", "workloads"),
        ("create-organizational-unit", "workloads/prod"),
    ]
    units, accounts = directory(data)
    assert units == {"workloads": workloads, "workloads/prod": prod}
    assert accounts.keys() == {ROOT_ACCOUNT, shop, tools, old}
    told = accounts[shop]
    assert (told["name"], told["email"], told["status"]) == ("Shop", "shop@example.com", "ACTIVE")
    assert told["organizationalUnit"] == "workloads/prod"
    assert accounts[old]["status"] == "SUSPENDED"
    with larum.Service(data) as service:
        assert describe(service)["delegatedAdministrator"] == tools
    assert changes(aws, data) == []
    assert "Nothing to change." in synced(aws, data).stderr


def test_coverage_follows_joins_moves_renames_and_leaves(aws: AwsOrganizations, data: Path) -> None:
    """A membership that covers a unit covers who is in it in AWS, however it is called."""
    prod, test = aws.unit("prod"), aws.unit("test")
    shop = aws.account("Shop", test)
    changes(aws, data)
    made = opened(data, ROOT_ACCOUNT, organizationalUnitsToAdd=[prod])

    def stands(account: str) -> tuple[str, str]:
        return relationship(data, ROOT_ACCOUNT, made, account)

    assert stands(shop) == ("Unassociated", "Organization")
    aws.move(shop, test, prod)
    assert changes(aws, data) == [("move-account", shop)]
    assert stands(shop) == ("Associated", "Organization")
    aws.client.update_organizational_unit(OrganizationalUnitId=prod, Name="live")
    assert changes(aws, data) == [("rename-organizational-unit", "prod")]
    assert stands(shop) == ("Associated", "Organization")
    late = aws.account("Late", prod)
    assert changes(aws, data) == [("create-account", late)]
    assert stands(late) == ("Associated", "Organization")
    aws.client.remove_account_from_organization(AccountId=shop)
    assert changes(aws, data) == [("leave-organization", shop)]
    assert stands(shop) == ("Disassociated", "Unrelated")


def test_the_membership_of_a_deregistered_administrator_ends(
    aws: AwsOrganizations, data: Path
) -> None:
    """Deregistered in AWS, its membership is Terminated here, unless the administrator is kept."""
    tools = aws.account("Tools")
    aws.register(tools)
    changes(aws, data)
    opened(data, tools)
    aws.client.deregister_delegated_administrator(
        AccountId=tools, ServicePrincipal="security-ir.amazonaws.com"
    )
    assert changes(aws, data, "--keep-delegated-administrator") == []
    assert changes(aws, data) == [("set-delegated-administrator", "none")]
    with larum.Service(data) as service:
        client = service.client(account=tools)
        (item,) = client.list_memberships()["items"]
        client.close()
    assert item["membershipStatus"] == "Terminated"


def test_each_side_is_called_with_credentials_of_its_own(
    aws: AwsOrganizations, tmp_path: Path
) -> None:
    """A profile reads AWS while the variables of `larum serve` sign for the server."""
    shop = aws.account("Shop")
    (tmp_path / "aws").write_text(
        "[management]\naws_access_key_id = AKIAMANAGEMENT\naws_secret_access_key = s\n"
    )
    with LarumServer(tmp_path / "data") as server:
        environment = server.exports | {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws")}
        done = type_larum(
            *("organizations", "sync", "--aws-profile", "management"),
            *("--organizations-endpoint-url", aws.url, "--endpoint-url", server.url),
            cwd=tmp_path,
            environment=environment,
        )
    assert done.returncode == 0, done.stderr
    assert shop in done.stdout
    assert aws.access_key_ids == {"AKIAMANAGEMENT"}


def test_more_than_a_page_is_read(aws: AwsOrganizations, data: Path) -> None:
    """Accounts and units beyond the first page of each list are there."""
    many = aws.unit("many")
    accounts = {aws.account(f"A{number}", many) for number in range(110)}
    units = {f"many/u{number}" for number in range(25)}
    for path in units:
        aws.unit(path.partition("/")[2], many)
    changes(aws, data)
    found, there = directory(data)
    assert there.keys() == accounts | {ROOT_ACCOUNT}
    assert found.keys() == units | {"many"}


def test_a_dry_run_changes_nothing(aws: AwsOrganizations, data: Path) -> None:
    """It shows what the run would change, who would leave among it, and leaves all as it is."""
    leavers = [aws.account(f"A{number}") for number in range(3)]
    before = directory(data)
    shown = changes(aws, data, "--dry-run")
    assert [action for action, _ in shown] == ["create-account"] * 3 + ["update-account"]
    assert directory(data) == before
    assert changes(aws, data) == shown
    for account in leavers:
        aws.client.remove_account_from_organization(AccountId=account)
    shown = changes(aws, data, "--dry-run")
    assert shown == [("leave-organization", account) for account in sorted(leavers)]


@pytest.mark.parametrize(
    ("operation", "number"),
    [
        ("DescribeOrganization", 1),
        ("ListOrganizationalUnitsForParent", 2),
        ("ListAccountsForParent", 2),
        ("ListAccounts", 1),
        ("ListDelegatedAdministrators", 1),
    ],
)
def test_a_reading_that_fails_changes_nothing(
    aws: AwsOrganizations, data: Path, operation: str, number: int
) -> None:
    """An error at the beginning, in the middle or at the end leaves everything as it was."""
    shop = aws.account("Shop", aws.unit("prod"))
    changes(aws, data)
    before = directory(data)
    aws.client.remove_account_from_organization(AccountId=shop)
    calls = count(1)
    aws.before = lambda called: called == operation and next(calls) == number
    done = synced(aws, data)
    assert done.returncode == 3
    assert "AccessDeniedException" in done.stderr
    assert "Nothing was changed." in done.stderr
    assert directory(data) == before


def test_who_moves_while_it_is_read_does_not_leave(aws: AwsOrganizations, data: Path) -> None:
    """An account that no page had, as it moved in between, is read again and stays covered."""
    one, two = aws.unit("one"), aws.unit("two")
    shop = aws.account("Shop", two)
    changes(aws, data)
    calls = count(1)

    def move_behind_the_reader(operation: str) -> bool:
        # Its old place has not been read yet, and the new one has.
        if operation == "ListAccountsForParent" and next(calls) == 3:
            aws.move(shop, two, one)
        return False

    aws.before = move_behind_the_reader
    assert changes(aws, data) == [("move-account", shop)]
    assert directory(data)[1][shop]["organizationalUnit"] == "one"


def test_what_never_stands_still_changes_nothing(aws: AwsOrganizations, data: Path) -> None:
    """An organization that changes in each reading is given up, and said to have changed."""
    before = directory(data)

    def one_more_each_time(operation: str) -> bool:
        if operation == "ListAccounts":
            aws.account("Newcomer")
        return False

    aws.before = one_more_each_time
    done = synced(aws, data)
    assert done.returncode == 3
    assert "changed while it was read" in done.stderr
    assert directory(data) == before


def test_many_do_not_leave_unasked(aws: AwsOrganizations, data: Path) -> None:
    """Where more than the allowed part would leave nothing changes; asked for, they leave."""
    accounts = [aws.account(f"A{number}") for number in range(9)]
    changes(aws, data)
    before = directory(data)
    for account in accounts[:2]:
        aws.client.remove_account_from_organization(AccountId=account)
    newcomer = aws.account("Newcomer")
    done = synced(aws, data)
    assert done.returncode == 1
    assert "2 of 10 accounts" in done.stderr
    assert directory(data) == before
    assert len(changes(aws, data, "--most-leaving", "20")) == 3
    assert directory(data)[1].keys() == {ROOT_ACCOUNT, newcomer, *accounts[2:]}


def test_units_do_not_vanish_unasked(aws: AwsOrganizations, data: Path) -> None:
    """Units of another organization, whose ids are others, take no unit's place unasked."""
    with larum.Service(data) as service:
        units = ["a", "b", "c"]
        apply(service, {"organization": {"organizationalUnits": units}})
    for name in ("a", "b", "c"):
        aws.unit(name)
    before = directory(data)
    done = synced(aws, data)
    assert done.returncode == 1
    assert "3 of 3 units would go" in done.stderr
    assert directory(data) == before


def test_another_management_account_is_refused(
    aws: AwsOrganizations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile of another organization changes nothing, unless that is what is wanted."""
    data = tmp_path / "larum-data"
    monkeypatch.setenv("LARUM_ROOT_ACCOUNT", "999999999999")
    larum.Service(data, larum.Settings(root_account="999999999999")).close()
    shop = aws.account("Shop")
    done = synced(aws, data)
    assert done.returncode == 1
    assert ROOT_ACCOUNT in done.stderr
    assert "999999999999" in done.stderr
    assert changes(aws, data, "--other-management-account") == [
        ("create-account", account) for account in sorted([ROOT_ACCOUNT, shop])
    ]


def test_what_cannot_be_made_true_is_told_by_account_and_unit(
    aws: AwsOrganizations, data: Path
) -> None:
    """An account that holds a membership of its own is named, and nobody else joins without it."""
    holder = aws.account("Holder")
    aws.account("Other")
    opened(data, holder)
    before = directory(data)
    done = synced(aws, data)
    assert done.returncode == 1
    assert f"account {holder}: Member must not hold a membership of its own" in done.stderr
    assert directory(data) == before
    one, two = aws.unit("A/B"), aws.unit("A\N{DIVISION SLASH}B")
    done = synced(aws, data)
    assert any(f"unit {each}: " in done.stderr for each in (one, two))
    assert directory(data) == before


def test_names_that_do_not_fit_are_made_to_fit(aws: AwsOrganizations, data: Path) -> None:
    """A slash in a unit's name divides no path, and an address that is refused here is left out."""
    unit = aws.unit("R/D")
    aws.client.create_account(AccountName="Odd\tname", Email="odd name@example.com")
    changes(aws, data)
    units, accounts = directory(data)
    assert units == {"R\N{DIVISION SLASH}D": unit}
    (odd,) = (each for each in accounts.values() if each["accountId"] != ROOT_ACCOUNT)
    assert odd["name"] == "Odd name"
    assert "email" not in odd


def test_it_goes_on_and_outlives_a_failure(aws: AwsOrganizations, data: Path) -> None:
    """With --every it reads again and again, says what is wrong, and takes up what came then."""
    aws.account("Shop")
    calls = count(1)
    aws.before = lambda called: called == "ListRoots" and next(calls) == 2
    command = [
        str(Path(sys.executable).with_name("larum")), "organizations", "sync", "--every", "1",
        "--organizations-endpoint-url", aws.url, "--data", str(data),
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ
    ) as running:
        assert running.stdout is not None
        try:
            lines = iter(running.stdout.readline, "")
            assert "create-account" in next(lines)
            assert ROOT_ACCOUNT in next(lines)
            assert "2 changes made." in next(lines)
            late = aws.account("Late")
            assert "refused to be read" in next(lines)
            assert late in next(lines)
        finally:
            running.terminate()
