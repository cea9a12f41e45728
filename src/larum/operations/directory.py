"""The operations on the directory, of the `larum` model: organization, accounts, users, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain import directory
from larum.domain.directory import ACCOUNTS, STANDALONE, Plan, Present, Wanted, WantedAccount
from larum.domain.directory_units import IDENTIFIED
from larum.domain.organizations import AccountStatus
from larum.domain.principals import Principal
from larum.errors import FieldFailure, ValidationException
from larum.operations import directory_changes, directory_principals
from larum.operations.directory_changes import organization_of, paths
from larum.store import (
    access_keys,
    accounts,
    counters,
    memberships,
    organizations,
)
from larum.store.counters import Counter, Limit
from larum.store.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from larum.context import Context
    from larum.domain.organizations import Account
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
    principals = directory_principals.changes(context, params["directory"])
    faults = [*directory.faults(present, wanted), *principals.faults]
    if faults:
        raise ValidationException.of_fields(tuple(faults))
    plan = directory.plan(present, wanted)
    keys = _missing_root_keys(context, plan)
    changes = [*_told(plan), *_told_keys(keys), *principals.changes()]

    def make() -> list[dict[str, Any]]:
        directory_changes.apply_plan(context, present.organization, present.units, plan)
        issued = [_key_out(account, key) for account, key in _issued(context, keys)]
        made = principals.make(context)
        return issued + [
            _key_out(step.account, key) | {"userName": step.name} for step, key in made
        ]

    if params.get("dryRun", False):
        # Done and undone, or it would not find what only the doing finds: a limit that is reached.
        rehearse(context.tx, make)
        return {"changes": changes, "createdAccessKeys": []}
    return {"changes": changes, "createdAccessKeys": make()}


def describe_directory(context: Context, _params: dict[str, Any]) -> dict[str, Any]:
    """Return the organization, its units, how many accounts there are, and the limits."""
    organization = organization_of(context)
    units = paths(organizations.units(context.tx, organization))
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
    organization = organization_of(context)
    named = {
        unit_id: path
        for path, unit_id in paths(organizations.units(context.tx, organization)).items()
    }
    found = accounts.page(context.tx, context.cursor or "", limit + 1)
    output: dict[str, Any] = {"items": [_account_out(each, named) for each in found[:limit]]}
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


def _wanted(given: Mapping[str, Any]) -> Wanted:
    organization = given.get("organization", {})
    identified = organization.get("identifiedUnits")
    if identified is not None and "organizationalUnits" in organization:
        message = "Member must not be given beside organizationalUnits"
        raise ValidationException.of_fields((FieldFailure(IDENTIFIED, message),))
    return Wanted(
        accounts=_wanted_accounts(ACCOUNTS, organization.get("accounts")),
        units=organization.get("organizationalUnits")
        if identified is None
        else [each["path"] for each in identified],
        unit_ids=None
        if identified is None
        else [each["organizationalUnitId"] for each in identified],
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
    organization = organization_of(context)
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
        units=paths(organizations.units(context.tx, organization)),
        accounts=inside,
        others=others,
        holders=frozenset(holders),
        limits=counters.limits(context.tx),
    )


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


def _told(plan: Plan) -> list[dict[str, Any]]:
    told = [_change("create-organizational-unit", path) for path in plan.new_units]
    told += [
        _change("rename-organizational-unit", each.before, each.after)
        for each in plan.renamed_units
        if each.name is not None
    ]
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
