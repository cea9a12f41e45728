"""A case from opening to closing with boto3, printed as JSON without ids and times.

    python -m tests.interop.case_journey http                  to where the environment says
    python -m tests.interop.case_journey embedded DIRECTORY    in this process

It runs under the oldest and the newest boto3, like journey.py. What the given boto3 does not know
is left out.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.interop.journey import PARAMETERS, known, refused, told, without_ids_and_times

if TYPE_CHECKING:
    from mypy_boto3_security_ir import SecurityIncidentResponseClient as Client

CASE: dict[str, Any] = json.loads(Path(__file__).with_name("case.json").read_text("utf-8"))
EVIDENCE = bytes(range(256)) * 8192
STARTED = datetime(2026, 11, 1, 8, tzinfo=UTC)
UPDATE: dict[str, Any] = {
    "title": "Schlüssel benutzt",
    "actualIncidentStartDate": STARTED,
    "watchersToAdd": [{"email": "erin@example.com", "name": "Erin"}],
    "watchersToDelete": [{"email": "DAVE@example.com"}],
    "threatActorIpAddressesToAdd": [{"ipAddress": "198.51.100.9"}],
    "impactedServicesToDelete": ["Amazon S3"],
    "impactedAwsRegionsToAdd": [{"region": "eu-north-1"}],
    "impactedAccountsToAdd": ["777788889999"],
    "caseMetadata": [{"key": "severity", "value": "high"}],
}
INVESTIGATIONS = ("Keys", "Roles", "Hosts")
# Ids of cases, of attachments and of investigations, and signed URLs.
CHANGING = re.compile(
    r"\bhttps?://[^\"]+|\b\d{10}\b|\binv-[a-z0-9]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def supported_case(client: Client, responder: Any) -> str:  # noqa: ANN401 - made from the model
    """Open an AWS-supported case, let the responder investigate, and return its id."""
    opening = {**CASE, "resolverType": "AWS", "clientToken": "another", "title": "The other"}
    made = client.create_case(**opening)["caseId"]
    account = client.get_case(caseId=made)["caseArn"].split(":")[4]
    for title in INVESTIGATIONS:
        responder.put_investigation(
            accountId=account,
            region="us-east-1",
            caseId=made,
            actionType="Evidence",
            title=title,
            content="Nothing.",
        )
    return made


def pages(client: Client, operation: str, member: str, **params: Any) -> list[Any]:
    """Return what is in all pages, of one item each, and how many pages there were."""
    found = client.get_paginator(operation).paginate(  # type: ignore[call-overload]  # any list
        **params, PaginationConfig={"PageSize": 1}
    )
    each_page = [page[member] for page in found]
    return [len(each_page), *(item for page in each_page for item in page)]


def parameters(client: Client, operation: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 - boto3's
    """Return those of the parameters that the client knows; one it has and lacks is an error."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    assert shape is not None
    if operation == "CreateCase":
        assert set(shape.members) <= set(given)
    return known(given, shape)


def evidence(client: Client, case_id: str) -> dict[str, Any]:
    """Upload and download by signed URLs with urllib3, which boto3 itself uses."""
    import urllib3

    asked: Any = {"caseId": case_id, "fileName": "dump.bin", "contentLength": len(EVIDENCE)}
    upload = client.get_case_attachment_upload_url(**asked)
    headers = {"If-None-Match": "*", "Content-Type": "application/octet-stream"}
    with urllib3.PoolManager() as http:
        put = [
            http.request(
                "PUT", upload["attachmentPresignedUrl"], body=EVIDENCE, headers=headers
            ).status
            for _ in range(2)
        ]
        (attached,) = client.get_case(caseId=case_id)["caseAttachments"]
        download = client.get_case_attachment_download_url(
            caseId=case_id, attachmentId=attached["attachmentId"]
        )
        found = http.request("GET", download["attachmentPresignedUrl"])
        return {
            "upload": told(upload),
            "put": put,
            "attached": attached,
            "download": told(download),
            "get": [found.status, hashlib.sha256(found.data).hexdigest()],
        }


