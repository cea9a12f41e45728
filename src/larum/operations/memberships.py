"""The operations on memberships, in wire names outside and Python names inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import values
from larum.domain.events import DetailType, Event, Notice
from larum.domain.memberships import (
    ALL_COMMUNICATIONS,
    CommunicationType,
    IncidentResponder,
    Membership,
    MembershipStatus,
    OptInFeature,
    already_exists,
    check_incident_response_team,
    check_opt_in_features,
)
from larum.domain.organizations import Account
from larum.operations.resources import not_yours
from larum.store import accounts as account_rows
from larum.store import memberships as rows
from larum.store import outbox
from larum.store import tags as tag_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.context import Context

PAGE_SIZE = 25


def create_membership(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Open a membership for the calling account; return its membershipId.

    Raises AccessDeniedException, ConflictException, ResourceNotFoundException and
    ValidationException (service-behaviour §11 rows 1, 5, 6, 30, 35).
    """
    cover = params.get("coverEntireOrganization", False)
    team = tuple(_responder(each) for each in params["incidentResponseTeam"])
    features = _features(params.get("optInFeatures"))
    check_incident_response_team(team)
    check_opt_in_features(features or ())
    account = _account_that_may_hold(context, cover_entire_organization=cover)
    existing = rows.active_id(context.tx, account.customer)
    if existing is not None:
        raise already_exists(existing)
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
    tag_rows.put(context.tx, context.account, membership.arn, params.get("tags", {}))
    _tell(context, membership, DetailType.MEMBERSHIP_CREATED, CommunicationType.MEMBERSHIP_CREATED)
    return {"membershipId": membership.membership_id}


def get_membership(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the membership; AccessDeniedException for an id that is not the caller's."""
    membership_id = params["membershipId"]
    membership = rows.get(context.tx, context.account, context.region, membership_id)
    if membership is None:
        arn = values.membership_arn(context.region, context.account, membership_id)
        raise not_yours(context, arn)
    output: dict[str, Any] = {
        "membershipId": membership.membership_id,
        "accountId": membership.account,
        "region": membership.region,
        "membershipName": membership.membership_name,
        "membershipArn": membership.arn,
        "membershipStatus": membership.status,
        "membershipActivationTimestamp": membership.activated_at,
        "customerType": membership.customer_type,
        "numberOfAccountsCovered": _accounts_covered(membership),
        "incidentResponseTeam": [
            _responder_out(each) for each in membership.incident_response_team
        ],
        "membershipAccountsConfigurations": {
            "coverEntireOrganization": membership.cover_entire_organization,
            "organizationalUnits": [],
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
    found = rows.page(context.tx, context.account, context.region, context.cursor, limit + 1)
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


def _account_that_may_hold(context: Context, *, cover_entire_organization: bool) -> Account:
    account = account_rows.get(context.tx, context.account)
    if account is None:
        account = Account.standalone(context.account)
        account_rows.insert(context.tx, account, context.now)
    account.check_may_hold_membership(cover_entire_organization=cover_entire_organization)
    return account


def _accounts_covered(membership: Membership) -> int:
    # A standalone account, or an organization of one: the holder is all that a rule can cover.
    return 1 if membership.status is MembershipStatus.ACTIVE else 0


def _tell(
    context: Context,
    membership: Membership,
    detail_type: DetailType,
    communication: CommunicationType,
) -> None:
    event = Event(
        event_id=values.event_id(context.now, context.random(values.RANDOM_BYTES)),
        detail_type=detail_type,
        account=membership.account,
        region=membership.region,
        time=context.now,
        resource=membership.arn,
        detail={"membershipId": membership.membership_id},
    )
    notices = [Notice(communication, each) for each in membership.recipients(communication)]
    outbox.add(context.tx, event, notices)


def _responder(each: Mapping[str, Any]) -> IncidentResponder:
    preferences = each.get("communicationPreferences", ALL_COMMUNICATIONS)
    return IncidentResponder(each["name"], each["jobTitle"], each["email"], tuple(preferences))


def _responder_out(responder: IncidentResponder) -> dict[str, Any]:
    return {
        "name": responder.name,
        "jobTitle": responder.job_title,
        "email": responder.email,
        "communicationPreferences": list(responder.communication_preferences),
    }


def _features(given: Sequence[Mapping[str, Any]] | None) -> tuple[OptInFeature, ...] | None:
    if given is None:
        return None
    return tuple(OptInFeature(each["featureName"], each["isEnabled"]) for each in given)
