"""What waits to be told to the world, written in the transaction of the change it tells of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain import values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from larum.domain.events import Event, Notice
    from larum.store.engine import Transaction

INSERT = """
INSERT INTO outbox (
    account, outbox_id, event_id, kind, type, region, resource_arn, recipient, detail, created_at
) VALUES (
    :account, :outbox_id, :event_id, :kind, :type, :region, :resource_arn, :recipient, :detail,
    :created_at
)
"""
# An id begins with the time, so the order of ids is the order of time, across all accounts.
PAGE = """
SELECT created_at, outbox_id, account, region, kind, type, resource_arn, recipient, detail
FROM outbox WHERE outbox_id > :after ORDER BY outbox_id LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One row that waits: `detail` is JSON, `recipient` a sensitive address, None for an event."""

    created_at: datetime
    outbox_id: str
    account: str
    region: str
    kind: str
    type: str
    resource_arn: str
    recipient: str | None
    detail: str

    def __repr__(self) -> str:
        """Leave the address out."""
        return f"OutboxEntry({self.outbox_id}, {self.type})"


def add(tx: Transaction, event: Event, notices: Sequence[Notice] = ()) -> None:
    """Add an event for machines and the notices for people that go with it."""
    shared = {
        "account": event.account,
        "event_id": event.event_id,
        "region": event.region,
        "resource_arn": event.resource,
        "detail": msgspec.json.encode(event.detail).decode(),
        "created_at": values.microseconds(event.time),
    }
    own: list[dict[str, Any]] = [
        {"outbox_id": event.event_id, "kind": "event", "type": event.detail_type, "recipient": None}
    ]
    own += [
        {
            "outbox_id": f"{event.event_id}/{number}",
            "kind": "notice",
            "type": notice.communication_type,
            "recipient": notice.recipient,
        }
        for number, notice in enumerate(notices)
    ]
    tx.change_many(INSERT, [shared | each for each in own])


def page(tx: Transaction, after: str, limit: int) -> list[OutboxEntry]:
    """Return at most `limit` rows of all accounts with ids after `after`, oldest first."""
    rows = tx.rows(PAGE, {"after": after, "limit": limit})
    return [OutboxEntry(values.moment(created_at), *rest) for created_at, *rest in rows]
