"""The exceptions of create_membership's reference page, one after the other: a real cause for each.

boto3 talks to a real server; what it raises is caught as `client.exceptions.X`, and everything that
the model gives to X is looked at: status, members, headers. ServiceQuotaExceededException has no
cause before there are quotas.

Source: https://docs.aws.amazon.com/boto3/latest/reference/services/security-ir/client/create_membership.html
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from botocore.config import Config

from larum.service import Service
from larum.settings import Settings
from tests.conformance.page import failed_fields, refusal_of, smallest
from tests.edge.larum_servers import ADMINISTRATOR, ONE_ATTEMPT, UNCHECKED, boto3_client, in_thread
from tests.store.vfs import Fail, Stall, WatchedDisk, io_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from botocore.exceptions import ClientError
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    Connect = Callable[..., SecurityIncidentResponseClient]

STANDALONE = "444455556666"


@contextmanager
def serving(service: Service) -> Iterator[Connect]:
    """Serve `service` over HTTP; give a function that makes clients by account and Region."""
    with ExitStack() as stack:
        stack.callback(service.close)
        url = stack.enter_context(in_thread(service))

        def connect(
            account: str = ADMINISTRATOR,
            region: str = "us-east-1",
            config: Config = ONE_ATTEMPT,
        ) -> SecurityIncidentResponseClient:
            key = service.installation.root_access_key(account, datetime.now(UTC))
            made = boto3_client(url, key, region=region, config=config)
            stack.callback(made.close)
            return made

        yield connect


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Clients of a server with fresh state."""
    with serving(Service()) as made:
        yield made


def check(error: ClientError, status: int, code: str) -> dict[str, Any]:
    """Check what every exception must carry; return its other members."""
    told = refusal_of(error)
    metadata = error.response["ResponseMetadata"]
    headers = metadata["HTTPHeaders"]
    assert metadata["HTTPStatusCode"] == status
    assert headers["x-amzn-errortype"] == code
    assert headers["content-type"] == "application/json"
    assert len(metadata["RequestId"]) == 36
    assert told.pop("Error") == {"Code": code, "Message": told["message"]}
    assert told.pop("message")
    return told


def test_validation_exception(connect: Connect) -> None:
    """Every failing member is named at once, with the constraint and without the value."""
    client = connect(config=UNCHECKED)
    team: list[Any] = [
        {"name": "Ana", "jobTitle": "x" * 51, "email": "no address"},
        {"name": "Bo", "jobTitle": "y", "email": "bo@example.com"},
    ]
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.create_membership(membershipName="Ex", incidentResponseTeam=team)
    told = check(caught.value, 400, "ValidationException")
    assert told.keys() == {"reason", "fieldList"}
    assert told["reason"] == "FIELD_VALIDATION_FAILED"
    assert failed_fields(caught.value).keys() == {
        "membershipName",
        "incidentResponseTeam[0].jobTitle",
        "incidentResponseTeam[0].email",
        "incidentResponseTeam[1].name",
    }
    assert all(each.keys() == {"name", "message"} for each in told["fieldList"])
    assert "no address" not in repr(caught.value.response)


def test_conflict_exception_of_a_second_membership(connect: Connect) -> None:
    """A second membership is refused, naming the one that there is."""
    client = connect()
    made = client.create_membership(**smallest())["membershipId"]
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**smallest())
    told = check(caught.value, 409, "ConflictException")
    assert told == {"resourceId": made, "resourceType": "Membership"}


def test_conflict_exception_of_a_token_with_other_parameters(connect: Connect) -> None:
    """A token that was used with other parameters is refused, naming what it made."""
    client = connect()
    made = client.create_membership(**smallest(clientToken="once"))["membershipId"]
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**smallest(clientToken="once", tags={"canary": "value"}))
    told = check(caught.value, 409, "ConflictException")
    assert told == {"resourceId": made, "resourceType": "Membership"}
    message = caught.value.response["Error"]["Message"]
    assert "clientToken" in message
    assert "canary" not in message


def test_conflict_exception_of_a_duplicate_responder(connect: Connect) -> None:
    """The same address twice, in whatever letter case, is refused without telling the address."""
    client = connect()
    params = smallest()
    params["incidentResponseTeam"][1]["email"] = "ANA@Example.com"
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.create_membership(**params)
    told = check(caught.value, 409, "ConflictException")
    assert told.keys() == {"resourceId", "resourceType"}
    assert told["resourceType"] == "IncidentResponder"
    assert "example.com" not in repr(caught.value.response).lower()
    assert client.list_memberships()["items"] == []


def test_access_denied_exception(connect: Connect) -> None:
    """A membership of another account is none of the caller's business."""
    foreign = connect(STANDALONE).create_membership(**smallest())["membershipId"]
    client = connect()
    with pytest.raises(client.exceptions.AccessDeniedException) as caught:
        client.get_membership(membershipId=foreign)
    assert check(caught.value, 403, "AccessDeniedException") == {}
    assert caught.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{ADMINISTRATOR}:root is not authorized to perform: "
        "security-ir:GetMembership on resource: "
        f"arn:aws:security-ir:us-east-1:{ADMINISTRATOR}:membership/{foreign} because no "
        "identity-based policy allows the security-ir:GetMembership action"
    )


