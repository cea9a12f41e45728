"""Rows of attachments, and of the bytes that are to be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from larum.domain import values
from larum.domain.attachments import Attachment, AttachmentStatus

if TYPE_CHECKING:
    from datetime import datetime

    from larum.store.engine import Row, Transaction

COLUMNS = """
    account, region, case_id, attachment_id, file_name, content_length, status, creator, blob_key,
    created_at, url_expires_at, received_at, sha256, failure, deleted_at
"""
INSERT = f"""
INSERT INTO attachments ({COLUMNS}) VALUES (
    :account, :region, :case_id, :attachment_id, :file_name, :content_length, :status, :creator,
    :blob_key, :created_at, :url_expires_at, :received_at, :sha256, :failure, :deleted_at
)
"""  # noqa: S608 - the columns stand above
UPDATE = """
UPDATE attachments SET
    status = :status, received_at = :received_at, sha256 = :sha256, failure = :failure,
    deleted_at = :deleted_at
WHERE account = :account AND region = :region AND case_id = :case_id
  AND attachment_id = :attachment_id
"""
DELETE = """
DELETE FROM attachments
WHERE account = :account AND region = :region AND case_id = :case_id
  AND attachment_id = :attachment_id
"""
SELECT = f"SELECT {COLUMNS} FROM attachments WHERE "  # noqa: S608 - the columns stand above
OF_CASE = SELECT + (
    "account = :account AND region = :region AND case_id = :case_id ORDER BY created_at, "
    "attachment_id"
)
GET = SELECT + (
    "account = :account AND region = :region AND case_id = :case_id "
    "AND attachment_id = :attachment_id"
)
BY_BLOB_KEY = SELECT + "blob_key = :blob_key"
EXPIRED = SELECT + (
    "status = 'Pending' AND received_at IS NULL AND url_expires_at < :before "
    "ORDER BY url_expires_at LIMIT :limit"
)
AWAITING_BYTES = SELECT + (
    "status = 'Pending' AND received_at IS NULL AND (url_expires_at, blob_key) > (:at, :blob_key) "
    "ORDER BY url_expires_at, blob_key LIMIT :limit"
)
AWAITING_VERDICT = SELECT + (
    "status = 'Pending' AND received_at IS NOT NULL AND deleted_at IS NULL "
    "AND (received_at, blob_key) > (:at, :blob_key) ORDER BY received_at, blob_key LIMIT :limit"
)
CLOSED_CASES = """
SELECT closed_at, account, region, case_id FROM cases
WHERE closed_at IS NOT NULL AND closed_at <= :before
  AND (closed_at, account, region, case_id) > (:closed_at, :account, :region, :case_id)
ORDER BY closed_at, account, region, case_id LIMIT :limit
"""
ADD_DELETION = """
INSERT INTO blob_deletions (account, blob_key, due_at) VALUES (:account, :blob_key, :due_at)
ON CONFLICT (account, blob_key) DO NOTHING
"""
DUE_DELETIONS = """
SELECT account, blob_key FROM blob_deletions WHERE due_at <= :now ORDER BY due_at LIMIT :limit
"""
REMOVE_DELETION = "DELETE FROM blob_deletions WHERE account = :account AND blob_key = :blob_key"


class Closed(NamedTuple):
    """Where a walk over the closed cases stands: the one that was seen last."""

    closed_at: int = -1
    account: str = ""
    region: str = ""
    case_id: str = ""


class Seen(NamedTuple):
    """Where a walk over waiting attachments stands: their time (µs) and the last blob's key."""

    at: int = -1
    blob_key: str = ""


def insert(tx: Transaction, attachment: Attachment) -> None:
    """Add an attachment."""
    tx.change(INSERT, _parameters(attachment))


def update(tx: Transaction, attachment: Attachment) -> None:
    """Store what may change of an attachment."""
    tx.change(UPDATE, _parameters(attachment))


def delete(tx: Transaction, attachment: Attachment) -> None:
    """Delete the row of an attachment; its bytes are another matter."""
    tx.change(DELETE, _key(attachment))


def get(
    tx: Transaction, account: str, region: str, case_id: str, attachment_id: str
) -> Attachment | None:
    """Return the case's attachment of that id, in lower case, or None."""
    parameters = {
        "account": account,
        "region": region,
        "case_id": case_id,
        "attachment_id": attachment_id,
    }
    row = tx.row(GET, parameters)
    return None if row is None else _attachment(row)


