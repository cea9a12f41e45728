"""What the service must answer of attachments and findings, in plain Python, from the reference.

Sources: service-behaviour §2.8, §2.11, §7 and §11 rows 16, 24; docs/evidence.md and
docs/findings.md for what the reference leaves open. The bytes go by plain HTTP: `bytes:Upload` and
`bytes:Download` stand for a PUT and a GET of a signed URL. Findings here are of severities that
open no case; which finding opens or joins which case has tests of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.conformance.case_model import open_own_case, own_case
from tests.conformance.responder_model import named_case
from tests.conformance.service_answers import Refusal, Refused, Text
from tests.conformance.service_model import NOT_FOUND, Caller, conflict

if TYPE_CHECKING:
    from tests.conformance.service_model import Operation, Output, Params, ServiceModel

UPLOAD_URL, DOWNLOAD_URL = "GetCaseAttachmentUploadUrl", "GetCaseAttachmentDownloadUrl"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
URL = Text(r"http://.+", sensitive=True)
METRICS = (
    "findingsIngestedSecurityHub",
    "findingsIngestedGuardDuty",
    "findingsTriaged",
    "findingsTriagedFalsePositive",
    "findingsInvestigated",
    "findingsInvestigatedFalsePositive",
    "findingsInvestigatedInProgress",
    "findingsEscalated",
    "findingsEscalatedFalsePositive",
    "findingsEscalatedInProgress",
    "findingsTruePositive",
)
# What a finding counts as, besides ingested and triaged, by GuardDuty's number of its severity.
SEVERITIES: dict[int, tuple[str, ...]] = {
    2: (),
    5: ("findingsInvestigated", "findingsInvestigatedInProgress"),
}


def body_of(params: Params) -> bytes:
    """Return the bytes that belong to a file of that name and length."""
    name, length = params["fileName"].encode(), int(params["contentLength"])
    return bytes((name * (length // len(name) + 1))[:length])


def get_upload_url(model: ServiceModel, caller: Caller, params: Params, output: Output) -> Output:
    """Add a Pending attachment; its name is taken from then on (§2.8, §11 row 16)."""
    key = (caller.account, caller.region, UPLOAD_URL, params["clientToken"])
    before = model.uploads.get(key)
    if before is not None:
        asked, case, attachment = before
        if asked != params:
            raise Refused(Refusal("ConflictException", {"resourceType": "Attachment"}))
        own_case(model, caller, params)
    else:
        case = open_own_case(model, caller, params)
        if any(each["fileName"] == params["fileName"] for each in case.attachments):
            raise Refused(Refusal("ConflictException"))
        attachment = {
            "attachmentId": Text(UUID),
            "fileName": params["fileName"],
            "attachmentStatus": "Pending",
            "creator": caller.arn,
            "createdDate": case.changed(model, caller.arn, "Upload attachment"),
        }
        case.attachments.append(attachment)
        case.tell_updated(model, caller.account)
        model.uploads[key] = (params, case, attachment)
    url = str(output.get("attachmentPresignedUrl"))
    model.urls[url] = (case, attachment, body_of(params))
    return {"attachmentPresignedUrl": URL}


def get_download_url(model: ServiceModel, caller: Caller, params: Params, output: Output) -> Output:
    """Return a URL of the bytes, as soon as they are Verified."""
    case = own_case(model, caller, params)
    found = [each for each in case.attachments if each["attachmentId"] == params["attachmentId"]]
    if not found:
        raise Refused(NOT_FOUND)
    (attachment,) = found
    if attachment["attachmentStatus"] != "Verified":
        raise Refused(Refusal("ValidationException", {"message": Text("(?s).*still pending.*")}))
    body = next(each[2] for each in model.urls.values() if each[1] is attachment)
    model.downloads[str(output.get("attachmentPresignedUrl"))] = (case, body)
    return {"attachmentPresignedUrl": URL}


def upload(model: ServiceModel, _: Caller, params: Params, output: Output) -> Output:
    """PUT the bytes: once, and not to a case that is over or out of reach."""
    case, attachment, _body = model.urls[params["url"]]
    told = output.get("status")
    allowed = []
    if case.is_closed or case.membership.status != "Active":
        allowed.append(403)
    if attachment["attachmentStatus"] == "Verified":
        allowed.append(412)
    if allowed:
        return {"status": told if told in allowed else allowed}
    attachment["attachmentStatus"] = "Verified"
    case.changed(model, attachment["creator"], "Upload attachment")
    case.tell_updated(model, case.membership.caller.account)
    return {"status": 200}


def download(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """GET the bytes."""
    case, body = model.downloads[params["url"]]
    if case.membership.status != "Active":
        return {"status": 403}
    return {"status": 200, "body": body}


def set_attachment_verdict(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Judge an attachment (docs/responder.md); without a scanner what has arrived is Verified."""
    case = named_case(model, params)
    found = []
    if case.is_closed or case.membership.status != "Active":
        found.append(conflict("Case", case.case_id))
    named = [each for each in case.attachments if each["attachmentId"] == params["attachmentId"]]
    if not named:
        found.append(NOT_FOUND)
    elif params["attachmentStatus"] != named[0]["attachmentStatus"]:
        found.append(Refusal("ConflictException"))
    if found:
        raise Refused(*found)
    return {name: params[name] for name in ("attachmentId", "attachmentStatus")}


# Findings.


def ingest_findings(model: ServiceModel, _: Caller, params: Params, __: Output) -> Output:
    """Take findings in, each once, where Triage is on (issue 4)."""
    membership = model.active(Caller(params["accountId"], params["region"]))
    features = membership.members.get("optInFeatures", [])
    if {"featureName": "Triage", "isEnabled": True} not in features:
        raise Refused(Refusal("ConflictException"))
    documents = [json.loads(each) for each in params["findings"]]
    new = [each for each in documents if each["id"] not in membership.findings]
    membership.findings |= {each["id"]: each["severity"] for each in new}
    counts = dict.fromkeys(("escalated", "sample", "posture", "notCovered"), 0)
    counts |= {"ingested": len(new), "duplicate": len(documents) - len(new)}
    return {f"{name}Count": count for name, count in counts.items()} | {"failures": []}


def get_finding_metrics(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Count the findings of some days, both ends included (§2.11, §11 row 24)."""
    membership = model.own(caller, params["membershipId"])
    if params["endDate"] < params["startDate"]:
        raise Refused(Refusal("ValidationException"))
    told = dict.fromkeys(METRICS, 0)
    for severity in membership.findings.values():
        counted = ("findingsIngestedGuardDuty", "findingsTriaged", *SEVERITIES[severity])
        for name in counted:
            told[name] += 1
    return dict(told)


OF_EVIDENCE: dict[str, Operation] = {
    UPLOAD_URL: get_upload_url,
    DOWNLOAD_URL: get_download_url,
    "GetFindingMetrics": get_finding_metrics,
    "bytes:Download": download,
    "bytes:Upload": upload,
    "larum:IngestFindings": ingest_findings,
    "larum:SetAttachmentVerdict": set_attachment_verdict,
}
