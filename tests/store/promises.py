"""What must be true of a store whatever happened to it: asked after every kill, cut and fault."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from larum.domain import values
from larum.store import audit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.service import Service
    from larum.store.engine import Transaction

from tests.store.calls import create, get
from tests.store.case_promises import broken_case_promises

EVENTS = """
SELECT resource_arn FROM outbox WHERE kind = 'event' AND type = 'Membership Created'
"""
MEMBERSHIPS = "SELECT region, account, membership_id FROM memberships"
# Memberships without exactly one audit record of the call that made them.
RECORDS_AMISS = """
WITH kept AS MATERIALIZED (
    SELECT account, record ->> '$.responseElements.membershipId' AS made, count(*) AS records
    FROM audit_records
    WHERE record ->> 'eventName' = 'CreateMembership' AND record ->> 'replayed' = 0
    GROUP BY account, made
)
SELECT membership_id, kept.records FROM memberships
LEFT JOIN kept ON kept.account = memberships.account AND kept.made = membership_id
WHERE coalesce(kept.records, 0) <> 1
"""
# Tokens that name nothing, or something that is not there.
TOKENS_AMISS = """
SELECT resource_id FROM client_tokens WHERE operation = 'CreateMembership' AND NOT EXISTS (
    SELECT 1 FROM memberships WHERE memberships.account = client_tokens.account
      AND memberships.membership_id = client_tokens.resource_id
)
"""
TOKENS = """
SELECT client_tokens.account, token_hash, resource_id FROM client_tokens
JOIN memberships ON memberships.account = client_tokens.account
  AND memberships.region = client_tokens.region AND membership_id = resource_id
"""
TWICE_ACTIVE = """
SELECT customer FROM memberships WHERE status = 'Active' GROUP BY customer HAVING count(*) > 1
"""


def broken_promises(service: Service) -> list[str]:
    """Return what is not as it must be in the store of `service`; empty when all is well."""
    return service.engine.read(_broken_promises)


def _broken_promises(tx: Transaction) -> list[str]:
    found = [f"integrity: {row}" for row in tx.rows("PRAGMA integrity_check", {}) if row != ("ok",)]
    found += [f"foreign key: {row}" for row in tx.rows("PRAGMA foreign_key_check", {})]
    found += _events_amiss(tx)
    found += [f"audit: {row}" for row in tx.rows(RECORDS_AMISS, {})]
    found += [f"token: {row}" for row in tx.rows(TOKENS_AMISS, {})]
    found += [f"two memberships: {row}" for row in tx.rows(TWICE_ACTIVE, {})]
    found += broken_case_promises(tx)
    for (account,) in tx.rows("SELECT DISTINCT account FROM audit_records", {}):
        broken = audit.first_broken(tx, account)
        if broken is not None:
            found.append(f"audit chain of {account} breaks at {broken}")
    return found


def _events_amiss(tx: Transaction) -> list[str]:
    """Return memberships without exactly one event of their creation, and events without one."""
    told = Counter(arn for (arn,) in tx.rows(EVENTS, {}))
    made = {values.membership_arn(*row) for row in tx.rows(MEMBERSHIPS, {})}
    amiss = [(arn, told[arn]) for arn in made if told[arn] != 1]
    amiss += [(arn, -1) for arn in told if arn not in made]
    return [f"event: {arn} has {events}" for arn, events in amiss]


def lost_writes(
    service: Service, acknowledged: Mapping[tuple[str, str], str], repeated: int = 500
) -> list[str]:
    """Return which acknowledged writes are gone or answered otherwise now; needs relaxed mode.

    `acknowledged` maps (account, clientToken) to the membership id that was answered. All of them
    are looked for in the store; `repeated` of them, evenly spread, are read and sent again.
    """
    kept = set(service.engine.read(lambda tx: tx.rows(TOKENS, {})))
    found = [
        f"{token} of {account} does not name {membership_id} any more"
        for (account, token), membership_id in acknowledged.items()
        if (account, hashlib.sha256(token.encode()).digest(), membership_id) not in kept
    ]
    step = max(1, len(acknowledged) // repeated)
    for (account, token), membership_id in list(acknowledged.items())[::step]:
        read = get(service, account, membership_id)
        if read.status != 200:
            found.append(f"{membership_id} of {account} is lost: {read.status} {read.error}")
        again = create(service, account, token)
        if again.status != 201 or again.membership_id != membership_id:
            found.append(f"{token} of {account} is answered {again.output}, was {membership_id}")
    return found
