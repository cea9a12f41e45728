"""Cases of any account, as the responder and the operator read them: operations of `larum`.

Those of a membership that has ended are archived: they can be read here, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.operations import case_lists, cases, comments, investigations
from larum.operations.case_lists import listed_out
from larum.operations.responder import named_case
from larum.store import archived_cases
from larum.store import memberships as membership_rows
from larum.store import tags as tag_rows
from larum.store.archived_cases import Archive, ArchivePlace

if TYPE_CHECKING:
    from larum.context import Context

PAGE_SIZE: Final = 25


def get_case(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the case with its tags; raises ResourceNotFoundException, as all do here."""
    case, membership = named_case(context, params)
    return cases.whole_case(context, case) | {
        "accountId": case.account,
        "region": case.region,
        "caseId": case.case_id,
        "membershipId": case.membership_id,
        "archived": not membership.is_active,
        "tags": tag_rows.get(context.tx, case.account, case.arn),
    }


def list_cases(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an account's cases, the most recently updated first.

    They are those of its Active membership; with `archived` those of the memberships that have
    ended, one membership after the other, the newest first. `membershipId` leaves those of the
    other memberships out. An account without any has none.
    """
    if params.get("archived", False):
        return _archived(context, params)
    account, region = params["accountId"], params["region"]
    limit = params.get("maxResults", PAGE_SIZE)
    membership = membership_rows.in_use(context.tx, account, region, context.now)[1]
    wanted = params.get("membershipId")
    if membership is None or wanted not in {None, membership.membership_id}:
        return {"items": [], "total": 0}
    page = case_lists.page(context, membership, limit)
    owner = {"membershipId": membership.membership_id}
    return page | {"items": [each | owner for each in page["items"]]}


def list_case_edits(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of what was changed of the case, by whom and when, oldest first."""
    case, _ = named_case(context, params)
    return case_lists.page_of_edits(context, case, params.get("maxResults", PAGE_SIZE))


def list_comments(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the comments of the case, oldest first."""
    case, _ = named_case(context, params)
    return comments.page(context, case, params.get("maxResults", PAGE_SIZE))


def list_investigations(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the investigations of the case, oldest first."""
    case, _ = named_case(context, params)
    return investigations.page(context, case, params.get("maxResults", PAGE_SIZE))


def _archived(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    account, region, wanted = params["accountId"], params["region"], params.get("membershipId")
    limit = params.get("maxResults", PAGE_SIZE)
    below = ArchivePlace.read(context.cursor) if context.cursor else archived_cases.top(wanted)
    archive = Archive(account, region, wanted, context.now)
    found = archived_cases.page(context.tx, archive, below, limit + 1)
    output: dict[str, Any] = {
        "items": [
            listed_out(account, region, case) | {"membershipId": membership_id}
            for membership_id, case in found[:limit]
        ],
        "total": archived_cases.count(context.tx, archive),
    }
    if len(found) > limit:
        membership_id, case = found[limit - 1]
        output["nextToken"] = str(ArchivePlace(membership_id, case.place))
    return output
