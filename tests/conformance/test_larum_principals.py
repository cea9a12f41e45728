"""Users and their access keys: who they are, how they end, and that they never reach further."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import larum
from larum.domain.principals import USERS_OF_AN_ACCOUNT, AccessKey, Principal, UniqueId
from larum.edge import api_client
from larum.store import access_keys
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, refusal_of
from tests.edge.larum_servers import LarumServer, boto3_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

UNKNOWN = "UnrecognizedClientException"


@contextmanager
def signing(connect: Instance, key: Mapping[str, Any]) -> Iterator[SecurityIncidentResponseClient]:
    """Give a boto3 client that signs with a key as CreateAccessKey answered it."""
    if isinstance(connect, larum.Service):
        client = api_client.isolated_client(
            "security-ir",
            region_name="us-east-1",
            aws_access_key_id=key["accessKeyId"],
            aws_secret_access_key=key["secretAccessKey"],
        )
        connect.attach(client)
    else:
        assert isinstance(connect, LarumServer)
        made = AccessKey(key["accessKeyId"], key["secretAccessKey"], Principal.root("0" * 12))
        client = boto3_client(connect.url, made)
    yield client
    client.close()


def refused(client: SecurityIncidentResponseClient) -> tuple[str, str]:
    """Return code and message of the refusal of a call that nobody but root may do."""
    with pytest.raises(ClientError) as caught:
        client.list_memberships()
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def made_key(administrator: LarumClient, account: str, name: str = "analyst") -> dict[str, Any]:
    """Return a new key of a new user."""
    administrator.create_user(accountId=account, userName=name)
    made: dict[str, Any] = administrator.create_access_key(accountId=account, userName=name)
    return made["accessKey"]  # type: ignore[no-any-return]  # as the model says


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    """Return the code of a refusal."""
    return str(caught.value.response["Error"]["Code"])


def test_users_are_made_shown_listed_and_removed(administrator: LarumClient, account: str) -> None:
    """A user is told as IAM tells it, pages are by name, and who is removed is gone."""
    for name in ("b.b@example.com", "C", "a"):
        user = administrator.create_user(accountId=account, userName=name)["user"]
        assert user["arn"] == f"arn:aws:iam::{account}:user/{name}"
        assert (user["path"], user["userName"], user["userId"][:4]) == ("/", name, "AIDA")
        assert administrator.get_user(accountId=account, userName=name)["user"] == user
    pages = administrator.get_paginator("list_users").paginate(
        accountId=account, PaginationConfig={"PageSize": 2}
    )
    assert [[each["userName"] for each in page["users"]] for page in pages] == [
        ["a", "b.b@example.com"], ["C"]
    ]  # fmt: skip
    administrator.delete_user(accountId=account, userName="C")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.get_user(accountId=account, userName="C")


def test_the_caller_s_own_account_is_meant_where_none_is_named(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """Without accountId it is the administrator account's user; nobody else's list has it."""
    name = f"own-{account}"
    user = administrator.create_user(userName=name)["user"]
    assert user["arn"].split(":")[4] == "123456789012"
    assert administrator.list_users(accountId=account)["users"] == []
    assert connect is not None


def test_a_key_signs_until_it_is_disabled(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """Active it names its user, and the first call after UpdateAccessKey is refused, and back."""
    key = made_key(administrator, account)
    named = {"accountId": account, "userName": "analyst", "accessKeyId": key["accessKeyId"]}
    arn = f"arn:aws:iam::{account}:user/analyst"
    with signing(connect, key) as client:
        for _ in range(3):
            code, message = refused(client)
            assert (code, message.startswith(f"User: {arn} is not")) == (
                "AccessDeniedException", True
            )  # fmt: skip
            administrator.update_access_key(**named, status="Inactive")
            assert refused(client)[0] == UNKNOWN
            assert refused(client)[0] == UNKNOWN
            administrator.update_access_key(**named, status="Active")


def test_a_deleted_key_is_refused_at_once(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """The first call after DeleteAccessKey is refused as one with a key that never was."""
    key = made_key(administrator, account)
    with signing(connect, key) as client:
        assert refused(client)[0] == "AccessDeniedException"
        administrator.delete_access_key(
            accountId=account, userName="analyst", accessKeyId=key["accessKeyId"]
        )
        told = refused(client)
    with signing(connect, key | {"accessKeyId": "LARU2222222222222222"}) as client:
        assert told == refused(client)
    assert told[0] == UNKNOWN


def test_a_user_of_one_account_does_nothing_in_another(
    connect: Instance, administrator: LarumClient, account: str, stranger: str
) -> None:
    """Users may do nothing, in their own account or in others, of security-ir or of larum."""
    key = made_key(administrator, account)
    with signing(connect, key) as client:
        for act in (
            lambda: client.get_membership(membershipId="m-0000000000000000"),
            lambda: client.create_case(
                title="t", description="d", resolverType="Self", watchers=[],
                engagementType="Investigation", reportedIncidentStartDate="2026-11-01",
                impactedAccounts=[],
            ),
            lambda: client.tag_resource(
                resourceArn=f"arn:aws:security-ir:us-east-1:{stranger}:case/1234567890",
                tags={"a": "b"},
            ),
        ):  # fmt: skip
            with pytest.raises(client.exceptions.AccessDeniedException):
                act()


def test_the_secret_is_shown_once(administrator: LarumClient, account: str) -> None:
    """No list has it, and the repeat of a request answers with the same key, without it."""
    administrator.create_user(accountId=account, userName="analyst")
    named = {"accountId": account, "userName": "analyst"}
    first = administrator.create_access_key(**named, clientToken="one")["accessKey"]
    again = administrator.create_access_key(**named, clientToken="one")["accessKey"]
    listed = administrator.list_access_keys(**named)["accessKeyMetadata"]
    assert again == {name: each for name, each in first.items() if name != "secretAccessKey"}
    assert listed == [again]
    assert len(first["secretAccessKey"]) == 40


def test_a_repeated_creation_is_one_user(administrator: LarumClient, account: str) -> None:
    """The same clientToken answers with the same user; of one deleted since it finds none."""
    named = {"accountId": account, "userName": "analyst", "clientToken": "one"}
    first = administrator.create_user(**named)["user"]
    assert administrator.create_user(**named)["user"] == first
    administrator.delete_user(accountId=account, userName="analyst")
    administrator.create_user(accountId=account, userName="analyst")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.create_user(**named)


def test_a_user_has_two_keys_at_most(administrator: LarumClient, account: str) -> None:
    """The third is refused by quota, though one of the two is Inactive, until one is deleted."""
    first = made_key(administrator, account)["accessKeyId"]
    named = {"accountId": account, "userName": "analyst"}
    administrator.update_access_key(**named, accessKeyId=first, status="Inactive")
    second = administrator.create_access_key(**named)["accessKey"]["accessKeyId"]
    with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
        administrator.create_access_key(**named)
    refusal = refusal_of(caught.value)
    assert (refusal["quotaCode"], refusal["resourceType"]) == ("LARUM-ACCESS-KEYS", "AccessKey")
    administrator.delete_access_key(**named, accessKeyId=first)
    administrator.create_access_key(**named)
    pages = administrator.get_paginator("list_access_keys").paginate(
        **named, PaginationConfig={"PageSize": 1}
    )
    listed = [each["accessKeyId"] for page in pages for each in page["accessKeyMetadata"]]
    assert (len(listed), listed[0]) == (2, second)


def test_an_account_has_a_bounded_number_of_users(
    account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user beyond the quota is refused, and is not there."""
    assert USERS_OF_AN_ACCOUNT == 5_000
    monkeypatch.setattr("larum.operations.principals.USERS_OF_AN_ACCOUNT", 2)
    with larum.Service() as service:
        client = larum_client(service)
        for name in ("a", "b"):
            client.create_user(userName=name)
        with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
            client.create_user(userName="c")
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-USERS"
        assert [each["userName"] for each in client.list_users()["users"]] == ["a", "b"]
        client.close()
    assert account


