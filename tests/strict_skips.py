"""Refuses skips that nobody has agreed to: the pytest option `--strict-skips`, which CI gives.

A skipped test keeps no promise. `tests/skips.txt` lists the accepted ones with their reasons; with
the option, any other skip fails the run. Modules that skip as a whole count too, which the usual
reports do not show when the tests are spread over processes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _pytest.terminal import TerminalReporter

ALLOWED = Path(__file__).with_name("skips.txt")


def parse_allowed(text: str) -> dict[str, str]:
    """Return node id pattern -> reason; raises ValueError on a line without a reason."""
    allowed = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pattern, _, reason = line.partition(" -- ")
        if not reason.strip():
            message = f"tests/skips.txt: no reason given in {line!r}"
            raise ValueError(message)
        allowed[pattern.strip()] = reason.strip()
    return allowed


def refused(skipped: Iterable[str], allowed: Mapping[str, str]) -> list[str]:
    """Return the node ids that no pattern of `allowed` covers, sorted, once each."""
    return sorted(
        {node for node in skipped if not any(fnmatchcase(node, pattern) for pattern in allowed)}
    )


class StrictSkips:
    """Gathers skips, those of worker processes included, and fails the run on a refused one."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module or a class that skips as a whole."""
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that skips; an expected failure (xfail) counts as one."""
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        """Take over what a worker process noted; `node` is xdist's controller of that worker."""
        del error
        output: dict[str, list[str]] = getattr(node, "workeroutput", {})
        self.skipped += output.get("skipped", [])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the notes to the controlling process, or judge them there."""
        output: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["skipped"] = self.skipped
        elif refused(self.skipped, parse_allowed(ALLOWED.read_text())) and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Name the refused skips and what to do about them."""
        rows = refused(self.skipped, parse_allowed(ALLOWED.read_text()))
        if rows:
            terminalreporter.section("skips that are not on tests/skips.txt", red=True)
            for row in rows:
                terminalreporter.line(row)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--strict-skips`."""
    parser.addoption(
        "--strict-skips", action="store_true", help="fail on a skip that tests/skips.txt lacks"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Watch the skips of this run, if asked to."""
    if config.getoption("--strict-skips"):
        config.pluginmanager.register(StrictSkips(), "larum-strict-skips")
