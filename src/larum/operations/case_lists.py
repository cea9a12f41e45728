"""The lists of cases and of the edits of one case, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from larum.domain import values
from larum.errors import FieldFailure, ValidationException
from larum.operations.case_changes import active_membership, own_case
from larum.store import audit, case_places
from larum.store import cases as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.cases import Case
    from larum.domain.memberships import Membership
    from larum.store.case_places import ListedCase

PAGE_SIZE: Final = 25
# Places that were replaced longer ago may be gone (operations/sweep.py).
LONGEST_PAGING: Final = timedelta(hours=24)


class ListCursor(msgspec.Struct, frozen=True):
    """Where a page starts: below place `before`, in the list as it was at `begun`.

    `snapshot` is the last place there was then.
    """

    membership_id: str
    begun: datetime
    snapshot: int
    before: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the cursor that `str` wrote."""
        membership_id, begun, snapshot, before = text.split("/")
        return cls(membership_id, values.moment(int(begun)), int(snapshot), int(before))

    def __str__(self) -> str:
        """Write it for a nextToken."""
        begun = values.microseconds(self.begun)
        return f"{self.membership_id}/{begun}/{self.snapshot}/{self.before}"

    def check(self, membership: Membership, now: datetime) -> None:
        """Raise ValidationException for another membership's list, or one begun too long ago."""
        if self.membership_id != membership.membership_id or now - self.begun > LONGEST_PAGING:
            message = "Member must be a token of this list, whose first page is less than 24 h old"
            raise ValidationException.of_fields((FieldFailure("nextToken", message),))


def list_cases(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the membership's cases, the most recently changed first.

    All pages show the order of the moment of the first: what changes meanwhile is neither skipped
    nor repeated, and what is new is not in them (service-behaviour §2.6, §11 rows 13 and 28).
    """
    return page(context, active_membership(context), params.get("maxResults", PAGE_SIZE))


def page(context: Context, membership: Membership, limit: int) -> dict[str, Any]:
    """Return at most `limit` cases of the membership, from the context's cursor on, and how many.

    Raises ValidationException where the cursor is another membership's or too old.
    """
    counts = rows.counts(context.tx, membership)
    if context.cursor is None:
        last = counts.last_place
        cursor = ListCursor(membership.membership_id, context.now, last, last + 1)
    else:
        cursor = ListCursor.read(context.cursor)
        cursor.check(membership, context.now)
    found = case_places.page(
        context.tx,
        membership,
        snapshot=cursor.snapshot,
        before=cursor.before,
        limit=limit + 1,
    )
    output: dict[str, Any] = {
        "items": [
            listed_out(membership.account, membership.region, each) for each in found[:limit]
        ],
        "total": counts.cases,
    }
    if len(found) > limit:
        following = ListCursor(
            cursor.membership_id, cursor.begun, cursor.snapshot, found[limit - 1].place
        )
        output["nextToken"] = str(following)
    return output


def list_case_edits(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of what was changed of a case, by whom and when, oldest first.

    These are the audit's records of the case, nothing else (operations/case_edits.py).
    """
    case, _ = own_case(context, params["caseId"])
    return page_of_edits(context, case, params.get("maxResults", PAGE_SIZE))


def page_of_edits(context: Context, case: Case, limit: int) -> dict[str, Any]:
    """Return at most `limit` edits of the case, from the context's cursor on, and how many."""
    after = 0 if context.cursor is None else int(context.cursor)
    found = audit.of_case(context.tx, case.account, case.arn, after, limit + 1)
    output: dict[str, Any] = {
        "items": [_edit_out(record) for _, record in found[:limit]],
        "total": audit.count_of_case(context.tx, case.account, case.arn),
    }
    if len(found) > limit:
        output["nextToken"] = str(found[limit - 1][0])
    return output


def listed_out(account: str, region: str, case: ListedCase) -> dict[str, Any]:
    """Return what a list tells of a case of the account, in wire names."""
    return {
        "caseId": case.case_id,
        "lastUpdatedDate": case.updated_at,
        "title": case.title,
        "caseArn": values.case_arn(region, account, case.case_id),
        "engagementType": case.engagement_type,
        "caseStatus": case.status,
        "createdDate": case.created_at,
        "closedDate": case.closed_at,
        "resolverType": case.resolver_type,
        "pendingAction": case.pending_action,
    }


def _edit_out(record: dict[str, Any]) -> dict[str, Any]:
    edit = record["caseEdit"]
    return {
        "eventTimestamp": datetime.fromisoformat(record["eventTime"]),
        "principal": edit["principal"],
        "action": edit["action"],
        "message": edit["message"],
    }
