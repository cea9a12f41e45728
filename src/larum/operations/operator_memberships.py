"""Memberships of any account, as the operator sees them: operations of the `larum` model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain import values
from larum.errors import ResourceNotFoundException
from larum.operations.memberships import membership_out
from larum.store import memberships as rows
from larum.store import tags as tag_rows

if TYPE_CHECKING:
    from larum.context import Context

PAGE_SIZE: Final = 25
# Parts of a cursor: no account, Region or id has it.
APART: Final = "/"
BEGINNING: Final = APART * 2


def get_membership(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the membership of `accountId` in `region`, with its tags.

    Raises ResourceNotFoundException for none.
    """
    account, region, membership_id = (
        params[name] for name in ("accountId", "region", "membershipId")
    )
    membership = rows.get(context.tx, account, region, membership_id, context.now)
    if membership is None:
        message = f"Account {account} has no membership {membership_id} in {region}."
        raise ResourceNotFoundException(message)
    tags = tag_rows.get(context.tx, account, membership.arn)
    return membership_out(context, membership) | {"tags": tags}


def list_memberships(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the memberships of all accounts, or of `accountId`, in every Region."""
    limit = params.get("maxResults", PAGE_SIZE)
    account, region, membership_id = (context.cursor or BEGINNING).split(APART)
    after = (account, region, membership_id)
    found = rows.page_of_all(context.tx, params.get("accountId"), after, limit + 1, context.now)
    output: dict[str, Any] = {
        "items": [
            {
                "membershipId": membership_id,
                "accountId": account,
                "region": region,
                "membershipArn": values.membership_arn(region, account, membership_id),
                "membershipStatus": status,
                "membershipName": name,
            }
            for account, region, membership_id, name, status in found[:limit]
        ]
    }
    if len(found) > limit:
        output["nextToken"] = APART.join(found[limit - 1][:3])
    return output
