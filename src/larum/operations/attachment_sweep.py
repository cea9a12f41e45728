"""What the time does to attachments: a URL that nobody used, bytes that are kept no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.domain.attachments import Verdict
from larum.operations.attachments import forget_bytes, judge
from larum.store import attachments as rows

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from larum.operations.notices import Surroundings
    from larum.store.attachments import Closed

# A sweep holds the writer: this bounds how long.
AT_ONCE: Final = 100


def fail_unused(sweep: Surroundings, busy: AbstractSet[str]) -> int:
    """Let attachments fail whose URL has expired; return how many.

    `busy` are the keys of blobs that are being received: an upload may end after its URL.
    """
    found = rows.expired(sweep.tx, sweep.now, AT_ONCE)
    unused = [each for each in found if each.blob_key not in busy]
    for each in unused:
        judge(sweep, each, Verdict.UNUSED)
    return len(unused)


def delete_old(sweep: Surroundings, before: datetime, after: Closed) -> Closed | None:
    """Note the deletion of the bytes of cases that were closed at `before` or earlier.

    Walks on from the case `after`, over some 100 attachments or cases; returns where it has come
    to, or None at the end.
    """
    forgotten, reached = 0, None
    for case in rows.closed_cases(sweep.tx, before, after, AT_ONCE):
        for each in rows.of_case(sweep.tx, case.account, case.region, case.case_id):
            if each.deleted_at is None and each.received_at is not None and not each.is_failed:
                forget_bytes(sweep, each)
                forgotten += 1
        reached = case
        if forgotten >= AT_ONCE:
            break
    return reached
