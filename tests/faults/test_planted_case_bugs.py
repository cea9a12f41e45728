"""The state machine, the histories and the kills find each bug that is planted in the source.

An oracle that no bug can offend proves nothing: here are the bugs, one at a time, each in a copy of
the source that the server runs from.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from tests.conformance.crashing_server import CrashingServer, Template
from tests.conformance.service_driver import DisagreementError
from tests.conformance.service_machine import OFTEN, ServiceMachine
from tests.conformance.service_model import Caller
from tests.faults.case_kills import kill_under_every_operation
from tests.faults.histories import Recorder, subjects
from tests.faults.mutants import CONCURRENT, SEQUENTIAL

if TYPE_CHECKING:
    from tests.faults.mutants import Mutant

HASTY = (sys.executable, str(Path(__file__).with_name("hasty_server.py")))
# No shrinking: that one example fails is all that is asked. What is made differs from process to
# process, so one search may miss a bug that the next one finds.
SEARCHES = 6
SEARCH = settings(
    max_examples=40,
    stateful_step_count=80,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
)


def finds(machine: type[ServiceMachine]) -> bool:
    """Whether one search finds something wrong."""
    try:
        run_state_machine_as_test(machine, settings=SEARCH)
    except (DisagreementError, AssertionError, ClientError, Flaky):
        return True
    return False


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", SEQUENTIAL.values(), ids=SEQUENTIAL)
def test_machine_finds(bug: Mutant, tmp_path: Path) -> None:
    """The machine finds the bug, by an answer or by an event that is not the model's.

    What the bug shows by is called more often than in the machine's own test, to be done sooner.
    """

    class WithBug(ServiceMachine):
        """The same machine before a server with the bug."""

        environment = bug.planted(tmp_path)
        often = (*OFTEN, *bug.shown_by * (len(OFTEN) // 4))

    assert any(finds(seed(search)(WithBug)) for search in range(SEARCHES))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", CONCURRENT.values(), ids=CONCURRENT)
def test_histories_find(bug: Mutant, tmp_path: Path) -> None:
    """Some history of at most five runs cannot have been."""
    environment = bug.planted(tmp_path / "source")
    accounts = ["910000000000", "910000000001"]
    template = Template(tmp_path / "template", {}, accounts)
    faults: list[str] = []
    for run in range(5):
        with CrashingServer(template, tmp_path / f"run{run}", environment=environment) as server:
            found = subjects(server, [Caller(each) for each in accounts], 3)
            recorder = Recorder(server, found, calls=30, clients=8, seed=run)
            recorder.record()
        faults += recorder.faults()
        if faults:
            break
    assert faults != []


@pytest.mark.timeout(600)
def test_kills_find_a_server_that_answers_first(tmp_path: Path) -> None:
    """A server that answers before it commits loses what the models know of."""
    result = kill_under_every_operation(tmp_path, seed=1, kills=6, program=HASTY)
    assert result.faults != []
