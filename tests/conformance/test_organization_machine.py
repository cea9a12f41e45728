"""Existing and future accounts: coverage agrees with plain sets, whatever happens and however many.

Source: service-behaviour §1.3, §1.4, §6 and §11 rows 1, 5 to 7, 20, 32, 33 and 42 to 46.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conformance.organization_machine import OrganizationMachine, follow
from tests.conformance.organization_model import MANAGEMENT, Update
from tests.conformance.organization_steps import MEMBERS, RARE_PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.organization_steps import Step

CROWD = 10_000
EVERY_CHANGE: tuple[Step, ...] = (
    ("create", {"holder": MANAGEMENT, "whole": False}),
    ("cover_units", {"number": 0, "paths": frozenset({"a", "d"})}),
    ("join_or_move", {"account": MEMBERS[2], "unit": "a/b/c", "status": "ACTIVE"}),
    ("name_account", {"number": 0, "account": MEMBERS[0]}),
    ("join_or_move", {"account": MEMBERS[2], "unit": "", "status": "ACTIVE"}),
    ("update", {"number": 0, "update": Update(whole=True), "undo": False}),
    ("join_or_move", {"account": MEMBERS[1], "unit": "d", "status": "SUSPENDED"}),
    ("leave", {"account": MEMBERS[2], "omit": True}),
    ("cancel", {"number": 0}),
    ("undo", {"number": 0}),
    ("update", {"number": 0, "update": Update(whole=False), "undo": False}),
    ("change_organization", {"administrator": MEMBERS[0], "trusted": True, "joining": None}),
    ("set_trusted_access", {"trusted": False}),
)


class CrowdedMachine(OrganizationMachine):
    """The same with 10,000 accounts in the organization."""

    crowd = CROWD


def check_machine(machine: type[OrganizationMachine], examples: int, steps: int) -> None:
    """Let chance drive the machine."""
    bounds = settings(max_examples=examples, stateful_step_count=steps)
    run_state_machine_as_test(machine, settings=bounds)


def test_coverage_agrees_with_plain_sets() -> None:
    """Joins, leaves, moves, units, states, names, administrators and memberships, in any order."""
    check_machine(OrganizationMachine, 25, 40)


@pytest.mark.parametrize("path", RARE_PATHS.values(), ids=RARE_PATHS)
def test_rare_path_agrees_with_plain_sets(path: tuple[Step, ...]) -> None:
    """What chance takes too rarely holds too."""
    follow(path)
    assert path


@pytest.mark.timeout(180)
def test_coverage_of_ten_thousand_accounts_agrees_with_plain_sets() -> None:
    """The same with 10,000 accounts inside; no change writes more than for a few."""
    check_machine(CrowdedMachine, 2, 15)


@pytest.fixture
def crowded() -> Iterator[OrganizationMachine]:
    """An organization of 10,000 accounts."""
    machine = CrowdedMachine()
    yield machine
    machine.teardown()


@pytest.fixture
def small() -> Iterator[OrganizationMachine]:
    """An organization of three accounts."""
    machine = OrganizationMachine()
    yield machine
    machine.teardown()


def writes_of_each_change(machine: OrganizationMachine) -> list[int]:
    """Return how many rows each step of EVERY_CHANGE writes, looking at everything after it."""
    for account in (MANAGEMENT, *MEMBERS):
        machine.client(account)
    found = []
    for name, arguments in EVERY_CHANGE:
        before = machine.writes()
        getattr(machine, name)(**arguments)
        found.append(machine.writes() - before)
        machine.written = machine.writes()
        machine.agrees()
    return found


def test_a_change_writes_the_same_for_few_and_for_many(
    small: OrganizationMachine, crowded: OrganizationMachine
) -> None:
    """Row for row, each change writes with 10,000 accounts what it writes with three.

    And after all those changes every single account is told right.
    """
    few = writes_of_each_change(small)
    assert writes_of_each_change(crowded) == few
    assert all(few)
    assert max(few) <= 12
    (membership,) = crowded.model.memberships
    everybody = sorted(crowded.model.accounts)
    assert len(everybody) > CROWD
    for start in range(0, len(everybody), 100):
        crowded.check_accounts(membership, everybody[start : start + 100])
