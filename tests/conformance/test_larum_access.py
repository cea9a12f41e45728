"""Who may call the second model: the administrator account's root, signed for `larum`, alone."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

import larum
from larum.operations import LARUM_OPERATIONS
from larum.settings import Settings
from tests.conformance.larum_clients import larum_client, member
from tests.conformance.signed_requests import IN_PROCESS, Wire, error_of, signed, told, unsigned
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED, in_thread
from tests.wire.examples import example
from tests.wire.raw_requests import raw_request
from tests.wire.services import LARUM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.domain.principals import AccessKey
    from larum.store.engine import Transaction
    from larum.wire.http import HttpRequest, HttpResponse
    from tests.wire.raw_requests import RawRequest

    Send = Callable[[HttpRequest], HttpResponse]

NAMES = sorted(LARUM_OPERATIONS)
STANDALONE, MEMBER = member(1)["id"], member(2)["id"]


@pytest.fixture(scope="module")
def service() -> Iterator[larum.Service]:
    """A service with a member account that is its delegated administrator, and a standalone one."""
    with larum.Service() as made:
        client = larum_client(made)
        organization = {"accounts": [{"id": MEMBER}], "delegatedAdministrator": MEMBER}
        client.apply_directory(
            directory={"organization": organization, "accounts": [{"id": STANDALONE}]}
        )
        client.close()
        yield made


@pytest.fixture(params=["http", "embedded"])
def door(request: pytest.FixtureRequest, service: larum.Service) -> Iterator[tuple[Send, str]]:
    """The way in, and the URL to sign for."""
    if request.param == "embedded":
        yield service.handle, IN_PROCESS
        return
    with in_thread(service) as url, Wire(url) as wire:
        yield wire, url


def key_of(service: larum.Service, account: str) -> AccessKey:
    """Return the root key of an account."""
    return service.installation.root_access_key(account, datetime.now(UTC))


def request_of(operation: str) -> RawRequest:
    """Return a valid request of an operation."""
    params = {
        name: each for name, each in example(f"larum:{operation}").items() if name != "nextToken"
    }
    return raw_request(LARUM.operations[operation], params)


# It names no account: everybody asks for the key with which their own chain is checked.
OF_EVERYBODY = {"GetAuditKey"}


@pytest.mark.parametrize("operation", sorted(set(NAMES) - OF_EVERYBODY))
@pytest.mark.parametrize("account", [STANDALONE, MEMBER])
def test_only_the_administrator_is_let_in(
    service: larum.Service, door: tuple[Send, str], operation: str, account: str
) -> None:
    """Every operation refuses the root of any other account, the delegated administrator's too."""
    send, url = door
    response = send(signed(request_of(operation), key_of(service, account), url, service="larum"))
    assert (response.status, error_of(response)) == (403, "AccessDeniedException")
    assert f"is not authorized to perform: larum:{operation} on" in told(response)["message"]
    assert service.engine.read(accounts_of) == sorted([ADMINISTRATOR, STANDALONE, MEMBER])


def accounts_of(tx: Transaction) -> list[str]:
    """Return all accounts."""
    return sorted(account for (account,) in tx.rows("SELECT account FROM accounts", {}))


@pytest.mark.parametrize("operation", NAMES)
def test_the_administrator_is_let_in(
    service: larum.Service, door: tuple[Send, str], operation: str
) -> None:
    """The same request, signed by the administrator account's root, gets past authorization."""
    send, url = door
    key = key_of(service, ADMINISTRATOR)
    response = send(signed(request_of(operation), key, url, service="larum"))
    assert error_of(response) in {
        None,
        "ConflictException",
        "ResourceNotFoundException",
        "SecurityIncidentResponseNotActiveException",
    }


@pytest.mark.parametrize("operation", NAMES)
def test_what_is_not_signed_for_this_service_is_refused(
    service: larum.Service, door: tuple[Send, str], operation: str
) -> None:
    """No signature, one of a wrong secret, and one for the other service open no route."""
    send, url = door
    raw, key = request_of(operation), key_of(service, ADMINISTRATOR)
    nothing = send(unsigned(raw, url))
    assert (nothing.status, error_of(nothing)) == (403, "MissingAuthenticationTokenException")
    wrong = replace(key, secret_access_key=key.secret_access_key[::-1])
    for refused in (
        send(signed(raw, wrong, url, service="larum")),
        send(signed(raw, key, url, service="security-ir")),
    ):
        assert (refused.status, error_of(refused)) == (403, "InvalidSignatureException")


