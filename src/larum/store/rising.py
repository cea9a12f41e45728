"""Numbers that only rise: what gives the events of an installation one order."""

from __future__ import annotations


class Rising:
    """Numbers that rise in the order in which they are taken; `last` is the highest so far.

    Only who writes takes one, so that the writer's turn guards it. What is rolled back leaves a
    gap, and no number is taken twice.
    """

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = 0

    def next(self, wanted: int) -> int:
        """Take `wanted`, or the number after the last one where that is not above it."""
        self.last = wanted if wanted > self.last else self.last + 1
        return self.last
