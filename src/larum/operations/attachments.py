"""The operations on attachments, and what happens to one without a caller: bytes, verdict, end.

Every change is one record in the case's edits. What is no call is told by a record of its own;
its event and its notices go out as long as the case is open and its membership Active.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.attachments import (
    KEY_BYTES,
    URL_LIFE,
    Attachment,
    AttachmentStatus,
    Verdict,
    check_room,
    new_id,
)
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType
from larum.domain.values import RANDOM_BYTES, case_arn
from larum.errors import ResourceNotFoundException
from larum.operations.case_changes import change, changeable_case, own_case
from larum.operations.case_edits import SERVICE_PRINCIPAL, CaseEdit, Edited, append_record
from larum.operations.notices import CaseTold
from larum.store import attachments as rows
from larum.store import cases as case_rows
from larum.store import memberships

if TYPE_CHECKING:
    from larum.context import Context
    from larum.operations.notices import Surroundings

UPLOAD: Final = "Upload attachment"
# What a verdict is called among the edits, and what it says of the attachment.
TOLD: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.SOUND: ("Verify attachment", "found sound and is Verified"),
    Verdict.INFECTED: ("Reject attachment", "found to be malware and is Failed"),
    Verdict.WRONG_LENGTH: ("Reject attachment", "not of the declared length and is Failed"),
    Verdict.UNUSED: ("Reject attachment", "not uploaded within the hour and is Failed"),
    Verdict.REJECTED: ("Reject attachment", "rejected by the responder and is Failed"),
}


def get_case_attachment_upload_url(context: Context, params: dict[str, Any]) -> Edited:
    """Add a Pending attachment and return the URL that takes its bytes, once, for an hour.

    Raises SecurityIncidentResponseNotActiveException, ResourceNotFoundException, ConflictException
    for a Closed case or a name that is taken, and ServiceQuotaExceededException for the 51st
    (service-behaviour §2.8 and §11 row 16).
    """
    case, membership = changeable_case(context, params["caseId"])
    existing = rows.of_case(context.tx, case.account, case.region, case.case_id)
    for each in check_room(existing, params["fileName"], case.case_id):
        rows.delete(context.tx, each)
        rows.delete_bytes(context.tx, each, context.now)
    attachment = Attachment(
        account=case.account,
        region=case.region,
        case_id=case.case_id,
        attachment_id=new_id(context.random(RANDOM_BYTES)),
        file_name=params["fileName"],
        content_length=params["contentLength"],
        status=AttachmentStatus.PENDING,
        creator=context.caller.principal.arn,
        blob_key=context.random(KEY_BYTES).hex(),
        created_at=context.now,
        url_expires_at=context.now + URL_LIFE,
    )
    rows.insert(context.tx, attachment)
    told = CaseTold(
        DetailType.CASE_UPDATED, CommunicationType.CASE_ATTACHMENT_URL_UPLOADED, context.account
    )
    change(context, case, case, membership, told)
    message = (
        f"Asked for the upload of attachment {attachment.attachment_id}, "
        f"{attachment.content_length} bytes."
    )
    edit = CaseEdit(case.arn, attachment.creator, UPLOAD, message)
    return Edited(_upload_url(context, attachment), edit, made=attachment.attachment_id)


def upload_url_again(
    context: Context, params: dict[str, Any], attachment_id: str
) -> dict[str, Any]:
    """Return the same URL once more, whatever has become of the attachment since.

    Raises ResourceNotFoundException where another upload has taken its place.
    """
    case, _ = own_case(context, params["caseId"])
    return _upload_url(context, _of_case(context, case.case_id, attachment_id))


def get_case_attachment_download_url(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a URL that gives the bytes of a Verified attachment for an hour.

    Raises SecurityIncidentResponseNotActiveException, ResourceNotFoundException (its bytes may be
    deleted) and ValidationException while it is Pending or when it is Failed.
    """
    case, _ = own_case(context, params["caseId"])
    attachment = _of_case(context, case.case_id, params["attachmentId"].lower())
    attachment.check_downloadable()
    return {"attachmentPresignedUrl": context.attachment_urls.download(context, attachment)}


