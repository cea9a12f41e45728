"""The documentation is complete and whole.

Whatever can be set, called or answered is in it; what it names exists; its links lead somewhere;
and its generated parts are those of the code.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click
import pytest

from larum import errors
from larum.edge.cli import every_command
from larum.operations import OPERATIONS
from larum.settings import FIELDS, WITHOUT_FLAG, Field
from larum.wire import model
from scripts import docs_of_operations, docs_of_program, generate_docs
from tests import documents
from tests.documents import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

OWN = [page for page in documents.pages() if page.parent != ROOT or page.name == "README.md"]


def test_readme_says_how_many_operations_work() -> None:
    """README's number of working operations is that of the table."""
    text = (ROOT / "README.md").read_text("utf-8")
    total = len(model.load("security-ir").operations)
    assert f"\n{len(OPERATIONS)} of the {total} operations" in text


def test_readme_says_what_larum_is_not() -> None:
    """README claims compatibility in the agreed words, and no affiliation."""
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert "compatible with the AWS Security Incident Response API" in text
    assert "not affiliated with, endorsed or sponsored by Amazon" in text


@pytest.mark.parametrize("page", generate_docs.pages(), ids=documents.name)
def test_generated_parts_are_those_of_the_code(page: Path) -> None:
    """A page is what `python -m scripts.generate_docs` writes: run it when this fails."""
    assert page.read_text("utf-8") == generate_docs.pages()[page]


def test_a_stale_page_is_found() -> None:
    """What stands between the marks is replaced, whatever it was, and nothing else is."""
    stale = "# A\n\n<!-- generated: coverage -->\nold\n<!-- end of generated -->\n\nkept\n"
    fresh = generate_docs.refreshed(stale)
    assert "old" not in fresh
    assert "| GetMembership | yes |" in fresh
    assert fresh.endswith("<!-- end of generated -->\n\nkept\n")
    assert generate_docs.refreshed(fresh) == fresh


def undocumented_settings(text: str, fields: tuple[Field, ...]) -> set[str]:
    """Return the settings of which a page lacks the flag, the variable or the key."""
    return {
        each.name
        for each in fields
        if f"`{each.variable}`" not in text
        or (each.name not in WITHOUT_FLAG and f"`{each.flag}`" not in text)
    }


def test_every_setting_is_documented() -> None:
    """docs/settings.md has each setting, and would fail for one that it lacks."""
    text = (ROOT / "docs/settings.md").read_text("utf-8")
    forgotten = Field("shoe_size", int, "Not documented anywhere.")
    assert undocumented_settings(text, FIELDS) == set()
    assert undocumented_settings(text, (*FIELDS, forgotten)) == {"shoe_size"}


def commands() -> dict[str, click.Command]:
    """Return every command that can be typed, by its words; those of groups too."""
    found: dict[str, click.Command] = {}
    for name, each in every_command().items():
        inner = each.commands if isinstance(each, click.Group) else {}
        found |= {f"{name} {word}": command for word, command in inner.items()} or {name: each}
    return found


def test_every_command_is_documented() -> None:
    """docs/cli.md and its like have a section for each command, with each of its options."""
    text = "".join(each.read_text("utf-8") for each in sorted((ROOT / "docs").glob("cli*.md")))
    for name, command in commands().items():
        assert f"\n## larum {name}\n" in text
        told = text + (ROOT / "docs/settings.md").read_text("utf-8")
        options = [each.opts[0] for each in command.params if isinstance(each, click.Option)]
        assert [each for each in options if f"`{each}" not in told] == []


def test_every_operation_that_works_has_a_page_with_an_example() -> None:
    """A page each, linked from the index, whose example calls it."""
    index = (ROOT / "docs/index.md").read_text("utf-8")
    for name, entry in OPERATIONS.items():
        page = generate_docs.operation_page(name)
        python = entry.function.__name__
        assert f"](operations/{page.name})" in index
        examples = [each.text for each in blocks(page) if each.kind == "python"]
        assert any(f".{python}(" in each or f'("{python}")' in each for each in examples), name


def test_every_error_is_explained() -> None:
    """Each error that a caller can get has its cause in docs/errors.md."""
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    for name in model.load("security-ir").errors:
        assert f"\n## {name}\n\n<!-- generated: error {name} -->" in text
    front = {
        name
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.ServiceError) and name not in model.load("security-ir").errors
    } - {"ServiceError"}
    assert front == docs_of_operations.FRONT_END.keys()
    assert docs_of_operations.CAUSES.keys() == OPERATIONS.keys()


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead nowhere in this repository."""
    broken = []
    for target in documents.links(text):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        known = (
            documents.anchors(file.read_text("utf-8"))
            if file.suffix == ".md" and file.exists()
            else {anchor}
        )
        if not file.exists() or (anchor and anchor not in known):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", documents.pages(), ids=documents.name)
def test_links_resolve(page: Path) -> None:
    """Each link to a file or a heading of this repository leads there."""
    assert broken_links(page, page.read_text("utf-8")) == []


def test_broken_links_are_found() -> None:
    """A file or a heading that is not there is a fault; a web address is not looked up."""
    text = "[a](nothing.md) [b](docs/index.md#nothing) [c](https://example.com/) [d](LICENSE)"
    assert broken_links(ROOT / "README.md", text) == ["nothing.md", "docs/index.md#nothing"]


def test_every_page_is_reachable_from_the_index() -> None:
    """No page of docs/ is lost: the index leads to each."""
    reached: set[Path] = set()
    waiting = [ROOT / "docs/index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            targets = documents.links(page.read_text("utf-8"))
            found = [(page.parent / each.partition("#")[0]).resolve() for each in targets]
            waiting += [each for each in found if each.is_file()]
    assert set((ROOT / "docs").rglob("*.md")) - reached == set()


def unknown_names(text: str) -> set[str]:
    """Return the variables, options and exceptions in a page that the code does not have."""
    spans = " ".join(re.findall(r"`([^`\n]+)`", documents.prose(text)))
    params = [each for command in commands().values() for each in command.params]
    options = {spelling for each in params for spelling in each.opts}
    known = options | {each.variable for each in FIELDS} | {"LARUM_CONFIG", "--help"}
    known |= {each.envvar for each in params if isinstance(each.envvar, str)}
    known |= set(dir(errors))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*\b", spans))
    named |= set(re.findall(r"\bLARUM_[A-Z_]+\b", text))
    named |= set(re.findall(r"\b[A-Z]\w+Exception\b", text))
    return named - known


@pytest.mark.parametrize("page", OWN, ids=documents.name)
def test_what_a_page_names_exists(page: Path) -> None:
    """A page names no variable, option or exception that was renamed or never was."""
    assert unknown_names(page.read_text("utf-8")) == set()


def test_names_that_do_not_exist_are_found() -> None:
    """A misspelt variable, option or exception is a fault."""
    text = "`--hots`, LARUM_HOTS and NoSuchException, but not `--host` or LARUM_HOST"
    assert unknown_names(text) == {"--hots", "LARUM_HOTS", "NoSuchException"}


def test_members_are_documented_with_their_limits() -> None:
    """The page of an operation says what the validator enforces."""
    told = docs_of_operations.operation("CreateMembership")
    assert "| `membershipName` | yes | string, 3 to 50 characters" in told
    assert "| `incidentResponseTeam` | yes | list, 2 to 10 items, no two alike |" in told
    assert "`--port`" in docs_of_program.settings("")
