"""The sweep: a cancellation that was not undone in time becomes a termination (§11 row 7)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import larum
from larum.operations.sweep import ENDED_AT_ONCE
from larum.store import audit
from tests.conformance.page import refusal_of, smallest
from tests.operations.directories import describe, outbox, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, OTHER = "222222222222", "333333333333"
AUDIT = "SELECT record FROM audit_records WHERE account = :account ORDER BY sequence"


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """A service of its own."""
    with larum.Service() as made:
        yield made


def cancelled(service: larum.Service, account: str) -> str:
    """Return the id of a membership that `account` has cancelled."""
    client = service.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    client.cancel_membership(membershipId=made)
    return made


def status(service: larum.Service, account: str, membership_id: str) -> str:
    """Return the status of a membership."""
    return service.client(account=account).get_membership(membershipId=membership_id)[
        "membershipStatus"
    ]


def test_only_old_cancellations_are_terminated(service: larum.Service) -> None:
    """What was cancelled later, or never, stays; a second run finds nothing."""
    old = cancelled(service, ACCOUNT)
    between = datetime.now(UTC)
    young = cancelled(service, OTHER)
    active = service.client(account=OTHER).create_membership(**smallest())["membershipId"]
    assert sweep(service, between) == 1
    assert sweep(service, between) == 0
    assert status(service, ACCOUNT, old) == "Terminated"
    assert status(service, OTHER, young) == "Cancelled"
    assert status(service, OTHER, active) == "Active"
    assert describe(service)["activeMemberships"] == 1


def test_nothing_is_terminated_before_its_time(service: larum.Service) -> None:
    """A cancellation that is younger than the period can still be undone."""
    made = cancelled(service, ACCOUNT)
    assert sweep(service, datetime.now(UTC) - timedelta(days=30)) == 0
    client = service.client(account=ACCOUNT)
    client.update_membership(membershipId=made, undoMembershipCancellation=True)
    assert status(service, ACCOUNT, made) == "Active"


def test_termination_is_final_and_keeps_the_time_of_the_end(service: larum.Service) -> None:
    """Undo and update are conflicts, cancelling again is none; a new membership can be made."""
    client = service.client(account=ACCOUNT)
    made = cancelled(service, ACCOUNT)
    ended = client.get_membership(membershipId=made)["membershipDeactivationTimestamp"]
    assert sweep(service) == 1
    for change in ({"undoMembershipCancellation": True}, {"membershipName": "Another"}):
        with pytest.raises(client.exceptions.ConflictException) as caught:
            client.update_membership(membershipId=made, **change)
        assert refusal_of(caught.value)["resourceId"] == made
    assert client.cancel_membership(membershipId=made)["membershipId"] == made
    got = client.get_membership(membershipId=made)
    assert got["membershipStatus"] == "Terminated"
    assert got["membershipDeactivationTimestamp"] == ended
    client.create_membership(**smallest())


def test_machines_are_told_and_people_are_not_told_again(service: larum.Service) -> None:
    """The event is Membership Terminated; who asked heard of the end when it was cancelled."""
    cancelled(service, ACCOUNT)
    before = outbox(service)
    sweep(service)
    assert outbox(service)[len(before) :] == [("event", "Membership Terminated", None)]


def test_the_sweep_is_on_record(service: larum.Service) -> None:
    """The audit chain of the account says that the service itself did it."""
    made = cancelled(service, ACCOUNT)
    sweep(service)
    rows = service.engine.read(lambda tx: tx.rows(AUDIT, {"account": ACCOUNT}))
    last = json.loads(rows[-1][0])
    assert last["eventName"] == "TerminateMembership"
    assert last["userIdentity"]["invokedBy"] == "security-ir.amazonaws.com"
    assert last["resources"] == [f"arn:aws:security-ir:us-east-1:{ACCOUNT}:membership/{made}"]
    assert service.engine.read(lambda tx: audit.first_broken(tx, ACCOUNT)) is None


def test_one_run_holds_the_writer_for_a_bounded_time(service: larum.Service) -> None:
    """A run terminates a hundred at most, the oldest first; further runs do the rest."""
    made = [cancelled(service, ACCOUNT) for _ in range(ENDED_AT_ONCE + 5)]
    assert sweep(service) == ENDED_AT_ONCE
    assert status(service, ACCOUNT, made[ENDED_AT_ONCE - 1]) == "Terminated"
    assert status(service, ACCOUNT, made[-1]) == "Cancelled"
    assert [sweep(service), sweep(service)] == [5, 0]