def test_names_differ_in_more_than_case(administrator: LarumClient, account: str) -> None:
    """A name is taken in whatever case it is written, and found only as it was written."""
    administrator.create_user(accountId=account, userName="Analyst")
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.create_user(accountId=account, userName="aNALYST")
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.get_user(accountId=account, userName="analyst")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "a:b", "*", "a\n", "x" * 65])
def test_a_name_that_iam_does_not_take_is_refused(administrator: LarumClient, name: str) -> None:
    """What could be mistaken for a part of an ARN, or for a pattern, is no name."""
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.create_user(userName=name)
    assert set(failed_fields(caught.value)) == {"userName"}


def test_a_user_with_keys_is_not_deleted(administrator: LarumClient, account: str) -> None:
    """IAM's rule: first the keys, then the user; so no key ever outlives its user."""
    key = made_key(administrator, account)["accessKeyId"]
    named = {"accountId": account, "userName": "analyst"}
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.delete_user(**named)
    administrator.delete_access_key(**named, accessKeyId=key)
    administrator.delete_user(**named)


def test_a_key_is_only_its_own_user_s(
    administrator: LarumClient, account: str, stranger: str, connect: Instance
) -> None:
    """Named with another user or account, a key looks like one that never was, and stays."""
    key = made_key(administrator, account)
    administrator.create_user(accountId=account, userName="other")
    if isinstance(connect, larum.Service):
        connect.client(account=stranger).close()
    administrator.create_user(accountId=stranger, userName="analyst")
    for whose in (
        {"accountId": account, "userName": "other"},
        {"accountId": stranger, "userName": "analyst"},
    ):
        for found in (key["accessKeyId"], "LARU2222222222222222"):
            with pytest.raises(administrator.exceptions.ResourceNotFoundException) as caught:
                administrator.delete_access_key(**whose, accessKeyId=found)
            told = caught.value.response["Error"]["Message"]
            assert told == f"User {whose['userName']} has no such access key."
            with pytest.raises(administrator.exceptions.ResourceNotFoundException):
                administrator.update_access_key(**whose, accessKeyId=found, status="Inactive")
    with signing(connect, key) as client:
        assert refused(client)[0] == "AccessDeniedException"


