"""One incident from the first finding to the last question, told through boto3 over HTTP.

A real `larum serve` stands between a customer and the responder. Each chapter is a function; the
test below them tells the story, restarts the server and ends the membership.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.evidence import fetch, put
from tests.conformance.larum_clients import LarumClient, larum_client
from tests.conformance.page import TEAM, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, issue_root_keys
from tests.finding_documents import address, guard_duty, texts

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

CUSTOMER, REGION = "222222222222", "us-east-1"
MEMORY = b"\x7fELF " + bytes(range(256)) * 4096
CONTAINMENT = "Containment, Eradication and Recovery"
# Who did what to the case, in order.
DONE = [
    ("security-ir.amazonaws.com", "Create case"),
    ("AWS Responder", "Acknowledge case"),
    ("AWS Responder", "Add comment"),
    ("AWS Responder", "Request customer action"),
    ("customer", "Add comment"),
    ("customer", "Upload attachment"),
    ("customer", "Upload attachment"),
    ("AWS Responder", "Add investigation"),
    ("AWS Responder", "Update investigation"),
    ("AWS Responder", "Update investigation"),
    ("customer", "Send feedback"),
    ("AWS Responder", "Update case status"),
    ("AWS Responder", "Update case status"),
    ("AWS Responder", "Close case"),
]


@dataclass
class People:
    """The customer and the responder, in front of one run of the server."""

    server: LarumServer

    @cached_property
    def customer(self) -> SecurityIncidentResponseClient:
        """The customer's client."""
        return self.server.client(account=CUSTOMER)

    @cached_property
    def responder(self) -> LarumClient:
        """The client of the responder, who operates the server too."""
        return larum_client(self.server)


def the_customer_subscribes(people: People) -> str:
    """Ana and Bob are the team, and Triage is on."""
    return people.customer.create_membership(
        membershipName="Example Corp",
        incidentResponseTeam=TEAM,  # type: ignore[arg-type]  # as the page has it
        optInFeatures=[{"featureName": "Triage", "isEnabled": True}],
    )["membershipId"]


def findings_come_in(people: People) -> str:
    """Five findings; one is grave, and triage opens a case of it."""
    grave = guard_duty(severity=8, accountId=CUSTOMER)
    others = [guard_duty(number, severity=2, accountId=CUSTOMER) for number in range(1, 5)]
    answer = people.responder.ingest_findings(
        accountId=CUSTOMER, region=REGION, findings=texts(grave, *others)
    )
    assert (answer["ingestedCount"], answer["escalatedCount"]) == (5, 1)
    (opened,) = people.customer.list_cases()["items"]
    assert opened["title"].startswith("[Proactive case] ")
    assert (opened["resolverType"], opened["caseStatus"]) == ("AWS", "Submitted")
    return opened["caseId"]


def the_responder_asks(people: People, case: dict[str, Any]) -> None:
    """They take the case on, and need to know more."""
    people.responder.acknowledge_case(**case)
    people.responder.create_case_comment(**case, body="Can you send the memory of that host?")
    people.responder.request_customer_action(**case)
    waiting = people.customer.get_case(caseId=case["caseId"])
    assert (waiting["caseStatus"], waiting["pendingAction"]) == ("Acknowledged", "Customer")


def the_customer_answers(people: People, case_id: str) -> None:
    """They comment, and upload the evidence to the signed URL."""
    people.customer.create_case_comment(caseId=case_id, body="Here it is: dump.bin.")
    url = people.customer.get_case_attachment_upload_url(
        caseId=case_id, fileName="dump.bin", contentLength=len(MEMORY)
    )["attachmentPresignedUrl"]
    assert [put(url, MEMORY).status, put(url, MEMORY).status] == [200, 412]
    case = people.customer.get_case(caseId=case_id)
    assert case["pendingAction"] == "None"
    (attached,) = case["caseAttachments"]
    assert (attached["fileName"], attached["attachmentStatus"]) == ("dump.bin", "Verified")


def the_responder_investigates(people: People, case: dict[str, Any]) -> None:
    """An investigation runs to its end, and the customer finds it useful."""
    found = people.responder.put_investigation(
        **case, actionType="Investigation", title="The host", content="A miner was **started**."
    )["investigationId"]
    for status in ("InProgress", "Completed"):
        people.responder.update_investigation(**case, investigationId=found, status=status)
    people.customer.send_feedback(
        caseId=case["caseId"], resultId=found, usefulness="USEFUL", comment="The right host."
    )


