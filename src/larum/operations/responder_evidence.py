"""The responder's word on an attachment that nobody has judged: of the `larum` model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.attachments import AttachmentStatus, Verdict
from larum.domain.comments import RESPONDER
from larum.errors import ConflictException, ResourceNotFoundException
from larum.operations.attachments import judged_by
from larum.operations.case_edits import Edited
from larum.operations.responder import changeable_case
from larum.store import attachments as rows

if TYPE_CHECKING:
    from larum.context import Context

VERDICTS: Final = {
    AttachmentStatus.VERIFIED: Verdict.SOUND,
    AttachmentStatus.FAILED: Verdict.REJECTED,
}


def set_attachment_verdict(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Judge an attachment of an open case, self-managed ones too; the same verdict is no change.

    Raises ConflictException where it has not been received whole, has another verdict, or the case
    is Closed or archived, and ResourceNotFoundException.
    """
    case, _ = changeable_case(context, params)
    identifier = params["attachmentId"].lower()
    attachment = rows.get(context.tx, case.account, case.region, case.case_id, identifier)
    if attachment is None:
        message = f"Case {case.case_id} has no attachment {identifier}."
        raise ResourceNotFoundException(message)
    wanted = AttachmentStatus(params["attachmentStatus"])
    output = {"attachmentId": identifier, "attachmentStatus": wanted}
    if attachment.status is wanted:
        return output
    if attachment.awaits_bytes:
        message = f"Attachment {identifier} has not been received whole: there is nothing to judge."
        raise ConflictException(message, resource_id=identifier, resource_type="Attachment")
    return Edited(output, judged_by(context, attachment, VERDICTS[wanted], RESPONDER.principal))
