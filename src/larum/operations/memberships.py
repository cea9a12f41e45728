"""The operations on memberships, in wire names outside and Python names inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from larum.domain import values
from larum.domain.events import DetailType
from larum.domain.memberships import (
    ALL_COMMUNICATIONS,
    Cancellation,
    CommunicationType,
    Ending,
    IncidentResponder,
    Membership,
    MembershipStatus,
    OptInFeature,
    already_exists,
    check_incident_response_team,
    check_opt_in_features,
)
from larum.domain.organizations import Account
from larum.errors import FieldFailure, ValidationException
from larum.operations import account_configurations
from larum.operations.account_configurations import version_shown
from larum.operations.membership_ends import end, settle
from larum.operations.notices import tell
from larum.operations.resources import not_yours
from larum.store import accounts, counters, coverage, directory_versions
from larum.store import memberships as rows
from larum.store import tags as tag_rows
from larum.store.counters import Counter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.context import Context

PAGE_SIZE = 25
ACCOUNTS_UPDATE = "membershipAccountsConfigurationsUpdate"


def create_membership(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Open a membership for the calling account; return its membershipId.

    Raises AccessDeniedException, ConflictException, ResourceNotFoundException,
    SecurityIncidentResponseNotActiveException, ServiceQuotaExceededException and
    ValidationException (service-behaviour §11 rows 1, 4 to 6, 30, 35 and 44).
    """
    cover = params.get("coverEntireOrganization", False)
    team = _team(params["incidentResponseTeam"])
    features = _features(params["optInFeatures"]) if "optInFeatures" in params else None
    account = _declared(context)
    account.check_service_on()
    account.check_may_hold_membership(cover_entire_organization=cover)
    _check_none_is_active(context, account.customer)
    numbers = counters.numbers(context.tx)
    account_configurations.check_memberships_limit(context, numbers)
    membership = Membership(
        account=context.account,
        region=context.region,
        membership_id=values.membership_id(context.now, context.random(values.RANDOM_BYTES)),
        membership_name=params["membershipName"],
        status=MembershipStatus.ACTIVE,
        customer=account.customer,
        customer_type=account.customer_type,
        activated_at=context.now,
        deactivated_at=None,
        incident_response_team=team,
        opt_in_features=features,
        cover_entire_organization=cover,
    )
    rows.insert(context.tx, membership)
    counters.add(context.tx, Counter.ACTIVE_MEMBERSHIPS, 1)
    account_configurations.open_coverage(context, membership, numbers)
    tag_rows.put(context.tx, context.account, membership.arn, params.get("tags", {}))
    tell(context, membership, DetailType.MEMBERSHIP_CREATED, CommunicationType.MEMBERSHIP_CREATED)
    return {"membershipId": membership.membership_id}


