"""`larum` with a bug planted in it: it answers first and commits a moment later.

The kill test must notice that this server loses acknowledged writes; see `test_planted_bugs.py`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from larum.edge import serving
from larum.edge.cli import main
from larum.edge.group_commit import GroupCommit
from larum.store.engine import Group

if TYPE_CHECKING:
    from larum.edge.group_commit import _Place
    from larum.wire.http import HttpResponse

COMMIT_SECONDS = 0.03


class AnswersFirst(GroupCommit):
    """A write queue that answers as soon as it has an answer."""

    def _performed(self, group: Group, place: _Place) -> HttpResponse:
        answer = super()._performed(group, place)
        place.answered.set_result(answer)
        return answer


def slow_down_commits() -> None:
    """Give the kill a moment to come between an answer and its commit."""
    commit = Group.commit

    def commit_slowly(group: Group) -> None:
        time.sleep(COMMIT_SECONDS)
        commit(group)

    Group.commit = commit_slowly  # type: ignore[method-assign, assignment] # part of the plant


if __name__ == "__main__":
    setattr(serving, "GroupCommit", AnswersFirst)  # noqa: B010 - this is the bug
    slow_down_commits()
    main()
