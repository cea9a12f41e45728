"""list_memberships: newest first, page by page, with tokens that fit one list only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import botocore.auth
import pytest

import larum
from larum.domain import values
from larum.domain.memberships import IncidentResponder, Membership, MembershipStatus
from larum.domain.organizations import CustomerType
from larum.store import memberships
from tests.conformance.page import failed_fields, smallest, without_metadata
from tests.edge.larum_servers import UNCHECKED, boto3_client, in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from larum.store.engine import Transaction
    from tests.conformance.instances import Instance

ACCOUNT = "333333333333"
OTHER = "444444444444"
START = datetime(2026, 1, 1, tzinfo=UTC)
ELSEWHERE = ("us-east-1", "eu-west-1")


@dataclass
class Clock:
    """A clock that stands where the test puts it, from the real time on."""

    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.offset


def cancelled(account: str, number: int, region: str = "us-east-1") -> Membership:
    """Return an old membership of `account`: there can be many, as only one may be Active."""
    then = START + timedelta(minutes=number)
    person = IncidentResponder("Ana Alvarez", "Engineer", "ana@example.com")
    return Membership(
        account=account,
        region=region,
        membership_id=values.membership_id(then, bytes(16)),
        membership_name=f"Number {number}",
        status=MembershipStatus.CANCELLED,
        customer=account,
        customer_type=CustomerType.STANDALONE,
        activated_at=then,
        deactivated_at=then + timedelta(minutes=1),
        incident_response_team=(person, person),
        opt_in_features=None,
        cover_entire_organization=False,
    )


@pytest.fixture
def clock() -> Clock:
    """The clock of `service`."""
    return Clock()


@pytest.fixture
def service(clock: Clock) -> Iterator[larum.Service]:
    """A service in which ACCOUNT has 60 cancelled memberships, OTHER one."""

    def insert(tx: Transaction) -> None:
        for number in range(60):
            memberships.insert(tx, cancelled(ACCOUNT, number))
        memberships.insert(tx, cancelled(OTHER, 1))
        memberships.insert(tx, cancelled(ACCOUNT, 1, "eu-west-1"))

    with larum.Service(settings=larum.Settings(region=ELSEWHERE), clock=clock) as made:
        made.engine.write(insert)
        yield made


@pytest.fixture(params=["http", "embedded"])
def client(
    request: pytest.FixtureRequest, service: larum.Service
) -> Iterator[SecurityIncidentResponseClient]:
    """ACCOUNT's client of `service`, over HTTP and in process."""
    if request.param == "embedded":
        yield service.client(account=ACCOUNT)
        return
    key = service.installation.root_access_key(ACCOUNT, datetime.now(UTC))
    with in_thread(service) as url:
        made = boto3_client(url, key)
        yield made
        made.close()


def refused_token(call: Callable[..., Any], **params: object) -> dict[str, Any]:
    """Return the body of the ValidationException about nextToken that `call` must raise."""
    client: Any = call.__self__  # type: ignore[attr-defined]  # a bound method
    with pytest.raises(client.exceptions.ValidationException) as caught:
        call(**params)
    body = without_metadata(caught.value.response)
    assert [each["name"] for each in body["fieldList"]] == ["nextToken"]
    assert body["reason"] == "FIELD_VALIDATION_FAILED"
    return {name: body[name] for name in ("message", "fieldList")}


def test_a_fresh_account_has_an_empty_list(connect: Instance, account: str) -> None:
    """The list of an account without memberships is there and empty, with no nextToken."""
    listed = without_metadata(connect.client(account=account).list_memberships())
    assert listed == {"items": []}


