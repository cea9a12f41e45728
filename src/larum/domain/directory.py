"""From the directory that is to the directory that is wanted: the changes, or every fault.

The directory is the organization with its units and accounts, the standalone accounts and the
limits: what `larum apply` makes true. A part that is not given stays as it is; a list that is given
is the whole list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain import directory_units
from larum.domain.directory_units import (
    IDENTIFIED,
    UNITS,
    Renamed,
    changes_of_units,
    units_after,
    with_parents,
)
from larum.domain.organizations import Account, AccountStatus
from larum.errors import FieldFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from larum.domain.organizations import Organization

NO_ADMINISTRATOR: Final = "none"
ACCOUNTS: Final = "directory.organization.accounts"
STANDALONE: Final = "directory.accounts"
ADMINISTRATOR: Final = "directory.organization.delegatedAdministrator"


class WantedAccount(msgspec.Struct, frozen=True):
    """An account as the file has it; `place` is its path there, `unit` a path such as `a/b`.

    None means as it is, or the default for a new account.
    """

    place: str
    account: str
    unit: str = ""
    name: str | None = None
    email: str | None = None
    status: AccountStatus | None = None
    service_on: bool | None = None
    create_root_access_key: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """What is to be true; None is a part that stays as it is.

    `units` are paths, and `unit_ids` their ids where they have some already: those of AWS.
    """

    accounts: Sequence[WantedAccount] | None = None
    units: Sequence[str] | None = None
    unit_ids: Sequence[str] | None = None
    standalone: Sequence[WantedAccount] = ()
    delegated_administrator: str | None = None
    trusted_access: bool | None = None
    limits: Mapping[str, int] = msgspec.field(default_factory=dict)


class Present(msgspec.Struct, frozen=True):
    """What is true: `units` by path, `accounts` of the organization, the `others` that are named.

    `holders` are the accounts with an Active membership among all of them.
    """

    organization: Organization
    units: Mapping[str, str]
    accounts: Mapping[str, Account]
    others: Mapping[str, Account]
    holders: frozenset[str]
    limits: Mapping[str, int]


class Move(msgspec.Struct, frozen=True):
    """An account that is new, or in another organization, unit or status than before.

    `unit` is the path of where it will be; `after` does not know its unit's id yet.
    """

    before: Account | None
    after: Account
    unit: str

    @property
    def action(self) -> str:
        """What the move is, for whoever reads the changes."""
        if self.before is None:
            return "create-account"
        was, will = self.before.organization, self.after.organization
        if was is None and will is not None:
            return "join-organization"
        if was is not None and will is None:
            return "leave-organization"
        return "set-status" if self.before.status is not self.after.status else "move-account"


class Plan(msgspec.Struct, frozen=True):
    """The changes that make the wanted directory true; empty when it is.

    Units go by their paths: `removed_units` by those that they have, `new_units` by those that they
    get, with ids in `unit_ids` where they have some already.
    """

    new_units: tuple[str, ...] = ()
    unit_ids: Mapping[str, str] = msgspec.field(default_factory=dict)
    renamed_units: tuple[Renamed, ...] = ()
    removed_units: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    described: tuple[Account, ...] = ()
    delegated_administrator: str | None = None
    trusted_access: bool | None = None
    limits: Mapping[str, int] = msgspec.field(default_factory=dict)
    root_access_keys: tuple[str, ...] = ()


def plan(present: Present, wanted: Wanted) -> Plan:
    """Return the changes from `present` to `wanted`, which `faults` found none in."""
    organization = present.organization
    changed = changes_of_units(present.units, wanted.units, wanted.unit_ids)
    units = units_after(present.units, changed)
    known = {**present.others, **present.accounts}
    moves: list[Move] = []
    described: list[Account] = []
    every = [(each, organization) for each in wanted.accounts or ()]
    for each, belongs in [*every, *((each, None) for each in wanted.standalone)]:
        before = known.get(each.account)
        after = _after(before, each, belongs)
        if _is_elsewhere(units, before, after, each.unit):
            moves.append(Move(before, after, each.unit))
        if before is not None and _is_described_otherwise(before, after):
            described.append(after)
    moves += _leaving(present, wanted)
    administrator = wanted.delegated_administrator
    if administrator == (organization.delegated_administrator or NO_ADMINISTRATOR):
        administrator = None
    trusted = wanted.trusted_access
    return Plan(
        new_units=changed.new,
        unit_ids=changed.ids,
        renamed_units=changed.renamed,
        removed_units=changed.removed,
        moves=tuple(moves),
        described=tuple(described),
        delegated_administrator=administrator,
        trusted_access=None if trusted == organization.trusted_access else trusted,
        limits={
            name: most for name, most in wanted.limits.items() if present.limits.get(name) != most
        },
        root_access_keys=tuple(
            each.account
            for each in [*(wanted.accounts or ()), *wanted.standalone]
            if each.create_root_access_key
        ),
    )


def faults(present: Present, wanted: Wanted) -> list[FieldFailure]:
    """Return everything that keeps `wanted` from being made true, each with its path."""
    return [
        *directory_units.faults(
            present.organization.root_id, present.units, wanted.units, wanted.unit_ids
        ),
        *_account_faults(present, wanted),
        *_administrator_faults(present, wanted),
    ]


def _after(
    before: Account | None, wanted: WantedAccount, organization: Organization | None
) -> Account:
    was = before or Account(wanted.account)
    return Account(
        wanted.account,
        was.status if wanted.status is None else wanted.status,
        organization,
        None,
        was.name if wanted.name is None else wanted.name,
        was.email if wanted.email is None else wanted.email,
        was.service_on if wanted.service_on is None else wanted.service_on,
    )


def _is_elsewhere(
    units: Mapping[str, str], before: Account | None, after: Account, unit: str
) -> bool:
    if before is None or before.status is not after.status or before.customer != after.customer:
        return True
    return before.unit_id != units.get(unit) or (bool(unit) and unit not in units)


def _is_described_otherwise(before: Account, after: Account) -> bool:
    return (before.name, before.email, before.service_on) != (
        after.name,
        after.email,
        after.service_on,
    )


def _leaving(present: Present, wanted: Wanted) -> list[Move]:
    if wanted.accounts is None:
        return []
    named = {each.account for each in [*wanted.accounts, *wanted.standalone]}
    stays = named | {present.organization.management_account}
    return [
        Move(account, _after(account, WantedAccount("", account.account), None), "")
        for account in present.accounts.values()
        if account.account not in stays
    ]


def _account_faults(present: Present, wanted: Wanted) -> Iterable[FieldFailure]:
    units = set(present.units if wanted.units is None else with_parents(wanted.units))
    yield from _place_faults(wanted, units)
    yield from _joining_faults(present, wanted)
    yield from _standalone_faults(present, wanted)
    yield from _occupied_units(present, wanted)


def _place_faults(wanted: Wanted, units: set[str]) -> Iterable[FieldFailure]:
    seen: dict[str, str] = {}
    for each in [*(wanted.accounts or ()), *wanted.standalone]:
        first = seen.setdefault(each.account, each.place)
        if first != each.place:
            yield FieldFailure(f"{each.place}.id", f"Member must not repeat {first}.id")
        if each.unit and each.unit not in units:
            message = f"Member must be one of the organizational units; {each.unit} is none"
            yield FieldFailure(f"{each.place}.organizationalUnit", message)


def _joining_faults(present: Present, wanted: Wanted) -> Iterable[FieldFailure]:
    management = present.organization.management_account
    for each in wanted.accounts or ():
        joins = each.account not in present.accounts
        if joins and each.account in present.holders:
            message = "Member must not hold a membership of its own: cancel that first"
            yield FieldFailure(f"{each.place}.id", message)
        if each.account == management and each.status not in {None, AccountStatus.ACTIVE}:
            message = "Member must be ACTIVE: it is the management account"
            yield FieldFailure(f"{each.place}.status", message)


def _standalone_faults(present: Present, wanted: Wanted) -> Iterable[FieldFailure]:
    management = present.organization.management_account
    for each in wanted.standalone:
        if each.account == management:
            message = "Member must not be the management account: it cannot leave"
            yield FieldFailure(f"{each.place}.id", message)
        if each.unit:
            message = "Member must be left out: a standalone account is in no organizational unit"
            yield FieldFailure(f"{each.place}.organizationalUnit", message)
    if wanted.accounts is None:
        for each in wanted.standalone:
            if each.account in present.accounts and each.account != management:
                message = f"Member is in the organization: give {ACCOUNTS} without it too"
                yield FieldFailure(f"{each.place}.id", message)


def _occupied_units(present: Present, wanted: Wanted) -> Iterable[FieldFailure]:
    changed = changes_of_units(present.units, wanted.units, wanted.unit_ids)
    gone = {present.units[path]: path for path in changed.removed}
    staying = present.accounts
    if wanted.accounts is not None:
        listed = {each.account for each in wanted.accounts}
        management = present.organization.management_account
        staying = {
            each: account
            for each, account in present.accounts.items()
            if each == management and each not in listed
        }
    for account in staying.values():
        if account.unit_id in gone:
            message = f"Member must keep {gone[account.unit_id]}: {account.account} is in it"
            yield FieldFailure(UNITS if wanted.unit_ids is None else IDENTIFIED, message)


def _administrator_faults(present: Present, wanted: Wanted) -> Iterable[FieldFailure]:
    named = wanted.delegated_administrator
    administrator = named or present.organization.delegated_administrator
    if administrator is None or administrator == NO_ADMINISTRATOR:
        return
    if administrator == present.organization.management_account:
        yield FieldFailure(ADMINISTRATOR, "Member must not be the management account")
        return
    if wanted.accounts is None:
        inside = present.accounts
    else:
        inside = {each.account: _status_of(present, each) for each in wanted.accounts}
    if administrator not in inside:
        message = (
            f"Member must be an account of the organization; {administrator} is none. "
            f'Say "{NO_ADMINISTRATOR}" to deregister it'
        )
        yield FieldFailure(ADMINISTRATOR, message)
    elif (
        administrator != present.organization.delegated_administrator
        and not inside[administrator].is_active
    ):
        # https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html
        yield FieldFailure(ADMINISTRATOR, f"Member must be ACTIVE; {administrator} is not")


def _status_of(present: Present, wanted: WantedAccount) -> Account:
    return _after(present.accounts.get(wanted.account), wanted, present.organization)
