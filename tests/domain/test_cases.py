"""Cases: every pair of statuses, both resolvers, closing, and what never shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from larum.domain.cases import (
    TRANSITIONS,
    Case,
    CaseStatus,
    ClosureCode,
    EngagementType,
    PendingAction,
    ResolverType,
    ThreatActorIp,
    Watcher,
)
from larum.errors import ConflictException, ValidationException

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SELF, AWS = ResolverType.SELF, ResolverType.AWS
# The newest reference's table of self-managed moves, by initials: service-behaviour §2.2.
PUBLISHED = {"S-D", "S-C", "S-P", "D-C", "D-P", "C-D", "C-P", "P-C", "P-D"}
INITIALS = {
    "S": CaseStatus.SUBMITTED,
    "D": CaseStatus.DETECTION,
    "C": CaseStatus.CONTAINMENT,
    "P": CaseStatus.POST_INCIDENT,
}
SELF_MANAGED = {(INITIALS[each[0]], INITIALS[each[2]]) for each in PUBLISHED}
EVERY_PAIR = list(product(CaseStatus, CaseStatus))
WORK = {CaseStatus.DETECTION, CaseStatus.CONTAINMENT, CaseStatus.POST_INCIDENT}


def case(status: CaseStatus = CaseStatus.SUBMITTED, resolver: ResolverType = SELF) -> Case:
    """Return a case of that status and resolver."""
    return Case(
        account="111122223333",
        region="us-east-1",
        membership_id="m-1",
        case_id="0123456789",
        title="secret title",
        description="secret description",
        engagement_type=EngagementType.INVESTIGATION,
        resolver_type=resolver,
        reported_incident_start_date=NOW,
        created_at=NOW,
        updated_at=NOW,
        status=status,
        watchers=(Watcher("secret@example.com"),),
        closed_at=NOW if status is CaseStatus.CLOSED else None,
    )


def may_move(before: CaseStatus, after: CaseStatus, resolver: ResolverType) -> bool:
    """Tell by other words than the table's whether a case may move."""
    if before is CaseStatus.CLOSED:
        return False
    if resolver is SELF:
        closable = before in INITIALS.values() and after is CaseStatus.CLOSED
        return closable or (before, after) in SELF_MANAGED
    if after in {CaseStatus.CLOSED, CaseStatus.READY_TO_CLOSE}:
        return True
    if after is CaseStatus.ACKNOWLEDGED:
        return before is CaseStatus.SUBMITTED
    return after in WORK


@pytest.mark.parametrize("resolver", [SELF, AWS])
@pytest.mark.parametrize(("before", "after"), EVERY_PAIR)
def test_every_pair_of_statuses(
    before: CaseStatus, after: CaseStatus, resolver: ResolverType
) -> None:
    """A case moves where the published table, or the responder's, says so; else it is refused."""
    found = case(before, resolver)
    if before is after:
        assert found.moved(after) is found
    elif may_move(before, after, resolver):
        assert found.moved(after) == replace(found, status=after)
    else:
        with pytest.raises(ConflictException) as caught:
            found.moved(after)
        assert (caught.value.resource_id, caught.value.resource_type) == ("0123456789", "Case")


def test_the_table_has_no_move_to_itself() -> None:
    """Staying is no move, and no resolver has an entry that nobody may use."""
    assert all(before is not after for before, after in TRANSITIONS)
    assert all(TRANSITIONS.values())


@pytest.mark.parametrize("resolver", [SELF, AWS])
def test_closing_is_once(resolver: ResolverType) -> None:
    """A case is closed with its time and code, waits for nobody, and stays so when closed again."""
    found = replace(case(resolver=resolver), pending_action=PendingAction.CUSTOMER)
    closed = found.closed(NOW, ClosureCode.DUPLICATE)
    assert closed == replace(
        found,
        status=CaseStatus.CLOSED,
        closed_at=NOW,
        closure_code=ClosureCode.DUPLICATE,
        pending_action=PendingAction.NONE,
    )
    assert closed.closed(NOW + timedelta(days=1), ClosureCode.NOT_RESOLVED) is closed


@pytest.mark.parametrize("status", sorted(set(CaseStatus) - {CaseStatus.CLOSED}))
def test_a_hand_over_starts_again(status: CaseStatus) -> None:
    """From Self to AWS a case of any status is Submitted; to what it has, it is itself."""
    found = case(status)
    assert found.resolved_by(AWS) == replace(found, resolver_type=AWS, status=CaseStatus.SUBMITTED)
    for resolver in (SELF, AWS):
        same = case(status, resolver)
        assert same.resolved_by(resolver) is same
    with pytest.raises(ValidationException):
        case(status, AWS).resolved_by(SELF)


@pytest.mark.parametrize(("resolver", "to"), list(product([SELF, AWS], [SELF, AWS])))
def test_a_closed_case_is_final(resolver: ResolverType, to: ResolverType) -> None:
    """Closed refuses a change and any resolver, the one that it has too."""
    found = case(CaseStatus.CLOSED, resolver)
    with pytest.raises(ConflictException, match="final"):
        found.check_open()
    with pytest.raises(ConflictException):
        found.resolved_by(to)
    case(CaseStatus.READY_TO_CLOSE, resolver).check_open()


def test_nothing_sensitive_shows() -> None:
    """What a log might print of a case names no person, text or address."""
    shown = repr([case(), Watcher("secret@example.com", "secret"), ThreatActorIp("secret")])
    assert "secret" not in shown
    assert "0123456789" in shown
    assert case().arn == "arn:aws:security-ir:us-east-1:111122223333:case/0123456789"