def receive(
    surroundings: Surroundings, attachment: Attachment, sha256: bytes, *, judged: bool
) -> None:
    """Note that the bytes of `attachment` are durable; `judged` says that nobody else judges them.

    Then it is Verified at once.
    """
    arrived = attachment.with_bytes(sha256, surroundings.now)
    if judged:
        arrived = arrived.after(Verdict.SOUND)
    rows.update(surroundings.tx, arrived)
    _tell(surroundings, arrived, arrived.account)
    message = (
        f"Uploaded attachment {arrived.attachment_id}, {arrived.content_length} bytes: "
        f"it is {arrived.status}."
    )
    edit = CaseEdit(_arn(arrived), arrived.creator, UPLOAD, message)
    append_record(surroundings, "UploadAttachment", edit)


def judge(surroundings: Surroundings, attachment: Attachment, verdict: Verdict) -> None:
    """Give a Pending attachment its state, as the service's own doing.

    Raises ConflictException where it is not Pending any more.
    """
    edit = judged_by(surroundings, attachment, verdict, SERVICE_PRINCIPAL)
    append_record(surroundings, "JudgeAttachment", edit)


def judged_by(
    surroundings: Surroundings, attachment: Attachment, verdict: Verdict, principal: str
) -> CaseEdit:
    """Give a Pending attachment its state; return the edit that tells of it.

    `principal` is `AWS Responder` or `security-ir.amazonaws.com`. The bytes of what Failed are
    deleted. Raises ConflictException where it is not Pending any more.
    """
    after = attachment.after(verdict)
    rows.update(surroundings.tx, after)
    if after.is_failed:
        # A bucket may take an upload that began before the URL expired: rather delete later.
        late = URL_LIFE if verdict is Verdict.UNUSED else URL_LIFE * 0
        rows.delete_bytes(surroundings.tx, after, surroundings.now + late)
    _tell(surroundings, after, principal)
    action, told = TOLD[verdict]
    message = f"Attachment {after.attachment_id} was {told}."
    return CaseEdit(_arn(after), principal, action, message)


def forget_bytes(surroundings: Surroundings, attachment: Attachment) -> None:
    """Note that the bytes of an attachment of a Closed case are deleted; its row stays."""
    rows.delete_after_retention(surroundings.tx, attachment, surroundings.now)
    message = f"Deleted the bytes of attachment {attachment.attachment_id} after their retention."
    edit = CaseEdit(_arn(attachment), SERVICE_PRINCIPAL, "Delete attachment", message)
    append_record(surroundings, "DeleteAttachment", edit)


def _upload_url(context: Context, attachment: Attachment) -> dict[str, Any]:
    return {"attachmentPresignedUrl": context.attachment_urls.upload(context, attachment)}


def _of_case(context: Context, case_id: str, attachment_id: str) -> Attachment:
    found = rows.get(context.tx, context.account, context.region, case_id, attachment_id)
    if found is None:
        message = f"Case {case_id} has no attachment {attachment_id}."
        raise ResourceNotFoundException(message)
    return found


def _tell(surroundings: Surroundings, attachment: Attachment, actor: str) -> None:
    """Tell of a change that is no call; a Closed case and a cancelled membership stay as they are.

    There the record alone tells of it: nobody may change such a case, and nobody is told.
    """
    tx, account, region = surroundings.tx, attachment.account, attachment.region
    case = case_rows.get(tx, account, region, attachment.case_id)
    if case is None or case.is_closed:
        return
    membership = memberships.get(tx, account, region, case.membership_id, surroundings.now)
    if membership is None or not membership.is_active:
        return
    told = CaseTold(DetailType.CASE_UPDATED, CommunicationType.CASE_UPDATED, actor)
    change(surroundings, case, case, membership, told)


def _arn(attachment: Attachment) -> str:
    return case_arn(attachment.region, attachment.account, attachment.case_id)
