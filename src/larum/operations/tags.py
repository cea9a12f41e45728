"""The operations on tags: of memberships, and of cases as soon as there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import tags as rules
from larum.domain import values
from larum.domain.events import DetailType, Event
from larum.domain.organizations import Account
from larum.errors import (
    ResourceNotFoundException,
    SecurityIncidentResponseNotActiveException,
)
from larum.operations.resources import not_yours
from larum.store import accounts as account_rows
from larum.store import memberships as membership_rows
from larum.store import outbox
from larum.store import tags as rows

if TYPE_CHECKING:
    from larum.context import Context


def list_tags_for_resource(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the tags of a resource of the caller, by key."""
    arn = params["resourceArn"]
    _check_owned(context, arn)
    return {"tags": rows.get(context.tx, context.account, arn)}


def tag_resource(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags or change their values; tags that are there already change nothing.

    Raises ValidationException beyond 200 tags in all (service-behaviour §11 row 47).
    """
    arn = params["resourceArn"]
    _check_owned(context, arn)
    changes = rules.added(rows.get(context.tx, context.account, arn), params["tags"])
    if changes:
        rows.put(context.tx, context.account, arn, changes)
        _tell(context, arn)
    return {}


def untag_resource(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove tags by their keys; keys that are not there are no error."""
    arn = params["resourceArn"]
    _check_owned(context, arn)
    gone = rules.removed(rows.get(context.tx, context.account, arn), params["tagKeys"])
    if gone:
        rows.delete(context.tx, context.account, arn, gone)
        _tell(context, arn)
    return {}


def _check_owned(context: Context, arn: str) -> None:
    region, account, resource = arn.split(":", 5)[3:]
    kind, _, identifier = resource.partition("/")
    if (region, account) != (context.region, context.account):
        raise not_yours(context, arn)
    if kind == "membership":
        if membership_rows.get(context.tx, account, region, identifier) is None:
            raise not_yours(context, arn)
        return
    _check_active(context)
    message = f"Case {identifier} does not exist."
    raise ResourceNotFoundException(message)


def _check_active(context: Context) -> None:
    declared = account_rows.get(context.tx, context.account)
    customer = (declared or Account(context.account)).customer
    if membership_rows.active_id(context.tx, customer) is None:
        message = (
            f"Account {context.account} has no Active membership in {context.region}. "
            "Create one with CreateMembership."
        )
        raise SecurityIncidentResponseNotActiveException(message)


def _tell(context: Context, arn: str) -> None:
    event = Event(
        event_id=values.event_id(context.now, context.random(values.RANDOM_BYTES)),
        detail_type=DetailType.MEMBERSHIP_UPDATED,
        account=context.account,
        region=context.region,
        time=context.now,
        resource=arn,
        detail={"membershipId": arn.rpartition("/")[2]},
    )
    outbox.add(context.tx, event)
