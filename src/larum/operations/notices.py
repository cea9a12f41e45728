"""Telling the world what happened to a membership: one event, and a notice to who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from larum.domain import values
from larum.domain.events import DetailType, Event, Notice
from larum.store import outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.domain.memberships import CommunicationType, Membership
    from larum.store.engine import Transaction


class Surroundings(Protocol):
    """What a change needs, whether a caller asked for it (Context) or the time had come."""

    @property
    def now(self) -> datetime:
        """The time of the change, UTC."""
        ...

    @property
    def random(self) -> Callable[[int], bytes]:
        """Gives that many random bytes."""
        ...

    @property
    def tx(self) -> Transaction:
        """The transaction of the change."""
        ...


def tell(
    context: Surroundings,
    membership: Membership,
    detail_type: DetailType,
    communication: CommunicationType | None = None,
) -> None:
    """Put the event in the outbox, and the notices of `communication` where one is named."""
    event = Event(
        event_id=values.event_id(context.now, context.random(values.RANDOM_BYTES)),
        detail_type=detail_type,
        account=membership.account,
        region=membership.region,
        time=context.now,
        resource=membership.arn,
        detail={"membershipId": membership.membership_id},
    )
    recipients = [] if communication is None else membership.recipients(communication)
    outbox.add(context.tx, event, [Notice(str(communication), each) for each in recipients])
