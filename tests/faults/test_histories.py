"""Concurrent callers see each case, and each membership, as if they had come one by one (goal G8).

Threads with boto3 over HTTP; in some runs the server is killed and started again meanwhile.
"""

from __future__ import annotations

import os
import secrets
import threading
from typing import TYPE_CHECKING

import pytest

from tests.conformance.crashing_server import CrashingServer, Template
from tests.conformance.service_model import Caller
from tests.faults.histories import TEAM, Recorder, new_case, subjects

if TYPE_CHECKING:
    from pathlib import Path

SOAK = os.environ.get("LARUM_SOAK") == "1"
SEED = int(os.environ.get("LARUM_TEST_SEED") or secrets.randbelow(10**9))
# Each run has a history for each of its cases and its membership.
RUNS, KILLED_RUNS = (200, 60) if SOAK else (6, 3)
CASES, CLIENTS, CALLS = 9, 12, 20
ACCOUNTS = [f"{910_000_000_000 + number}" for number in range(2)]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A data directory with two standalone accounts."""
    return Template(tmp_path_factory.mktemp("histories") / "data", {}, ACCOUNTS)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("runs", "kills"), [(RUNS, 0), (KILLED_RUNS, 3)], ids=["alive", "killed"])
def test_concurrent_histories_are_linearizable(
    template: Template, tmp_path: Path, runs: int, kills: int
) -> None:
    """Every answer fits an order of the calls in which nothing is stale, lost or done twice."""
    calls = histories = lost = 0
    for run in range(runs):
        with CrashingServer(template, tmp_path / f"run{run}") as server:
            found = subjects(server, [Caller(each) for each in ACCOUNTS], CASES)
            recorder = Recorder(server, found, CALLS, CLIENTS, SEED + run)
            recorder.record(kills)
        faults = recorder.faults()
        assert not faults, "\n".join([f"LARUM_TEST_SEED={SEED}", *faults])
        histories += len(recorder.histories)
        calls += sum(map(len, recorder.histories.values()))
        lost += recorder.lost
    print(f"LARUM_TEST_SEED={SEED}: {histories} histories, {calls} calls, {lost} unknown")  # noqa: T201 - the figures, with `pytest -s`
    assert histories >= runs * CASES
    assert bool(lost) == bool(kills)


def test_pages_neither_skip_nor_repeat_what_was_there_throughout(
    template: Template, tmp_path: Path
) -> None:
    """While others open, change and close cases, every list has each old case exactly once."""
    caller = Caller(ACCOUNTS[0])
    with CrashingServer(template, tmp_path / "run") as server:
        client = server.client(caller, "security-ir")
        client.create_membership(membershipName="pages", incidentResponseTeam=TEAM)
        old = {new_case(server, caller, f"old {number}") for number in range(40)}
        ended = threading.Event()
        failures: list[BaseException] = []

        def change(number: int) -> None:
            try:
                turn = 0
                while not ended.is_set():
                    turn += 1
                    case = sorted(old)[(turn * 7 + number) % len(old)]
                    pair = {"key": f"{number}", "value": str(turn)}
                    client.update_case(caseId=case, caseMetadata=[pair])
                    if turn % 20 == 0:
                        made = new_case(server, caller, f"new {number} {turn}")
                        client.close_case(caseId=made)
            except BaseException as error:  # noqa: BLE001 - raised below
                failures.append(error)

        threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        try:
            for size in (1, 2, 3, 5, 7, 11, 25) * 2:
                pages = client.get_paginator("list_cases").paginate(
                    PaginationConfig={"PageSize": size}
                )
                seen = [each["caseId"] for page in pages for each in page["items"]]
                assert len(seen) == len(set(seen)), f"a page of {size} repeats a case"
                assert old <= set(seen), f"pages of {size} leave cases out"
        finally:
            ended.set()
            for thread in threads:
                thread.join()
    assert failures == []
