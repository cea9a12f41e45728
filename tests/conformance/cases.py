"""A customer with an Active membership, and the requests of the journeys on cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from larum.store import outbox
from tests.conformance.page import refusal_of, smallest, without_metadata

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    import larum
    from larum.store.outbox import OutboxEntry
    from tests.conformance.instances import Instance

REPORTED = datetime(2026, 11, 1, 12, 34, 56, 789000, tzinfo=UTC)
NO_SUCH_CASE = "0000000000"
CASE: dict[str, Any] = {
    "resolverType": "Self",
    "title": "Unusual sign-in",
    "description": "Seen at night.\n\tDetails follow.",
    "engagementType": "Security Incident",
    "reportedIncidentStartDate": REPORTED,
    "impactedAccounts": [],
    "watchers": [],
}
EVERY_PARAMETER: dict[str, Any] = {
    "resolverType": "AWS",
    "title": "Unusual sign-in",
    "description": "Seen at night.\n\tDetails follow.",
    "engagementType": "Investigation",
    "reportedIncidentStartDate": REPORTED,
    "impactedAccounts": ["444455556666", "111122223333"],
    "watchers": [
        {"email": "carol@example.com", "name": "Carol", "jobTitle": "CISO"},
        {"email": "dave@example.com"},
    ],
    "threatActorIpAddresses": [
        {"ipAddress": "192.0.2.7", "userAgent": "curl/8.5"},
        {"ipAddress": "2001:DB8:0:0:0:0:0:1"},
    ],
    "impactedServices": ["Amazon S3", "Amazon EC2"],
    "impactedAwsRegions": [{"region": "us-east-1"}, {"region": "eu-west-1"}],
}


@dataclass(frozen=True)
class Customer:
    """An account's client, and the id of its membership."""

    client: SecurityIncidentResponseClient
    account: str
    membership_id: str

    def opened(self, **more: Any) -> str:
        """Open a case with the required members and `more`; return its id."""
        return self.client.create_case(**CASE | more)["caseId"]

    def read(self, case_id: str) -> dict[str, Any]:
        """Return the case as GetCase tells it."""
        return without_metadata(self.client.get_case(caseId=case_id))

    def edits(self, case_id: str) -> list[dict[str, Any]]:
        """Return all edits of the case, oldest first."""
        pages = self.client.get_paginator("list_case_edits").paginate(caseId=case_id)
        return [dict(each) for page in pages for each in page["items"]]

    def actions(self, case_id: str) -> list[tuple[str, str]]:
        """Return the action and the message of each edit, oldest first."""
        return [(each["action"], each["message"]) for each in self.edits(case_id)]

    def listed(self, size: int = 25) -> list[str]:
        """Return the ids of all cases in the order of the list, by pages of `size`."""
        pages = self.client.get_paginator("list_cases").paginate(
            PaginationConfig={"PageSize": size}
        )
        return [each["caseId"] for page in pages for each in page["items"]]

    def arn(self, case_id: str) -> str:
        """Return the case's ARN."""
        return f"arn:aws:security-ir:us-east-1:{self.account}:case/{case_id}"


def customer(instance: Instance, account: str, **membership: Any) -> Customer:
    """Return the account as a customer with a new membership."""
    client = instance.client(account=account)
    made = client.create_membership(**smallest(**membership))["membershipId"]
    return Customer(client, account, made)


def waiting(service: larum.Service) -> list[OutboxEntry]:
    """Return all events and notices that wait, oldest first."""
    return service.engine.read(lambda tx: outbox.page(tx, "", 1_000))


def told(error: ClientError) -> tuple[Any, Any, Any]:
    """Return what a conflict or a quota names: the code, resourceId and resourceType."""
    body = refusal_of(error)
    return body["Error"]["Code"], body["resourceId"], body["resourceType"]
