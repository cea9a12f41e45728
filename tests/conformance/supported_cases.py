"""An AWS-supported case with both of its sides: the customer's client and the responder's."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

WATCHER = {"email": "wanda@example.com", "name": "Wanda Watt"}
STARTED = datetime(2026, 11, 1, 12, tzinfo=UTC)


def opening(resolver_type: str = "AWS") -> dict[str, Any]:
    """Return the parameters of CreateCase."""
    return {
        "resolverType": resolver_type,
        "title": "Unusual sign-in",
        "description": "Seen at night.",
        "engagementType": "Security Incident",
        "reportedIncidentStartDate": STARTED,
        "impactedAccounts": [],
        "watchers": [WATCHER],
    }


@dataclass(frozen=True)
class Supported:
    """A case by its id, its customer's client and the responder's.

    `named` are the members by which the second model names the case.
    """

    customer: SecurityIncidentResponseClient
    responder: LarumClient
    membership_id: str
    case_id: str
    named: dict[str, Any]

    @property
    def case(self) -> dict[str, Any]:
        """The case as its customer reads it."""
        return dict(self.customer.get_case(caseId=self.case_id))

    @property
    def comments(self) -> list[dict[str, Any]]:
        """The comments as the customer reads them."""
        return [dict(each) for each in self.customer.list_comments(caseId=self.case_id)["items"]]

    @property
    def edits(self) -> list[tuple[str, str]]:
        """Who did what to the case, oldest first."""
        found = self.customer.list_case_edits(caseId=self.case_id)["items"]
        return [(each["principal"], each["action"]) for each in found]

    def told(self) -> list[dict[str, Any]]:
        """Return what waits in the outbox of the case."""
        pages = self.responder.get_paginator("list_outbox_entries").paginate(
            PaginationConfig={"PageSize": 100}
        )
        arn = self.case["caseArn"]
        return [each for page in pages for each in page["items"] if each["resourceArn"] == arn]

    def events(self, since: Sequence[dict[str, Any]] = ()) -> list[tuple[str, str]]:
        """Return type and detail of the events of the case that were not told by `since`."""
        return self._of("event", "detail", since)

    def notices(self, since: Sequence[dict[str, Any]] = ()) -> list[tuple[str, str]]:
        """Return type and address of the notices of the case that were not told by `since`."""
        return self._of("notice", "recipient", since)

    def _of(self, kind: str, member: str, since: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
        # Sorted: what happens in the same millisecond waits in no order.
        return sorted(
            (each["type"], each[member])
            for each in self.told()
            if each["kind"] == kind and each not in since
        )


@contextmanager
def supported(instance: Instance, account: str, resolver_type: str = "AWS") -> Iterator[Supported]:
    """Give a new case of `account`, in a new membership of its own."""
    customer = instance.client(account=account)
    responder = larum_client(instance)
    membership_id = customer.create_membership(**smallest())["membershipId"]
    case_id = customer.create_case(**opening(resolver_type))["caseId"]
    named = {"accountId": account, "region": "us-east-1", "caseId": case_id}
    try:
        yield Supported(customer, responder, membership_id, case_id, named)
    finally:
        customer.close()
        responder.close()
