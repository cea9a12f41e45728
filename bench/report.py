"""What a run found, as text: for the terminal, and for RESULTS.md."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import apsw
import psutil

from bench.servers import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.figures import Held, Result

    Rows = list[tuple[str, ...]]

RESULTS: Final = Path("bench/RESULTS.md")
# What stands below this line is written by hand and kept.
NOTES: Final = "## Notes"
_HEAD: Final = """\
# What the benchmark found

Written by `make bench`; the notes at the end are kept. The bars are held by the median of the
rounds; every ratio is made of two measurements of one round, so that a noisy machine harms both.
Absolute figures tell of this machine and hour only.
"""


def verdict(held: Held) -> str:
    """Return whether the bar is met, or by how much it is missed."""
    if held.bar.is_met(held.median):
        return "met"
    return f"missed by {held.bar.missed_by(held.median):.0%}"


def bars(results: Iterable[Result]) -> Rows:
    """Return the rows of the bars, the head first."""
    rows: Rows = [("what", "bar", "median", "min-max", "")]
    for held in (each for result in results for each in result.held):
        bar = held.bar
        rows.append(
            (
                bar.title,
                f"{'≥' if bar.at_least else '≤'} {bar.limit:g} {bar.unit}".strip(),
                _number(held.median),
                f"{_number(min(held.values))}-{_number(max(held.values))}",
                verdict(held),
            )
        )
    return rows


def figures(results: Iterable[Result]) -> list[Rows]:
    """Return tables of the absolute figures, heads first: one for each set of units."""
    named: dict[str, dict[str, str]] = {}
    for figure in (each for result in results for each in result.figures):
        ends = f"{_number(min(figure.values))}-{_number(max(figure.values))}"
        cell = f"{_number(figure.median)} ({ends})" if figure.values[1:] else _number(figure.median)
        named.setdefault(figure.name, {})[figure.unit] = cell
    tables: dict[tuple[str, ...], Rows] = {}
    for name, cells in named.items():
        rows = tables.setdefault(tuple(cells), [("what: median (min-max)", *cells)])
        rows.append((name, *cells.values()))
    return list(tables.values())


def facts(directory: Path, others: float) -> list[str]:
    """Return what the figures depend on; `others` is how many programs ran already."""
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{platform.system()} {platform.machine()}, {_file_system(directory)}"
    packages = ("uvicorn", "uvloop", "httptools", "msgspec", "boto3")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}",
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {machine}; load before the run {others:.1f}",
        f"Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}, {versions}",
        f"moto {_moto_version()}",
    ]


def write(command: str, directory: Path, others: float, results: Sequence[Result]) -> None:
    """Write RESULTS.md, keeping its notes."""
    old = RESULTS.read_text("utf-8") if RESULTS.exists() else ""
    notes = old[old.index(NOTES) :] if NOTES in old else f"{NOTES}\n"
    parts = [
        _HEAD,
        f"Command: `{command}`\n",
        "\n".join(f"- {fact}" for fact in facts(directory, others)) + "\n",
        "## Bars\n",
        _markdown(bars(results)),
        "## Figures\n",
        *[_markdown(rows) for rows in figures(results)],
        notes,
    ]
    RESULTS.write_text("\n".join(parts), "utf-8")


def _markdown(rows: Rows) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    if value >= 100:  # noqa: PLR2004 - three digits are enough
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004 - as above


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _moto_version() -> str:
    command = [str(ENVIRONMENT / "python"), "-c", "import moto; print(moto.__version__)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not installed"


def _file_system(directory: Path) -> str:
    path = str(directory.resolve())
    mounts = [each for each in psutil.disk_partitions(all=True) if path.startswith(each.mountpoint)]
    found = max(mounts, key=lambda each: len(each.mountpoint), default=None)
    return "unknown file system" if found is None else str(found.fstype)
