"""What waits for delivery, as the administrator sees it: an operation of the `larum` model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.store import outbox

if TYPE_CHECKING:
    from larum.context import Context
    from larum.store.outbox import OutboxEntry

PAGE_SIZE: Final = 25


def list_outbox_entries(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of what waits, of all accounts and Regions, oldest first."""
    limit = params.get("maxResults", PAGE_SIZE)
    found = outbox.page(context.tx, context.cursor or "", limit + 1)
    output: dict[str, Any] = {"items": [_entry_out(each) for each in found[:limit]]}
    if len(found) > limit:
        output["nextToken"] = found[limit - 1].outbox_id
    return output


def _entry_out(entry: OutboxEntry) -> dict[str, Any]:
    return {
        "outboxId": entry.outbox_id,
        "accountId": entry.account,
        "region": entry.region,
        "kind": entry.kind,
        "type": entry.type,
        "resourceArn": entry.resource_arn,
        "recipient": entry.recipient,
        "detail": entry.detail,
        "createdAt": entry.created_at,
    }
