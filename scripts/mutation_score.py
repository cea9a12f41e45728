"""Say how many mutants the tests noticed; fail below nine of ten (goal G19)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

STATS: Final = Path("mutants/mutmut-cicd-stats.json")
LEAST: Final = 0.9
NOTICED: Final = ("killed", "timeout", "segfault")


def score(stats: dict[str, int]) -> tuple[int, int]:
    """Return how many mutants were noticed, and of how many."""
    return sum(stats.get(name, 0) for name in NOTICED), stats["total"] - stats.get("skipped", 0)


def main() -> None:
    """Print the score; exit with 1 where it is too low."""
    noticed, all_of_them = score(json.loads(STATS.read_text("utf-8")))
    print(f"{noticed} of {all_of_them} mutants were noticed: {noticed / all_of_them:.1%}")
    if noticed < LEAST * all_of_them:
        sys.exit(f"That is less than {LEAST:.0%}: `mutmut results` names those that were not.")


if __name__ == "__main__":
    main()
