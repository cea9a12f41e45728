"""The responder's comments on a case, as `AWS Responder`: operations of the `larum` model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain.comments import RESPONDER, Author
from larum.errors import AccessDeniedException
from larum.operations import comments
from larum.operations.case_edits import Edited
from larum.operations.responder import supported_case

if TYPE_CHECKING:
    from larum.context import Context


def create_case_comment(context: Context, params: dict[str, Any]) -> Edited:
    """Comment on an AWS-supported case; raises as `responder.acknowledge_case` does."""
    case, membership = supported_case(context, params)
    written = comments.add(context, case, membership, RESPONDER, params["body"])
    return Edited({"commentId": written.comment_id}, written.edit)


def update_case_comment(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Change the body of a responder's comment; the same body is no change.

    Raises AccessDeniedException for a comment of the customer or of the service.
    """
    case, membership = supported_case(context, params)
    comment = comments.found(context, case, params["commentId"])
    if comment.author is not Author.RESPONDER:
        principal = context.caller.principal.arn
        raise AccessDeniedException.of(principal, f"larum:{context.operation}", case.arn)
    return comments.edit(context, case, membership, comment, RESPONDER, params["body"])
