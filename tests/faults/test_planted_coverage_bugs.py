"""The state machine of the organization catches each bug that is planted in the coverage.

A property that no bug can break proves nothing: here are the bugs, one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace

from larum.domain.coverage import Coverage, Place, RuleKind, Span
from larum.domain.organizations import Account
from larum.operations import account_configurations
from larum.operations import directory_changes as directory_operations
from larum.operations import memberships as membership_operations
from larum.store import accounts, coverage, directory_versions, organizations
from tests.conformance.organization_machine import OrganizationMachine, follow
from tests.conformance.organization_steps import RARE_PATHS

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.context import Context
    from larum.domain.memberships import Membership
    from larum.store.engine import Transaction

    Plant = Callable[[pytest.MonkeyPatch], None]

# The same examples every time, and no shrinking: that one fails is all that is asked.
SEARCH = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
)


def pauses_are_ignored(patch: pytest.MonkeyPatch) -> None:
    """Who joins while the membership is cancelled counts as covered once."""
    patch.setattr(Coverage, "_outlasts_pauses", lambda _self, _met: True)


def ended_still_covers(patch: pytest.MonkeyPatch) -> None:
    """A membership that has ended covers as before."""
    patch.setattr(Coverage, "is_active", property(lambda _self: True))


def own_unit_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Only the units above an account's own are known."""
    beneath = organizations.beneath

    def without_own(tx: Transaction, management: str | None, unit: str | None) -> frozenset[str]:
        return beneath(tx, management, unit) - {unit or ""}

    patch.setattr(organizations, "beneath", without_own)


def nesting_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A unit's rule covers the accounts in it, and none beneath."""
    patch.setattr(
        organizations, "beneath", lambda _tx, _management, unit: frozenset({unit} - {None})
    )


def nested_units_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    """The number of covered accounts leaves out the units beneath."""
    shallow = coverage.ACTIVE_IN_UNITS.replace("ancestor_id = coverage", "unit_id = coverage")
    patch.setattr(coverage, "ACTIVE_BY_RULES", (shallow, coverage.ACTIVE_BY_NAME))


def suspended_are_covered(patch: pytest.MonkeyPatch) -> None:
    """An account that is not ACTIVE is covered."""
    patch.setattr(Coverage, "_counts", lambda self, place: place.customer == self.customer)


def suspended_are_counted(patch: pytest.MonkeyPatch) -> None:
    """An account that is not ACTIVE is counted in its unit and organization."""
    count = organizations.count_account

    def count_all(tx: Transaction, account: Account, change: int) -> None:
        count(tx, replace(account, status=type(account.status).ACTIVE), change)

    patch.setattr(organizations, "count_account", count_all)


def customer_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """An account that is in no organization, or in another one, is covered."""
    patch.setattr(Coverage, "_counts", lambda _self, place: place.active)


def touching_spans_meet(patch: pytest.MonkeyPatch) -> None:
    """A place that was left when a rule began was covered by it: `<=` for `<`."""

    def met(self: Span, other: Span) -> Span | None:
        since = max(self.since, other.since)
        ends = [each for each in (self.until, other.until) if each is not None]
        until = min(ends) if ends else None
        return Span(since, until) if until is None or since <= until else None

    patch.setattr(Span, "met", met)


def former_places_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Only where an account is now counts: who has left was never covered."""
    places_of = accounts.places_of

    def last(tx: Transaction, account: Account) -> list[Place]:
        return places_of(tx, account)[-1:]

    patch.setattr(accounts, "places_of", last)


def closed_rules_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Only the rules of now count: what they once covered was never covered."""
    coverage_for = coverage.coverage_for

    def open_only(tx: Transaction, membership: Membership, account: str) -> Coverage:
        found = coverage_for(tx, membership, account)
        return replace(found, rules=[each for each in found.rules if each.span.is_open])

    patch.setattr(coverage, "coverage_for", open_only)


def removed_unit_keeps_its_rule(patch: pytest.MonkeyPatch) -> None:
    """A unit that is removed stays among the membership's units."""
    patch.setattr(coverage, "close_unit", lambda _tx, _unit, _until: None)


def names_count_twice(patch: pytest.MonkeyPatch) -> None:
    """An account that is covered by name and by unit is counted twice."""
    alone = coverage.ACTIVE_BY_NAME.partition("  AND (accounts.unit_id")[0]
    patch.setattr(coverage, "ACTIVE_BY_RULES", (coverage.ACTIVE_IN_UNITS, alone))


