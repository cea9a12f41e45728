"""Larum with one bug in it: copies of the source, each with a line or two changed.

The text that a bug replaces must be there, once: a mutant that has gone stale fails its test.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import larum

SOURCE = Path(larum.__file__).parent


@dataclass(frozen=True)
class Mutant:
    """A bug: in which file, what stands there and what is put instead, one pair after the other.

    `shown_by` are operations that show it.
    """

    file: str
    edits: tuple[tuple[str, str], ...]
    shown_by: tuple[str, ...] = ()

    def planted(self, directory: Path) -> dict[str, str]:
        """Copy the source into `directory` with the bug; return the environment that runs it."""
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SOURCE, directory / "larum", ignore=ignored)
        path = directory / "larum" / self.file
        text = path.read_text("utf-8")
        for found, instead in self.edits:
            assert text.count(found) == 1, f"{text.count(found)} times in {self.file}: {found}"
            text = text.replace(found, instead)
        path.write_text(text, "utf-8")
        return {"PYTHONPATH": str(directory)}


def mutant(file: str, *texts: str, by: str = "") -> Mutant:
    """Return a mutant; `texts` are found and instead in turn, `by` names operations with spaces."""
    return Mutant(file, tuple(zip(texts[::2], texts[1::2], strict=True)), tuple(by.split()))


# What one caller after the other can see: the state machine must.
SEQUENTIAL = {
    "a closed case is writable": mutant(
        "domain/cases.py",
        "    def check_open(self) -> None:",
        "    def check_open(self) -> None:\n        return\n\n    def check_never(self) -> None:",
        by="CloseCase UpdateCase",
    ),
    "a replay makes a second comment": mutant(
        "store/idempotency.py",
        "    if tx.change(CLAIM, parameters):\n        return None\n",
        "    if tx.change(CLAIM, parameters) or use.scope.operation.endswith('CaseComment'):\n"
        "        return None\n",
        by="CreateCaseComment",
    ),
    "a token answers whatever its parameters": mutant(
        "store/idempotency.py",
        "if not hmac.compare_digest(fingerprint, use.fingerprint):",
        "if False:",
    ),
    "a page of comments skips one": mutant(
        "operations/comments.py",
        "comments[limit - 1].comment_id",
        "comments[limit].comment_id",
        by="CreateCaseComment",
    ),
    "a page of cases repeats one": mutant(
        "operations/case_lists.py",
        "cursor.snapshot, found[limit - 1].place\n",
        "cursor.snapshot, found[limit - 1].place + 1\n",
    ),
    "the edit of a status is not written": mutant(
        "operations/case_updates.py",
        'return Edited(output, edit_of(context, after, "Update case status", message))',
        "return output if message else {}",
    ),
    "the edit of a tag is not written": mutant(
        "operations/tags.py",
        "return Edited({}, CaseEdit(arn, context.caller.principal.arn, action, message))",
        "return {} if CaseEdit and action and message else {}",
    ),
    "an edit tells the title": mutant(
        "operations/case_updates.py", 'f"Updated {words}."', 'f"Updated {words}: {after.title}."'
    ),
    "what was asked for stays open": mutant(
        "operations/comments.py",
        "return replace(case, pending_action=PendingAction.NONE)",
        "return replace(case, pending_action=case.pending_action or PendingAction.NONE)",
        by="larum:RequestCustomerAction CreateCaseComment",
    ),
    "a quota allows one more": mutant(
        "operations/case_changes.py", "if active >= most:", "if active > most:", by="CreateCase"
    ),
    "closing gives no room back": mutant(
        "store/cases.py",
        "    if before is not None and not before.is_closed:\n",
        "    if before is not None and not after.is_closed:\n",
        by="CloseCase CreateCase",
    ),
    "a comment's id comes again": mutant(
        "operations/comments.py",
        "comments=case.comments + 1",
        "comments=min(case.comments + 1, 2)",
        by="CreateCaseComment",
    ),
    "a cancelled membership's cases are seen": mutant(
        "operations/case_changes.py",
        " or case.membership_id != membership.membership_id",
        "",
        by="CancelMembership GetCase",
    ),
    "another account's cases are seen": mutant(
        "operations/case_changes.py",
        "    case = rows.get(tx, membership.account, membership.region, case_id)\n"
        "    if case is None or case.membership_id != membership.membership_id:\n",
        '    row = tx.row("SELECT account FROM cases WHERE case_id = :id", {"id": case_id})\n'
        "    owner = membership.account if row is None else row[0]\n"
        "    case = rows.get(tx, owner, membership.region, case_id)\n"
        "    if case is None:\n",
        by="GetCase",
    ),
    "an update that changes nothing is told": mutant(
        "operations/case_updates.py",
        "    if not words:\n        return {}\n",
        "",
        by="UpdateCase",
    ),
    "a change leaves its place in the list": mutant(
        "store/cases.py", "    if place != last_place:\n", "    if place < last_place - 1:\n"
    ),
    "closing again is later": mutant(
        "domain/cases.py",
        "        if self.is_closed:\n            return self\n",
        "        if self.is_closed:\n            return replace(self, closed_at=now)\n",
        by="CloseCase",
    ),
    "a handed over case keeps its status": mutant(
        "domain/cases.py",
        "resolver_type=resolver_type, status=CaseStatus.SUBMITTED",
        "resolver_type=resolver_type",
        by="UpdateCaseStatus UpdateResolverType",
    ),
    "a move that is not allowed": mutant(
        "domain/cases.py",
        "    (CaseStatus.SUBMITTED, CaseStatus.DETECTION): _BY_BOTH,",
        "    (CaseStatus.SUBMITTED, CaseStatus.DETECTION): _BY_BOTH,\n"
        "    (CaseStatus.POST_INCIDENT, CaseStatus.SUBMITTED): _BY_BOTH,",
        by="UpdateCaseStatus",
    ),
    "a customer edits the responder's comment": mutant(
        "operations/comments.py",
        "if comment.author is not Author.CUSTOMER:",
        "if not comment:",
        by="larum:CreateCaseComment UpdateCaseComment",
    ),
    "a watcher comes twice in other letters": mutant(
        "domain/case_updates.py",
        "watcher.email.casefold()",
        "watcher.email",
        by="UpdateCase",
    ),
    "a thirty-first key": mutant(
        "domain/case_updates.py",
        "MOST_METADATA: Final = 30",
        "MOST_METADATA: Final = 31",
        by="UpdateCase",
    ),
    "a name is taken twice": mutant(
        "domain/attachments.py",
        "if each.file_name == file_name and not each.is_failed:",
        "if each.file_name == file_name and each.is_failed:",
        by="GetCaseAttachmentUploadUrl",
    ),
    "what is pending can be downloaded": mutant(
        "domain/attachments.py",
        "if self.status is AttachmentStatus.PENDING:\n            raise Valid",
        "if not self.status:\n            raise Valid",
        by="GetCaseAttachmentUploadUrl GetCaseAttachmentDownloadUrl",
    ),
    "cancelling again is told again": mutant(
        "operations/memberships.py",
        "        if membership.is_active:\n            end(context, membership, Ending.CANCEL)\n",
        "        end(context, membership, Ending.CANCEL)\n",
        by="CancelMembership",
    ),
}
# What only callers that come at once can see: the histories must.
CONCURRENT = {
    "a case is read from a memory of a moment ago": mutant(
        "operations/case_changes.py",
        "    case = rows.get(tx, membership.account, membership.region, case_id)\n",
        "    import time\n"
        "    key = (membership.account, case_id, int(time.monotonic() * 50))\n"
        "    if key not in _READ:\n"
        "        _READ[key] = rows.get(tx, membership.account, membership.region, case_id)\n"
        "    case = _READ[key]\n",
        "DRAWS: Final = 10\n",
        "DRAWS: Final = 10\n_READ: dict[tuple[str, str, int], Case | None] = {}\n",
    ),
    "a snapshot is used a while": mutant(
        "store/engine.py",
        '                self._reader.execute("BEGIN")\n',
        "                import random\n"
        "                if not self._reader.in_transaction:\n"
        '                    self._reader.execute("BEGIN")\n',
        "                if self._reader.in_transaction:\n"
        '                    self._reader.execute("ROLLBACK")\n',
        "                if self._reader.in_transaction and random.random() < 0.3:\n"
        '                    self._reader.execute("ROLLBACK")\n',
    ),
}
