"""Uploads and downloads as a user does them: a URL from boto3, then plain HTTP."""

from __future__ import annotations

import http.client
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from tests.conformance.page import smallest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

PATIENCE = 10.0
# What AWS's own sample integration sends with an upload.
AS_THE_SAMPLE = {"If-None-Match": "*", "Content-Type": "application/octet-stream"}


class Answer(NamedTuple):
    """One answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def fetch(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request to `url` on a connection of its own and return the whole answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body, dict(headers or {}))
        answer = connection.getresponse()
        given = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, given, answer.read())
    finally:
        connection.close()


def put(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Upload `body` with the headers of AWS's sample, or with `headers`."""
    return fetch("PUT", url, body, AS_THE_SAMPLE if headers is None else headers)


def opened_case(client: SecurityIncidentResponseClient, **more: Any) -> str:
    """Return the id of a new case; the caller gets a membership where it has none."""
    if not client.list_memberships()["items"]:
        client.create_membership(**smallest())
    params: dict[str, Any] = {
        "resolverType": "AWS",
        "title": "Somebody was here",
        "description": "Keys were used from a place that nobody knows.",
        "engagementType": "Security Incident",
        "reportedIncidentStartDate": datetime(2026, 11, 1, tzinfo=UTC),
        "impactedAccounts": [],
        "watchers": [],
    }
    return client.create_case(**params | more)["caseId"]


def upload_url(
    client: SecurityIncidentResponseClient, case: str, name: str, length: int, **more: Any
) -> str:
    """Return a URL for an upload of `length` bytes."""
    answer = client.get_case_attachment_upload_url(
        caseId=case, fileName=name, contentLength=length, **more
    )
    return answer["attachmentPresignedUrl"]


def attachments(client: SecurityIncidentResponseClient, case: str) -> dict[str, dict[str, Any]]:
    """Return the case's attachments by file name."""
    found: list[Any] = client.get_case(caseId=case).get("caseAttachments", [])
    return {each["fileName"]: each for each in found}


def uploaded(client: SecurityIncidentResponseClient, case: str, name: str, body: bytes) -> str:
    """Upload `body`, wait until it is judged, and return the attachment's id."""
    answer = put(upload_url(client, case, name, len(body)), body)
    assert answer.status == 200, answer
    return str(judged(client, case, name)["attachmentId"])


def judged(client: SecurityIncidentResponseClient, case: str, name: str) -> dict[str, Any]:
    """Return the attachment once it is no longer Pending."""
    due = time.monotonic() + PATIENCE
    while time.monotonic() < due:
        found = attachments(client, case)[name]
        if found["attachmentStatus"] != "Pending":
            return found
        time.sleep(0.02)
    raise AssertionError(f"the attachment is Pending after {PATIENCE} s")


def download_url(client: SecurityIncidentResponseClient, case: str, attachment: str) -> str:
    """Return a URL for a download."""
    answer = client.get_case_attachment_download_url(caseId=case, attachmentId=attachment)
    return answer["attachmentPresignedUrl"]