def test_an_account_that_is_not_there_has_no_users(administrator: LarumClient) -> None:
    """Every operation says so instead of making it."""
    named = {"accountId": "999999999999", "userName": "a"}
    for act in (administrator.create_user, administrator.get_user, administrator.create_access_key):
        with pytest.raises(administrator.exceptions.ResourceNotFoundException) as caught:
            act(**named)
        assert code_of(caught) == "ResourceNotFoundException"


def test_ids_of_users_look_like_iam_s() -> None:
    """Twenty-one characters that begin with AIDA, of eleven random bytes."""
    assert UniqueId.USER.of(bytes(11)) == "AIDA" + "A" * 17
    assert len(UniqueId.USER.of(b"\xff" * 11)) == 21


def test_the_audit_of_the_user_s_account_has_the_key_and_not_its_secret() -> None:
    """What was done to a user stands in the chain of its account, made keys by their ids."""
    account = "222222222222"
    sql = "SELECT record FROM audit_records WHERE account = :account ORDER BY sequence"
    with larum.Service() as service:
        service.client(account=account).close()
        client = larum_client(service)
        key = made_key(client, account)
        client.close()
        rows = service.engine.read(lambda tx: tx.rows(sql, {"account": account}))
    records = [json.loads(record) for (record,) in rows]
    assert [each["eventName"] for each in records] == ["CreateUser", "CreateAccessKey"]
    assert records[1]["resources"] == [f"arn:aws:iam::{account}:user/analyst"]
    assert records[1]["userIdentity"]["accountId"] == "123456789012"
    assert records[1]["responseElements"]["accessKey"]["accessKeyId"] == key["accessKeyId"]
    assert key["secretAccessKey"] not in json.dumps(records)


def test_when_a_key_was_used_last_is_told(
    connect: Instance, administrator: LarumClient, account: str, stranger: str
) -> None:
    """Never, then its last call's time, service and Region; of the named account's keys alone."""
    key = made_key(administrator, account)["accessKeyId"]
    named = {"accountId": account, "accessKeyId": key}
    told = administrator.get_access_key_last_used(**named)
    assert told["userName"] == "analyst"
    assert told["accessKeyLastUsed"] == {"serviceName": "N/A", "region": "N/A"}
    again = administrator.create_access_key(accountId=account, userName="analyst")["accessKey"]
    with signing(connect, again) as client:
        before = datetime.now(UTC) - timedelta(seconds=1)
        refused(client)
    told = administrator.get_access_key_last_used(**named | {"accessKeyId": again["accessKeyId"]})
    used = told["accessKeyLastUsed"]
    assert (used["serviceName"], used["region"]) == ("security-ir", "us-east-1")
    assert before <= used["lastUsedDate"] <= datetime.now(UTC) + timedelta(seconds=1)
    if isinstance(connect, larum.Service):
        connect.client(account=stranger).close()
    for whose in (stranger, "999999999999"):
        with pytest.raises(administrator.exceptions.ResourceNotFoundException):
            administrator.get_access_key_last_used(**named | {"accountId": whose})


def test_last_use_outlives_the_process(tmp_path: Path) -> None:
    """What was remembered is written down when the service stops; the root's key has no user."""
    with larum.Service(tmp_path) as service:
        key = service.installation.shown_key
        assert key is not None
        larum_client(service).list_users()
    with larum.Service(tmp_path) as service:
        found = service.engine.read(
            lambda tx: access_keys.last_use(tx, "123456789012", key.access_key_id)
        )
        assert found is not None
        assert found[1] is not None
        assert found[1].service == "larum"
        client = larum_client(service)
        told = client.get_access_key_last_used(accessKeyId=key.access_key_id)
        assert "userName" not in told
        client.close()
