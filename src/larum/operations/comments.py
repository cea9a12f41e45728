"""The operations on comments, and how every side writes one: customer, responder, service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from larum.domain.cases import Case, PendingAction
from larum.domain.comments import Author, Comment, Writer, check_room, comment_id
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType
from larum.errors import ResourceNotFoundException
from larum.operations.case_changes import change, changeable_case, own_case
from larum.operations.case_edits import CaseEdit, Edited
from larum.operations.notices import CaseTold
from larum.operations.resources import not_yours
from larum.store import comments as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.memberships import Membership
    from larum.operations.notices import Surroundings

PAGE_SIZE: Final = 25


class Written(msgspec.Struct, frozen=True):
    """A comment that was written, with the case and the edit that came of it."""

    comment_id: str
    case: Case
    edit: CaseEdit


def create_case_comment(context: Context, params: dict[str, Any]) -> Edited:
    """Comment on the caller's case; it waits for the customer no longer.

    Raises ConflictException on a Closed case, ResourceNotFoundException,
    SecurityIncidentResponseNotActiveException and ServiceQuotaExceededException
    (service-behaviour §2.7, §11 rows 14, 15 and 26).
    """
    case, membership = changeable_case(context, params["caseId"])
    written = add(context, case, membership, _customer(context), params["body"])
    return Edited({"commentId": written.comment_id}, written.edit)


def update_case_comment(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Change the body of a customer's comment; the same body is no change.

    Raises AccessDeniedException for a comment of another side, and what `create_case_comment` does.
    """
    case, membership = changeable_case(context, params["caseId"])
    comment = found(context, case, params["commentId"])
    if comment.author is not Author.CUSTOMER:
        raise not_yours(context, case.arn)
    return edit(context, case, membership, comment, _customer(context), params["body"])


def list_comments(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the comments of the caller's case, oldest first."""
    case, _ = own_case(context, params["caseId"])
    return page(context, case, params.get("maxResults", PAGE_SIZE))


def add(
    surroundings: Surroundings, case: Case, membership: Membership, writer: Writer, body: str
) -> Written:
    """Add a comment of `writer` to an open case of the membership, and tell of it.

    Raises ConflictException where the case is Closed, ServiceQuotaExceededException where it has
    had a million comments.
    """
    check_room(case.account, case.case_id, case.comments)
    comment = Comment(
        account=case.account,
        region=case.region,
        case_id=case.case_id,
        comment_id=comment_id(case.comments),
        body=body,
        author=writer.author,
        creator=writer.principal,
        last_updated_by=writer.principal,
        created_at=surroundings.now,
        updated_at=surroundings.now,
    )
    rows.insert(surroundings.tx, comment)
    after = replace(_answered(case, writer), comments=case.comments + 1)
    told = CaseTold(
        DetailType.CASE_COMMENT_ADDED, CommunicationType.CASE_COMMENT_ADDED, writer.actor
    )
    after = change(surroundings, case, after, membership, told)
    message = f"Added comment {comment.comment_id}.{_then(case, after)}"
    return Written(
        comment.comment_id, after, CaseEdit(case.arn, writer.principal, "Add comment", message)
    )


def edit(
    surroundings: Surroundings,
    case: Case,
    membership: Membership,
    comment: Comment,
    writer: Writer,
    body: str,
) -> dict[str, Any] | Edited:
    """Give a comment another body, and tell of it; return {commentId, body}."""
    output = {"commentId": comment.comment_id, "body": body}
    if body == comment.body:
        return output
    rows.update(surroundings.tx, comment.edited(writer, body, surroundings.now))
    told = CaseTold(
        DetailType.CASE_COMMENT_UPDATED, CommunicationType.CASE_COMMENT_UPDATED, writer.actor
    )
    after = change(surroundings, case, _answered(case, writer), membership, told)
    message = f"Updated comment {comment.comment_id}.{_then(case, after)}"
    return Edited(output, CaseEdit(case.arn, writer.principal, "Update comment", message))


def found(context: Context, case: Case, identifier: str) -> Comment:
    """Return the comment of the case; raises ResourceNotFoundException."""
    comment = rows.get(context.tx, case.account, case.region, case.case_id, identifier)
    if comment is None:
        message = f"Case {case.case_id} has no comment {identifier}."
        raise ResourceNotFoundException(message)
    return comment


def page(context: Context, case: Case, limit: int) -> dict[str, Any]:
    """Return at most `limit` comments of the case from the context's cursor on, and how many."""
    key = (case.account, case.region, case.case_id)
    comments = rows.page(context.tx, *key, context.cursor or "", limit + 1)
    output: dict[str, Any] = {
        "items": [_comment_out(each) for each in comments[:limit]],
        "total": case.comments,
    }
    if len(comments) > limit:
        output["nextToken"] = comments[limit - 1].comment_id
    return output


def _customer(context: Context) -> Writer:
    return Writer.customer(context.caller.principal.arn, context.account)


def _answered(case: Case, writer: Writer) -> Case:
    """Return the case after `writer` has spoken: a customer's word is what it waited for."""
    if writer.author is Author.CUSTOMER:
        return replace(case, pending_action=PendingAction.NONE)
    return case


def _then(before: Case, after: Case) -> str:
    if before.pending_action is after.pending_action:
        return ""
    return " The case waits for the customer no longer."


def _comment_out(comment: Comment) -> dict[str, Any]:
    return {
        "commentId": comment.comment_id,
        "createdDate": comment.created_at,
        "lastUpdatedDate": comment.updated_at,
        "creator": comment.creator,
        "lastUpdatedBy": comment.last_updated_by,
        "body": comment.body,
    }
