"""The nine exceptions of create_membership's reference page, in its order: a real cause for each.

boto3 talks to a real service, over HTTP and in process; what it raises is caught as
`client.exceptions.X`, and everything that the model gives to X is looked at: status, members,
headers. Nothing is faked but a disk that fails or is slow.

Source: https://docs.aws.amazon.com/boto3/latest/reference/services/security-ir/client/create_membership.html
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from botocore.config import Config

import larum
from tests.conformance.page import failed_fields, smallest
from tests.edge.doors import Door
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED
from tests.errors.told import check
from tests.store.vfs import Fail, Stall, WatchedDisk, io_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.exceptions import ClientError
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    Start = Callable[..., Door]

MEMBER, STANDALONE = "222222222222", "444455556666"
UNKNOWN_UNIT = "ou-zzzz-zzzzzzzz"
THE_PAGE_NAMES = (
    "ServiceQuotaExceededException",
    "AccessDeniedException",
    "ValidationException",
    "SecurityIncidentResponseNotActiveException",
    "InternalServerException",
    "ThrottlingException",
    "ConflictException",
    "ResourceNotFoundException",
    "InvalidTokenException",
)


@pytest.fixture
def disk() -> Iterator[WatchedDisk]:
    """A disk that can fail."""
    with WatchedDisk() as made:
        yield made


@pytest.fixture(params=["http", "in process"])
def start(request: pytest.FixtureRequest, disk: WatchedDisk) -> Iterator[Start]:
    """Give a function that starts a service, by the arguments of `larum.Service`."""
    with ExitStack() as stack:

        def started(data: Path | None = None, **more: Any) -> Door:
            vfs = disk.name if data is not None else None
            service = larum.Service(data, vfs=vfs, **more)
            door = Door(service, over_http=request.param == "http")
            stack.callback(door.close)
            return door

        yield started


@pytest.fixture
def door(start: Start) -> Door:
    """A service with fresh state: one organization, whose management account is the caller's."""
    return start()


def message_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    """Return what the exception says to a person."""
    return caught.value.response["Error"]["Message"]


def test_all_nine_are_here(door: Door) -> None:
    """The page's exceptions are those of the model, and each is caught below."""
    operation = door.client().meta.service_model.operation_model("CreateMembership")
    assert {each.name for each in operation.error_shapes} == set(THE_PAGE_NAMES)
    source = Path(__file__).read_text("utf-8")
    assert all(f"pytest.raises(client.exceptions.{name})" in source for name in THE_PAGE_NAMES)


# ServiceQuotaExceededException


def test_service_quota_exceeded_by_one_more_membership(door: Door) -> None:
    """An administrator's limit on the memberships of the installation holds until it is raised."""
    door.apply(limits={"memberships": 1})
    other, client = door.client(STANDALONE), door.client()
    made = other.create_membership(**smallest(clientToken="once"))["membershipId"]
    with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
        client.create_membership(**smallest(clientToken="once"))
    assert check(client, caught.value, 402) == {
        "resourceId": ADMINISTRATOR,
        "resourceType": "Membership",
        "serviceCode": "security-ir",
        "quotaCode": "LARUM-MEMBERSHIPS",
    }
    # A repeat needs no room; neither did the refusal use up its token.
    assert other.create_membership(**smallest(clientToken="once"))["membershipId"] == made
    door.apply(limits={"memberships": 2})
    client.create_membership(**smallest(clientToken="once"))


def test_service_quota_exceeded_by_covered_accounts(door: Door) -> None:
    """A limit on the accounts of one membership refuses one that would cover more."""
    door.apply(
        organization={"accounts": [{"id": MEMBER}]}, limits={"coveredAccountsPerMembership": 1}
    )
    client = door.client()
    with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
        client.create_membership(**smallest(coverEntireOrganization=True))
    told = check(client, caught.value, 402)
    assert told["resourceId"]
    assert told["resourceType"] == "Membership"
    assert told["serviceCode"] == "security-ir"
    assert told["quotaCode"] == "LARUM-COVERED-ACCOUNTS"
    assert client.list_memberships()["items"] == []
    client.create_membership(**smallest())


# AccessDeniedException


def test_access_denied_to_a_foreign_membership(door: Door) -> None:
    """A membership of another account is none of the caller's business."""
    foreign = door.client(STANDALONE).create_membership(**smallest())["membershipId"]
    client = door.client()
    with pytest.raises(client.exceptions.AccessDeniedException) as caught:
        client.get_membership(membershipId=foreign)
    assert check(client, caught.value, 403) == {}
    assert message_of(caught) == (
        f"User: arn:aws:iam::{ADMINISTRATOR}:root is not authorized to perform: "
        "security-ir:GetMembership on resource: "
        f"arn:aws:security-ir:us-east-1:{ADMINISTRATOR}:membership/{foreign} because no "
        "identity-based policy allows the security-ir:GetMembership action"
    )


