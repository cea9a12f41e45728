"""An account with what a cause of an exception needs around it: membership, cases, a responder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from larum.wire.model import Location
from tests.conformance.page import smallest
from tests.edge.larum_servers import UNCHECKED
from tests.wire.examples import example
from tests.wire.services import MODEL

if TYPE_CHECKING:
    from tests.edge.doors import Door

NOBODYS_CASE = "0000000000"
NOBODYS_MEMBERSHIP = "m-" + "0" * 30
STARTED = datetime(2026, 11, 1, 12, tzinfo=UTC)
A_SECOND = "2026-11-01T00:00:00Z"


def opening(resolver_type: str = "Self", **more: Any) -> dict[str, Any]:
    """Return the parameters of CreateCase."""
    return {
        "resolverType": resolver_type,
        "title": "Unusual sign-in",
        "description": "Seen at night.",
        "engagementType": "Security Incident",
        "reportedIncidentStartDate": STARTED,
        "impactedAccounts": [],
        "watchers": [],
        **more,
    }


def params_of(operation: str) -> dict[str, Any]:
    """Return valid parameters of an operation, as boto3 takes them; nothing they name exists."""
    in_query = {
        each.name
        for each in MODEL.operations[operation].located(Location.QUERY)
        if each.shape.type == "timestamp"
    }
    return {
        name: A_SECOND if name in in_query else each
        for name, each in example(operation).items()
        if name != "nextToken"
    }


@dataclass
class Attempt:
    """A call that must be refused, and the members that the exception must have."""

    client: Any
    params: dict[str, Any]
    members: dict[str, Any] = field(default_factory=dict)


@dataclass
class Stage:
    """One account behind a door; each property and method makes what it gives."""

    door: Door
    account: str

    @cached_property
    def client(self) -> Any:  # noqa: ANN401 - called by the names of the operations
        """A client of the account that checks nothing itself."""
        return self.door.client(self.account, config=UNCHECKED)

    @cached_property
    def responder(self) -> Any:  # noqa: ANN401 - botocore makes its methods from the model
        """A client of the responder's side."""
        return self.door.administrator()

    @cached_property
    def membership_id(self) -> str:
        """The account's membership."""
        made: str = self.client.create_membership(**smallest())["membershipId"]
        return made

    def case(self, resolver_type: str = "Self", **more: Any) -> str:
        """Open a case of the membership; return its id."""
        assert self.membership_id
        made: str = self.client.create_case(**opening(resolver_type, **more))["caseId"]
        return made

    def closed_case(self) -> str:
        """Open a case and close it; return its id."""
        made = self.case()
        self.client.close_case(caseId=made)
        return made

    def arn(self, resource: str) -> str:
        """Return the ARN of `case/ID` or `membership/ID` of the account."""
        return f"arn:aws:security-ir:us-east-1:{self.account}:{resource}"

    def params(
        self, operation: str, case_id: str = NOBODYS_CASE, membership_id: str = NOBODYS_MEMBERSHIP
    ) -> dict[str, Any]:
        """Return valid parameters of an operation that name this case or membership."""
        named = {
            "caseId": case_id,
            "membershipId": membership_id,
            "resourceArn": self.arn(f"case/{case_id}"),
        }
        return {name: named.get(name, each) for name, each in params_of(operation).items()}

    def attempt(self, operation: str, case_id: str, **members: Any) -> Attempt:
        """Return the call of an operation on that case."""
        return Attempt(self.client, self.params(operation, case_id), members)