def test_an_item_has_what_the_model_gives(connect: Instance, account: str) -> None:
    """An item names the membership, its account, Region, ARN and status."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    assert without_metadata(client.list_memberships()) == {
        "items": [
            {
                "membershipId": made,
                "accountId": account,
                "region": "us-east-1",
                "membershipArn": f"arn:aws:security-ir:us-east-1:{account}:membership/{made}",
                "membershipStatus": "Active",
            }
        ]
    }


def test_an_account_sees_only_its_own(connect: Instance, account: str, stranger: str) -> None:
    """Memberships of another account never appear."""
    connect.client(account=stranger).create_membership(**smallest())
    assert connect.client(account=account).list_memberships()["items"] == []


def test_newest_first_and_pages_of_25(client: SecurityIncidentResponseClient) -> None:
    """Without maxResults a page has 25 items; the pages together are the list, newest first."""
    pages = list(client.get_paginator("list_memberships").paginate())
    assert [len(page["items"]) for page in pages] == [25, 25, 10]
    ids = [item["membershipId"] for page in pages for item in page["items"]]
    assert ids == [cancelled(ACCOUNT, number).membership_id for number in reversed(range(60))]
    assert "nextToken" not in pages[-1]


@pytest.mark.parametrize("size", [1, 7, 20, 25])
def test_every_page_size_gives_the_same_list(
    client: SecurityIncidentResponseClient, size: int
) -> None:
    """The paginator finds every item once, whatever the page size."""
    paginator = client.get_paginator("list_memberships")
    found = paginator.paginate(PaginationConfig={"PageSize": size}).build_full_result()
    ids = [item["membershipId"] for item in found["items"]]
    assert len(ids) == len(set(ids)) == 60
    assert ids == sorted(ids, reverse=True)


def test_last_full_page_has_no_token(client: SecurityIncidentResponseClient) -> None:
    """A page that ends exactly with the list is the last."""
    token = None
    for _ in range(3):
        page = client.list_memberships(maxResults=20, **({"nextToken": token} if token else {}))
        token = page.get("nextToken")
    assert token is None
    assert len(page["items"]) == 20


def test_new_memberships_disturb_no_page(
    client: SecurityIncidentResponseClient, service: larum.Service
) -> None:
    """What is created while somebody pages neither repeats nor hides an item."""
    first = client.list_memberships(maxResults=20)
    service.client(account=ACCOUNT).create_membership(**smallest())
    second = client.list_memberships(maxResults=20, nextToken=first["nextToken"])
    ids = [item["membershipId"] for page in (first, second) for item in page["items"]]
    assert ids == [cancelled(ACCOUNT, number).membership_id for number in range(59, 19, -1)]
    assert client.list_memberships()["items"][0]["membershipStatus"] == "Active"


def test_token_goes_with_any_page_size(client: SecurityIncidentResponseClient) -> None:
    """The page size may change from page to page."""
    first = client.list_memberships(maxResults=5)
    rest = client.list_memberships(maxResults=3, nextToken=first["nextToken"])["items"]
    assert rest[0]["membershipId"] == cancelled(ACCOUNT, 54).membership_id
    assert len(rest) == 3


@pytest.mark.parametrize("size", [0, 26, -1, 2**31, 1.5, "5", True])
def test_page_size_is_1_to_25(service: larum.Service, size: object) -> None:
    """A maxResults outside 1 to 25, or no whole number, is a ValidationException about it."""
    client = service.client(account=ACCOUNT, config=UNCHECKED)
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.list_memberships(maxResults=size)  # type: ignore[arg-type]  # the point of the test
    assert failed_fields(caught.value).keys() == {"maxResults"}


def test_token_is_bound_to_account_and_region(
    client: SecurityIncidentResponseClient, service: larum.Service
) -> None:
    """A token of one account or Region opens no list of another."""
    token = client.list_memberships(maxResults=1)["nextToken"]
    for account, region in ((OTHER, "us-east-1"), (ACCOUNT, "eu-west-1")):
        elsewhere = service.client(account=account, region=region)
        refused_token(elsewhere.list_memberships, nextToken=token)
    assert client.list_memberships(maxResults=1, nextToken=token)["items"]


def test_tampered_token_is_refused(client: SecurityIncidentResponseClient) -> None:
    """A token with any character changed, cut or added is refused, all in the same words."""
    token = client.list_memberships(maxResults=1)["nextToken"]
    step = max(1, len(token) // 20)
    spoiled = [
        token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        for at in range(0, len(token), step)
    ]
    spoiled += [token[:-1], token + "A", token + "=", token[::-1], "x", "\N{FIRE}", "A" * 2000]
    answers = [refused_token(client.list_memberships, nextToken=each) for each in spoiled]
    assert all(each == answers[0] for each in answers)


def test_token_lives_for_24_hours(
    service: larum.Service, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token opens its page for 24 hours and not a moment longer."""
    # The service checks signatures by its own clock: sign by that one too.
    monkeypatch.setattr(botocore.auth, "get_current_datetime", clock)
    client = service.client(account=ACCOUNT)
    issued = client.list_memberships(maxResults=1)["nextToken"]
    clock.offset = timedelta(hours=24, seconds=-5)
    assert client.list_memberships(maxResults=1, nextToken=issued)["items"]
    clock.offset = timedelta(hours=24, seconds=5)
    refused_token(client.list_memberships, nextToken=issued)


def test_region_without_the_service_has_an_empty_list(connect: Instance, account: str) -> None:
    """In a Region that is not served the list is empty, with status 200 and no error."""
    response = connect.client(account=account, region="eu-north-1").list_memberships()
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert without_metadata(response) == {"items": []}