def test_access_denied_to_a_member_account(door: Door) -> None:
    """A plain member of an organization creates nothing; as delegated administrator it does."""
    accounts = [{"id": MEMBER}]
    door.apply(organization={"accounts": accounts})
    client = door.client(MEMBER)
    with pytest.raises(client.exceptions.AccessDeniedException) as caught:
        client.create_membership(**smallest())
    assert check(client, caught.value, 403) == {}
    assert MEMBER in message_of(caught)
    door.apply(organization={"accounts": accounts, "delegatedAdministrator": MEMBER})
    client.create_membership(**smallest())


def test_access_denied_without_trusted_access(door: Door) -> None:
    """Nobody creates a membership in an organization that has switched trusted access off."""
    door.apply(organization={"trustedAccess": False})
    client = door.client()
    with pytest.raises(client.exceptions.AccessDeniedException) as caught:
        client.create_membership(**smallest())
    assert check(client, caught.value, 403) == {}
    assert "Trusted access is off" in message_of(caught)
    door.apply(organization={"trustedAccess": True})
    client.create_membership(**smallest())


# ValidationException


def test_validation_exception(door: Door) -> None:
    """Every failing member is named at once, with the constraint and without the value."""
    client = door.client(config=UNCHECKED)
    team: list[Any] = [
        {"name": "Ana", "jobTitle": "x" * 51, "email": "no address"},
        {"name": "Bo", "jobTitle": "y", "email": "bo@example.com"},
    ]
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.create_membership(membershipName="Ex", incidentResponseTeam=team)
    told = check(client, caught.value, 400)
    assert told["reason"] == "FIELD_VALIDATION_FAILED"
    assert failed_fields(caught.value).keys() == {
        "membershipName",
        "incidentResponseTeam[0].jobTitle",
        "incidentResponseTeam[0].email",
        "incidentResponseTeam[1].name",
    }
    assert all(each.keys() == {"name", "message"} for each in told["fieldList"])
    assert "no address" not in repr(caught.value.response)


# SecurityIncidentResponseNotActiveException


@pytest.mark.parametrize("operation", ["create_membership", "get_membership", "tag_resource"])
def test_not_active_in_a_region_that_is_not_served(door: Door, operation: str) -> None:
    """In a Region that the service does not serve, it is not active."""
    client = door.client(region="eu-north-1")
    arn = f"arn:aws:security-ir:eu-north-1:{ADMINISTRATOR}:membership/m-aaaaaaaaaaaa"
    params: dict[str, Any] = {
        "create_membership": smallest(),
        "get_membership": {"membershipId": "m-aaaaaaaaaaaa"},
        "tag_resource": {"resourceArn": arn, "tags": {"a": "b"}},
    }[operation]
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException) as caught:
        getattr(client, operation)(**params)
    assert check(client, caught.value, 400) == {}
    assert "eu-north-1" in message_of(caught)


def test_not_active_where_it_is_switched_off(door: Door) -> None:
    """An administrator switches the service off for an account, and on again."""
    door.apply(accounts=[{"id": STANDALONE, "serviceOn": False}])
    client = door.client(STANDALONE)
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException) as caught:
        client.create_membership(**smallest())
    assert check(client, caught.value, 400) == {}
    assert STANDALONE in message_of(caught)
    door.apply(accounts=[{"id": STANDALONE, "serviceOn": True}])
    client.create_membership(**smallest())


# InternalServerException


def test_internal_server_exception(start: Start, disk: WatchedDisk, tmp_path: Path) -> None:
    """A disk that fails is told as unknown outcome; nothing more is written until a restart."""
    door = start(tmp_path)
    client = door.client()
    disk.before = Fail("sync", error=io_error(apsw.SQLITE_IOERR_FSYNC))
    with pytest.raises(client.exceptions.InternalServerException) as caught:
        client.create_membership(**smallest(clientToken="once"))
    assert check(client, caught.value, 500) == {"retryAfterSeconds": 1}
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    assert "same clientToken" in message_of(caught)
    disk.before = lambda _kind, _name: None
    with pytest.raises(client.exceptions.InternalServerException) as caught:
        client.create_membership(**smallest(clientToken="once"))
    assert "until the server is restarted" in message_of(caught)
    door.close()
    client = start(tmp_path).client()
    made = [client.create_membership(**smallest(clientToken="once")) for _ in range(2)]
    assert len({each["membershipId"] for each in made}) == 1
    assert len(client.list_memberships()["items"]) == 1


