"""The audit as the administrator reads it: operations of the `larum` model."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec asks for it when the class is made
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.store import audit

if TYPE_CHECKING:
    from larum.context import Context

CHAINS: Final = 25
RECORDS: Final = 25
# How many records a page looks at where only those of some time are wanted.
LOOKED_AT: Final = 5_000


class _Time(msgspec.Struct):
    eventTime: datetime  # noqa: N815 - CloudTrail's name


_time = msgspec.json.Decoder(_Time).decode


def get_audit_key(context: Context, _params: dict[str, Any]) -> dict[str, Any]:
    """Return the public key of the checkpoints."""
    return {"publicKey": context.audit_key}


def list_audit_chains(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of accounts with the last record of each, by account id."""
    limit = params.get("maxResults", CHAINS)
    found = audit.chains(context.tx, context.cursor or "", limit + 1)
    items = [
        {"accountId": each.account, "sequence": each.sequence, "hash": each.hash.hex()}
        for each in found[:limit]
    ]
    output: dict[str, Any] = {"items": items}
    if len(found) > limit:
        output["nextToken"] = items[-1]["accountId"]
    return output


def list_audit_records(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an account's records as they are kept, oldest first.

    Where times are given a page looks at LOOKED_AT records at most, and may be short.
    """
    limit = params.get("maxResults", RECORDS)
    start, end = params.get("startTime"), params.get("endTime")
    timed = start is not None or end is not None
    after = int(context.cursor or params.get("afterSequence", 0))
    most = LOOKED_AT if timed else limit
    found = audit.page(context.tx, params["accountId"], after, most + 1)
    items: list[dict[str, Any]] = []
    for sequence, text, kept in found[:most]:
        if len(items) == limit:
            break
        after = sequence
        if not timed or _is_within(text, start, end):
            items.append({"sequence": sequence, "record": text, "hash": kept.hex()})
    output: dict[str, Any] = {"items": items}
    if found and found[-1][0] > after:
        output["nextToken"] = str(after)
    return output


def _is_within(text: str, start: datetime | None, end: datetime | None) -> bool:
    try:
        moment = _time(text).eventTime
    except msgspec.MsgspecError:
        # What somebody damaged is shown whatever the time.
        return True
    return (start is None or moment >= start) and (end is None or moment < end)
