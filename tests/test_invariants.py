"""INVARIANTS.md names tests that exist, and each promise has one."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "INVARIANTS.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[a-z0-9_/]+\.py)::([A-Za-z0-9_]+)`")
PROMISE = re.compile(r"^(\d+)\. (.*?)(?=^\d+\. |^## |\Z)", re.MULTILINE | re.DOTALL)


def missing(text: str) -> list[str]:
    """Return the tests that a text names and that do not exist."""
    found = []
    for file, name in NAMED.findall(text):
        path = ROOT / file
        defined = rf"^ *(?:async )?(?:def|class) {name}\b|^{name} = "
        if not path.exists() or not re.search(defined, path.read_text("utf-8"), re.MULTILINE):
            found.append(f"{file}::{name}")
    return found


def test_every_named_test_exists() -> None:
    """No promise leans on a test that was renamed or removed."""
    assert missing(TEXT) == []
    assert missing("`tests/test_invariants.py::test_of_nothing`") != []
    assert missing("`tests/no_such_file.py::test_of_nothing`") != []


def test_every_promise_has_a_test() -> None:
    """Promises are numbered in order, and each names at least one test that enforces it."""
    promises = PROMISE.findall(TEXT)
    assert [int(number) for number, _ in promises] == list(range(1, len(promises) + 1))
    lacking = [number for number, told in promises if not re.search(r"Enforced by: `tests/", told)]
    assert lacking == []


def test_every_planted_bug_is_listed() -> None:
    """Each test that plants a bug in the shared commit stands beside its promise."""
    planted = (ROOT / "tests/faults/test_planted_bugs.py").read_text("utf-8")
    names = set(re.findall(r"^def (test_\w+)", planted, re.MULTILINE))
    assert names
    assert names <= {name for _, name in NAMED.findall(TEXT)}
