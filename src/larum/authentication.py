"""Who sends a request: what failed too often, the signature or the relaxed mode, and the caller.

    source and claimed key id -> not too many failures -> sigv4.verify | relaxed -> Caller

The one way to a `Caller` of the API; every refusal on it passes `caller`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from larum.access import keys, relaxed, sigv4, throttle
from larum.access.session_tokens import SessionTokens
from larum.domain.regions import REGIONS
from larum.errors import InternalServerException, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.context import Caller
    from larum.domain.principals import AccessKey
    from larum.installation import Installation
    from larum.settings import Settings
    from larum.wire.http import HttpRequest


class Authentication:
    """Authenticates the requests of one instance, as its settings say.

    `tokens` makes and opens the tokens of its sessions; `random(n)` gives n bytes.
    """

    def __init__(
        self, installation: Installation, settings: Settings, random: Callable[[int], bytes]
    ) -> None:
        self._installation = installation
        self._is_relaxed = settings.auth == "relaxed"
        key = keys.derive(installation.master_key, "session-token")
        self.tokens = SessionTokens(key, random)
        self._failures = throttle.FailureLimit(settings.failed_authentications)

    def caller(self, request: HttpRequest, services: frozenset[str], now: datetime) -> Caller:
        """Return who sent `request`; `services` are the signing names that its route takes.

        Raises the refusals of `sigv4.verify` and `relaxed.read_unverified`, and
        ThrottlingException where the source has failed too often with that key id.
        """
        if self._is_relaxed:
            return relaxed.read_unverified(
                request,
                service=services,
                regions=REGIONS,
                administrator_account=self._installation.administrator_account,
            )
        suspect = (request.source_ip, sigv4.claimed_access_key_id(request))
        self._failures.check(*suspect, time.monotonic())
        try:
            caller = self._verified(request, services, now)
        except InternalServerException:
            raise
        except ServiceError:
            self._failures.record(*suspect, time.monotonic())
            raise
        self._failures.trust(*suspect)
        return caller

    def claimed_key(self, access_key_id: str, session_token: str | None) -> AccessKey | None:
        """Return the key that a request claims to be signed with, if there is one; None if not.

        Whether it was signed with it is another question. A session's key is known by its token
        alone, which opens for no other key id.
        """
        if session_token is None:
            return self._installation.credentials.find(access_key_id)
        session = self.tokens.open(access_key_id, session_token)
        return None if session is None else session.access_key

    def _verified(self, request: HttpRequest, services: frozenset[str], now: datetime) -> Caller:
        return sigv4.verify(
            request,
            find_access_key=self._installation.credentials.find,
            open_session=self.tokens.open,
            service=services,
            regions=REGIONS,
            now=now,
        )
