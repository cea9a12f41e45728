"""What callers may do with attachments and findings next, drawn as in service_steps.py."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.conformance.evidence_model import DOWNLOAD_URL, SEVERITIES, UPLOAD_URL
from tests.conformance.service_steps import once, this_case, this_membership

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.conformance.service_model import Caller, Params, ServiceModel

NOBODYS_ATTACHMENT = "00000000-0000-4000-8000-000000000000"


def _upload_url(random: Random, model: ServiceModel, caller: Caller) -> Params:
    params = this_case(random, model, caller)
    params |= {"fileName": f"canary-{random.randrange(6)}.log"}
    params["contentLength"] = random.choice((1, 100, 70_000))
    used = [
        (key[3], asked)
        for key, (asked, _, _) in model.uploads.items()
        if key[:2] == (caller.account, caller.region)
    ]
    if used and random.random() < 0.25:
        token, former = random.choice(used)
        return params | {"clientToken": token} if random.random() < 0.2 else dict(former)
    return once(random, model, caller, UPLOAD_URL, params)


def _upload(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """The bytes for a URL of the caller's, mostly one that still waits for them."""
    own = [url for url, (case, _, _) in model.urls.items() if case.membership.caller == caller]
    waiting = [url for url in own if model.urls[url][1]["attachmentStatus"] == "Pending"]
    url = random.choice(waiting if waiting and random.random() < 0.9 else own)
    return {"url": url, "body": model.urls[url][2]}


def _download(random: Random, model: ServiceModel, caller: Caller) -> Params:
    own = [url for url, (case, _) in model.downloads.items() if case.membership.caller == caller]
    return {"url": random.choice(own)}


def _download_url(random: Random, model: ServiceModel, caller: Caller) -> Params:
    named = [
        {"caseId": case.case_id, "attachmentId": each["attachmentId"]}
        for membership in model.memberships
        if membership.caller == caller
        for case in membership.cases.values()
        for each in case.attachments
        if isinstance(each["attachmentId"], str)
    ]
    if named and random.random() < 0.9:
        return random.choice(named)
    return this_case(random, model, caller) | {"attachmentId": NOBODYS_ATTACHMENT}


def _verdict(random: Random, model: ServiceModel, caller: Caller) -> Params:
    holder = {"accountId": caller.account, "region": caller.region}
    verdict = random.choice(("Verified", "Verified", "Failed"))
    return holder | _download_url(random, model, caller) | {"attachmentStatus": verdict}


def _findings(random: Random, _: ServiceModel, caller: Caller) -> Params:
    documents: list[dict[str, Any]] = [
        {
            "schemaVersion": "2.0",
            "accountId": caller.account,
            "region": caller.region,
            "id": f"finding-{random.randrange(40)}",
            "type": "Recon:EC2/Portscan",
            "severity": random.choice(tuple(SEVERITIES)),
            "title": "canary",
            "resource": {"instanceDetails": {"instanceId": "i-0123456789abcdef0"}},
            "service": {},
        }
        for _ in range(random.randrange(1, 4))
    ]
    documents = list({each["id"]: each for each in documents}.values())
    where = {"accountId": caller.account, "region": caller.region}
    return where | {"findings": [json.dumps(each) for each in documents]}


def _metrics(random: Random, model: ServiceModel, caller: Caller) -> Params:
    today = datetime.now(UTC)
    # A day each way, so that midnight may pass.
    start, end = today - timedelta(days=1), today + timedelta(days=1)
    start, end = (end, start) if random.random() < 0.1 else (start, end)
    return this_membership(random, model, caller) | {"startDate": start, "endDate": end}


# As STEPS of service_steps.py. What needs a URL is only possible where there is one.
EVIDENCE_STEPS: dict[str, tuple[int, Callable[[Random, ServiceModel, Caller], Params]]] = {
    DOWNLOAD_URL: (4, _download_url),
    UPLOAD_URL: (3, _upload_url),
    "GetFindingMetrics": (2, _metrics),
    "bytes:Download": (4, _download),
    "bytes:Upload": (3, _upload),
    "larum:IngestFindings": (3, _findings),
    "larum:SetAttachmentVerdict": (2, _verdict),
}


def without_url(model: ServiceModel, caller: Caller, operation: str) -> str:
    """Return the operation, or the one that has to come before it."""
    own = [each for each in model.urls.values() if each[0].membership.caller == caller]
    has_download = any(case.membership.caller == caller for case, _ in model.downloads.values())
    if operation == "bytes:Download" and not has_download:
        operation = DOWNLOAD_URL
    arrived = any(each["attachmentStatus"] == "Verified" for _, each, _ in own)
    if operation in {DOWNLOAD_URL, "larum:SetAttachmentVerdict"} and not arrived:
        operation = "bytes:Upload"
    return UPLOAD_URL if operation == "bytes:Upload" and not own else operation