def test_a_signature_for_this_service_opens_no_other(service: larum.Service) -> None:
    """What was signed for `larum` is refused where `security-ir` is expected."""
    raw = type(request_of("ListAccounts"))("POST", "/v1/memberships", "", "application/json", b"{}")
    key = key_of(service, ADMINISTRATOR)
    assert service.handle(signed(raw, key)).status == 200
    assert service.handle(signed(raw, key, service="larum")).status == 403


def test_every_served_region_answers_and_no_other(service: larum.Service) -> None:
    """The directory is the same from every Region that is served; from others it is refused."""
    with larum.Service(settings=Settings(region=("us-east-1", "eu-west-1"))) as two:
        clients = [larum_client(two, region=each) for each in ("us-east-1", "eu-west-1")]
        told_in = [each.describe_directory()["organizationId"] for each in clients]
        assert told_in[0] == told_in[1]
        for each in clients:
            each.close()
    client = larum_client(service, region="eu-west-1")
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
        client.describe_directory()
    client.close()


def test_relaxed_mode_lets_any_key_but_an_account_s_own_administrate() -> None:
    """With --auth relaxed a key of twelve digits is that account, any other the administrator."""
    import boto3

    with larum.embedded():
        made = [
            boto3.client(
                "larum",  # type: ignore[call-overload]  # our own model
                region_name="us-east-1",
                aws_access_key_id=key,
                aws_secret_access_key="x",
            )
            for key in ("anything", "111122223333")
        ]
        assert made[0].describe_directory()["accountCount"] == 1
        with pytest.raises(made[1].exceptions.AccessDeniedException):
            made[1].describe_directory()
        for each in made:
            each.close()


def audit_records(service: larum.Service, account: str) -> list[dict[str, Any]]:
    """Return what the audit says of an account's calls."""

    def read(tx: Transaction) -> list[Any]:
        sql = "SELECT record FROM audit_records WHERE account = :account ORDER BY sequence"
        return tx.rows(sql, {"account": account})

    return [json.loads(record) for (record,) in service.engine.read(read)]


def test_the_audit_names_the_service_and_keeps_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An application is one record of `larum`; made keys are in it by id, secrets are nowhere."""
    caplog.set_level(logging.DEBUG, "larum")
    with larum.Service() as service:
        client = larum_client(service)
        directory = {"accounts": [member(7, email="seven@example.com", createRootAccessKey=True)]}
        (made,) = client.apply_directory(directory=directory)["createdAccessKeys"]
        client.list_accounts()
        client.close()
        (record,) = audit_records(service, ADMINISTRATOR)
        key = service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
    assert (record["eventSource"], record["eventName"]) == ("larum", "ApplyDirectory")
    assert record["responseElements"]["createdAccessKeys"] == [
        {"accountId": member(7)["id"], "accessKeyId": made["accessKeyId"]}
    ]
    logged = [each.getMessage() for each in caplog.records if each.name.startswith("larum")]
    everything = json.dumps([record, *logged])
    for secret in (made["secretAccessKey"], key.secret_access_key, "seven@example.com"):
        assert secret not in everything


def test_an_unexpected_error_is_logged_without_its_text(
    service: larum.Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what kind of error it was and where, but no text that may quote a caller."""
    quoted = "zq7" + "Canary"

    def fail(*_: object) -> dict[str, Any]:
        raise RuntimeError(quoted)

    entry = replace(LARUM_OPERATIONS["DescribeDirectory"], function=fail)
    monkeypatch.setitem(LARUM_OPERATIONS, "DescribeDirectory", entry)
    client = larum_client(service, config=UNCHECKED)
    with pytest.raises(client.exceptions.InternalServerException) as caught:
        client.describe_directory()
    client.close()
    assert "RuntimeError" in caplog.text
    assert "in fail" in caplog.text
    assert quoted not in caplog.text
    assert quoted not in str(caught.value)
