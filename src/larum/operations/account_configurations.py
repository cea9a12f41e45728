"""Which accounts a membership covers, as its operations change it.

The rules of coverage are in domain/coverage.py. The model's word for it is
MembershipAccountsConfigurations (service-behaviour §1.3, §11 rows 20, 32 and 45).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from larum.domain.coverage import RuleKind
from larum.domain.organizations import Account
from larum.errors import (
    FieldFailure,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)
from larum.store import (
    accounts,
    coverage,
    directory_versions,
    memberships,
    organizations,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.context import Context
    from larum.domain.memberships import Membership
    from larum.store.counters import Numbers

MEMBER = "membershipAccountsConfigurationsUpdate"
WHOLE = f"{MEMBER}.coverEntireOrganization"
TO_ADD = f"{MEMBER}.organizationalUnitsToAdd"
TO_REMOVE = f"{MEMBER}.organizationalUnitsToRemove"


def open_coverage(context: Context, membership: Membership, numbers: Numbers) -> None:
    """Let a new membership cover the whole organization, or its own account for a start."""
    # No new version unless that has to wait: nothing that was before is covered by this rule.
    version = (
        directory_versions.begin(context.tx, context.now)
        if context.coverage_delay
        else numbers.directory_version
    )
    _open_whole_or_own(context, membership, version)
    # The membership that is refused will not exist: its account is named instead.
    check_covered_limit(context, membership, numbers, named=membership.account)


def version_shown(context: Context, membership: Membership) -> int | None:
    """Return the version of the directory that shows what `membership` covers; None: the newest.

    With a delay it is the newest one that is old enough (service-behaviour §11 row 34). That a
    membership covers nothing any more shows at once.
    """
    if not context.coverage_delay or not membership.is_active:
        return None
    return directory_versions.as_of(context.tx, context.now - context.coverage_delay)


def change(
    context: Context, membership: Membership, update: Mapping[str, Any]
) -> tuple[Membership, bool]:
    """Apply `update`; return the membership, and whether it covers by other rules than before.

    Raises ResourceNotFoundException for an unknown unit or without an organization, and
    ValidationException for what contradicts itself.
    """
    cover = update.get("coverEntireOrganization", membership.cover_entire_organization)
    to_add = list(dict.fromkeys(update.get("organizationalUnitsToAdd", ())))
    to_remove = list(dict.fromkeys(update.get("organizationalUnitsToRemove", ())))
    _check_consistent(update, to_add, to_remove, cover=cover)
    holder = accounts.get(context.tx, membership.account) or Account(membership.account)
    _check_units_exist(context, holder, [*to_add, *to_remove], cover=cover)
    moved = False
    if cover != membership.cover_entire_organization:
        membership = replace(membership, cover_entire_organization=cover)
        version = directory_versions.begin(context.tx, context.now)
        for kind in RuleKind:
            coverage.close_rules(context.tx, membership, kind, version)
        _open_whole_or_own(context, membership, version)
        moved = True
    given = set(coverage.open_targets(context.tx, membership, RuleKind.UNIT))
    opened = [unit for unit in to_add if unit not in given]
    closed = [unit for unit in to_remove if unit in given]
    if opened or closed:
        version = directory_versions.begin(context.tx, context.now)
        for unit in opened:
            coverage.open_rule(context.tx, membership, RuleKind.UNIT, unit, version)
        for unit in closed:
            coverage.close_rule(context.tx, membership, RuleKind.UNIT, unit, version)
        moved = True
    return membership, moved


def check_memberships_limit(context: Context, numbers: Numbers) -> None:
    """Raise ServiceQuotaExceededException where the installation may have no more memberships."""
    most = numbers.memberships_limit
    if most is None or numbers.active_memberships < most:
        return
    if numbers.active_memberships - memberships.count_due(context.tx, context.now) < most:
        return
    raise ServiceQuotaExceededException(
        f"This installation may have {most} Active memberships and has them. Its administrator "
        "can raise the limit.",
        resource_id=context.account,
        resource_type="Membership",
        quota_code="LARUM-MEMBERSHIPS",
    )


def check_covered_limit(
    context: Context,
    membership: Membership,
    numbers: Numbers,
    *,
    before: int = 0,
    named: str | None = None,
) -> None:
    """Raise ServiceQuotaExceededException where more accounts would be covered than allowed.

    Unless they are no more than the `before` of them: a limit that was lowered takes nothing away
    and stands in no change's way that covers less. `named` is what the refusal names, if not the
    membership.
    """
    most = numbers.covered_accounts_limit
    if most is None:
        return
    after = coverage.standing(context.tx, membership).accounts_covered
    if after > max(most, before):
        raise ServiceQuotaExceededException(
            f"The membership would cover {after} accounts; {most} are allowed. The administrator "
            "of this installation can raise the limit.",
            resource_id=named or membership.membership_id,
            resource_type="Membership",
            quota_code="LARUM-COVERED-ACCOUNTS",
        )


def _open_whole_or_own(context: Context, membership: Membership, version: int) -> None:
    if membership.cover_entire_organization:
        kind, target = RuleKind.ORGANIZATION, ""
    else:
        kind, target = RuleKind.ACCOUNT, membership.account
    coverage.open_rule(context.tx, membership, kind, target, version)


def _check_consistent(
    update: Mapping[str, Any], to_add: Sequence[str], to_remove: Sequence[str], *, cover: bool
) -> None:
    failures = [
        FieldFailure(TO_ADD, f"Member must not name {unit}, which {TO_REMOVE} names")
        for unit in to_add
        if unit in to_remove
    ]
    if cover and (to_add or to_remove):
        name = WHOLE if "coverEntireOrganization" in update else (TO_ADD if to_add else TO_REMOVE)
        message = (
            "Member must fit the others: organizational units can be given only while "
            "coverEntireOrganization is false"
        )
        failures.append(FieldFailure(name, message))
    if failures:
        raise ValidationException.of_fields(tuple(failures))


def _check_units_exist(
    context: Context, holder: Account, units: Sequence[str], *, cover: bool
) -> None:
    organization = holder.organization
    if organization is None:
        if cover or units:
            message = (
                f"Account {holder.account} is in no organization, so its membership covers that "
                "account alone."
            )
            raise ResourceNotFoundException(message)
        return
    for unit in units:
        if not organizations.has_unit(context.tx, organization, unit):
            message = (
                f"Organizational unit {unit} does not exist in organization "
                f"{organization.organization_id}."
            )
            raise ResourceNotFoundException(message)
