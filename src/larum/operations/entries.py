"""What a row of the tables of operations holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larum.context import Caller, Context
    from larum.operations.case_edits import Edited

Params = dict[str, Any]
Output = dict[str, Any]


class Entry(msgspec.Struct, frozen=True):
    """One operation as it works here.

    `function` takes the context and validated params in wire names and gives the output in wire
    names; `resource` gives the ARN that the caller must be allowed to touch. Where the operation
    takes a clientToken, `makes` is the resource type and `identifier` the output member that names
    what was made; where the answer is more than that id, `again` makes it from the id for a token
    that was used before. `everywhere` is for the one operation that answers in every Region.
    `own_account` is for operations of the `larum` model that every account has for itself; all
    others are the administrator account's. `by_trust` is for the one operation that asks a role's
    trust policy by itself.
    """

    function: Callable[[Context, Params], Output | Edited]
    resource: Callable[[Caller, Mapping[str, Any]], str]
    writes: bool = False
    makes: str = ""
    identifier: str = ""
    again: Callable[[Context, Params, str], Output] | None = None
    everywhere: bool = False
    own_account: bool = False
    by_trust: bool = False

    def replayed(self, context: Context, params: Params, made: str) -> Output:
        """Return the answer of a clientToken that made `made` before."""
        return {self.identifier: made} if self.again is None else self.again(context, params, made)