def names_outlive_the_organization(patch: pytest.MonkeyPatch) -> None:
    """An account that was named is counted wherever it is."""
    names = coverage.ACTIVE_BY_NAME.replace(
        "accounts.management_account = :management_account", ":management_account <> ''"
    )
    patch.setattr(coverage, "ACTIVE_BY_RULES", (coverage.ACTIVE_IN_UNITS, names))


def own_account_is_not_named(patch: pytest.MonkeyPatch) -> None:
    """A membership that covers no organization starts with nobody."""
    opened = coverage.open_rule

    def others(
        tx: Transaction, membership: Membership, kind: RuleKind, target: str, since: int
    ) -> None:
        if target != membership.account:
            opened(tx, membership, kind, target, since)

    patch.setattr(coverage, "open_rule", others)


def units_survive_the_switch(patch: pytest.MonkeyPatch) -> None:
    """Covering the whole organization does not clear the units."""
    close = coverage.close_rules

    def all_but_units(tx: Transaction, membership: Membership, kind: RuleKind, until: int) -> None:
        if kind is not RuleKind.UNIT:
            close(tx, membership, kind, until)

    patch.setattr(coverage, "close_rules", all_but_units)


def covered_for_a_moment_by_undo(patch: pytest.MonkeyPatch) -> None:
    """An undo that also changes the accounts covers by the old rules for one version."""
    change = account_configurations.change

    def resumed(context: Context, membership: Membership, update: Any) -> Any:  # noqa: ANN401 - passed on
        coverage.resume(context.tx, membership, directory_versions.begin(context.tx, context.now))
        return change(context, membership, update)

    patch.setattr(account_configurations, "change", resumed)


def covered_for_a_moment_by_joining(patch: pytest.MonkeyPatch) -> None:
    """A file that ends the membership lets it cover first who joins by the same file."""
    change, move = directory_operations._change_organization, directory_operations._change_units
    late: list[Any] = []

    def later(*arguments: Any) -> None:
        late.append(arguments)

    def units_first(context: Context, *arguments: Any) -> Any:  # noqa: ANN401 - passed on
        return move(context, *arguments)

    apply = directory_operations.apply_plan

    def apply_then_change(*arguments: Any) -> None:
        apply(*arguments)
        change(*late.pop())

    patch.setattr(directory_operations, "_change_organization", later)
    patch.setattr(directory_operations, "_change_units", units_first)
    patch.setattr(directory_operations, "apply_plan", apply_then_change)


def anybody_may_undo(patch: pytest.MonkeyPatch) -> None:
    """An account that may not create a membership can bring an old one back."""
    undone = membership_operations._undone

    def unchecked(*arguments: Any) -> Any:  # noqa: ANN401 - passed on
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Account, "check_may_hold_membership", lambda _self, **_: None)
            return undone(*arguments)

    patch.setattr(membership_operations, "_undone", unchecked)


def rows_for_every_account(patch: pytest.MonkeyPatch) -> None:
    """A change of the rules writes a row for each account of the organization, and more."""
    opened = coverage.open_rule

    def wasteful(
        tx: Transaction, membership: Membership, kind: RuleKind, target: str, since: int
    ) -> None:
        for _ in range(50):
            tx.change("UPDATE accounts SET name = name WHERE account = :account",
                      {"account": membership.account})  # fmt: skip
        opened(tx, membership, kind, target, since)

    patch.setattr(coverage, "open_rule", wasteful)


def check_machine() -> None:
    """Let the machine take its rare paths, then whatever chance brings."""
    for path in RARE_PATHS.values():
        follow(path)
    run_state_machine_as_test(OrganizationMachine, settings=SEARCH)


PLANTS: tuple[Plant, ...] = (
    pauses_are_ignored,
    ended_still_covers,
    own_unit_is_forgotten,
    nesting_is_forgotten,
    nested_units_are_not_counted,
    suspended_are_covered,
    suspended_are_counted,
    customer_is_ignored,
    touching_spans_meet,
    former_places_are_forgotten,
    closed_rules_are_forgotten,
    removed_unit_keeps_its_rule,
    names_count_twice,
    names_outlive_the_organization,
    own_account_is_not_named,
    units_survive_the_switch,
    covered_for_a_moment_by_undo,
    covered_for_a_moment_by_joining,
    anybody_may_undo,
    rows_for_every_account,
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_machine_catches(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine fails while the bug is there, on one of its rare paths or by chance."""
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        check_machine()


@pytest.mark.timeout(300)
def test_machine_without_a_bug() -> None:
    """The same examples pass when nothing is planted: it was the bug that failed."""
    check_machine()
