"""The operations on the directory, of the `larum` model: organization, accounts, users, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from larum.domain import directory, values
from larum.domain.directory import ACCOUNTS, STANDALONE, Plan, Present, Wanted, WantedAccount
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType, Ending, Membership
from larum.domain.organizations import AccountStatus
from larum.domain.principals import Principal
from larum.errors import ResourceNotFoundException, ValidationException
from larum.operations import account_configurations, directory_users
from larum.operations.membership_ends import end, settle
from larum.operations.notices import tell
from larum.store import (
    access_keys,
    accounts,
    counters,
    coverage,
    directory_versions,
    memberships,
    organizations,
)
from larum.store.counters import Counter, Limit
from larum.store.organizations import Unit
from larum.store.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from larum.context import Context
    from larum.domain.organizations import Account, Organization
    from larum.domain.principals import AccessKey

PAGE_SIZE: Final = 25
LIMIT_NAMES: Final[dict[str, Limit]] = {
    "memberships": Limit.MEMBERSHIPS,
    "coveredAccountsPerMembership": Limit.COVERED_ACCOUNTS,
    "activeSelfManagedCases": Limit.ACTIVE_SELF_MANAGED_CASES,
    "activeServiceManagedCases": Limit.ACTIVE_SERVICE_MANAGED_CASES,
    "serviceManagedCasesPerDay": Limit.SERVICE_MANAGED_CASES_PER_DAY,
}


def apply_directory(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make the directory true; return what was changed, or with dryRun what would be.

    Everything or nothing: raises ValidationException with every fault, and
    ServiceQuotaExceededException where a membership would cover more accounts than allowed.
    """
    wanted = _wanted(params["directory"])
    present = _present(context, wanted)
    users = directory_users.missing(context, params["directory"])
    faults = [*directory.faults(present, wanted), *users.faults]
    if faults:
        raise ValidationException.of_fields(tuple(faults))
    plan = directory.plan(present, wanted)
    keys = _missing_root_keys(context, plan)
    changes = [*_told(plan), *_told_keys(keys), *users.changes()]

    def make() -> list[dict[str, Any]]:
        _apply(context, present, plan)
        issued = [_key_out(account, key) for account, key in _issued(context, keys)]
        made = users.make(context)
        return issued + [
            _key_out(user.account, key) | {"userName": user.user_name} for user, key in made
        ]

    if params.get("dryRun", False):
        # Done and undone, or it would not find what only the doing finds: a limit that is reached.
        rehearse(context.tx, make)
        return {"changes": changes, "createdAccessKeys": []}
    return {"changes": changes, "createdAccessKeys": make()}


def describe_directory(context: Context, _params: dict[str, Any]) -> dict[str, Any]:
    """Return the organization, its units, how many accounts there are, and the limits."""
    organization = _organization(context)
    units = _paths(organizations.units(context.tx, organization))
    limits = counters.limits(context.tx)
    output: dict[str, Any] = {
        "organizationId": organization.organization_id,
        "rootId": organization.root_id,
        "managementAccount": organization.management_account,
        "trustedAccess": organization.trusted_access,
        "organizationalUnits": [
            {"organizationalUnitId": unit_id, "path": path}
            for path, unit_id in sorted(units.items())
        ],
        "accountCount": accounts.count(context.tx),
        "activeMemberships": counters.value(context.tx, Counter.ACTIVE_MEMBERSHIPS),
        "limits": {wire: limits[name] for wire, name in LIMIT_NAMES.items() if name in limits},
    }
    if organization.delegated_administrator is not None:
        output["delegatedAdministrator"] = organization.delegated_administrator
    return output


