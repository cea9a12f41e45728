"""The evidence of any account's cases, as the operator reads it: an operation of `larum`.

Those of archived cases too: the bytes are kept, and no customer can reach them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.errors import ResourceNotFoundException
from larum.operations.responder import named_case
from larum.store import attachments as rows

if TYPE_CHECKING:
    from larum.context import Context


def get_case_attachment_download_url(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a URL of the bytes of a Verified attachment, with their length and SHA-256.

    Raises as the customer's operation does, but for the membership: ResourceNotFoundException and
    ValidationException.
    """
    case, _ = named_case(context, params)
    attachment_id = params["attachmentId"].lower()
    attachment = rows.get(context.tx, case.account, case.region, case.case_id, attachment_id)
    if attachment is None:
        raise ResourceNotFoundException(f"Case {case.case_id} has no attachment {attachment_id}.")
    attachment.check_downloadable()
    output: dict[str, Any] = {
        "attachmentPresignedUrl": context.attachment_urls.download(context, attachment),
        "contentLength": attachment.content_length,
    }
    if attachment.sha256 is not None:
        output["sha256"] = attachment.sha256.hex()
    return output
