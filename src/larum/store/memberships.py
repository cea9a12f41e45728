"""Rows of memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain import values
from larum.domain.memberships import (
    IncidentResponder,
    Membership,
    MembershipStatus,
    OptInFeature,
    status_at,
)
from larum.domain.organizations import CustomerType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from larum.store.engine import Row, Transaction

INSERT = """
INSERT INTO memberships (
    account, region, membership_id, membership_name, status, customer, customer_type, activated_at,
    deactivated_at, incident_response_team, opt_in_features, cover_entire_organization
) VALUES (
    :account, :region, :membership_id, :membership_name, :status, :customer, :customer_type,
    :activated_at, :deactivated_at, :incident_response_team, :opt_in_features,
    :cover_entire_organization
)
"""
GET = """
SELECT membership_name, status, customer, customer_type, activated_at, deactivated_at,
       incident_response_team, opt_in_features, cover_entire_organization
FROM memberships
WHERE account = :account AND region = :region AND membership_id = :membership_id
"""
# The account is there or not, its service on or off, its membership Active here or none: one look.
IN_USE = """
SELECT accounts.service_on, memberships.membership_id, memberships.membership_name,
       memberships.status, memberships.customer, memberships.customer_type,
       memberships.activated_at, memberships.deactivated_at, memberships.incident_response_team,
       memberships.opt_in_features, memberships.cover_entire_organization
FROM accounts
LEFT JOIN organizations ON organizations.management_account = accounts.management_account
LEFT JOIN memberships
  ON memberships.customer = COALESCE(organizations.organization_id, accounts.account)
  AND memberships.status = 'Active' AND memberships.account = accounts.account
  AND memberships.region = :region
WHERE accounts.account = :account
"""
ACTIVE_ID = "SELECT membership_id FROM memberships WHERE customer = :customer AND status = 'Active'"
PAGE = """
SELECT membership_id, status, deactivated_at FROM memberships
WHERE account = :account AND region = :region AND membership_id < :before
ORDER BY membership_id DESC LIMIT :limit
"""
PAGE_OF_ALL = """
SELECT account, region, membership_id, membership_name, status, deactivated_at FROM memberships
WHERE (account, region, membership_id) > (:account, :region, :membership_id)
ORDER BY account, region, membership_id LIMIT :limit
"""
PAGE_OF_ACCOUNT = """
SELECT account, region, membership_id, membership_name, status, deactivated_at FROM memberships
WHERE account = :account AND (region, membership_id) > (:region, :membership_id)
ORDER BY account, region, membership_id LIMIT :limit
"""
UPDATE = """
UPDATE memberships SET
    membership_name = :membership_name, status = :status, deactivated_at = :deactivated_at,
    incident_response_team = :incident_response_team, opt_in_features = :opt_in_features,
    cover_entire_organization = :cover_entire_organization
WHERE account = :account AND region = :region AND membership_id = :membership_id
"""
OF_CUSTOMER = """
SELECT account, region, membership_id FROM memberships
WHERE customer = :customer AND status = 'Active'
"""
DUE_OF = """
SELECT account, region, membership_id FROM memberships
WHERE customer = :customer AND status = 'Active' AND deactivated_at <= :now
"""
DUE = """
SELECT account, region, membership_id FROM memberships
WHERE status = 'Active' AND deactivated_at IS NOT NULL AND deactivated_at <= :now
ORDER BY deactivated_at LIMIT :limit
"""
COUNT_DUE = """
SELECT count(*) FROM memberships
WHERE status = 'Active' AND deactivated_at IS NOT NULL AND deactivated_at <= :now
"""
LONG_CANCELLED = """
SELECT account, region, membership_id FROM memberships
WHERE status = 'Cancelled' AND deactivated_at <= :before ORDER BY deactivated_at LIMIT :limit
"""
AFTER_EVERY_ID = "~"

_encode = msgspec.json.Encoder().encode
_responders = msgspec.json.Decoder(tuple[IncidentResponder, ...])
_features = msgspec.json.Decoder(tuple[OptInFeature, ...])


def insert(tx: Transaction, membership: Membership) -> None:
    """Add a membership."""
    tx.change(INSERT, _parameters(membership))


def update(tx: Transaction, membership: Membership) -> None:
    """Store what may change of a membership."""
    tx.change(UPDATE, _parameters(membership))


def get(
    tx: Transaction, account: str, region: str, membership_id: str, now: datetime
) -> Membership | None:
    """Return the account's membership of that id in that Region as it is at `now`, or None."""
    found = _row(tx, account, region, membership_id)
    return None if found is None else found.at(now)


def in_use(
    tx: Transaction, account: str, region: str, now: datetime
) -> tuple[bool, Membership | None]:
    """Return whether the service is on for the account, and its Active membership in the Region.

    The service is on for an account that nobody has declared.
    """
    row = tx.row(IN_USE, {"account": account, "region": region})
    if row is None:
        return True, None
    service_on, membership_id, *rest = row
    if membership_id is None:
        return bool(service_on), None
    membership = _membership(account, region, membership_id, tuple(rest)).at(now)
    return bool(service_on), membership if membership.is_active else None