def comments(client: Client, case_id: str) -> dict[str, Any]:
    """Write three comments, one of them twice with one token, and edit the second."""
    bodies = ["Erster.", "Zweiter 🚒.", "Dritter."]
    written = [client.create_case_comment(caseId=case_id, body=body) for body in bodies]
    token: Any = {"caseId": case_id, "body": "Vierter.", "clientToken": "vier"}
    again = [told(client.create_case_comment(**token)) for _ in range(2)]
    edit: Any = {"caseId": case_id, "commentId": "000001", "body": "Zweiter, besser."}
    return {
        "written": [told(each) for each in written],
        "again": again,
        "edited": told(client.update_case_comment(**edit)),
        "listed": pages(client, "list_comments", "items", caseId=case_id),
    }


def tags(client: Client, arn: str) -> dict[str, Any]:
    """Tag, untag and list; the ARN of the case travels in the path."""
    return {
        "tag": told(client.tag_resource(resourceArn=arn, tags={"später": "ja"})),
        "untag": told(client.untag_resource(resourceArn=arn, tagKeys=["a key/with: signs"])),
        "after": told(client.list_tags_for_resource(resourceArn=arn)),
    }


def newer(client: Client, supported: str) -> dict[str, Any]:
    """List the investigations by GET and query, and say what one was worth."""
    if "ListInvestigations" not in client.meta.service_model.operation_names:
        return {}
    listed = pages(client, "list_investigations", "investigationActions", caseId=supported)
    feedback: Any = {"caseId": supported, "usefulness": "USEFUL", "comment": "Ja."}
    sent = client.send_feedback(resultId=listed[1]["investigationId"], **feedback)
    return {"investigations": listed, "feedback": told(sent)}


def endings(client: Client, case_id: str) -> dict[str, Any]:
    """Hand the case over, close it twice, and be refused afterwards."""
    handed = client.update_resolver_type(caseId=case_id, resolverType="AWS")
    closed = [client.close_case(caseId=case_id) for _ in range(2)]
    assert closed[0]["closedDate"] == closed[1]["closedDate"]
    return {
        "handed over": told(handed),
        "closed": [told(each) for each in closed],
        "refused": refused(
            client,
            "ConflictException",
            lambda: client.create_case_comment(caseId=case_id, body="Noch einer."),
        ),
    }


def journey(client: Client, responder: Any) -> dict[str, Any]:  # noqa: ANN401 - made from the model
    """Take the whole way and return what was answered."""
    client.create_membership(**parameters(client, "CreateMembership", PARAMETERS))
    supported = supported_case(client, responder)
    opening = parameters(client, "CreateCase", CASE)
    created, replayed = client.create_case(**opening), client.create_case(**opening)
    assert created["caseId"] == replayed["caseId"]
    named: Any = {"caseId": created["caseId"]}
    status: Any = {"caseStatus": "Detection and Analysis"}
    return {
        "create": told(created),
        "update": told(client.update_case(**named, **parameters(client, "UpdateCase", UPDATE))),
        "moved": told(client.update_case_status(**named, **status)),
        "comments": comments(client, created["caseId"]),
        "evidence": evidence(client, created["caseId"]),
        "tags": tags(client, client.get_case(**named)["caseArn"]),
        "cases": pages(client, "list_cases", "items"),
        "newer": newer(client, supported),
        "end": endings(client, created["caseId"]),
        "edits": [
            each["action"] for each in pages(client, "list_case_edits", "items", **named)[1:]
        ],
        "get": told(client.get_case(**named)),
    }


def main() -> None:
    """Make the clients that the arguments ask for, and travel."""
    if sys.argv[1] == "embedded":
        import larum

        with larum.Service(Path(sys.argv[2])) as service:
            client, responder = service.client(), service.client("larum")
            summary = journey(client, responder)
            client.close()
            responder.close()
    else:
        import boto3

        session: Any = boto3
        summary = journey(session.client("security-ir"), session.client("larum"))
    sys.stdout.write(CHANGING.sub("…", without_ids_and_times(summary)))


if __name__ == "__main__":
    main()
