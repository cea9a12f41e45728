"""GetCaseAttachmentDownloadUrl of the `larum` model: evidence for the operator, archived or not."""

from __future__ import annotations

import hashlib
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from larum.edge import signed_urls
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest

if TYPE_CHECKING:
    from tests.conformance.instances import Instance

EVIDENCE = b"time,what\n03:14,role used\n"


def test_evidence_is_read_by_the_operator_after_a_cancellation_too(
    connect: Instance, account: str, stranger: str
) -> None:
    """The URL gives the bytes, with the length and SHA-256 that they had; nobody else has one."""
    owner: Any = connect.client(account=account)
    operator = larum_client(connect)
    membership = owner.create_membership(**smallest())["membershipId"]
    case = owner.create_case(
        resolverType="Self",
        title="Unusual sign-in",
        description="Seen at night.",
        engagementType="Security Incident",
        reportedIncidentStartDate=datetime.now(UTC),
        impactedAccounts=[],
        watchers=[],
    )["caseId"]
    url = owner.get_case_attachment_upload_url(
        caseId=case, fileName="timeline.csv", contentLength=len(EVIDENCE)
    )["attachmentPresignedUrl"]
    (attachment,) = owner.get_case(caseId=case)["caseAttachments"]
    named = {"caseId": case, "attachmentId": attachment["attachmentId"]}
    address = {"accountId": account, "region": "us-east-1"}
    with pytest.raises(operator.exceptions.ValidationException, match="still pending"):
        operator.get_case_attachment_download_url(**named, **address)
    signed_urls.upload(url, EVIDENCE)
    for _ in range(2):
        told = operator.get_case_attachment_download_url(**named, **address)
        with urllib.request.urlopen(told["attachmentPresignedUrl"], timeout=10) as answer:  # noqa: S310 - loopback
            assert answer.read() == EVIDENCE
        assert told["contentLength"] == len(EVIDENCE)
        assert told["sha256"] == hashlib.sha256(EVIDENCE).hexdigest()
        owner.cancel_membership(membershipId=membership)
    for wrong in (
        {**named, **address, "accountId": stranger},
        {**named, **address, "attachmentId": "00000000-0000-0000-0000-000000000000"},
    ):
        with pytest.raises(operator.exceptions.ResourceNotFoundException):
            operator.get_case_attachment_download_url(**wrong)
    owner.close()
    operator.close()