def active_id(tx: Transaction, customer: str) -> str | None:
    """Return the id of the membership that has the customer's place, in whatever Region, or None.

    Its time may have come already: `due_of` tells.
    """
    row = tx.row(ACTIVE_ID, {"customer": customer})
    return None if row is None else row[0]


def active_of(tx: Transaction, customer: str, now: datetime) -> Membership | None:
    """Return the customer's Active membership in whatever Region, or None."""
    row = tx.row(OF_CUSTOMER, {"customer": customer})
    found = None if row is None else _row(tx, *row)
    return found if found is not None and found.at(now).is_active else None


def due_of(tx: Transaction, customer: str, now: datetime) -> Membership | None:
    """Return the customer's membership whose time has come, as its row still has it, or None."""
    row = tx.row(DUE_OF, {"customer": customer, "now": values.microseconds(now)})
    return None if row is None else _row(tx, *row)


def due(tx: Transaction, now: datetime, limit: int) -> list[Membership]:
    """Return at most `limit` memberships whose time has come, the first of them first."""
    rows = tx.rows(DUE, {"now": values.microseconds(now), "limit": limit})
    return [found for row in rows if (found := _row(tx, *row)) is not None]


def count_due(tx: Transaction, now: datetime) -> int:
    """Return how many memberships' time has come without their row having followed."""
    return int(tx.rows(COUNT_DUE, {"now": values.microseconds(now)})[0][0])


def long_cancelled(tx: Transaction, before: datetime, limit: int) -> list[Membership]:
    """Return at most `limit` memberships that were cancelled at `before` or earlier."""
    rows = tx.rows(LONG_CANCELLED, {"before": values.microseconds(before), "limit": limit})
    return [found for row in rows if (found := _row(tx, *row)) is not None]


def page(
    tx: Transaction, account: str, region: str, before: str | None, limit: int, now: datetime
) -> Sequence[tuple[str, str]]:
    """Return (membership_id, status) of the newest `limit` memberships older than id `before`."""
    parameters = {
        "account": account,
        "region": region,
        "before": before or AFTER_EVERY_ID,
        "limit": limit,
    }
    return [(row[0], _status(now, *row[1:])) for row in tx.rows(PAGE, parameters)]


def page_of_all(
    tx: Transaction, account: str | None, after: tuple[str, str, str], limit: int, now: datetime
) -> Sequence[tuple[str, str, str, str, str]]:
    """Return (account, region, id, name, status) of the `limit` memberships after `after`.

    `after` is (account, region, id), texts that are empty for the beginning. Of every account, or
    of `account` where it is given.
    """
    parameters = {"region": after[1], "membership_id": after[2], "limit": limit}
    if account is None:
        found = tx.rows(PAGE_OF_ALL, {"account": after[0], **parameters})
    else:
        found = tx.rows(PAGE_OF_ACCOUNT, {"account": account, **parameters})
    return [(*row[:4], _status(now, *row[4:])) for row in found]


def _row(tx: Transaction, account: str, region: str, membership_id: str) -> Membership | None:
    parameters = {"account": account, "region": region, "membership_id": membership_id}
    row = tx.row(GET, parameters)
    return None if row is None else _membership(account, region, membership_id, row)


def _status(now: datetime, status: str, deactivated_at: int | None) -> str:
    ended = None if deactivated_at is None else values.moment(deactivated_at)
    return status_at(MembershipStatus(status), ended, now)


def _parameters(membership: Membership) -> dict[str, Any]:
    features = membership.opt_in_features
    ended = membership.deactivated_at
    return {
        "account": membership.account,
        "region": membership.region,
        "membership_id": membership.membership_id,
        "membership_name": membership.membership_name,
        "status": membership.status,
        "customer": membership.customer,
        "customer_type": membership.customer_type,
        "activated_at": values.microseconds(membership.activated_at),
        "deactivated_at": None if ended is None else values.microseconds(ended),
        "incident_response_team": _encode(membership.incident_response_team).decode(),
        "opt_in_features": None if features is None else _encode(features).decode(),
        "cover_entire_organization": membership.cover_entire_organization,
    }


def _membership(account: str, region: str, membership_id: str, row: Row) -> Membership:
    name, status, customer, customer_type, activated, deactivated, team, features, cover = row
    return Membership(
        account=account,
        region=region,
        membership_id=membership_id,
        membership_name=name,
        status=MembershipStatus(status),
        customer=customer,
        customer_type=CustomerType(customer_type),
        activated_at=values.moment(activated),
        deactivated_at=None if deactivated is None else values.moment(deactivated),
        incident_response_team=_responders.decode(team),
        opt_in_features=None if features is None else _features.decode(features),
        cover_entire_organization=bool(cover),
    )