@pytest.mark.parametrize("operation", ["create_membership", "get_membership", "tag_resource"])
def test_security_incident_response_not_active_exception(connect: Connect, operation: str) -> None:
    """In a Region that the server does not serve, the service is not active."""
    client = connect(region="eu-north-1")
    arn = f"arn:aws:security-ir:eu-north-1:{ADMINISTRATOR}:membership/m-aaaaaaaaaaaa"
    params: dict[str, Any] = {
        "create_membership": smallest(),
        "get_membership": {"membershipId": "m-aaaaaaaaaaaa"},
        "tag_resource": {"resourceArn": arn, "tags": {"a": "b"}},
    }[operation]
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException) as caught:
        getattr(client, operation)(**params)
    assert check(caught.value, 400, "SecurityIncidentResponseNotActiveException") == {}
    assert "eu-north-1" in caught.value.response["Error"]["Message"]


def write_often(client: SecurityIncidentResponseClient) -> None:
    """Send the same write more often than once a second, well beyond AWS's burst."""
    for _ in range(20):
        client.create_membership(**smallest(clientToken="once"))


def test_throttling_exception() -> None:
    """With AWS's own limits a burst of writes is refused, and told when to come back."""
    with serving(Service(settings=Settings(throttle="aws"))) as connect:
        client = connect()
        with pytest.raises(client.exceptions.ThrottlingException) as caught:
            write_often(client)
        told = check(caught.value, 429, "ThrottlingException")
        assert told.pop("retryAfterSeconds") == 1
        assert told.keys() == {"serviceCode", "quotaCode"}
        assert told["serviceCode"] == "security-ir"
        assert told["quotaCode"]
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert headers["retry-after"] == "1"
        assert 1 <= int(headers["x-amz-retry-after"]) <= 1000
        # Each account has limits of its own.
        connect(STANDALONE).create_membership(**smallest())


def test_throttling_exception_is_survived_by_retries() -> None:
    """A client with boto3's own retries comes back when it is told to, and gets its answers."""
    with serving(Service(settings=Settings(throttle="aws"))) as connect:
        client = connect(config=Config())
        answers = [client.create_membership(**smallest(clientToken="once")) for _ in range(4)]
        assert len({each["membershipId"] for each in answers}) == 1
        assert sum(each["ResponseMetadata"]["RetryAttempts"] for each in answers) > 0


def test_internal_server_exception(tmp_path: Path) -> None:
    """A disk that fails is told as unknown outcome, with Retry-After; then nothing is written."""
    with WatchedDisk() as disk, serving(Service(tmp_path, vfs=disk.name)) as connect:
        client = connect()
        disk.before = Fail("sync", error=io_error(apsw.SQLITE_IOERR_FSYNC))
        with pytest.raises(client.exceptions.InternalServerException) as caught:
            client.create_membership(**smallest(clientToken="once"))
        told = check(caught.value, 500, "InternalServerException")
        assert told == {"retryAfterSeconds": 1}
        assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
        assert "same clientToken" in caught.value.response["Error"]["Message"]
        disk.before = lambda _kind, _name: None
        with pytest.raises(client.exceptions.InternalServerException) as caught:
            client.create_membership(**smallest(clientToken="once"))
        assert "until the server is restarted" in caught.value.response["Error"]["Message"]


def test_internal_server_exception_is_over_after_a_restart(tmp_path: Path) -> None:
    """After the restart the same token gets its membership: there is one, whatever had happened."""
    with WatchedDisk() as disk, serving(Service(tmp_path, vfs=disk.name)) as connect:
        client = connect()
        disk.before = Fail("sync", error=io_error(apsw.SQLITE_IOERR_FSYNC))
        with pytest.raises(client.exceptions.InternalServerException):
            client.create_membership(**smallest(clientToken="once"))
        disk.before = lambda _kind, _name: None
    with serving(Service(tmp_path)) as connect:
        client = connect()
        made = [client.create_membership(**smallest(clientToken="once")) for _ in range(2)]
        assert len({each["membershipId"] for each in made}) == 1
        assert len(client.list_memberships()["items"]) == 1


def test_invalid_token_exception(tmp_path: Path) -> None:
    """A token whose request still runs is 423 after the wait; later it has that one's answer."""
    settings = Settings(in_flight_wait=0.2)
    answers: list[str] = []
    with WatchedDisk() as disk, serving(Service(tmp_path, settings, vfs=disk.name)) as connect:
        first, second = connect(), connect()

        def create() -> None:
            answers.append(first.create_membership(**smallest(clientToken="once"))["membershipId"])

        with Stall("sync") as stall:
            disk.before = stall
            running = threading.Thread(target=create)
            running.start()
            assert stall.reached.wait(10)
            with pytest.raises(second.exceptions.InvalidTokenException) as caught:
                second.create_membership(**smallest(clientToken="once"))
        running.join(10)
        assert check(caught.value, 423, "InvalidTokenException") == {}
        again = second.create_membership(**smallest(clientToken="once"))["membershipId"]
        assert answers == [again]


def test_resource_not_found_exception(connect: Connect) -> None:
    """An account in no organization cannot cover an entire one."""
    client = connect(STANDALONE)
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.create_membership(**smallest(coverEntireOrganization=True))
    assert check(caught.value, 404, "ResourceNotFoundException") == {}
    assert STANDALONE in caught.value.response["Error"]["Message"]
    assert client.list_memberships()["items"] == []
