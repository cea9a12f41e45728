"""GetFindingMetrics: what became of the findings of a window of days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import larum
from larum.settings import Settings
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, smallest, without_metadata
from tests.finding_documents import guard_duty, security_finding, texts

if TYPE_CHECKING:
    from tests.conformance.instances import Instance

TRIAGE = [{"featureName": "Triage", "isEnabled": True}]
NOTHING = {
    "findingsIngestedSecurityHub": 0,
    "findingsIngestedGuardDuty": 0,
    "findingsTriaged": 0,
    "findingsTriagedFalsePositive": 0,
    "findingsInvestigated": 0,
    "findingsInvestigatedFalsePositive": 0,
    "findingsInvestigatedInProgress": 0,
    "findingsEscalated": 0,
    "findingsEscalatedFalsePositive": 0,
    "findingsEscalatedInProgress": 0,
    "findingsTruePositive": 0,
}
NOW = datetime(2026, 11, 7, 23, 59, 59, 999000, tzinfo=UTC)
DAY = timedelta(days=1)


def numbers(client: Any, membership_id: str, start: datetime, end: datetime) -> dict[str, int]:  # noqa: ANN401 - a boto3 client
    """Return the eleven numbers of a window."""
    answer = client.get_finding_metrics(membershipId=membership_id, startDate=start, endDate=end)
    return without_metadata(answer)


def test_all_numbers_are_there_and_count(connect: Instance, account: str) -> None:
    """Without findings every number is 0; each finding then counts on the day that it came in."""
    client, administrator = connect.client(account=account), larum_client(connect)
    made = client.create_membership(**smallest(optInFeatures=TRIAGE))["membershipId"]
    today = datetime.now(UTC)
    empty = client.get_finding_metrics(membershipId=made, startDate=today, endDate=today)
    assert without_metadata(empty) == NOTHING
    given = [guard_duty(1), guard_duty(2, severity=5), security_finding(3, AwsAccountId=account)]
    given[0]["accountId"] = given[1]["accountId"] = account
    administrator.ingest_findings(accountId=account, region="us-east-1", findings=texts(*given))
    assert numbers(client, made, today - DAY, today + DAY) == NOTHING | {
        "findingsIngestedSecurityHub": 1,
        "findingsIngestedGuardDuty": 2,
        "findingsTriaged": 3,
        "findingsInvestigated": 3,
        "findingsInvestigatedInProgress": 1,
        "findingsEscalated": 2,
        "findingsEscalatedInProgress": 2,
    }
    administrator.close()
    client.close()


def test_both_ends_are_days_in_the_window() -> None:
    """Times are cut to UTC days: a day counts from its first moment to its last."""
    with larum.Service(settings=Settings(auth="relaxed"), clock=lambda: NOW) as service:
        client, administrator = service.client(), service.client("larum")
        made = client.create_membership(**smallest(optInFeatures=TRIAGE))["membershipId"]
        administrator.ingest_findings(
            accountId="123456789012", region="us-east-1", findings=texts(guard_duty())
        )

        def ingested(start: datetime, end: datetime) -> int:
            return numbers(client, made, start, end)["findingsIngestedGuardDuty"]

        first, last = NOW.replace(hour=0, minute=0, second=0, microsecond=0), NOW
        assert ingested(first, first) == ingested(last, last) == ingested(last, first) == 1
        assert ingested(first - DAY, first - timedelta(microseconds=1000)) == 0
        assert ingested(first + DAY, first + DAY) == 0
        client.close()
        administrator.close()


@pytest.mark.parametrize(
    ("start", "end", "is_taken"),
    [
        (NOW, NOW - DAY, False),
        (NOW, NOW + 365 * DAY, True),
        (NOW, NOW + 366 * DAY, False),
        (NOW - 20_000 * DAY, NOW, False),
    ],
)
def test_the_window_has_bounds(start: datetime, end: datetime, is_taken: bool) -> None:  # noqa: FBT001 - a table
    """A window that ends before it starts, or has more than 366 days, names endDate."""
    with larum.Service() as service:
        client = service.client()
        made = client.create_membership(**smallest())["membershipId"]
        if is_taken:
            assert numbers(client, made, start, end) == NOTHING
        else:
            with pytest.raises(client.exceptions.ValidationException) as caught:
                numbers(client, made, start, end)
            assert set(failed_fields(caught.value)) == {"endDate"}
        client.close()


def test_a_membership_of_another_is_denied(connect: Instance, account: str, stranger: str) -> None:
    """Somebody else's membership and nobody's answer the same, and say nothing."""
    owner, other = connect.client(account=account), connect.client(account=stranger)
    made = owner.create_membership(**smallest())["membershipId"]
    messages = []
    for membership_id in (made, "m-abcd1234efgh"):
        with pytest.raises(ClientError) as caught:
            numbers(other, membership_id, NOW, NOW)
        error = caught.value.response["Error"]
        assert error["Code"] == "AccessDeniedException"
        messages.append(error["Message"].replace(membership_id, "m-ID"))
    assert messages[0] == messages[1]
    owner.close()
    other.close()


def test_numbers_outlive_the_membership(connect: Instance, account: str) -> None:
    """What was counted can still be read after the membership was cancelled."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    client.cancel_membership(membershipId=made)
    assert numbers(client, made, NOW, NOW) == NOTHING
    client.close()
