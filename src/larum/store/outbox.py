"""What waits to be told to the world, written in the transaction of the change it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain import values

if TYPE_CHECKING:
    from collections.abc import Sequence

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
