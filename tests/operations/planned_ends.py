"""A service whose cancellations wait for the end of the billing month, with a clock to turn."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import larum
from larum.settings import ROOT_ACCOUNT, Settings
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest, without_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.larum_clients import LarumClient

MEMBER, LATER, ALONE = "222222222222", "333333333333", "444444444444"
# A membership of that day has months that end on the 29th, or on the last day of February.
BEGIN = datetime(2026, 12, 29, 10, 30, tzinfo=UTC)
END = datetime(2027, 1, 29, 10, 30, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
# Dates of signatures are not checked, so that the clock can say what it likes.
AT_END_OF_MONTH = Settings(auth="relaxed", cancellation="end-of-month")


@dataclass
class Clock:
    """The time of an instance."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        """Return it."""
        return self.now


@dataclass
class Ending:
    """A service, its clock, and a membership of the management account that covers everything."""

    service: larum.Service
    clock: Clock
    client: Any
    operator: LarumClient
    membership_id: str

    def pass_to(self, moment: datetime) -> None:
        """Turn the clock; nothing sweeps."""
        self.clock.now = moment

    def get(self, membership_id: str | None = None) -> dict[str, Any]:
        """Return what GetMembership says."""
        answer = self.client.get_membership(membershipId=membership_id or self.membership_id)
        return without_metadata(answer)

    def sweep(self) -> None:
        """Do all that the time demands: client tokens of last month go too."""
        while self.service.sweep():
            pass

    def undo(self) -> None:
        """Take the cancellation back."""
        self.client.update_membership(
            membershipId=self.membership_id, undoMembershipCancellation=True
        )

    def stands(self, account: str) -> str:
        """Return how an account stands to the membership."""
        (item,) = self.client.batch_get_member_account_details(
            membershipId=self.membership_id, accountIds=[account]
        )["items"]
        return str(item["relationshipStatus"])

    def join(self, *accounts: str) -> None:
        """Let the organization have exactly these accounts."""
        inside = {"organizationalUnits": [], "accounts": [{"id": each} for each in accounts]}
        self.operator.apply_directory(directory={"organization": inside})

    def create(self) -> str:
        """Create a membership; return its id."""
        return str(self.client.create_membership(**smallest())["membershipId"])


@contextmanager
def ending(settings: Settings = AT_END_OF_MONTH) -> Iterator[Ending]:
    """Give a fresh service with a membership that covers an organization of two accounts."""
    clock = Clock()
    with larum.Service(settings=settings, clock=clock) as service:
        client, operator = service.client(account=ROOT_ACCOUNT), larum_client(service)
        inside = {"organizationalUnits": [], "accounts": [{"id": MEMBER}]}
        operator.apply_directory(directory={"organization": inside, "accounts": [{"id": ALONE}]})
        made = client.create_membership(
            **smallest(
                coverEntireOrganization=True,
                optInFeatures=[{"featureName": "Triage", "isEnabled": True}],
            )
        )
        try:
            yield Ending(service, clock, client, operator, made["membershipId"])
        finally:
            client.close()
            operator.close()
