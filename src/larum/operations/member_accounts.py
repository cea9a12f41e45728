"""How single accounts stand to a membership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.operations.account_configurations import version_shown
from larum.operations.memberships import own_membership
from larum.store import accounts, coverage

if TYPE_CHECKING:
    from larum.context import Context


def batch_get_member_account_details(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return how each account stands to the membership; unknown ones are told apart in `errors`.

    Source: service-behaviour §1.4 and §11 rows 34 and 46.
    """
    membership = own_membership(context, params["membershipId"])
    version = version_shown(context, membership)
    items: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for account_id in dict.fromkeys(params["accountIds"]):
        account = accounts.get(context.tx, account_id)
        if account is None:
            errors.append(
                {
                    "accountId": account_id,
                    "error": "ResourceNotFoundException",
                    "message": f"Account {account_id} does not exist.",
                }
            )
            continue
        covered_by = coverage.coverage_for(context.tx, membership, account_id)
        places = accounts.places_of(context.tx, account)
        if version is not None:
            covered_by = covered_by.as_of(version)
            told = [each.as_of(version) for each in places]
            places = [each for each in told if each is not None]
        status, kind = covered_by.relationship(account_id, places)
        items.append(
            {"accountId": account_id, "relationshipStatus": status, "relationshipType": kind}
        )
    output: dict[str, Any] = {"items": items}
    if errors:
        output["errors"] = errors
    return output