def get_membership(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the membership; AccessDeniedException for an id that is not the caller's."""
    return membership_out(context, own_membership(context, params["membershipId"]))


def membership_out(context: Context, membership: Membership) -> dict[str, Any]:
    """Return a membership in the wire names of GetMembership."""
    standing = coverage.standing(context.tx, membership)
    covered, version = standing.accounts_covered, version_shown(context, membership)
    if version is not None:
        covered = coverage.accounts_covered_as_of(context.tx, membership, version)
    output: dict[str, Any] = {
        "membershipId": membership.membership_id,
        "accountId": membership.account,
        "region": membership.region,
        "membershipName": membership.membership_name,
        "membershipArn": membership.arn,
        "membershipStatus": membership.status,
        "membershipActivationTimestamp": membership.activated_at,
        "customerType": membership.customer_type,
        "numberOfAccountsCovered": covered,
        "incidentResponseTeam": [
            _responder_out(each) for each in membership.incident_response_team
        ],
        "membershipAccountsConfigurations": {
            "coverEntireOrganization": membership.cover_entire_organization,
            "organizationalUnits": standing.organizational_units,
        },
    }
    if membership.deactivated_at is not None:
        output["membershipDeactivationTimestamp"] = membership.deactivated_at
    if membership.opt_in_features is not None:
        output["optInFeatures"] = [
            {"featureName": each.feature_name, "isEnabled": each.is_enabled}
            for each in membership.opt_in_features
        ]
    return output


def list_memberships(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the account's memberships in this Region, newest first.

    `items` is always there, in a Region without memberships too (service-behaviour §1.1).
    """
    limit = params.get("maxResults", PAGE_SIZE)
    found = rows.page(
        context.tx, context.account, context.region, context.cursor, limit + 1, context.now
    )
    output: dict[str, Any] = {
        "items": [
            {
                "membershipId": membership_id,
                "accountId": context.account,
                "region": context.region,
                "membershipArn": values.membership_arn(
                    context.region, context.account, membership_id
                ),
                "membershipStatus": status,
            }
            for membership_id, status in found[:limit]
        ]
    }
    if len(found) > limit:
        output["nextToken"] = found[limit - 1][0]
    return output


def update_membership(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change what is given; what stays the same is no change and no event.

    A list replaces what was there. Raises AccessDeniedException, ConflictException,
    ResourceNotFoundException, ServiceQuotaExceededException and ValidationException
    (service-behaviour §1.9, §11 rows 7, 20, 21, 42 and 43).
    """
    before = own_membership(context, params["membershipId"])
    _check_undo(params)
    # What is wrong with the request itself is told before what stands against it.
    changes, update = _changes(params), params.get(ACCOUNTS_UPDATE)
    undone = _undone(context, before, params)
    if changes or update is not None:
        undone.check_may_change()
    changed, moved = replace(undone, **changes), False
    covered = coverage.standing(context.tx, before).accounts_covered
    if update is not None:
        changed, moved = account_configurations.change(context, changed, update)
    resumed = undone.is_active and not before.is_active
    if resumed:
        # After the rules have changed: what is no longer named must not be covered in between.
        coverage.resume(context.tx, changed, directory_versions.begin(context.tx, context.now))
    if resumed or moved:
        numbers = counters.numbers(context.tx)
        account_configurations.check_covered_limit(context, changed, numbers, before=covered)
    if changed != before or moved:
        rows.update(context.tx, changed)
        tell(context, changed, DetailType.MEMBERSHIP_UPDATED, CommunicationType.MEMBERSHIP_UPDATED)
    return {}


def cancel_membership(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """End the membership at once, or let it end with its billing month where that is set.

    One that has ended already, or is going to, stays as it is: an SDK that lost the answer sends
    the call again, so that is no error (service-behaviour §11 row 7).
    """
    membership = own_membership(context, params["membershipId"])
    if context.cancellation == Cancellation.IMMEDIATE:
        if membership.is_active:
            end(context, membership, Ending.CANCEL)
    elif membership.is_active and not membership.is_ending:
        ending = membership.until_end_of_month(context.now)
        rows.update(context.tx, ending)
        tell(context, ending, DetailType.MEMBERSHIP_UPDATED, CommunicationType.MEMBERSHIP_UPDATED)
    return {"membershipId": membership.membership_id}


def own_membership(context: Context, membership_id: str) -> Membership:
    """Return the caller's membership of that id in the Region of the call.

    Raises AccessDeniedException, the same for somebody else's id and for nobody's.
    """
    membership = rows.get(context.tx, context.account, context.region, membership_id, context.now)
    if membership is None:
        arn = values.membership_arn(context.region, context.account, membership_id)
        raise not_yours(context, arn)
    return membership


def _check_undo(params: Mapping[str, Any]) -> None:
    if params.get("undoMembershipCancellation") is False:
        message = "Member must be true, or left out: a membership is cancelled by CancelMembership"
        failure = FieldFailure("undoMembershipCancellation", message)
        raise ValidationException.of_fields((failure,))


def _undone(context: Context, membership: Membership, params: Mapping[str, Any]) -> Membership:
    if "undoMembershipCancellation" not in params:
        return membership
    if membership.is_active:
        return membership.without_end() if membership.is_ending else membership
    undone = membership.after(Ending.UNDO, context.now)
    holder = _declared(context)
    membership.check_belongs_to(holder)
    # An undo opens the membership again: it needs what CreateMembership needs.
    holder.check_service_on()
    holder.check_may_hold_membership(cover_entire_organization=membership.cover_entire_organization)
    _check_none_is_active(context, membership.customer)
    account_configurations.check_memberships_limit(context, counters.numbers(context.tx))
    counters.add(context.tx, Counter.ACTIVE_MEMBERSHIPS, 1)
    return undone


def _check_none_is_active(context: Context, customer: str) -> None:
    existing = rows.active_id(context.tx, customer)
    # One whose time has come has the place until its row follows.
    if existing is not None and not settle(context, customer):
        raise already_exists(existing)


def _changes(params: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "membershipName" in params:
        changes["membership_name"] = params["membershipName"]
    if "incidentResponseTeam" in params:
        changes["incident_response_team"] = _team(params["incidentResponseTeam"])
    if "optInFeatures" in params:
        changes["opt_in_features"] = _features(params["optInFeatures"])
    return changes


def _declared(context: Context) -> Account:
    account = accounts.get(context.tx, context.account)
    if account is None:
        account = Account(context.account)
        accounts.insert(context.tx, account, context.now)
    return account


def _team(given: Sequence[Mapping[str, Any]]) -> tuple[IncidentResponder, ...]:
    team = tuple(
        IncidentResponder(
            each["name"],
            each["jobTitle"],
            each["email"],
            tuple(each.get("communicationPreferences", ALL_COMMUNICATIONS)),
        )
        for each in given
    )
    check_incident_response_team(team)
    return team


def _responder_out(responder: IncidentResponder) -> dict[str, Any]:
    return {
        "name": responder.name,
        "jobTitle": responder.job_title,
        "email": responder.email,
        "communicationPreferences": list(responder.communication_preferences),
    }


def _features(given: Sequence[Mapping[str, Any]]) -> tuple[OptInFeature, ...]:
    features = tuple(OptInFeature(each["featureName"], each["isEnabled"]) for each in given)
    check_opt_in_features(features)
    return features
