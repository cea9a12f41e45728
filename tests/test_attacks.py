"""docs/attacks.md names every item of the negative checklist, and tests that exist for each."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from tests.access import test_checklist_signatures as signatures
from tests.access import test_checklist_urls as signed_urls
from tests.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PAGE: Final = (ROOT / "docs/attacks.md").read_text("utf-8")
ROW: Final = re.compile(r"^\| ([A-E]\d\d) \| .+ \| (.+) \|$", re.MULTILINE)
TEST: Final = re.compile(r"\[`(\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")
ITEMS: Final = [
    *(f"A{number:02}" for number in range(1, 30)),
    *(f"B{number}" for number in range(30, 39)),
    *(f"E{number}" for number in range(90, 98)),
]
# The tests that are tables of requests, whose ids begin with the item.
TABLES: Final[dict[str, Collection[str]]] = {
    "test_no_such_request_gets_in": signatures.REFUSED,
    "test_a_changed_url_opens_nothing": signed_urls.CHANGES,
    "test_a_header_beside_the_signature_is_refused": signed_urls.HEADERS,
}


@cache
def names_in(file: Path) -> set[str]:
    """Return the names of the tests in a file, and its own."""
    module = ast.parse(file.read_text("utf-8"))
    found = {each.name for each in module.body if isinstance(each, ast.FunctionDef)}
    return {each for each in found if each.startswith("test_")} | {file.stem}


def faults(text: str) -> list[str]:
    """Return the tests that a text names and that are not there."""
    return [
        f"{file}::{name}"
        for name, file in TEST.findall(text)
        if not (ROOT / file).exists() or name not in names_in(ROOT / file)
    ]


def test_every_item_has_its_row() -> None:
    """The page has each item of the checklist once, in its order, and nothing else."""
    assert [item for item, _ in ROW.findall(PAGE)] == ITEMS


@pytest.mark.parametrize(("item", "cell"), ROW.findall(PAGE), ids=ITEMS)
def test_each_item_names_tests_of_it(item: str, cell: str) -> None:
    """Each is tested; where the test is a table of requests, some of them are of the item."""
    named = TEST.findall(cell)
    assert named
    assert faults(cell) == []
    for name, _ in named:
        assert name not in TABLES or any(each.startswith(item) for each in TABLES[name]), name


def test_what_is_named_elsewhere_on_the_page_is_there() -> None:
    """The other tests of the page exist; one that does not is found."""
    assert faults(PAGE) == []
    assert faults("[`test_of_nothing`](../tests/test_attacks.py)") != []
