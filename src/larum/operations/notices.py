"""Telling the world what happened to a membership: one event, and a notice to who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.domain import values
from larum.domain.events import DetailType, Event, Notice
from larum.store import outbox

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.memberships import CommunicationType, Membership


def tell(
    context: Context,
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
