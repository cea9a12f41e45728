"""docs/divergences.md says everything that had to be decided, and each row names a test of it."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from tests.documents import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs/divergences.md"
ROW: Final = re.compile(r"^\| (\d+) \| .+ \| (?P<test>[^|]+) \|$", re.MULTILINE)
TEST: Final = re.compile(r"\[`(?P<name>\w+)(?:\.py)?`\]\(\.\./(?P<path>tests/[\w/]+\.py)\)")
# The decisions of service-behaviour §11, which docstrings name by their rows there, and the rows
# of the page that tell them.
DECISIONS: Final[dict[int, tuple[int, ...]]] = {
    1: (1, 8), 2: (2,), 3: (3,), 4: (4, 5, 63), 5: (6,), 6: (7,), 7: (24, 25, 65, 132), 8: (64,),
    9: (66, 67), 10: (68,), 11: (76,), 12: (69, 126), 13: (9, 73), 14: (77,), 15: (70, 71),
    16: (92, 120, 121, 125), 17: (79,), 18: (86,), 19: (87,), 20: (29,), 21: (27,), 22: (12, 13),
    23: (88,), 24: (57,), 25: (10,), 26: (72,), 27: (14,), 28: (80,), 29: (81,), 30: (15,),
    31: (16,), 32: (19,), 33: (82,), 34: (31,), 35: (17,), 36: (22,), 37: (83,), 38: (84,),
    39: (23,), 40: (20,), 41: (21,), 42: (25, 26), 43: (28,), 44: (85,), 45: (19,), 46: (30,),
    47: (18,), 48: (123,),
}  # fmt: skip


def rows() -> dict[int, str]:
    """Return what each row of the page says in its last column, by number."""
    return {int(row[1]): row["test"] for row in ROW.finditer(PAGE.read_text("utf-8"))}


@cache
def names_in(file: Path) -> set[str]:
    """Return the names of the tests in a file, and the file's own."""
    names = {file.stem}
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            names.add(node.name)
    return names


def fault(cell: str) -> str | None:
    """Return what is wrong with the last column of a row, None for nothing."""
    found = TEST.fullmatch(cell.strip())
    if found is None:
        return f"{cell} names no test"
    file = ROOT / found["path"]
    if not file.exists() or found["name"] not in names_in(file):
        return f"there is no {found['name']} in {found['path']}"
    return None


def test_every_decision_is_told() -> None:
    """Each of the 48 decisions has its row, and every row of the page has its own number."""
    assert sorted(DECISIONS) == list(range(1, 49))
    told = rows()
    numbers = re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(numbers) == len(set(numbers)) == len(told)
    assert {row for several in DECISIONS.values() for row in several} <= told.keys()


@pytest.mark.parametrize("number", rows())
def test_each_row_names_a_test_that_exists(number: int) -> None:
    """A reader can look up how each row is held, and nobody removes the test unnoticed."""
    assert fault(rows()[number]) is None


@pytest.mark.parametrize(
    "cell",
    [
        " ",
        "[`test_nothing`](../tests/test_divergences.py)",
        "[`test_every_decision_is_told`](../tests/nowhere.py)",
    ],
)
def test_a_row_without_a_test_is_found(cell: str) -> None:
    """An empty cell, a test that was renamed and a file that moved are faults."""
    assert fault(cell)
