"""The outbox: events wait in the order in which they were told, whatever the clocks said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

import larum
from larum.domain.events import DetailType, Event
from larum.domain.values import membership_arn
from larum.operations.notices import new_event_id
from larum.operations.sweep import Sweep
from larum.settings import Settings
from larum.store import outbox
from larum.store.engine import Engine
from tests.conformance.page import smallest

if TYPE_CHECKING:
    from pathlib import Path

    from larum.store.engine import Transaction

ACCOUNT = "222222222222"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
# The dates of signatures are not checked, so that the clock can say what it likes.
RELAXED = Settings(auth="relaxed")
IDS = "SELECT outbox_id FROM outbox ORDER BY rowid"
ARN = membership_arn("us-east-1", ACCOUNT, "m-1234567890")


class Request(NamedTuple):
    """A request of a group: when it came in microseconds, how often it tells, whether it fails."""

    came_at: int
    events: int
    fails: bool


# Within three milliseconds, so that they meet in one, in one microsecond, and in any order.
REQUESTS = st.builds(Request, st.integers(0, 3_000), st.integers(1, 3), st.booleans())
GROUPS = st.lists(st.tuples(st.lists(REQUESTS, max_size=6), st.booleans()), max_size=5)


class Refused(Exception):  # noqa: N818 - it is a refusal, not a fault
    """What a request that fails raises."""


@given(GROUPS, st.integers())
def test_events_wait_in_the_order_in_which_they_were_told(
    groups: list[tuple[list[Request], bool]], seed: int
) -> None:
    """Requests of a group come in any order of their times; ids follow the telling all the same."""
    engine, random, told = Engine(None), Random(seed), 0
    try:
        for requests, committed in groups:
            kept = 0
            with engine.turn(0.0) as group:
                assert group is not None
                for request in requests:
                    try:
                        group.run(partial(tell, random=random, request=request, first=told))
                    except Refused:
                        continue
                    told, kept = told + request.events, kept + request.events
                if committed:
                    group.commit()
                else:
                    told -= kept
        waiting = engine.read(lambda tx: outbox.page(tx, "", 1_000))
    finally:
        engine.close()
    assert [each.detail for each in waiting] == [f'{{"number":"{n}"}}' for n in range(told)]


def tell(tx: Transaction, *, random: Random, request: Request, first: int) -> None:
    """Tell the events of a request, numbered from `first` on."""
    now = NOON + timedelta(microseconds=request.came_at)
    surroundings = Sweep(now, random.randbytes, tx)
    for number in range(first, first + request.events):
        event = Event(
            event_id=new_event_id(surroundings),
            detail_type=DetailType.MEMBERSHIP_UPDATED,
            account=ACCOUNT,
            region="us-east-1",
            time=now,
            resource=ARN,
            detail={"number": str(number)},
        )
        outbox.add(tx, event)
    if request.fails:
        raise Refused


def test_changes_of_one_moment_keep_their_order() -> None:
    """Twenty changes of one membership in one microsecond are told one after the other."""
    with larum.Service(settings=RELAXED, clock=lambda: NOON) as service:
        client = service.client(account=ACCOUNT)
        made = client.create_membership(**smallest())["membershipId"]
        arn = client.get_membership(membershipId=made)["membershipArn"]
        for number in range(10):
            client.update_membership(membershipId=made, membershipName=f"Name {number}")
            client.tag_resource(resourceArn=arn, tags={"number": str(number)})
        ids = service.engine.read(lambda tx: tx.rows(IDS, {}))
        waiting = service.engine.read(lambda tx: outbox.page(tx, "", 1_000))
    assert [(each.outbox_id,) for each in waiting if each.kind == "event"] == ids
    assert len(ids) == 21


def test_a_clock_set_back_between_two_starts_turns_nothing_around(tmp_path: Path) -> None:
    """What is told after a restart comes after what waits, also where the clock says earlier."""
    names = ["Before", "After"]
    for name, now in zip(names, (NOON, NOON - timedelta(days=1)), strict=True):
        with larum.Service(tmp_path, RELAXED, clock=repeat(now).__next__) as service:
            client = service.client(account=ACCOUNT)
            made = client.create_membership(**smallest(membershipName=name))["membershipId"]
            client.cancel_membership(membershipId=made)
            waiting = service.engine.read(lambda tx: outbox.page(tx, "", 1_000))
    events = [each for each in waiting if each.kind == "event"]
    assert [each.type for each in events] == ["Membership Created", "Membership Cancelled"] * 2
    assert events[2].resource_arn.endswith(made)
