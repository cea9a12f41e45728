"""What the published divergences say of findings: posture checks, and what a closing decides."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import apsw
import pytest

import larum
from tests.conformance.page import smallest
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = {"accountId": ADMINISTRATOR, "region": "us-east-1"}
MOMENT = "2026-11-01T10:00:00.000Z"
EXFILTRATION = {
    "schemaVersion": "2.0",
    "id": "a" * 32,
    "accountId": ADMINISTRATOR,
    "region": "us-east-1",
    "type": "Exfiltration:S3/AnomalousBehavior",
    "severity": 8.0,
    "title": "Unusual downloads",
    "description": "Unusual downloads.",
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
    "resource": {"s3BucketDetails": [{"arn": "arn:aws:s3:::bucket"}]},
    "service": {"serviceName": "guardduty"},
}
HUB = {
    "SchemaVersion": "2018-10-08",
    "Id": "finding/1",
    "ProductArn": "arn:aws:securityhub:us-east-1::product/vendor/product",
    "GeneratorId": "generator",
    "AwsAccountId": ADMINISTRATOR,
    "Region": "us-east-1",
    "Types": ["TTPs/Discovery"],
    "CreatedAt": MOMENT,
    "UpdatedAt": MOMENT,
    "Severity": {"Label": "MEDIUM"},
    "Title": "Discovery",
    "Description": "Somebody looked around.",
    "Resources": [{"Type": "AwsEc2Instance", "Id": "i-1"}],
}


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """A service whose administrator has a membership with triage."""
    with larum.Service() as made:
        client = made.client()
        triage = [{"featureName": "Triage", "isEnabled": True}]
        client.create_membership(**smallest(optInFeatures=triage))
        client.close()
        yield made


def metrics(service: larum.Service) -> dict[str, Any]:
    """Return today's metrics of the membership."""
    client = service.client()
    (membership,) = client.list_memberships()["items"]
    now = datetime.now(UTC)
    found = client.get_finding_metrics(
        membershipId=membership["membershipId"], startDate=now, endDate=now
    )
    client.close()
    return dict(found)


@pytest.mark.parametrize(
    ("code", "false", "true", "open_"),
    [("False Positive", 1, 0, 0), ("Investigation Completed", 0, 1, 0), (None, 0, 0, 1)],
)
def test_a_closing_decides_about_its_findings(
    service: larum.Service, code: str | None, false: int, true: int, open_: int
) -> None:
    """A code says what an escalated finding was; a case that is closed without one says nothing."""
    responder: Any = service.client("larum")
    responder.ingest_findings(**ADDRESS, findings=[json.dumps(EXFILTRATION)])
    (found,) = responder.list_findings(**ADDRESS)["items"]
    if code is None:
        client = service.client()
        client.close_case(caseId=found["caseId"])
        client.close()
    else:
        responder.close_case(**ADDRESS, caseId=found["caseId"], closureCode=code)
    counted = metrics(service)
    assert counted["findingsEscalated"] == 1
    assert counted["findingsEscalatedFalsePositive"] == false
    assert counted["findingsTruePositive"] == true
    assert counted["findingsEscalatedInProgress"] == open_
    responder.close()


def test_a_closing_of_a_full_case_is_short(service: larum.Service) -> None:
    """It reads no finding by itself, however many there are; those of other days move there."""
    responder: Any = service.client("larum")
    many = [json.dumps(EXFILTRATION | {"id": f"{number:032d}"}) for number in range(60)]
    responder.ingest_findings(**ADDRESS, findings=many)
    found = responder.list_findings(**ADDRESS, maxResults=60)["items"]
    (case,) = {each["caseId"] for each in found}
    responder.advance_findings(**ADDRESS, findingIds=[found[0]["findingId"]], step="FalsePositive")
    statements: list[str] = []
    service.engine._writer.trace_v2(
        apsw.SQLITE_TRACE_STMT, lambda event: statements.append(str(event.get("sql", "")))
    )
    responder.close_case(**ADDRESS, caseId=case, closureCode="Investigation Completed")
    assert len(statements) < 40
    counted = metrics(service)
    assert counted["findingsEscalatedFalsePositive"] == 1
    assert counted["findingsTruePositive"] == 59
    assert counted["findingsEscalatedInProgress"] == 0
    statuses = [
        each["status"] for each in responder.list_findings(**ADDRESS, maxResults=60)["items"]
    ]
    assert Counter(statuses) == {"EscalatedTruePositive": 59, "EscalatedFalsePositive": 1}
    responder.close()


def test_posture_checks_are_counted_and_dropped(service: larum.Service) -> None:
    """Any product's finding is taken, a check of a configuration is not; nothing is sent twice."""
    responder: Any = service.client("larum")
    posture = HUB | {"Id": "finding/2", "Compliance": {"Status": "FAILED"}}
    answer = responder.ingest_findings(**ADDRESS, findings=[json.dumps(HUB), json.dumps(posture)])
    assert (answer["ingestedCount"], answer["postureCount"]) == (1, 1)
    again = responder.ingest_findings(**ADDRESS, findings=[json.dumps(HUB)])
    assert (again["ingestedCount"], again["duplicateCount"]) == (0, 1)
    (found,) = responder.list_findings(**ADDRESS)["items"]
    assert found["sourceFindingId"] == "finding/1"
    assert metrics(service)["findingsIngestedSecurityHub"] == 1
    responder.close()
