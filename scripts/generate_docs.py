"""Writes the parts of the documentation that the code knows better than a person does.

    .venv/bin/python -m scripts.generate_docs

A page of `docs/` holds blocks `<!-- generated: NAME ARGUMENT -->` … `<!-- end of generated -->`;
this replaces what is between the marks and leaves every other line to its author. An operation that
works and has no page gets one. The same code gives the same text; a test fails while a page differs
from what would be written (tests/test_docs_are_complete.py).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from larum.operations import OPERATIONS
from larum.wire import model
from scripts import (
    docs_of_errors,
    docs_of_findings,
    docs_of_operations,
    docs_of_own_api,
    docs_of_program,
    docs_of_states,
    docs_of_sts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT: Final = Path(__file__).parent.parent
DOCS: Final = ROOT / "docs"
BLOCK: Final = re.compile(
    r"^<!-- generated: ([a-z-]+)(?: ([^ ]+))? -->\n.*?^<!-- end of generated -->$",
    re.MULTILINE | re.DOTALL,
)
BLOCKS: Final[Mapping[str, Callable[[str], str]]] = {
    "coverage": docs_of_operations.coverage,
    "error": docs_of_operations.error,
    "errors-by-operation": docs_of_errors.errors_by_operation,
    "finding-closures": docs_of_findings.closures,
    "finding-metrics": docs_of_findings.metrics,
    "finding-outcomes": docs_of_findings.outcomes,
    "finding-transitions": docs_of_findings.transitions,
    "front-end-errors": docs_of_operations.front_end_errors,
    "operation": docs_of_operations.operation,
    "operation-errors": docs_of_operations.operation_errors,
    "attachment-states": docs_of_states.of_an_attachment,
    "case-states": docs_of_states.of_a_case,
    "investigation-states": docs_of_states.of_an_investigation,
    "states": docs_of_states.of_a_membership,
    "throttle": docs_of_operations.throttle_rates,
    "own-operations": docs_of_own_api.own_operations,
    "own-members": docs_of_own_api.own_members,
    "sts-errors": docs_of_sts.sts_errors,
    "sts-members": docs_of_sts.sts_members,
    "command": docs_of_program.command,
    "commands": docs_of_program.commands,
    "settings": docs_of_program.settings,
    "settings-not-yet": docs_of_program.settings_not_yet,
}


def refreshed(text: str) -> str:
    """Return a page's text with each of its generated blocks written anew.

    Raises KeyError for a block of a name that is not in BLOCKS.
    """

    def block(match: re.Match[str]) -> str:
        name, argument = match[1], match[2] or ""
        opening = f"<!-- generated: {name}{argument and ' ' + argument} -->"
        content = BLOCKS[name](argument).strip()
        return f"{opening}\n\n{content}\n\n<!-- end of generated -->"

    return BLOCK.sub(block, text)


def operation_page(name: str) -> Path:
    """Return where the page of a working operation is, e.g. `docs/operations/get_membership.md`."""
    return DOCS / "operations" / f"{OPERATIONS[name].function.__name__}.md"


def first_text(name: str) -> str:
    """Return the page of an operation before anybody has written on it."""
    marks = [f"<!-- generated: {each} {name} -->" for each in ("operation", "operation-errors")]
    end = "<!-- end of generated -->"
    return f"# {name}\n\n{marks[0]}\n{end}\n\n## Errors\n\n{marks[1]}\n{end}\n"


def pages() -> dict[Path, str]:
    """Return the text that each page with generated blocks must have."""
    texts = {page: page.read_text("utf-8") for page in sorted(DOCS.rglob("*.md"))}
    for name in model.load("security-ir").operations:
        if name in OPERATIONS:
            texts.setdefault(operation_page(name), first_text(name))
    return {page: refreshed(text) for page, text in texts.items() if BLOCK.search(text)}


def write() -> None:
    """Write every page that differs."""
    for page, text in pages().items():
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    write()
