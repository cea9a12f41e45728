"""What the world is told: events for machines, notices for people. Told by the outbox, later.

Shapes: service-behaviour §5.1, from the EventBridge reference,
https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-security-ir.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class DetailType(StrEnum):
    """The events' types, spelled as EventBridge has them."""

    MEMBERSHIP_CREATED = "Membership Created"
    MEMBERSHIP_UPDATED = "Membership Updated"
    MEMBERSHIP_CANCELLED = "Membership Cancelled"
    MEMBERSHIP_TERMINATED = "Membership Terminated"
    CASE_CREATED = "Case Created"
    CASE_UPDATED = "Case Updated"
    CASE_CLOSED = "Case Closed"
    CASE_COMMENT_ADDED = "Case Comment Added"
    CASE_COMMENT_UPDATED = "Case Comment Updated"


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a resource; `event_id` stays the same on every delivery."""

    event_id: str
    detail_type: DetailType
    account: str
    region: str
    time: datetime
    resource: str
    detail: Mapping[str, str]


class Notice(msgspec.Struct, frozen=True):
    """A message to one person about an event; `recipient` is a sensitive e-mail address."""

    communication_type: str
    recipient: str

    def __repr__(self) -> str:
        """Leave the address out."""
        return f"Notice({self.communication_type}, ***)"
