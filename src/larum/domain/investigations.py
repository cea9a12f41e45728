"""Investigations of a case: their states, and what a customer says of them.

Source: service-behaviour §2.10.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from larum.errors import ConflictException

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ActionType(StrEnum):
    """What an investigation is for: the model's three."""

    EVIDENCE = "Evidence"
    INVESTIGATION = "Investigation"
    SUMMARIZATION = "Summarization"


class ExecutionStatus(StrEnum):
    """The model's states of an investigation."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    WAITING = "Waiting"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


_ENDS: Final = frozenset(
    {ExecutionStatus.COMPLETED, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED}
)
# What may follow each status. Nothing public says it; an end has no way back.
TRANSITIONS: Final[Mapping[ExecutionStatus, frozenset[ExecutionStatus]]] = {
    ExecutionStatus.PENDING: frozenset(
        {ExecutionStatus.IN_PROGRESS, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED}
    ),
    ExecutionStatus.IN_PROGRESS: _ENDS | {ExecutionStatus.WAITING},
    ExecutionStatus.WAITING: _ENDS | {ExecutionStatus.IN_PROGRESS},
}


class Feedback(msgspec.Struct, frozen=True):
    """What a customer says of an investigation: `USEFUL` or `NOT_USEFUL`, and why."""

    usefulness: str
    comment: str | None
    submitted_at: datetime

    def __repr__(self) -> str:
        """Leave the comment out."""
        return f"Feedback({self.usefulness})"

    def says_the_same_as(self, other: Feedback | None) -> bool:
        """Tell whether `other` says the same, whenever it was submitted."""
        return (
            other is not None
            and self.usefulness == other.usefulness
            and self.comment == other.comment
        )


class Investigation(msgspec.Struct, frozen=True):
    """One action of an investigation; `content` is Markdown, 1 to 5,000 characters."""

    account: str
    region: str
    case_id: str
    investigation_id: str
    action_type: ActionType
    title: str
    content: str
    status: ExecutionStatus
    created_at: datetime
    updated_at: datetime
    feedback: Feedback | None = None

    def __repr__(self) -> str:
        """Leave title and content out."""
        return f"Investigation({self.investigation_id}, {self.status})"

    @property
    def is_summary(self) -> bool:
        """Whether its content is to be read as a comment: a Summarization that has Completed."""
        completed = self.status is ExecutionStatus.COMPLETED
        return completed and self.action_type is ActionType.SUMMARIZATION

    def moved(self, status: ExecutionStatus) -> Investigation:
        """Return it with another status; ConflictException where TRANSITIONS has no such step."""
        if status not in TRANSITIONS.get(self.status, frozenset()):
            message = (
                f"Investigation {self.investigation_id} is {self.status}: it cannot become "
                f"{status}."
            )
            raise self._conflict(message)
        return replace(self, status=status)

    def rewritten(self, title: str, content: str) -> Investigation:
        """Return it with another title and content; ConflictException where it has ended."""
        if self.status in _ENDS:
            message = (
                f"Investigation {self.investigation_id} is {self.status}: its text is final. "
                "Add another one."
            )
            raise self._conflict(message)
        return replace(self, title=title, content=content)

    def _conflict(self, message: str) -> ConflictException:
        return ConflictException(
            message, resource_id=self.investigation_id, resource_type="Investigation"
        )
