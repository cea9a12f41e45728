"""Where a page starts, between the operation's cursor and the caller's nextToken.

A token is sealed and bound to the account, the Region, the operation and the parameters other than
the size of the page: it opens nowhere else (contracts.md, "Identifiers and answers").
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from larum.access import next_token
from larum.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from larum.context import Caller
    from larum.wire.model import Operation

PAGE_MEMBERS: Final = frozenset({"nextToken", "maxResults"})


class PageTokens:
    """Opens and seals nextToken with `key` (32 bytes); `random(n)` gives n bytes."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        self._key = key
        self._random = random

    def opened(
        self, caller: Caller, operation: Operation, params: Mapping[str, Any], now: datetime
    ) -> str | None:
        """Return the cursor that the request's nextToken holds, or None for the first page.

        Raises ValidationException for a token that is altered, from elsewhere or too old.
        """
        token = params.get("nextToken")
        if not token:
            return None
        bound = _bound(caller, operation, params)
        return next_token.open_token(token, key=self._key, bound=bound, now=now)

    def sealed(
        self,
        caller: Caller,
        operation: Operation,
        params: Mapping[str, Any],
        now: datetime,
        output: dict[str, Any],
    ) -> dict[str, Any]:
        """Return `output` with its cursor, if it has one, sealed for the next request."""
        cursor = output.get("nextToken")
        if cursor is None:
            return output
        token = next_token.seal(
            cursor,
            key=self._key,
            bound=_bound(caller, operation, params),
            now=now,
            nonce=self._random(next_token.NONCE_BYTES),
        )
        return output | {"nextToken": token}


def _bound(caller: Caller, operation: Operation, params: Mapping[str, Any]) -> tuple[str, ...]:
    rest = {name: each for name, each in params.items() if name not in PAGE_MEMBERS}
    text = canonical.canonical_parameters(operation, rest)
    return (caller.account, caller.region, operation.key, hashlib.sha256(text).hexdigest())
