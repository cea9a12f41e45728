"""A membership in a folder: JSON and evidence, each file with its SHA-256 in `manifest.json`.

    DIR/manifest.json                      what there is, when it was read, the checksums
    DIR/membership.json                    GetMembership
    DIR/cases/CASE/case.json               GetCase
    DIR/cases/CASE/comments.jsonl          ListComments, one a line, oldest first
    DIR/cases/CASE/edits.jsonl             ListCaseEdits, one a line, oldest first
    DIR/cases/CASE/investigations.jsonl    ListInvestigations, one a line
    DIR/cases/CASE/attachments/ATTACHMENT  its bytes; its name stands in case.json

It is written beside DIR, as DIR.partial, and gets its name when every byte is on the disk: what is
called DIR is whole. Nothing is held in memory but one page. Checking one: `export_check.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import ClientError

from larum.store.private_files import sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

FORMAT: Final = "larum-export"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
# What the ids of a case and of an attachment may be, as names of files.
CASE_ID: Final = re.compile("[0-9]{10,32}")
ATTACHMENT_ID: Final = re.compile("[0-9A-Fa-f-]{36}")
PAGE: Final = 100
DAMAGED: Final = "Damaged: the bytes are not those that were uploaded."
# What the service answers for an attachment whose bytes it does not have any more.
WITHOUT_BYTES: Final = frozenset({"ResourceNotFoundException", "ValidationException"})


class ExportRefused(Exception):  # noqa: N818 - told to whoever asked for it
    """The export cannot be made; the message says why and what to do."""


class Reading(msgspec.Struct, frozen=True):
    """Where an export reads: calls of the `larum` model, and what a download URL holds.

    `pages(operation, **params)` gives the pages of a list, `call(operation, **params)` an answer
    without botocore's notes, `download(url)` the bytes in pieces; `now()` is the time, UTC.
    """

    call: Callable[..., dict[str, Any]]
    pages: Callable[..., Iterable[dict[str, Any]]]
    download: Callable[[str], Iterable[bytes]]
    now: Callable[[], datetime]


class Counts(msgspec.Struct):
    """How much has been written; `damaged` attachments are not, as their bytes have changed."""

    cases: int = 0
    comments: int = 0
    attachments: int = 0
    damaged: int = 0
    bytes: int = 0


class Address(msgspec.Struct, frozen=True):
    """Which membership."""

    account: str
    region: str
    membership_id: str

    @property
    def wire(self) -> dict[str, str]:
        """What names the account and the Region in every call."""
        return {"accountId": self.account, "region": self.region}


class _Folder(msgspec.Struct):
    """A folder that is being written, with the manifest as its last file."""

    path: Path
    manifest: IO[str]
    written: int = 0
    counts: Counts = msgspec.field(default_factory=Counts)

    def write(self, name: str, pieces: Iterable[bytes], sha256: str | None = None) -> bool:
        """Write one file and note its length and checksum.

        False, and no file, where `sha256` (hexadecimal) is given and the bytes have another.
        """
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, length = hashlib.sha256(), 0
        with target.open("xb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                length += len(piece)
            _make_durable(file)
        if sha256 not in {None, digest.hexdigest()}:
            target.unlink()
            return False
        entry = {"path": name, "bytes": length, "sha256": digest.hexdigest()}
        self.manifest.write(f"{',' if self.written else ''}\n    {json.dumps(entry)}")
        self.written += 1
        self.counts.bytes += length
        return True


def write(
    reading: Reading, address: Address, target: Path, tell: Callable[[Counts], None]
) -> Counts:
    """Write the membership with all its cases to `target`; `tell` hears how far it is.

    Raises ExportRefused where `target` exists, OSError, and what `reading` raises; then there is no
    `target`. What an earlier try left as `target`.partial is replaced.
    """
    partial = target.with_name(f"{target.name}.partial")
    _make_room(target, partial)
    with _opened(partial, address, reading.now()) as folder:
        membership = _membership(reading, address)
        archived = not _is_active(membership)
        folder.write("membership.json", _json(membership))
        missing: list[dict[str, str]] = []
        for case_id in _case_ids(reading, address, archived=archived):
            missing += _write_case(folder, reading, address, case_id, tell)
            folder.counts.cases += 1
            tell(folder.counts)
        if archived is _is_active(_membership(reading, address)):
            raise ExportRefused("The membership has ended or come back meanwhile. Export it again.")
        _finish(folder, missing, reading.now())
    for path, _, _ in os.walk(partial):
        sync_directory(Path(path))
    partial.rename(target)
    sync_directory(target.absolute().parent)
    return folder.counts


def _membership(reading: Reading, address: Address) -> dict[str, Any]:
    return reading.call("get_membership", membershipId=address.membership_id, **address.wire)


def _is_active(membership: dict[str, Any]) -> bool:
    return bool(membership["membershipStatus"] == "Active")


def _make_room(target: Path, partial: Path) -> None:
    if target.exists() or target.is_symlink():
        raise ExportRefused(f"{target} exists already. An export makes a new directory.")
    if not partial.exists():
        return
    manifest = partial / MANIFEST
    if not manifest.is_file() or FORMAT not in manifest.read_text("utf-8")[:100]:
        message = f"{partial} is in the way, and no export left it there. Move it away."
        raise ExportRefused(message)
    shutil.rmtree(partial)


@contextmanager
def _opened(partial: Path, address: Address, now: datetime) -> Iterator[_Folder]:
    partial.mkdir(parents=True, mode=0o700)
    with (partial / MANIFEST).open("x", encoding="utf-8") as manifest:
        opening = {
            "format": FORMAT,
            "version": VERSION,
            "membershipId": address.membership_id,
            **address.wire,
            "startedAt": now.isoformat(),
        }
        facts = "".join(f'  "{name}": {json.dumps(value)},\n' for name, value in opening.items())
        manifest.write("{\n" + facts + '  "files": [')
        yield _Folder(partial, manifest)


def _finish(folder: _Folder, missing: list[dict[str, str]], now: datetime) -> None:
    counts = folder.counts
    ending = {
        "attachmentsWithoutBytes": missing,
        "cases": counts.cases,
        "comments": counts.comments,
        "attachments": counts.attachments,
        "finishedAt": now.isoformat(),
    }
    facts = ",\n".join(f'  "{name}": {json.dumps(value)}' for name, value in ending.items())
    folder.manifest.write(f"\n  ],\n{facts}\n}}\n")
    _make_durable(folder.manifest)


def _case_ids(reading: Reading, address: Address, *, archived: bool) -> Iterator[str]:
    which = {"membershipId": address.membership_id, "archived": archived}
    for page in reading.pages("list_cases", maxResults=PAGE, **which, **address.wire):
        for case in page["items"]:
            yield _name(CASE_ID, case["caseId"])


def _write_case(
    folder: _Folder,
    reading: Reading,
    address: Address,
    case_id: str,
    tell: Callable[[Counts], None],
) -> list[dict[str, str]]:
    """Write what there is of a case; return the attachments that have no bytes, and why."""
    named = {"caseId": case_id, **address.wire}
    where = f"cases/{case_id}"

    def lines(operation: str, items: str) -> Iterator[bytes]:
        for page in reading.pages(operation, maxResults=PAGE, **named):
            yield from (_line(item) for item in page[items])
            if operation == "list_comments":
                folder.counts.comments += len(page[items])
                tell(folder.counts)

    case = reading.call("get_case", **named)
    folder.write(f"{where}/case.json", _json(case))
    folder.write(f"{where}/comments.jsonl", lines("list_comments", "items"))
    folder.write(f"{where}/edits.jsonl", lines("list_case_edits", "items"))
    investigations = lines("list_investigations", "investigationActions")
    folder.write(f"{where}/investigations.jsonl", investigations)
    missing = []
    for attachment in case.get("caseAttachments", []):
        why = _write_attachment(folder, reading, named, attachment)
        if why is None:
            folder.counts.attachments += 1
            tell(folder.counts)
        else:
            identity = {"caseId": case_id, "attachmentId": attachment["attachmentId"]}
            missing.append({**identity, "reason": why})
    return missing


def _write_attachment(
    folder: _Folder, reading: Reading, named: dict[str, str], attachment: dict[str, Any]
) -> str | None:
    """Write the bytes of an attachment, or return why there are none."""
    if attachment["attachmentStatus"] != "Verified":
        return f"{attachment['attachmentStatus']}: only what is Verified can be read."
    identity = _name(ATTACHMENT_ID, attachment["attachmentId"])
    try:
        answer = reading.call("get_case_attachment_download_url", attachmentId=identity, **named)
    except ClientError as error:
        told = error.response["Error"]
        if told["Code"] not in WITHOUT_BYTES:
            raise
        return str(told["Message"])
    pieces = reading.download(answer["attachmentPresignedUrl"])
    name = f"cases/{named['caseId']}/attachments/{identity}"
    if folder.write(name, pieces, answer["sha256"]):
        return None
    folder.counts.damaged += 1
    return DAMAGED


def _name(allowed: re.Pattern[str], identity: str) -> str:
    if not allowed.fullmatch(identity):
        raise ExportRefused("The server names something that can be no name of a file.")
    return identity


def _json(value: object) -> Iterator[bytes]:
    yield json.dumps(value, indent=2, ensure_ascii=False, default=_told).encode() + b"\n"


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_told).encode() + b"\n"


def _told(moment: datetime) -> str:
    return moment.isoformat()


def _make_durable(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())
