"""Accounts that a membership covers because they are named: two operations of the `larum` model.

AWS's guide speaks of explicitly specified accounts, but its API has no way to name them: this one
is our own (service-behaviour §11 row 32).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain.coverage import RuleKind
from larum.domain.events import DetailType
from larum.domain.memberships import CommunicationType
from larum.errors import FieldFailure, ResourceNotFoundException, ValidationException
from larum.operations import account_configurations
from larum.operations.notices import tell
from larum.store import accounts, counters, coverage, directory_versions
from larum.store import memberships as rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.context import Context
    from larum.domain.memberships import Membership


def associate_member_accounts(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Cover the accounts by name; those that are named already stay so and are no change.

    Raises ConflictException unless the membership is Active, ResourceNotFoundException for it or
    an account, ServiceQuotaExceededException, and ValidationException while it covers the whole
    organization.
    """
    membership = _membership_to_change(context, params)
    named = _named(context, membership, params)
    _check_belong(context, membership, named)
    added = [account for account, is_named in named.items() if not is_named]
    if added:
        covered = coverage.standing(context.tx, membership).accounts_covered
        version = directory_versions.begin(context.tx, context.now)
        for account in added:
            coverage.open_rule(context.tx, membership, RuleKind.ACCOUNT, account, version)
        numbers = counters.numbers(context.tx)
        account_configurations.check_covered_limit(context, membership, numbers, before=covered)
        _tell(context, membership)
    return {}


def disassociate_member_accounts(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Cover the accounts by name no longer; those that are not named are no change.

    An account that has left the organization can still be un-named. Raises as
    `associate_member_accounts` does, but for the quota.
    """
    membership = _membership_to_change(context, params)
    if membership.customer == membership.account and membership.account in params["accountIds"]:
        message = "Member must not name the account of a standalone membership: it covers no other"
        raise ValidationException.of_fields((FieldFailure("accountIds", message),))
    named = _named(context, membership, params)
    removed = [account for account, is_named in named.items() if is_named]
    _check_belong(context, membership, named.keys() - set(removed))
    if removed:
        version = directory_versions.begin(context.tx, context.now)
        for account in removed:
            coverage.close_rule(context.tx, membership, RuleKind.ACCOUNT, account, version)
        _tell(context, membership)
    return {}


def _membership_to_change(context: Context, params: Mapping[str, Any]) -> Membership:
    account, region, membership_id = (
        params[name] for name in ("accountId", "region", "membershipId")
    )
    membership = rows.get(context.tx, account, region, membership_id, context.now)
    if membership is None:
        message = f"Account {account} has no membership {membership_id} in {region}."
        raise ResourceNotFoundException(message)
    membership.check_may_change()
    if membership.cover_entire_organization:
        message = (
            "Member must name a membership that does not cover its entire organization: accounts "
            "can be named only while coverEntireOrganization is false"
        )
        raise ValidationException.of_fields((FieldFailure("membershipId", message),))
    return membership


def _named(context: Context, membership: Membership, params: Mapping[str, Any]) -> dict[str, bool]:
    """Return for each account that was given, once and in order, whether it is named now."""
    return {
        account: any(
            rule.kind is RuleKind.ACCOUNT and rule.span.is_open
            for rule in coverage.coverage_for(context.tx, membership, account).rules
        )
        for account in dict.fromkeys(params["accountIds"])
    }


def _check_belong(context: Context, membership: Membership, given: Iterable[str]) -> None:
    for account_id in sorted(given):
        account = accounts.get(context.tx, account_id)
        if account is None or account.customer != membership.customer:
            message = (
                f"Account {account_id} is not one that membership {membership.membership_id} can "
                "cover: it must exist and be in the organization of the membership."
            )
            raise ResourceNotFoundException(message)


def _tell(context: Context, membership: Membership) -> None:
    tell(context, membership, DetailType.MEMBERSHIP_UPDATED, CommunicationType.MEMBERSHIP_UPDATED)
