"""The documentation as data: its pages, the fenced blocks in them, their links and headings.

The second word after a fence says how the block is tested: "python server", "bash aws".
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `kind` is what stands after the fence, `output` what must be printed."""

    page: Path
    line: int
    kind: str
    text: str
    output: str | None

    @property
    def commands(self) -> list[list[str]]:
        """The commands of a shell block, one list of words each."""
        joined = self.text.replace("\\\n", " ")
        return [shlex.split(line) for line in joined.splitlines() if line.strip()]


def pages() -> list[Path]:
    """Return every page that is written for people."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    """Return a page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the page's fenced blocks, each with the `text output` block that follows it."""
    text = page.read_text("utf-8")
    found = list(FENCE.finditer(text))
    made = []
    for match, following in zip_longest(found, found[1:]):
        shown = following is not None and following[2] == "text output"
        lines = [line.removeprefix(match[1]) for line in match[3].splitlines(keepends=True)]
        made.append(
            Block(
                page=page,
                line=text.count("\n", 0, match.start()) + 1,
                kind=match[2],
                text="".join(lines),
                output=following[3] if following is not None and shown else None,
            )
        )
    return made


def of_kind(kind: str) -> dict[str, list[Block]]:
    """Return the blocks of one kind by the names of their pages; pages without any are left out."""
    found = {name(page): [each for each in blocks(page) if each.kind == kind] for page in pages()}
    return {page: kept for page, kept in found.items() if kept}


def prose(text: str) -> str:
    """Return a page's text without its fenced blocks."""
    return FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Return the targets of a page's links."""
    return LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """Return what the headings of a page can be linked by, as GitHub makes it."""
    titles = (re.sub(r"[`*\\]|\]\([^)]*\)|\[", "", each) for each in HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