# ThrottlingException


def write_often(client: SecurityIncidentResponseClient) -> None:
    """Send the same write more often than once a second, well beyond AWS's burst."""
    for _ in range(20):
        client.create_membership(**smallest(clientToken="once"))


def test_throttling_exception(start: Start) -> None:
    """With AWS's own limits a burst of writes is refused, and told when to come back."""
    door = start(settings=larum.Settings(throttle="aws"))
    client = door.client()
    with pytest.raises(client.exceptions.ThrottlingException) as caught:
        write_often(client)
    told = check(client, caught.value, 429)
    assert told.pop("quotaCode")
    assert told == {"serviceCode": "security-ir", "retryAfterSeconds": 1}
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["retry-after"] == "1"
    assert 1 <= int(headers["x-amz-retry-after"]) <= 1000
    # Each account has limits of its own.
    door.client(STANDALONE).create_membership(**smallest())


def test_throttling_exception_is_survived_by_retries(start: Start) -> None:
    """A client with boto3's own retries comes back when it is told to, and gets its answers."""
    client = start(settings=larum.Settings(throttle="aws")).client(config=Config())
    answers = [client.create_membership(**smallest(clientToken="once")) for _ in range(4)]
    assert len({each["membershipId"] for each in answers}) == 1
    assert sum(each["ResponseMetadata"]["RetryAttempts"] for each in answers) > 0


# ConflictException


def test_conflict_of_a_second_membership(door: Door) -> None:
    """A second membership is refused, naming the one that there is."""
    client = door.client()
    made = client.create_membership(**smallest())["membershipId"]
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**smallest())
    assert check(client, caught.value, 409) == {"resourceId": made, "resourceType": "Membership"}


def test_conflict_of_a_token_with_other_parameters(door: Door) -> None:
    """A token that was used with other parameters is refused, naming what it made."""
    client = door.client()
    made = client.create_membership(**smallest(clientToken="once"))["membershipId"]
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**smallest(clientToken="once", tags={"canary": "value"}))
    assert check(client, caught.value, 409) == {"resourceId": made, "resourceType": "Membership"}
    assert "clientToken" in message_of(caught)
    assert "canary" not in message_of(caught)


def test_conflict_of_a_duplicate_responder(door: Door) -> None:
    """The same address twice, in whatever letter case, is refused without telling the address."""
    client = door.client()
    params = smallest()
    params["incidentResponseTeam"][1]["email"] = "ANA@Example.com"
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**params)
    assert check(client, caught.value, 409)["resourceType"] == "IncidentResponder"
    assert "example.com" not in repr(caught.value.response).lower()
    assert client.list_memberships()["items"] == []


# ResourceNotFoundException


def test_resource_not_found_for_an_account_without_organization(door: Door) -> None:
    """An account in no organization cannot cover an entire one."""
    client = door.client(STANDALONE)
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.create_membership(**smallest(coverEntireOrganization=True))
    assert check(client, caught.value, 404) == {}
    assert STANDALONE in message_of(caught)
    assert client.list_memberships()["items"] == []


def test_resource_not_found_for_an_unknown_unit(door: Door) -> None:
    """UpdateMembership names an organizational unit that the organization has not."""
    client = door.client()
    made = client.create_membership(**smallest())["membershipId"]
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.update_membership(
            membershipId=made,
            membershipAccountsConfigurationsUpdate={"organizationalUnitsToAdd": [UNKNOWN_UNIT]},
        )
    assert check(client, caught.value, 404) == {}
    assert UNKNOWN_UNIT in message_of(caught)


# InvalidTokenException


def test_invalid_token_exception(start: Start, disk: WatchedDisk, tmp_path: Path) -> None:
    """A token whose request still runs is 423 after the wait; later it has that one's answer."""
    door = start(tmp_path, settings=larum.Settings(in_flight_wait=0.2))
    first, client = door.client(), door.client()
    answers: list[str] = []

    def create() -> None:
        answers.append(first.create_membership(**smallest(clientToken="once"))["membershipId"])

    with Stall("sync") as stall:
        disk.before = stall
        running = threading.Thread(target=create)
        running.start()
        assert stall.reached.wait(10)
        with pytest.raises(client.exceptions.InvalidTokenException) as caught:
            client.create_membership(**smallest(clientToken="once"))
    running.join(10)
    assert check(client, caught.value, 423) == {}
    assert answers == [client.create_membership(**smallest(clientToken="once"))["membershipId"]]
