"""Users and roles that are made with tags and a permissions boundary at once, as in IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from larum.operations import permissions_boundaries, principal_tags
from larum.operations.principals import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.context import Context
    from larum.operations.case_edits import Edited
    from larum.operations.holders import Holder


def create(
    holder: Holder,
    make: Callable[[Context, dict[str, Any]], Edited],
    context: Context,
    params: dict[str, Any],
) -> Edited:
    """Make a user or role by `make`, with the tags and the boundary that are given.

    Raises what `make`, Tag and PutPermissionsBoundary raise.
    """
    made = make(context, params)
    if params.get("tags"):
        principal_tags.tag(holder, context, params)
    if "permissionsBoundary" in params:
        permissions_boundaries.put(holder, context, params)
    return replace(made, output=_with_facts(holder, context, params, made.output))


def again(
    holder: Holder,
    find: Callable[[Context, dict[str, Any], str], dict[str, Any]],
    context: Context,
    params: dict[str, Any],
    made: str,
) -> dict[str, Any]:
    """Return what was made once more, found by `find`, with its tags and boundary."""
    return _with_facts(holder, context, params, find(context, params, made))


def _with_facts(
    holder: Holder, context: Context, params: dict[str, Any], output: dict[str, Any]
) -> dict[str, Any]:
    found = holder.find(context, params)
    boundary = getattr(found, "boundary_arn", None)
    facts = facts_of(context, found.principal, boundary)
    return {holder.kind: output[holder.kind] | facts}
