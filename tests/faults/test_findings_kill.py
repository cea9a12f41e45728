"""Kill -9 while findings come in: sending the file again completes it, and counts nothing twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from larum.edge import api_client
from tests.conformance.page import smallest
from tests.faults.kills import Server
from tests.finding_documents import guard_duty, texts

if TYPE_CHECKING:
    from pathlib import Path

ADMINISTRATOR = "123456789012"
FINDINGS = 2_000
KILLS = 4
WHERE = {"accountId": ADMINISTRATOR, "region": "us-east-1"}


def client(session: Any, name: str, url: str) -> Any:  # noqa: ANN401 - a boto3 session and client
    """Return a client that does not try again by itself."""
    return session.client(
        name,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=ADMINISTRATOR,
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_what_was_interrupted_can_be_sent_again(tmp_path: Path) -> None:
    """After kills in the middle the same calls give every finding once, and equal numbers."""
    documents = texts(*[guard_duty(n, severity=(8, 5, 2)[n % 3]) for n in range(FINDINGS)])
    session, random = api_client.session(), Random(7)
    membership_id, killed = "", 0
    for attempt in range(KILLS + 1):
        server = Server(tmp_path / "data")
        larum_api, holder = (
            client(session, "larum", server.url),
            client(boto3.Session(), "security-ir", server.url),
        )
        membership_id = membership_id or made(holder)
        timer = threading.Timer(random.uniform(0.1, 0.6), server.process.kill)
        if attempt < KILLS:
            timer.start()
        try:
            for start in range(0, FINDINGS, 100):
                larum_api.ingest_findings(**WHERE, findings=documents[start : start + 100])
        except (BotoCoreError, ClientError):
            killed += 1
        timer.cancel()
        if attempt == KILLS:
            check(larum_api, holder, membership_id)
        larum_api.close()
        holder.close()
        server.kill()
    assert killed > 0


def made(holder: Any) -> str:  # noqa: ANN401 - a boto3 client
    """Open a membership with Triage and return its id."""
    triage = [{"featureName": "Triage", "isEnabled": True}]
    return str(holder.create_membership(**smallest(optInFeatures=triage))["membershipId"])


def check(larum_api: Any, holder: Any, membership_id: str) -> None:  # noqa: ANN401 - boto3 clients
    """Every finding is there once, in a case or waiting for one, and the numbers say so."""
    pages = larum_api.get_paginator("list_findings").paginate(
        **WHERE, PaginationConfig={"PageSize": 100}
    )
    found = [each for page in pages for each in page["items"]]
    assert len(found) == len({each["findingId"] for each in found}) == FINDINGS
    now = datetime.now(UTC)
    numbers = holder.get_finding_metrics(
        membershipId=membership_id, startDate=now - timedelta(days=1), endDate=now
    )
    escalated = [each for each in found if each["status"] == "Escalated"]
    assert numbers["findingsIngestedGuardDuty"] == numbers["findingsTriaged"] == FINDINGS
    assert numbers["findingsEscalated"] == len(escalated) == 667
    in_cases = {each["caseId"] for each in escalated if "caseId" in each}
    total = holder.list_cases()["total"]
    assert len(in_cases) == total == 50