def it_is_contained_and_closed(people: People, case: dict[str, Any]) -> None:
    """The responder moves the case to its end, and closes it with a code."""
    for status in (CONTAINMENT, "Ready to Close"):
        people.responder.set_case_status(**case, caseStatus=status)
    people.responder.close_case(**case, closureCode="Investigation Completed")
    with pytest.raises(people.customer.exceptions.ConflictException):
        people.customer.create_case_comment(caseId=case["caseId"], body="One more thing.")


def what_is_known(people: People, membership_id: str, case_id: str) -> dict[str, Any]:
    """Return everything that the customer can read of it, the bytes of the evidence too."""
    customer = people.customer
    named: Any = {"caseId": case_id}
    day, today = timedelta(days=1), datetime.now(UTC)
    case = customer.get_case(**named)
    (attached,) = case["caseAttachments"]
    url = customer.get_case_attachment_download_url(**named, attachmentId=attached["attachmentId"])[
        "attachmentPresignedUrl"
    ]
    evidence = fetch("GET", url)
    metrics = customer.get_finding_metrics(
        membershipId=membership_id, startDate=today - day, endDate=today + day
    )
    return {
        "case": without_metadata(case),
        "comments": customer.list_comments(**named)["items"],
        "edits": customer.list_case_edits(**named)["items"],
        "investigations": customer.list_investigations(**named)["investigationActions"],
        "tags": customer.list_tags_for_resource(resourceArn=case["caseArn"])["tags"],
        "listed": customer.list_cases()["items"],
        "metrics": without_metadata(metrics),
        "evidence": (evidence.status, hashlib.sha256(evidence.body).hexdigest()),
    }


def check_what_is_known(known: dict[str, Any]) -> None:
    """The case, who did what, who said what, the investigation, the metrics and the evidence."""
    case = known["case"]
    assert (case["caseStatus"], case["closureCode"]) == ("Closed", "Investigation Completed")
    assert case["impactedAccounts"] == [CUSTOMER]
    assert case["threatActorIpAddresses"] == [{"ipAddress": address(0)}]
    assert known["tags"] == {"SecurityIncidentResponseManaged": "true"}
    root = f"arn:aws:iam::{CUSTOMER}:root"
    names = [each["principal"].replace(root, "customer") for each in known["edits"]]
    actions = [each["action"] for each in known["edits"]]
    assert list(zip(names, actions, strict=True)) == DONE
    assert [each["creator"] for each in known["comments"]] == ["AWS Responder", root]
    (investigation,) = known["investigations"]
    assert (investigation["status"], investigation["feedback"]["usefulness"]) == (
        "Completed",
        "USEFUL",
    )
    metrics = known["metrics"]
    assert (metrics["findingsIngestedGuardDuty"], metrics["findingsTriaged"]) == (5, 5)
    assert (metrics["findingsEscalated"], metrics["findingsTruePositive"]) == (1, 1)
    assert known["evidence"] == (200, hashlib.sha256(MEMORY).hexdigest())


def the_membership_ends(people: People, membership_id: str, case: dict[str, Any]) -> None:
    """The customer loses sight of everything about the case; the operator does not."""
    customer = people.customer
    customer.cancel_membership(membershipId=membership_id)
    not_active = customer.exceptions.SecurityIncidentResponseNotActiveException
    for call in (customer.get_case, customer.list_comments, customer.list_case_edits):
        with pytest.raises(not_active):
            call(caseId=case["caseId"])
    with pytest.raises(not_active):
        customer.list_cases()


def test_an_incident_from_finding_to_archive(tmp_path: Path) -> None:
    """A finding becomes a case, is worked on by both sides, closed, kept and archived."""
    data = tmp_path / "data"
    keys = issue_root_keys(data, [ADMINISTRATOR, CUSTOMER])
    with LarumServer(data, keys=keys) as server:
        people = People(server)
        membership_id = the_customer_subscribes(people)
        case_id = findings_come_in(people)
        case = {"accountId": CUSTOMER, "region": REGION, "caseId": case_id}
        the_responder_asks(people, case)
        the_customer_answers(people, case_id)
        the_responder_investigates(people, case)
        it_is_contained_and_closed(people, case)
        known = what_is_known(people, membership_id, case_id)
        people.responder.close()
    check_what_is_known(known)
    with LarumServer(data, keys=keys) as server:
        people = People(server)
        assert what_is_known(people, membership_id, case_id) == known
        the_membership_ends(people, membership_id, case)
        archived = without_metadata(people.responder.get_case(**case))
        assert archived["archived"]
        assert {name: archived[name] for name in known["case"]} == known["case"]
        for name, member in (("list_comments", "comments"), ("list_case_edits", "edits")):
            assert getattr(people.responder, name)(**case)["items"] == known[member]
        people.responder.close()
