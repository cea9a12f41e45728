"""Documentation of the states: diagrams and tables, drawn from the tables of the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.domain import attachments, cases, investigations, memberships
from larum.domain.attachments import AttachmentStatus
from larum.domain.cases import CaseStatus, ResolverType
from larum.domain.investigations import ExecutionStatus
from larum.domain.memberships import Ending, MembershipStatus
from scripts.docs_of_program import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import StrEnum

ENDINGS: Final[Mapping[Ending, str]] = {
    Ending.CANCEL: "CancelMembership",
    Ending.UNDO: "UpdateMembership, undoMembershipCancellation",
    Ending.TERMINATE: "the instance",
}
# Who moves a case, by its resolver; its customer closes it.
MOVED_BY: Final = {ResolverType.SELF: "UpdateCaseStatus", ResolverType.AWS: "the responder's side"}


def of_a_membership(_argument: str) -> str:
    """Return the diagram and the table of the states of a membership."""
    moves = [
        (before, after, ENDINGS[ending])
        for (before, ending), after in memberships.TRANSITIONS.items()
    ]
    return _drawn(MembershipStatus, MembershipStatus.ACTIVE, "CreateMembership", moves)


def of_a_case(_argument: str) -> str:
    """Return the diagram of the states of a case, and the table of who may make each move."""
    moves = [(before, after, "") for before, after in cases.TRANSITIONS]
    rows = [
        [str(before), str(after), *(_moved_by(after, each, types) for each in MOVED_BY)]
        for (before, after), types in cases.TRANSITIONS.items()
    ]
    headings = ("From", "To", "Self-managed", "AWS-supported")
    diagram = _diagram(CaseStatus, CaseStatus.SUBMITTED, "CreateCase", moves)
    return f"{diagram}\n\n{table(headings, rows)}"


def _moved_by(target: CaseStatus, resolver: ResolverType, types: frozenset[ResolverType]) -> str:
    if resolver not in types:
        return "—"
    by = MOVED_BY[resolver]
    if target is CaseStatus.CLOSED:
        return "CloseCase" if resolver is ResolverType.SELF else f"CloseCase, {by}"
    return by


def of_an_attachment(_argument: str) -> str:
    """Return the diagram and the table of the states of an attachment."""
    moves = [
        (before, after, str(verdict))
        for (before, verdict), after in attachments.TRANSITIONS.items()
    ]
    by = "GetCaseAttachmentUploadUrl"
    return _drawn(AttachmentStatus, AttachmentStatus.PENDING, by, moves)


def of_an_investigation(_argument: str) -> str:
    """Return the diagram and the table of the states of an investigation."""
    moves = [
        (before, after, "UpdateInvestigation")
        for before, several in investigations.TRANSITIONS.items()
        for after in ExecutionStatus
        if after in several
    ]
    return _drawn(ExecutionStatus, ExecutionStatus.PENDING, "PutInvestigation", moves)


def _drawn(
    states: type[StrEnum], first: StrEnum, by: str, moves: Iterable[tuple[StrEnum, StrEnum, str]]
) -> str:
    listed = list(moves)
    rows = [["—", str(first), by], *([str(before), str(after), by] for before, after, by in listed)]
    return f"{_diagram(states, first, by, listed)}\n\n{table(('From', 'To', 'By'), rows)}"


def _diagram(
    states: type[StrEnum], first: StrEnum, by: str, moves: Iterable[tuple[StrEnum, StrEnum, str]]
) -> str:
    names = {each: each.name.lower() for each in states}
    lines = [f"    {name}: {each}" for each, name in names.items()]
    lines.append(f"    [*] --> {names[first]}: {by}")
    lines += [
        f"    {names[before]} --> {names[after]}{told and ': ' + told}"
        for before, after, told in moves
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])
