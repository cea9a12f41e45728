"""The benchmark: `make bench`, or `make bench ARGS="--quick --only start"`.

Measures Larum against its floors and peers in one run, prints the bars and the figures, and writes
bench/RESULTS.md after a run of all parts. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
from rich.console import Console
from rich.table import Table

from bench import (
    access,
    at_scale,
    cases,
    evidence,
    findings,
    in_process,
    memory,
    over_http,
    report,
    starting,
)
from bench.figures import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.figures import Result, Size

    Say = Callable[[str], None]

PARTS: Final[dict[str, Callable[[Path, Size, Say], Result]]] = {
    "http": over_http.measure,
    "process": lambda _, size, say: in_process.measure(size, say),
    "start": starting.measure,
    "memory": memory.measure,
    "scale": at_scale.measure,
    "cases": cases.measure,
    "findings": findings.measure,
    "evidence": evidence.measure,
    "access": access.measure,
}


def main(arguments: list[str]) -> int:
    """Run the parts that are asked for; return the exit code."""
    options = _options(arguments)
    size = SIZES[options.size]
    others = psutil.getloadavg()[0]
    results = []
    Path("build").mkdir(exist_ok=True)
    # On the disk of the checkout: a directory for temporary files may be memory.
    with tempfile.TemporaryDirectory(prefix="bench-", dir="build") as made:
        for name in options.only or PARTS:
            say = partial(_say, name)
            results.append(PARTS[name](Path(made), size, say))
        if not options.only:
            report.write(_command(arguments), Path(made), others, results)
        _say("", "")
    console = Console()
    for rows in (report.bars(results), *report.figures(results)):
        table = Table(*rows[0])
        for row in rows[1:]:
            table.add_row(*row)
        console.print(table)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    sizes = parser.add_mutually_exclusive_group()
    for name in ("quick", "full"):
        size = SIZES[name]
        told = f"{size.rounds} rounds, {size.accounts:,} accounts for the memory"
        told += f", {size.stored:,} in the large store"
        sizes.add_argument(f"--{name}", dest="size", action="store_const", const=name, help=told)
    told = "one part, more than once for more; RESULTS.md is not written then"
    parser.add_argument("--only", action="append", choices=tuple(PARTS), help=told)
    parser.set_defaults(size="usual")
    return parser.parse_args(arguments)


def _say(part: str, text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{part} {text}")
        sys.stderr.flush()
    elif text:
        sys.stderr.write(f"{part}: {text}\n")


def _command(arguments: list[str]) -> str:
    return f'make bench ARGS="{shlex.join(arguments)}"' if arguments else "make bench"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
