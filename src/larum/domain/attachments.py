"""Attachments: a name, a length and a state; the bytes lie elsewhere (store/blobs.py).

Rules: service-behaviour §2.8, §11 rows 16 and 48.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec.structs import replace

from larum.errors import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MOST_ATTACHMENTS: Final = 50
QUOTA_CODE: Final = "LARUM-ATTACHMENTS"
URL_LIFE: Final = timedelta(hours=1)
KEY_BYTES: Final = 24


class AttachmentStatus(StrEnum):
    """The model's states of an attachment."""

    PENDING = "Pending"
    VERIFIED = "Verified"
    FAILED = "Failed"


class Verdict(StrEnum):
    """What decides about a Pending attachment; the value is what its record keeps of it."""

    SOUND = "all bytes arrived and nothing speaks against them"
    INFECTED = "the scanner found malware"
    WRONG_LENGTH = "another number of bytes arrived than was declared"
    UNUSED = "the upload URL expired unused"
    REJECTED = "the responder rejected it"


# An absent pair is refused: neither state has a way out.
TRANSITIONS: Final[dict[tuple[AttachmentStatus, Verdict], AttachmentStatus]] = {
    (AttachmentStatus.PENDING, Verdict.SOUND): AttachmentStatus.VERIFIED,
    (AttachmentStatus.PENDING, Verdict.INFECTED): AttachmentStatus.FAILED,
    (AttachmentStatus.PENDING, Verdict.WRONG_LENGTH): AttachmentStatus.FAILED,
    (AttachmentStatus.PENDING, Verdict.UNUSED): AttachmentStatus.FAILED,
    (AttachmentStatus.PENDING, Verdict.REJECTED): AttachmentStatus.FAILED,
}


class Attachment(msgspec.Struct, frozen=True):
    """One attachment of one case; `content_length` is in bytes, `sha256` that of what arrived."""

    account: str
    region: str
    case_id: str
    attachment_id: str
    file_name: str
    content_length: int
    status: AttachmentStatus
    creator: str
    blob_key: str
    created_at: datetime
    url_expires_at: datetime
    received_at: datetime | None = None
    sha256: bytes | None = None
    failure: str | None = None
    deleted_at: datetime | None = None

    def __repr__(self) -> str:
        """Leave the file name and the blob's key out."""
        return f"Attachment({self.attachment_id}, {self.status})"

    @property
    def is_failed(self) -> bool:
        """Whether it is Failed: it has given its name back."""
        return self.status is AttachmentStatus.FAILED

    @property
    def awaits_bytes(self) -> bool:
        """Whether an upload is still expected."""
        return self.status is AttachmentStatus.PENDING and self.received_at is None

    @property
    def awaits_verdict(self) -> bool:
        """Whether its bytes are there and nobody has judged them."""
        return self.status is AttachmentStatus.PENDING and self.received_at is not None

    def with_bytes(self, sha256: bytes, now: datetime) -> Attachment:
        """Return it with its bytes arrived whole at `now`."""
        return replace(self, received_at=now, sha256=sha256)

    def after(self, verdict: Verdict) -> Attachment:
        """Return it after `verdict`; raises ConflictException where it was judged before."""
        status = TRANSITIONS.get((self.status, verdict))
        if status is None:
            raise ConflictException(
                f"Attachment {self.attachment_id} is {self.status} already.",
                resource_id=self.attachment_id,
                resource_type="Attachment",
            )
        failure = str(verdict) if status is AttachmentStatus.FAILED else None
        return replace(self, status=status, failure=failure)

    def check_downloadable(self) -> None:
        """Raise ValidationException unless Verified, ResourceNotFoundException once deleted."""
        if self.status is AttachmentStatus.PENDING:
            raise ValidationException(
                f"Attachment {self.attachment_id} is still pending. Ask again once it is Verified."
            )
        if self.is_failed:
            raise ValidationException(
                f"Attachment {self.attachment_id} is Failed: its bytes cannot be downloaded."
            )
        if self.deleted_at is not None:
            raise ResourceNotFoundException(
                f"The bytes of attachment {self.attachment_id} were deleted, as its case is closed."
            )


def check_room(existing: Sequence[Attachment], file_name: str, case_id: str) -> list[Attachment]:
    """Check that a case can take one more of that name; return the Failed ones that make room.

    Raises ConflictException for a name that is taken, ServiceQuotaExceededException beyond 50.
    `existing` is oldest first.
    """
    for each in existing:
        if each.file_name == file_name and not each.is_failed:
            raise ConflictException(
                "The case has an attachment of that name already. Choose another fileName.",
                resource_id=each.attachment_id,
                resource_type="Attachment",
            )
    if sum(not each.is_failed for each in existing) >= MOST_ATTACHMENTS:
        raise ServiceQuotaExceededException(
            f"A case can have {MOST_ATTACHMENTS} attachments, and case {case_id} has as many.",
            resource_id=case_id,
            resource_type="Case",
            quota_code=QUOTA_CODE,
        )
    replaced = [each for each in existing if each.file_name == file_name]
    others = [each for each in existing if each.is_failed and each not in replaced]
    # The model's list of attachments has fifty places: the oldest failures leave it first.
    excess = len(existing) - len(replaced) + 1 - MOST_ATTACHMENTS
    return replaced + others[: max(0, excess)]


def new_id(random: bytes) -> str:
    """Return an attachment's id, a UUID of version 4 from `random` (16 bytes)."""
    return str(UUID(bytes=random, version=4))


def content_disposition(file_name: str) -> str:
    """Return the header that saves a download under `file_name`, whatever that looks like.

    RFC 6266 and RFC 8187; the model allows letters, digits and `._-` alone in a file name.
    """
    return f"attachment; filename=\"{file_name}\"; filename*=UTF-8''{quote(file_name, safe='')}"
