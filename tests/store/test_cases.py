"""Rows of cases: whole, counted, and in an order that pages can rely on."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from larum.domain.cases import (
    Case,
    CaseStatus,
    ClosureCode,
    EngagementType,
    PendingAction,
    ResolverType,
    ThreatActorIp,
    Watcher,
)
from larum.domain.memberships import Membership, MembershipStatus
from larum.domain.organizations import CustomerType
from larum.store import archived_cases, case_places, cases, memberships
from larum.store.cases import Counts
from larum.store.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 1, 12, 34, 56, 789012, tzinfo=UTC)
ACCOUNT = "111122223333"
STATEMENTS = (
    archived_cases.COUNT,
    archived_cases.PAGE,
    case_places.FORMER,
    case_places.PRESENT,
    case_places.PURGE,
    cases.ATTACHMENTS,
    cases.COUNTS,
    cases.GET,
    cases.NUMBERED,
    cases.PLACE,
    memberships.IN_USE,
)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine in memory."""
    made = Engine(None)
    yield made
    made.close()


def membership(membership_id: str = "m-1", account: str = ACCOUNT) -> Membership:
    """Return a membership that need not be stored."""
    return Membership(
        account=account,
        region="us-east-1",
        membership_id=membership_id,
        membership_name="Example Corp",
        status=MembershipStatus.ACTIVE,
        customer=account,
        customer_type=CustomerType.STANDALONE,
        activated_at=NOW,
        deactivated_at=None,
        incident_response_team=(),
        opt_in_features=None,
        cover_entire_organization=False,
    )


def case(number: int = 1, resolver: ResolverType = ResolverType.SELF) -> Case:
    """Return a new case with that id."""
    return Case(
        account=ACCOUNT,
        region="us-east-1",
        membership_id="m-1",
        case_id=f"{number:010d}",
        title="Title",
        description="Description",
        engagement_type=EngagementType.INVESTIGATION,
        resolver_type=resolver,
        reported_incident_start_date=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


WHOLE = replace(
    case(),
    title="T\N{FIRE}",
    resolver_type=ResolverType.AWS,
    status=CaseStatus.CLOSED,
    pending_action=PendingAction.CUSTOMER,
    closure_code=ClosureCode.FALSE_POSITIVE,
    actual_incident_start_date=datetime(1, 1, 1, tzinfo=UTC),
    reported_incident_start_date=datetime(9999, 12, 31, tzinfo=UTC),
    closed_at=NOW,
    watchers=(Watcher("a@example.com", "Ana", "Lead"), Watcher("b@example.com")),
    threat_actor_ip_addresses=(ThreatActorIp("192.0.2.7", "curl"), ThreatActorIp("192.0.2.8")),
    impacted_services=("Amazon S3", "TBD"),
    impacted_aws_regions=("us-east-1",),
    impacted_accounts=("000000000042",),
    metadata=(("b", "2"), ("a", "1")),
    comments=17,
)


def add(engine: Engine, new: Case) -> bool:
    """Insert the case in a transaction of its own."""
    return engine.write(lambda tx: cases.insert(tx, new, cases.counts(tx, membership())))


def read(engine: Engine, account: str, region: str, case_id: str) -> Case | None:
    """Return the case of that key."""
    return engine.read(lambda tx: cases.get(tx, account, region, case_id))


def change(engine: Engine, before: Case, after: Case) -> None:
    """Update the case in a transaction of its own."""
    engine.write(lambda tx: cases.update(tx, before, after))


def created_at(engine: Engine, number: int) -> datetime | None:
    """Return when the AWS-supported case of that number was created."""
    return engine.read(lambda tx: cases.service_managed_created_at(tx, membership(), number))


def counts(engine: Engine) -> Counts:
    """Return what is counted of the membership."""
    return engine.read(lambda tx: cases.counts(tx, membership()))


def test_every_member_comes_back(engine: Engine) -> None:
    """A case is read as it was written, by an insert and by an update, and by its id alone."""
    key = (ACCOUNT, "us-east-1", WHOLE.case_id)
    assert read(engine, *key) is None
    assert add(engine, WHOLE)
    assert read(engine, *key) == WHOLE
    plain = case()
    change(engine, WHOLE, plain)
    assert read(engine, *key) == plain
    change(engine, plain, WHOLE)
    assert read(engine, *key) == WHOLE
    for elsewhere in (("111122223334", *key[1:]), (ACCOUNT, "us-east-2", key[2])):
        assert read(engine, *elsewhere) is None


def test_a_taken_id_changes_nothing(engine: Engine) -> None:
    """An id that the account has in the Region is refused; another account may have it too."""
    assert add(engine, case(1))
    before = counts(engine)
    assert not add(engine, replace(case(1), title="Another"))
    assert counts(engine) == before
    stranger = replace(case(1), account="444455556666")
    owner = membership(account=stranger.account)
    assert engine.write(lambda tx: cases.insert(tx, stranger, cases.counts(tx, owner)))


def test_aws_supported_cases_are_numbered(engine: Engine) -> None:
    """The n-th case that was created as AWS-supported is found by n, with its time."""
    for number in range(6):
        resolver = ResolverType.AWS if number % 2 else ResolverType.SELF
        then = NOW + timedelta(hours=number)
        add(engine, replace(case(number, resolver), created_at=then))
    # What is handed over later was not created as AWS-supported.
    before = case(0)
    change(engine, before, replace(before, resolver_type=ResolverType.AWS))
    found = [created_at(engine, number) for number in range(5)]
    hours = [None if each is None else (each - NOW) / timedelta(hours=1) for each in found]
    assert hours == [None, 1, 3, 5, None]
    assert counts(engine) == Counts(6, 2, 4, 3, 7)


@dataclass
class Reader:
    """Somebody who pages through the list while it changes."""

    snapshot: int
    expected: list[str]
    before: int
    size: int
    found: list[str] = field(default_factory=list)

    def read_on(self, engine: Engine) -> bool:
        """Read one page; return whether there was any."""
        page = engine.read(
            lambda tx: case_places.page(
                tx, membership(), snapshot=self.snapshot, before=self.before, limit=self.size
            )
        )
        self.found += [each.case_id for each in page]
        if page:
            self.before = page[-1].place
        return bool(page)


# What happens next: a case is opened, one of those there is changed or closed, somebody begins to
# page, or somebody reads on.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "change", "hand over", "close", "begin", "read"]),
        st.integers(0, 30),
    ),
    min_size=10,
    max_size=60,
)
FIRST: list[tuple[str, int]] = [("open", number) for number in range(6)] + [("begin", 1)]


