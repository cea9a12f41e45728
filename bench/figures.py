"""What a run measures: figures, and the ratios that are held against the bars."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, once for each round; absolute, so true of this machine and hour only."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a ratio must reach, at least or at most; `unit` is empty for a plain ratio."""

    title: str
    limit: float
    at_least: bool
    unit: str = ""

    def is_met(self, value: float) -> bool:
        """Whether `value` is on the right side."""
        return value >= self.limit if self.at_least else value <= self.limit

    def missed_by(self, value: float) -> float:
        """Return how far `value` is from the limit, as a share of the limit; 0 when it is met."""
        return 0.0 if self.is_met(value) else abs(value / self.limit - 1)


@dataclass(frozen=True, slots=True)
class Held:
    """A bar, and the value of each round that is held against it."""

    bar: Bar
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the rounds: what counts."""
        return statistics.median(self.values)


@dataclass(frozen=True, slots=True)
class Result:
    """What one part of the benchmark found."""

    held: tuple[Held, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How much a run does: rounds, and the accounts of the memory part and of the large store."""

    rounds: int
    accounts: int
    stored: int


SIZES = {
    "quick": Size(3, 5_000, 20_000),
    "usual": Size(7, 20_000, 100_000),
    "full": Size(15, 100_000, 1_000_000),
}