def by_blob_key(tx: Transaction, blob_key: str) -> Attachment | None:
    """Return the attachment whose bytes have that key, or None."""
    row = tx.row(BY_BLOB_KEY, {"blob_key": blob_key})
    return None if row is None else _attachment(row)


def of_case(tx: Transaction, account: str, region: str, case_id: str) -> list[Attachment]:
    """Return the attachments of a case, oldest first, whatever their state."""
    parameters = {"account": account, "region": region, "case_id": case_id}
    return [_attachment(row) for row in tx.rows(OF_CASE, parameters)]


def expired(tx: Transaction, before: datetime, limit: int) -> list[Attachment]:
    """Return at most `limit` attachments whose URL expired unused before that time."""
    parameters = {"before": values.microseconds(before), "limit": limit}
    return [_attachment(row) for row in tx.rows(EXPIRED, parameters)]


def awaiting_bytes(tx: Transaction, after: Seen, limit: int) -> list[Attachment]:
    """Return at most `limit` attachments whose bytes have not arrived, those after `after`."""
    rows = tx.rows(AWAITING_BYTES, after._asdict() | {"limit": limit})
    return [_attachment(row) for row in rows]


def awaiting_verdict(tx: Transaction, after: Seen, limit: int) -> list[Attachment]:
    """Return at most `limit` attachments whose bytes are there and were not judged."""
    rows = tx.rows(AWAITING_VERDICT, after._asdict() | {"limit": limit})
    return [_attachment(row) for row in rows]


def seen(attachment: Attachment, time: str) -> Seen:
    """Return where a walk stands that is ordered by `time` and has come to `attachment`."""
    return Seen(values.microseconds(getattr(attachment, time)), attachment.blob_key)


def closed_cases(tx: Transaction, before: datetime, after: Closed, limit: int) -> list[Closed]:
    """Return at most `limit` cases that were closed at `before` or earlier, those after `after`."""
    parameters = {"before": values.microseconds(before), "limit": limit} | after._asdict()
    return [Closed(*row) for row in tx.rows(CLOSED_CASES, parameters)]


def delete_bytes(tx: Transaction, attachment: Attachment, due: datetime) -> None:
    """Note that the bytes are to be deleted at `due`, once this is committed."""
    parameters = {
        "account": attachment.account,
        "blob_key": attachment.blob_key,
        "due_at": values.microseconds(due),
    }
    tx.change(ADD_DELETION, parameters)


def delete_after_retention(tx: Transaction, attachment: Attachment, now: datetime) -> None:
    """Note that the bytes are to be deleted now, and that the attachment has none any more."""
    update(tx, replace(attachment, deleted_at=now))
    delete_bytes(tx, attachment, now)


def due_deletions(tx: Transaction, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Return (account, blob key) of at most `limit` bytes to be deleted by `now`."""
    rows = tx.rows(DUE_DELETIONS, {"now": values.microseconds(now), "limit": limit})
    return [(row[0], row[1]) for row in rows]


def deleted(tx: Transaction, account: str, blob_key: str) -> None:
    """Note that bytes have been deleted."""
    tx.change(REMOVE_DELETION, {"account": account, "blob_key": blob_key})


def _key(attachment: Attachment) -> dict[str, str]:
    return {
        "account": attachment.account,
        "region": attachment.region,
        "case_id": attachment.case_id,
        "attachment_id": attachment.attachment_id,
    }


def _parameters(attachment: Attachment) -> dict[str, Any]:
    return _key(attachment) | {
        "file_name": attachment.file_name,
        "content_length": attachment.content_length,
        "status": attachment.status,
        "creator": attachment.creator,
        "blob_key": attachment.blob_key,
        "created_at": values.microseconds(attachment.created_at),
        "url_expires_at": values.microseconds(attachment.url_expires_at),
        "received_at": _microseconds(attachment.received_at),
        "sha256": attachment.sha256,
        "failure": attachment.failure,
        "deleted_at": _microseconds(attachment.deleted_at),
    }


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else values.microseconds(moment)


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else values.moment(microseconds)


def _attachment(row: Row) -> Attachment:
    account, region, case_id, attachment_id, file_name, length, *rest = row
    status, creator, blob_key, created, expires, received, sha256, failure, gone = rest
    return Attachment(
        account=account,
        region=region,
        case_id=case_id,
        attachment_id=attachment_id,
        file_name=file_name,
        content_length=length,
        status=AttachmentStatus(status),
        creator=creator,
        blob_key=blob_key,
        created_at=values.moment(created),
        url_expires_at=values.moment(expires),
        received_at=_moment(received),
        sha256=sha256,
        failure=failure,
        deleted_at=_moment(gone),
    )
