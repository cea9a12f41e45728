"""The plan from what the directory is to what it shall be, and every fault of what it shall be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from larum.domain.directory import (
    ACCOUNTS,
    ADMINISTRATOR,
    NO_ADMINISTRATOR,
    STANDALONE,
    Plan,
    Present,
    Wanted,
    WantedAccount,
    faults,
    plan,
)
from larum.domain.directory_units import UNITS, with_parents
from larum.domain.organizations import Account, AccountStatus, Organization

if TYPE_CHECKING:
    from collections.abc import Sequence

MANAGEMENT = "100000000000"
MEMBERS = ("200000000000", "300000000000", "400000000000")
PATHS = ("a", "a/b", "a/b/c", "d")
SUSPENDED = AccountStatus.SUSPENDED
ORGANIZATION = Organization("o-0123456789", "r-abcd", MANAGEMENT)


def unit_id(path: str) -> str:
    """Return the id that the unit of this path has in these tests."""
    return "ou-" + path.replace("/", "-")


def present(
    inside: dict[str, str] | None = None,
    *,
    units: Sequence[str] = (),
    others: Sequence[str] = (),
    holders: Sequence[str] = (),
    administrator: str | None = None,
    suspended: Sequence[str] = (),
) -> Present:
    """Return a directory: accounts inside by the path of their unit, others outside."""
    organization = replace(ORGANIZATION, delegated_administrator=administrator)
    return Present(
        organization=organization,
        units={path: unit_id(path) for path in with_parents(units)},
        accounts={
            each: Account(
                each,
                SUSPENDED if each in suspended else AccountStatus.ACTIVE,
                organization,
                unit_id(path) if path else None,
            )
            for each, path in {MANAGEMENT: "", **(inside or {})}.items()
        },
        others={each: Account(each) for each in others},
        holders=frozenset(holders),
        limits={},
    )


def listed(*accounts: str | WantedAccount, place: str = ACCOUNTS) -> tuple[WantedAccount, ...]:
    """Return accounts as the file lists them, each with its place there."""
    return tuple(
        WantedAccount(f"{place}[{index}]", each)
        if isinstance(each, str)
        else replace(each, place=f"{place}[{index}]")
        for index, each in enumerate(accounts)
    )


def account(digits: str, unit: str = "", status: AccountStatus | None = None) -> WantedAccount:
    """Return a wanted account whose place `listed` gives."""
    return WantedAccount("", digits, unit, status=status)


def found(there: Present, wanted: Wanted) -> dict[str, str]:
    """Return the faults by their paths, each path once."""
    told = faults(there, wanted)
    by_name = {each.name: each.message for each in told}
    assert len(by_name) == len(told)
    return by_name


ONE, TWO, THREE = MEMBERS
WITH_UNITS = present({ONE: "a/b", TWO: "d"}, units=PATHS, others=[THREE])
FAULTS: dict[str, tuple[Present, Wanted, str, str]] = {
    "an account twice": (
        present(),
        Wanted(accounts=listed(MANAGEMENT, ONE, ONE)),
        f"{ACCOUNTS}[2].id",
        f"must not repeat {ACCOUNTS}[1].id",
    ),
    "an account inside and standalone": (
        present(),
        Wanted(accounts=listed(ONE), standalone=listed(ONE, place=STANDALONE)),
        f"{STANDALONE}[0].id",
        f"must not repeat {ACCOUNTS}[0].id",
    ),
    "an unknown unit": (
        WITH_UNITS,
        Wanted(accounts=listed(account(ONE, "a/x"))),
        f"{ACCOUNTS}[0].organizationalUnit",
        "a/x is none",
    ),
    "a unit that goes": (
        WITH_UNITS,
        Wanted(accounts=listed(account(ONE, "a/b")), units=["a"]),
        f"{ACCOUNTS}[0].organizationalUnit",
        "a/b is none",
    ),
    "a standalone account in a unit": (
        WITH_UNITS,
        Wanted(standalone=listed(account(THREE, "a"), place=STANDALONE)),
        f"{STANDALONE}[0].organizationalUnit",
        "must be left out",
    ),
    "joining with a membership": (
        present(others=[ONE], holders=[ONE]),
        Wanted(accounts=listed(MANAGEMENT, ONE)),
        f"{ACCOUNTS}[1].id",
        "cancel that first",
    ),
    "a suspended management account": (
        present(),
        Wanted(accounts=listed(account(MANAGEMENT, status=SUSPENDED))),
        f"{ACCOUNTS}[0].status",
        "must be ACTIVE",
    ),
    "a management account that leaves": (
        present(),
        Wanted(accounts=(), standalone=listed(MANAGEMENT, place=STANDALONE)),
        f"{STANDALONE}[0].id",
        "cannot leave",
    ),
    "standalone while it is inside": (
        present({ONE: ""}),
        Wanted(standalone=listed(ONE, place=STANDALONE)),
        f"{STANDALONE}[0].id",
        f"give {ACCOUNTS} without it",
    ),
    "an occupied unit": (
        WITH_UNITS,
        Wanted(units=["a/b"]),
        UNITS,
        "is in it",
    ),
    "a unit too deep": (
        present(),
        Wanted(units=["a", "a/b/c/d/e/f"]),
        f"{UNITS}[1]",
        "deeper than 5",
    ),
    "an administrator from outside": (
        present(others=[ONE]),
        Wanted(delegated_administrator=ONE),
        ADMINISTRATOR,
        "must be an account of the organization",
    ),
    "an administrator who leaves": (
        present({ONE: ""}, administrator=ONE),
        Wanted(accounts=listed(MANAGEMENT)),
        ADMINISTRATOR,
        'Say "none"',
    ),
    "the management account as administrator": (
        present(),
        Wanted(delegated_administrator=MANAGEMENT),
        ADMINISTRATOR,
        "must not be the management account",
    ),
    "a suspended administrator": (
        present({ONE: ""}, suspended=[ONE]),
        Wanted(delegated_administrator=ONE),
        ADMINISTRATOR,
        "must be ACTIVE",
    ),
    "an administrator suspended by the same file": (
        present({ONE: ""}),
        Wanted(
            accounts=listed(MANAGEMENT, account(ONE, status=SUSPENDED)), delegated_administrator=ONE
        ),
        ADMINISTRATOR,
        "must be ACTIVE",
    ),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
def test_each_fault_is_found(case: tuple[Present, Wanted, str, str]) -> None:
    """One fault is told alone, by its path and with what would be right."""
    there, wanted, path, words = case
    told = found(there, wanted)
    assert told.keys() == {path}
    assert words in told[path]


def test_all_faults_are_found_at_once() -> None:
    """A file with many faults is told all of them."""
    wanted = Wanted(
        accounts=listed(account(MANAGEMENT, status=SUSPENDED), ONE, ONE, account(TWO, "x")),
        units=["a/b/c/d/e/f"],
        standalone=listed(account(THREE, "a"), place=STANDALONE),
        delegated_administrator=THREE,
    )
    there = present(others=[ONE, THREE], holders=[ONE])
    assert {each.name for each in faults(there, wanted)} == {
        f"{ACCOUNTS}[0].status",
        f"{ACCOUNTS}[1].id",
        f"{ACCOUNTS}[2].id",
        f"{ACCOUNTS}[3].organizationalUnit",
        f"{UNITS}[0]",
        f"{STANDALONE}[0].organizationalUnit",
        ADMINISTRATOR,
    }


NO_FAULTS: dict[str, tuple[Present, Wanted]] = {
    "nothing": (WITH_UNITS, Wanted()),
    "the administrator leaves and is deregistered": (
        present({ONE: ""}, administrator=ONE),
        Wanted(accounts=listed(MANAGEMENT), delegated_administrator=NO_ADMINISTRATOR),
    ),
    "the administrator leaves and another is registered": (
        present({ONE: "", TWO: ""}, administrator=ONE),
        Wanted(accounts=listed(TWO), delegated_administrator=TWO),
    ),
    "the administrator is suspended after it was registered": (
        present({ONE: ""}, administrator=ONE),
        Wanted(accounts=listed(account(ONE, status=SUSPENDED))),
    ),
    "a unit goes, its accounts with it": (WITH_UNITS, Wanted(accounts=listed(TWO), units=["d"])),
    "a unit goes, its accounts move": (WITH_UNITS, Wanted(accounts=listed(ONE, TWO), units=[])),
    "a holder that is inside stays": (
        present({ONE: ""}, holders=[ONE]),
        Wanted(accounts=listed(ONE)),
    ),
    "five units deep": (present(), Wanted(units=["a/b/c/d/e"])),
}


@pytest.mark.parametrize("case", NO_FAULTS.values(), ids=NO_FAULTS)
def test_what_is_allowed_is_no_fault(case: tuple[Present, Wanted]) -> None:
    """Nothing is refused that can be made true."""
    assert faults(*case) == []


def test_parents_come_first() -> None:
    """A path stands for all that it lies beneath; parents before children, each once."""
    assert with_parents(["a/b/c", "d", "a/b"]) == ["a", "d", "a/b", "a/b/c"]


def test_children_are_removed_before_their_parents() -> None:
    """No unit is ever without the one that it lies beneath."""
    told = plan(WITH_UNITS, Wanted(accounts=(), units=[])).removed_units
    assert set(told) == set(PATHS)
    assert all(told.index(child) < told.index(parent)
               for child in told for parent in told if child.startswith(parent + "/"))  # fmt: skip


ACTIONS: dict[str, tuple[WantedAccount, str]] = {
    "create-account": (account("500000000000"), "create-account"),
    "join-organization": (account(THREE), "join-organization"),
    "set-status": (account(ONE, "a/b", SUSPENDED), "set-status"),
    "move-account": (account(ONE, "d"), "move-account"),
}


@pytest.mark.parametrize(("wanted", "action"), ACTIONS.values(), ids=ACTIONS)
def test_a_move_says_what_it_is(wanted: WantedAccount, action: str) -> None:
    """Whoever reads the changes is told what happens to the account."""
    stays = account(TWO, "d")
    told = plan(WITH_UNITS, Wanted(accounts=listed(stays, wanted))).moves
    moves = {move.after.account: move.action for move in told}
    assert moves.pop(wanted.account) == action
    assert set(moves.values()) <= {"leave-organization"}


def test_what_is_not_given_stays() -> None:
    """An account without status, name, email or service keeps those that it has."""
    named = Account(
        ONE, SUSPENDED, ORGANIZATION, None, "shop", "shop@example.com", service_on=False
    )
    there = replace(present(), accounts={**present().accounts, ONE: named})
    assert plan(there, Wanted(accounts=listed(ONE))) == Plan()
    told = plan(there, Wanted(accounts=listed(WantedAccount("", ONE, name="store"))))
    assert told == Plan(described=(replace(named, name="store"),))


def made_true(there: Present, todo: Plan) -> Present:
    """Return the directory after the plan, by its words alone."""
    administrator = there.organization.delegated_administrator
    if todo.delegated_administrator is not None:
        administrator = todo.delegated_administrator
    organization = replace(
        there.organization,
        delegated_administrator=None if administrator == NO_ADMINISTRATOR else administrator,
        trusted_access=there.organization.trusted_access
        if todo.trusted_access is None
        else todo.trusted_access,
    )
    everybody = {**there.others, **there.accounts}
    for each in todo.described:
        before = everybody[each.account]
        everybody[each.account] = replace(
            before, name=each.name, email=each.email, service_on=each.service_on
        )
    for move in todo.moves:
        place = unit_id(move.unit) if move.unit else None
        everybody[move.after.account] = replace(move.after, unit_id=place)
    units = [each for each in there.units if each not in todo.removed_units]
    return Present(
        organization=organization,
        units={path: unit_id(path) for path in [*units, *todo.new_units]},
        accounts={each: one for each, one in everybody.items() if one.organization is not None},
        others={each: one for each, one in everybody.items() if one.organization is None},
        holders=there.holders,
        limits={**there.limits, **todo.limits},
    )


wanted_accounts = st.lists(
    st.builds(
        WantedAccount,
        st.just(""),
        st.sampled_from((MANAGEMENT, *MEMBERS)),
        st.sampled_from(("", *PATHS)),
        st.sampled_from((None, "shop")),
        st.none(),
        st.sampled_from((None, *AccountStatus)),
        st.sampled_from((None, True, False)),
    ),
    max_size=4,
    unique_by=lambda each: each.account,
)


@st.composite
def wanted_directories(draw: st.DrawFn) -> Wanted:
    """Draw what a file may say, right or wrong."""
    inside = draw(st.one_of(st.none(), wanted_accounts))
    alone = [
        replace(each, unit="")
        for each in draw(wanted_accounts)
        if each.account not in {one.account for one in inside or ()}
    ]
    return Wanted(
        accounts=None if inside is None else listed(*inside),
        units=draw(st.one_of(st.none(), st.lists(st.sampled_from(PATHS), unique=True))),
        standalone=listed(*alone, place=STANDALONE),
        delegated_administrator=draw(st.sampled_from((None, None, NO_ADMINISTRATOR, *MEMBERS))),
        trusted_access=draw(st.sampled_from((None, True, False))),
        limits=draw(st.dictionaries(st.sampled_from(("memberships",)), st.integers(0, 3))),
    )


def check_is_true(there: Present, wanted: Wanted) -> None:
    """Check that the directory is as the file says, member by member."""
    if wanted.units is not None:
        assert set(there.units) == set(with_parents(wanted.units))
    if wanted.accounts is not None:
        assert there.accounts.keys() == {MANAGEMENT, *(each.account for each in wanted.accounts)}
    everybody = {**there.others, **there.accounts}
    for each in [*(wanted.accounts or ()), *wanted.standalone]:
        one = everybody[each.account]
        assert one.unit_id == (unit_id(each.unit) if each.unit else None)
        assert each.status in {None, one.status}
        assert each.name in {None, one.name}
        assert each.service_on in {None, one.service_on}
    assert not {each.account for each in wanted.standalone} & there.accounts.keys()
    administrator = there.organization.delegated_administrator
    assert wanted.delegated_administrator in {None, administrator or NO_ADMINISTRATOR}
    assert wanted.trusted_access in {None, there.organization.trusted_access}
    assert wanted.limits.items() <= there.limits.items()


@given(st.lists(wanted_directories(), min_size=1, max_size=4))
def test_a_plan_makes_it_true_and_then_there_is_nothing_to_do(files: list[Wanted]) -> None:
    """After the plan the directory is what the file says, and the same file changes nothing."""
    there = present()
    followed = 0
    for wanted in files:
        if faults(there, wanted):
            continue
        followed += 1
        there = made_true(there, plan(there, wanted))
        check_is_true(there, wanted)
        assert faults(there, wanted) == []
        assert plan(there, wanted) == Plan()
    assume(followed)
