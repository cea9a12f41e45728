"""The operations of the `larum` model on the tags of users and roles, named as IAM names them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.domain import principal_tags as rules
from larum.operations.pages import page
from larum.store import iam_versions
from larum.store import principal_tags as rows

if TYPE_CHECKING:
    from larum.context import Context
    from larum.operations.holders import Holder


def tag(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to a user or role, in the place of those whose keys differ in case at most.

    Raises ResourceNotFoundException, ValidationException for a key that stands twice, and
    ServiceQuotaExceededException.
    """
    principal = holder.principal(context, params)
    tags = rules.given((each["key"], each["value"]) for each in params["tags"])
    present = rows.get(context.tx, principal.account, principal.arn)
    rules.check_number(present, tags, params[holder.member], holder.name)
    rows.put(context.tx, principal, tags)
    iam_versions.grow(context.tx, principal.account)
    return {}


def untag(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove tags by their keys, in whatever case; keys that are not there are no error.

    Raises ResourceNotFoundException.
    """
    principal = holder.principal(context, params)
    rows.delete(context.tx, principal, params["tagKeys"])
    iam_versions.grow(context.tx, principal.account)
    return {}


def listed(holder: Holder, context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the tags of a user or role, by key; raises ResourceNotFoundException."""
    principal, after = holder.principal(context, params), context.cursor or ""
    tags = rows.get(context.tx, principal.account, principal.arn)
    found = sorted((key.lower(), key, value) for key, value in tags.items() if key.lower() > after)
    return page(params, found, "tags", _tag_out, lambda each: each[0])


def _tag_out(tag: tuple[str, str, str]) -> dict[str, Any]:
    return {"key": tag[1], "value": tag[2]}
