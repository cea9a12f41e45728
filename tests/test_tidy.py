"""The house style holds in every file of the repository, and each of its rules can fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tidy_rules import MARKS, RULES, words

if TYPE_CHECKING:
    from tests.tidy_rules import Rule

ROOT = Path(__file__).parent.parent
BUILT = {".git", ".venv", ".envs", "node_modules", "__pycache__", "larum-data", "build", "dist"}
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;]+)(.*(?:\n +--hash=sha256:[0-9a-f]{64}.*)+)", re.MULTILINE
)

# Faults that are accepted for now, as `rule path:what`, with the reason. It may only shrink: an
# entry that no longer stands for a fault fails.
ACCEPTED: dict[str, str] = {}


def paths() -> list[str]:
    """Return the repository's files, git's list where there is git, else what is there."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        names = listed.splitlines()
    else:
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        names = [path.as_posix() for path in found if not BUILT & set(path.parts)]
    return sorted(name for name in names if (ROOT / name).is_file())


def read_text(path: str) -> str | None:
    """Return a file's text, or None if it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


TEXTS = {path: text for path in paths() if (text := read_text(path)) is not None}
PROJECT: dict[str, Any] = tomllib.loads(TEXTS["pyproject.toml"])


def without_line(fault: str) -> str:
    """Drop the line number of a fault, which moves with every edit."""
    return re.sub(r":\d+: ", ":", fault, count=1)


def faults(rule: Rule) -> list[str]:
    """Return the faults against one rule in the whole repository."""
    kept = (path for path in TEXTS if rule.holds_for(path))
    return [fault for path in kept for fault in rule.faults(path, TEXTS[path])]


@pytest.mark.parametrize("rule", {rule.name: rule for rule in RULES}.values(), ids=lambda r: r.name)
def test_rule_holds(rule: Rule) -> None:
    """Every file keeps the rule, but for the accepted faults."""
    found = [f for f in faults(rule) if f"{rule.name} {without_line(f)}" not in ACCEPTED]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_rule_can_fail(rule: Rule) -> None:
    """A planted fault is found, in a file that the rule covers."""
    path, text = rule.planted
    assert rule.holds_for(path)
    assert rule.faults(path, text)


def test_accepted_faults_still_exist() -> None:
    """An accepted fault that has been mended leaves the list: it only shrinks."""
    accepted = {entry.partition(" ")[0] for entry in ACCEPTED}
    found = {
        f"{rule.name} {without_line(fault)}"
        for rule in RULES
        if rule.name in accepted
        for fault in faults(rule)
    }
    assert not ACCEPTED.keys() - found


def pins(lock: str) -> dict[str, str]:
    """Return normalized name -> version of a lock's pins that carry hashes."""
    return {canonicalize_name(match[1]): match[2] for match in PIN.finditer(lock)}


def unlocked(requirements: list[str], lock: str) -> list[str]:
    """Return the requirements that the lock does not meet with a hashed pin."""
    pinned = pins(lock)
    return [
        text
        for text in requirements
        for wanted in [Requirement(text)]
        if not wanted.specifier.contains(pinned.get(canonicalize_name(wanted.name), "0"))
    ]


def test_locks_meet_the_project() -> None:
    """Every dependency of pyproject.toml is in its lock, with a hash and at or above the floor."""
    wanted = PROJECT["project"]["dependencies"]
    groups = PROJECT["dependency-groups"]
    assert not unlocked(wanted, TEXTS["requirements/run.txt"])
    assert not unlocked(groups["build"], TEXTS["requirements/tools.txt"])
    assert not unlocked(
        [*wanted, *groups["build"], *groups["test"], *groups["check"]],
        TEXTS["requirements/dev.txt"],
    )


def test_lock_without_hash_or_too_old_is_refused() -> None:
    """A pin without a hash does not count, nor one below the floor."""
    hashed = f"click==8.0 \\\n    --hash=sha256:{'0' * 64}\n"
    assert unlocked(["click>=8.1"], hashed) == ["click>=8.1"]
    assert unlocked(["click>=8"], "click==8.5\n") == ["click>=8"]
    assert unlocked(["click>=8"], hashed) == []


def test_every_pin_has_a_hash() -> None:
    """No lock has a pin that pip could not check."""
    locks = {path: text for path, text in TEXTS.items() if re.match(r"requirements/.*\.txt$", path)}
    assert locks
    for path, text in locks.items():
        assert len(pins(text)) > 0, path
        assert len(re.findall(r"^[a-zA-Z0-9].*==", text, re.MULTILINE)) == len(PIN.findall(text)), (
            path
        )


def test_dependencies_are_explained() -> None:
    """docs/dependencies.md has a row for each run-time dependency and for nothing else."""
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", TEXTS["docs/dependencies.md"], re.MULTILINE))
    assert rows == {Requirement(text).name for text in PROJECT["project"]["dependencies"]}


def test_names_of_the_package_carry_no_mark() -> None:
    """The package, its commands and its plugins bear no other company's mark."""
    project = PROJECT["project"]
    named = [project["name"], *project["scripts"], *project["entry-points"]["pytest11"]]
    assert not [name for name in named if words(name) & MARKS]


def test_make_alone_explains_every_command() -> None:
    """Every command of the Makefile that a person may give has a line in its help."""
    makefile = TEXTS["Makefile"]
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