def list_accounts(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of all accounts of the installation, by their digits."""
    limit = params.get("maxResults", PAGE_SIZE)
    organization = _organization(context)
    paths = {
        unit_id: path
        for path, unit_id in _paths(organizations.units(context.tx, organization)).items()
    }
    found = accounts.page(context.tx, context.cursor or "", limit + 1)
    output: dict[str, Any] = {"items": [_account_out(each, paths) for each in found[:limit]]}
    if len(found) > limit:
        output["nextToken"] = found[limit - 1].account
    return output


def _account_out(account: Account, paths: Mapping[str, str]) -> dict[str, Any]:
    given = {
        "accountId": account.account,
        "status": account.status,
        "serviceOn": account.service_on,
        "name": account.name or None,
        "email": account.email or None,
        "organizationalUnit": paths.get(account.unit_id or ""),
        "organizationId": account.organization and account.organization.organization_id,
    }
    return {name: value for name, value in given.items() if value is not None}


def _organization(context: Context) -> Organization:
    account = accounts.get(context.tx, context.account)
    if account is None or account.organization is None:
        message = f"Account {context.account} is in no organization."
        raise ResourceNotFoundException(message)
    return account.organization


def _wanted(given: Mapping[str, Any]) -> Wanted:
    organization = given.get("organization", {})
    return Wanted(
        accounts=_wanted_accounts(ACCOUNTS, organization.get("accounts")),
        units=organization.get("organizationalUnits"),
        standalone=_wanted_accounts(STANDALONE, given.get("accounts")) or (),
        delegated_administrator=organization.get("delegatedAdministrator"),
        trusted_access=organization.get("trustedAccess"),
        limits={LIMIT_NAMES[name]: most for name, most in given.get("limits", {}).items()},
    )


def _wanted_accounts(
    place: str, given: Iterable[Mapping[str, Any]] | None
) -> tuple[WantedAccount, ...] | None:
    if given is None:
        return None
    return tuple(
        WantedAccount(
            place=f"{place}[{index}]",
            account=each["id"],
            unit=each.get("organizationalUnit", ""),
            name=each.get("name"),
            email=each.get("email"),
            status=AccountStatus(each["status"]) if "status" in each else None,
            service_on=each.get("serviceOn"),
            create_root_access_key=each.get("createRootAccessKey", False),
        )
        for index, each in enumerate(given)
    )


def _present(context: Context, wanted: Wanted) -> Present:
    organization = _organization(context)
    inside = accounts.of_organization(context.tx, organization)
    named = [each.account for each in [*(wanted.accounts or ()), *wanted.standalone]]
    others = {
        each: found
        for each in named
        if each not in inside and (found := accounts.get(context.tx, each)) is not None
    }
    holders = {
        each for each in others if memberships.active_of(context.tx, each, context.now) is not None
    }
    return Present(
        organization=organization,
        units=_paths(organizations.units(context.tx, organization)),
        accounts=inside,
        others=others,
        holders=frozenset(holders),
        limits=counters.limits(context.tx),
    )


def _paths(units: Sequence[Unit]) -> dict[str, str]:
    by_id = {unit.unit_id: unit for unit in units}

    def path(unit: Unit) -> str:
        return unit.name if unit.parent_id is None else f"{path(by_id[unit.parent_id])}/{unit.name}"

    return {path(unit): unit.unit_id for unit in units}


def _missing_root_keys(context: Context, plan: Plan) -> list[str]:
    return [
        each
        for each in plan.root_access_keys
        if access_keys.newest_active(context.tx, each, Principal.root(each).arn) is None
    ]


def _issued(context: Context, without: Iterable[str]) -> Iterator[tuple[str, AccessKey]]:
    for account in without:
        yield account, context.issue_access_key(context.tx, Principal.root(account), context.now)


def _key_out(account: str, key: AccessKey) -> dict[str, Any]:
    return {
        "accountId": account,
        "accessKeyId": key.access_key_id,
        "secretAccessKey": key.secret_access_key,
    }


def _apply(context: Context, present: Present, plan: Plan) -> None:
    # First of all: a membership that ended, or that this ends, must not cover who joins now.
    settle(context, present.organization.organization_id)
    _change_organization(context, present.organization, plan)
    membership = memberships.active_of(
        context.tx, present.organization.organization_id, context.now
    )
    covered = (
        0 if membership is None else coverage.standing(context.tx, membership).accounts_covered
    )
    if plan.new_units or plan.removed_units or plan.moves:
        version = directory_versions.begin(context.tx, context.now)
        unit_ids = _change_units(context, present, plan, version)
        for move in plan.moves:
            _move(context, move, unit_ids, version)
    for account in plan.described:
        accounts.describe(context.tx, account)
    for name, most in plan.limits.items():
        counters.set_limit(context.tx, Limit(name), most)
    if membership is not None and plan.moves:
        numbers = counters.numbers(context.tx)
        account_configurations.check_covered_limit(context, membership, numbers, before=covered)


def _change_units(context: Context, present: Present, plan: Plan, version: int) -> dict[str, str]:
    organization = present.organization
    unit_ids = dict(present.units)
    for path in plan.new_units:
        parent, _, name = path.rpartition("/")
        unit_id = values.unit_id(organization.root_id, context.random(values.RANDOM_BYTES))
        unit_ids[path] = unit_id
        unit = Unit(unit_id, unit_ids[parent] if parent else None, name)
        organizations.insert_unit(context.tx, organization, unit)
    for path in plan.removed_units:
        organizations.remove_unit(context.tx, organization, unit_ids[path])
        coverage.close_unit(context.tx, unit_ids[path], version)
    return unit_ids


def _move(
    context: Context, move: directory.Move, unit_ids: Mapping[str, str], version: int
) -> None:
    after = replace(move.after, unit_id=unit_ids[move.unit] if move.unit else None)
    if move.before is None:
        accounts.insert(context.tx, after, context.now, version)
    else:
        accounts.move(context.tx, move.before, after, version)


def _change_organization(context: Context, organization: Organization, plan: Plan) -> None:
    named, trusted = plan.delegated_administrator, plan.trusted_access
    if named is None and trusted is None:
        return
    administrator = organization.delegated_administrator
    if named is not None:
        administrator = None if named == directory.NO_ADMINISTRATOR else named
    after = replace(
        organization,
        delegated_administrator=administrator,
        trusted_access=organization.trusted_access if trusted is None else trusted,
    )
    organizations.update(context.tx, after)
    membership = memberships.active_of(context.tx, organization.organization_id, context.now)
    if membership is None:
        return
    if trusted is False:
        end(context, membership, Ending.TERMINATE, CommunicationType.DISABLE_AWS_SERVICE_ACCESS)
    elif named is not None:
        _change_administrator(context, membership, organization, administrator)


def _change_administrator(
    context: Context, membership: Membership, before: Organization, after: str | None
) -> None:
    # Deregistering the delegated administrator ends the membership that it holds
    # (service-behaviour §1.6).
    if membership.account == before.delegated_administrator:
        communication = CommunicationType.DEREGISTER_DELEGATED_ADMINISTRATOR
        end(context, membership, Ending.TERMINATE, communication)
        return
    communication = (
        CommunicationType.DEREGISTER_DELEGATED_ADMINISTRATOR
        if after is None
        else CommunicationType.REGISTER_DELEGATED_ADMINISTRATOR
    )
    tell(context, membership, DetailType.MEMBERSHIP_UPDATED, communication)


def _told(plan: Plan) -> list[dict[str, Any]]:
    told = [_change("create-organizational-unit", path) for path in plan.new_units]
    told += [_change("remove-organizational-unit", path) for path in plan.removed_units]
    told += [
        _change(move.action, move.after.account, f"{_where(move)}, {move.after.status}")
        for move in plan.moves
    ]
    told += [_change("update-account", each.account) for each in plan.described]
    if plan.delegated_administrator is not None:
        told.append(_change("set-delegated-administrator", plan.delegated_administrator))
    if plan.trusted_access is not None:
        told.append(_change("set-trusted-access", str(plan.trusted_access).lower()))
    told += [_change("set-limit", name, str(most)) for name, most in plan.limits.items()]
    return told


def _where(move: directory.Move) -> str:
    return move.unit or ("standalone" if move.after.organization is None else "root")


def _told_keys(accounts_without_key: Iterable[str]) -> list[dict[str, Any]]:
    return [_change("create-root-access-key", each) for each in accounts_without_key]


def _change(action: str, resource: str, detail: str = "") -> dict[str, Any]:
    change = {"action": action, "resource": resource}
    return change | {"detail": detail} if detail else change