@given(STEPS)
@settings(max_examples=60)
def test_lists_and_counters_keep_pace_with_the_cases(steps: list[tuple[str, int]]) -> None:
    """Whatever happens between pages, each reader gets the list as it was, and counts are true."""
    engine = Engine(None)
    rows: dict[str, Case] = {}
    order: list[str] = []
    readers: list[Reader] = []
    made = 0
    for action, pick in [*FIRST, *steps]:
        if action == "open":
            new = case(len(rows), ResolverType.AWS if pick % 2 else ResolverType.SELF)
            made += pick % 2
            assert add(engine, new)
            rows[new.case_id] = new
            order.insert(0, new.case_id)
        elif action == "begin":
            last = counts(engine).last_place
            readers.append(Reader(last, list(order), last + 1, pick % 4 + 1))
        elif action == "read" and readers:
            readers[pick % len(readers)].read_on(engine)
        elif action in {"change", "hand over", "close"} and rows:
            before = rows[f"{pick % len(rows):010d}"]
            changes = {
                "change": {"title": f"Title {pick}"},
                "hand over": {"resolver_type": ResolverType.AWS},
                "close": {"status": CaseStatus.CLOSED, "closed_at": NOW},
            }
            after = replace(before, **changes[action])  # type: ignore[arg-type]  # by the name
            change(engine, before, after)
            rows[after.case_id] = after
            order.remove(after.case_id)
            order.insert(0, after.case_id)
    for reader in readers:
        while reader.read_on(engine):
            pass
        assert reader.found == reader.expected
    active = Counter(each.resolver_type for each in rows.values() if not each.is_closed)
    assert replace(counts(engine), last_place=0) == Counts(
        len(rows), active[ResolverType.SELF], active[ResolverType.AWS], made
    )
    engine.close()


def test_a_purge_takes_what_is_old_and_no_more_than_its_share(engine: Engine) -> None:
    """Only places that were replaced by then go, 1,000 at once; the list stays as it is."""
    add(engine, case(1))
    add(engine, case(2))
    turn = [case(1), case(2)]
    for number in range(1_200):
        then = NOW + timedelta(seconds=number)
        before = turn[number % 2]
        change(engine, before, replace(before, updated_at=then))
    horizon = NOW + timedelta(seconds=1_099)
    gone = [engine.write(lambda tx: case_places.purge(tx, horizon)) for _ in range(3)]
    assert gone == [1_000, 100, 0]
    last = counts(engine).last_place
    page = engine.read(
        lambda tx: case_places.page(tx, membership(), snapshot=last, before=last + 1, limit=5)
    )
    assert [each.case_id for each in page] == [case(2).case_id, case(1).case_id]


def test_the_newest_case_changes_in_place(engine: Engine) -> None:
    """A case on top of the list stays there: talking about one case fills no table."""
    add(engine, case(1))
    for _ in range(5):
        change(engine, case(1), case(1))
    assert counts(engine).last_place == 1


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_reads_a_whole_table(engine: Engine, statement: str) -> None:
    """Each statement finds its rows by an index, so that a million cases cost no more than ten."""
    names = re.findall(r":(\w+)", statement)
    plan = engine.read(
        lambda tx: tx.rows(f"EXPLAIN QUERY PLAN {statement}", dict.fromkeys(names, "1"))
    )
    told = [str(row[3]) for row in plan]
    assert told
    assert not [each for each in told if each.startswith("SCAN")]
    if statement in {case_places.PRESENT, archived_cases.PAGE}:
        assert not [each for each in told if "TEMP B-TREE" in each]
