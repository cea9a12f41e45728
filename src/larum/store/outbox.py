"""What waits to be told to the world, written in the transaction of the change it tells of.

The order of ids is the order of telling in the whole installation, as its one writer told: within a
request, within a group of requests whatever their times, and from one commit to the next. So
nothing ever appears before what a reader has seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from larum.domain import values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from larum.domain.events import Event, Notice
    from larum.store.engine import Row, Transaction

INSERT = """
INSERT INTO outbox (
    account, outbox_id, event_id, kind, type, region, resource_arn, detail, notices, created_at
) VALUES (
    :account, :event_id, :event_id, 'event', :type, :region, :resource_arn, :detail, :notices,
    :created_at
)
"""
LAST = "SELECT max(outbox_id) FROM outbox"
PAGE = """
SELECT created_at, outbox_id, account, region, kind, type, resource_arn, recipient, detail, notices
FROM outbox WHERE outbox_id >= :start ORDER BY outbox_id LIMIT :limit
"""

_encode = msgspec.json.Encoder().encode
_notices = msgspec.json.Decoder(list[tuple[str, str]])


class OutboxEntry(msgspec.Struct, frozen=True):
    """What waits: `detail` is JSON, `recipient` a sensitive address, None for an event."""

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
    """Add an event for machines and, in the same row, the notices for people that go with it."""
    told = [(each.communication_type, each.recipient) for each in notices]
    parameters = {
        "account": event.account,
        "event_id": event.event_id,
        "type": event.detail_type,
        "region": event.region,
        "resource_arn": event.resource,
        "detail": _encode(event.detail).decode(),
        "notices": _encode(told).decode(),
        "created_at": values.microseconds(event.time),
    }
    tx.change(INSERT, parameters)


def last_tick(tx: Transaction) -> int:
    """Return the tick of the newest event that waits, 0 where none does."""
    (newest,) = tx.rows(LAST, {})[0]
    return 0 if newest is None else values.tick_of(newest)


def page(tx: Transaction, after: str, limit: int) -> list[OutboxEntry]:
    """Return at most `limit` entries of all accounts with ids after `after`, oldest first.

    A notice's id is that of its event and two digits.
    """
    start, _, _ = after.partition("/")
    rows = tx.rows(PAGE, {"start": start, "limit": limit + 1})
    found = [entry for row in rows for entry in _entries(row) if entry.outbox_id > after]
    return found[:limit]


def _entries(row: Row) -> Iterator[OutboxEntry]:
    created_at, *rest, notices = row
    event = OutboxEntry(values.moment(created_at), *rest)
    yield event
    for number, (communication, recipient) in enumerate(_notices.decode(notices)):
        yield replace(
            event,
            outbox_id=f"{event.outbox_id}/{number:02}",
            kind="notice",
            type=communication,
            recipient=recipient,
        )
