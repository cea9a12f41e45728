"""Access keys are found as they are, whatever was remembered of them."""

from __future__ import annotations

from datetime import UTC, datetime

import larum
from larum.domain.principals import AccessKeyStatus, Principal
from larum.settings import ROOT_ACCOUNT
from larum.store import access_keys
from larum.store.credentials import CACHED_SECONDS, UNSETTLED_SECONDS, Credentials


def test_a_key_that_is_looked_up_while_it_changes_is_not_remembered() -> None:
    """Between the change and its commit a look-up sees the key as it was; after it, as it is."""
    moment = 0.0
    user = Principal.user(ROOT_ACCOUNT, "analyst")
    with larum.Service() as service:
        engine = service.engine
        credentials = Credentials(engine, bytes(32), lambda: moment, service._random)
        key = engine.write(lambda tx: credentials.issue(tx, user, datetime.now(UTC)))
        found = credentials.find(key.access_key_id)
        assert found is not None
        assert found.status is AccessKeyStatus.ACTIVE
        credentials.changing(key.access_key_id)
        assert credentials.find(key.access_key_id) == found
        engine.write(lambda tx: access_keys.set_status(tx, user, key.access_key_id, "Inactive"))
        now = credentials.find(key.access_key_id)
        assert now is not None
        assert now.status is AccessKeyStatus.INACTIVE
        # Long after it the key is remembered again, for as long as any other.
        moment = UNSETTLED_SECONDS
        assert credentials.find(key.access_key_id) == now
        engine.write(lambda tx: access_keys.delete(tx, user, key.access_key_id))
        assert credentials.find(key.access_key_id) == now
        moment += CACHED_SECONDS
        assert credentials.find(key.access_key_id) is None
