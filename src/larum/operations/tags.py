"""The operations on tags: of memberships, and of cases, where a change of them is a case edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import tags as rules
from larum.domain.events import DetailType, Event
from larum.domain.memberships import CommunicationType
from larum.operations.case_changes import change, own_case
from larum.operations.case_edits import CaseEdit, Edited
from larum.operations.notices import CaseTold, new_event_id
from larum.operations.resources import not_yours
from larum.store import memberships as membership_rows
from larum.store import outbox
from larum.store import tags as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.domain.cases import Case
    from larum.domain.memberships import Membership


def list_tags_for_resource(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the tags of a resource of the caller, by key."""
    arn = params["resourceArn"]
    _owned(context, arn)
    return {"tags": rows.get(context.tx, context.account, arn)}


def tag_resource(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Add tags or change their values; tags that are there already change nothing.

    Raises ConflictException for a Closed case, and ValidationException beyond 200 tags in all
    (service-behaviour §11 rows 9 and 47).
    """
    arn = params["resourceArn"]
    case = _changeable(context, arn)
    changes = rules.added(rows.get(context.tx, context.account, arn), params["tags"])
    if not changes:
        return {}
    rows.put(context.tx, context.account, arn, changes)
    message = f"Added or changed {_so_many(len(changes))}."
    return _told(context, arn, case, "Add tag", message)


def untag_resource(context: Context, params: dict[str, Any]) -> dict[str, Any] | Edited:
    """Remove tags by their keys; keys that are not there are no error.

    Raises ConflictException for a Closed case (service-behaviour §11 row 9).
    """
    arn = params["resourceArn"]
    case = _changeable(context, arn)
    gone = rules.removed(rows.get(context.tx, context.account, arn), params["tagKeys"])
    if not gone:
        return {}
    rows.delete(context.tx, context.account, arn, gone)
    return _told(context, arn, case, "Remove tag", f"Removed {_so_many(len(gone))}.")


def _so_many(tags: int) -> str:
    return "1 tag" if tags == 1 else f"{tags} tags"


def _owned(context: Context, arn: str) -> tuple[Case, Membership] | None:
    """Return the case that the ARN names, with its membership; None for a membership's ARN."""
    region, account, resource = arn.split(":", 5)[3:]
    kind, _, identifier = resource.partition("/")
    if (region, account) != (context.region, context.account):
        raise not_yours(context, arn)
    if kind == "case":
        return own_case(context, identifier)
    if membership_rows.get(context.tx, account, region, identifier, context.now) is None:
        raise not_yours(context, arn)
    return None


def _changeable(context: Context, arn: str) -> tuple[Case, Membership] | None:
    owned = _owned(context, arn)
    if owned is not None:
        owned[0].check_open()
    return owned


def _told(
    context: Context,
    arn: str,
    owned: tuple[Case, Membership] | None,
    action: str,
    message: str,
) -> dict[str, Any] | Edited:
    if owned is None:
        _tell(context, arn)
        return {}
    case, membership = owned
    communication = CommunicationType.CASE_UPDATED
    told = CaseTold(DetailType.CASE_UPDATED, communication, context.account)
    change(context, case, case, membership, told)
    return Edited({}, CaseEdit(arn, context.caller.principal.arn, action, message))


def _tell(context: Context, arn: str) -> None:
    event = Event(
        event_id=new_event_id(context),
        detail_type=DetailType.MEMBERSHIP_UPDATED,
        account=context.account,
        region=context.region,
        time=context.now,
        resource=arn,
        detail={"membershipId": arn.rpartition("/")[2]},
    )
    outbox.add(context.tx, event)
