"""What a request's clientToken stands for: its scope, and the fingerprint of the parameters.

Source: reliability-and-security §3.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from larum.store.idempotency import TokenScope, TokenUse
from larum.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Caller
    from larum.wire.model import Operation


class ClientTokens:
    """Reads client tokens; `key` (32 bytes) keeps what a fingerprint was made from a secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def use(
        self, caller: Caller, operation: Operation, params: Mapping[str, Any]
    ) -> TokenUse | None:
        """Return the request's use of its token, or None where it has none."""
        token = params.get(operation.token) if operation.token else None
        if token is None:
            return None
        scope = TokenScope(
            caller.account,
            caller.region,
            operation.key,
            hashlib.sha256(token.encode()).digest(),
        )
        text = b"%d %b " % (canonical.CANON_VERSION, operation.key.encode())
        text += canonical.canonical_parameters(operation, params)
        fingerprint = hmac.digest(self._key, text, "sha256")
        return TokenUse(scope, fingerprint, canonical.CANON_VERSION)
