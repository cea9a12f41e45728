"""The rules of opening a membership: who is on the team, which features, who is told."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larum.domain.memberships import (
    ALL_COMMUNICATIONS,
    CommunicationType,
    IncidentResponder,
    MembershipStatus,
    OptInFeature,
    already_exists,
    check_incident_response_team,
    check_opt_in_features,
    end_of_billing_month,
    status_at,
)
from larum.errors import ConflictException, ValidationException

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9990, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
SHAPES = json.loads((resources.files("larum.wire") / "data/security-ir.json").read_bytes())[
    "shapes"
]


def responder(email: str, *told: str) -> IncidentResponder:
    """Return somebody with that address who asked for `told`."""
    return IncidentResponder("Ana Alvarez", "Engineer", email, tuple(told))


def test_enums_are_those_of_the_model() -> None:
    """The statuses and the sixteen communication types are the model's, in its order."""
    assert list(ALL_COMMUNICATIONS) == SHAPES["CommunicationType"]["enum"]
    assert len(ALL_COMMUNICATIONS) == 16
    assert [str(each) for each in MembershipStatus] == SHAPES["MembershipStatus"]["enum"]


def test_who_names_no_preference_hears_everything() -> None:
    """A responder of an older client, who sends no preferences, has all sixteen."""
    assert IncidentResponder("A", "B", "c@d").communication_preferences == ALL_COMMUNICATIONS
    assert set(ALL_COMMUNICATIONS) == set(CommunicationType)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana@example.com", "ana@example.com"),
        ("ana@example.com", "ANA@EXAMPLE.COM"),
        ("Ana@example.com", "aNA@Example.com"),
    ],
)
def test_one_address_is_one_person(one: str, other: str) -> None:
    """The same address in any letter case is a conflict that names the place, not the person."""
    team = [responder(one), responder("bob@example.com"), responder(other)]
    with pytest.raises(ConflictException) as caught:
        check_incident_response_team(team)
    assert caught.value.members() == {
        "resourceId": "incidentResponseTeam[2]",
        "resourceType": "IncidentResponder",
    }
    assert "example.com" not in caught.value.message.lower()
    check_incident_response_team(team[:2])


def test_same_name_is_not_the_same_person() -> None:
    """Two people may share name and title: the address tells them apart."""
    team = [responder("ana@example.com"), responder("ana@example.org")]
    assert check_incident_response_team(team) is None  # type: ignore[func-returns-value]  # no refusal


@pytest.mark.parametrize("second", [True, False])
def test_a_feature_is_named_once(second: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """The same feature twice is refused whether or not the two entries agree."""
    first = OptInFeature("Triage", is_enabled=True)
    with pytest.raises(ValidationException) as caught:
        check_opt_in_features([first, OptInFeature("Triage", second)])
    assert [each.name for each in caught.value.field_list] == ["optInFeatures[1].featureName"]


def test_reprs_leave_the_people_out() -> None:
    """Nothing sensitive is in the repr of a responder, so no traceback or log can tell it."""
    assert "ana" not in repr(responder("ana@example.com")).lower()


def test_conflict_names_the_existing_membership() -> None:
    """The refusal of a second membership carries the first one's id."""
    error = already_exists("m-abcd1234efgh")
    assert error.members() == {"resourceId": "m-abcd1234efgh", "resourceType": "Membership"}


def at(text: str) -> datetime:
    """Return the UTC time that an ISO text tells."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("activated", "now", "ends"),
    [
        # The months of the guide's example, in a common year and in a leap year.
        ("2026-12-29T10:30", "2026-12-29T10:30", "2027-01-29T10:30"),
        ("2026-12-29T10:30", "2027-01-29T10:29:59.999999", "2027-01-29T10:30"),
        ("2026-12-29T10:30", "2027-01-29T10:30", "2027-02-28T10:30"),
        ("2027-12-29T10:30", "2028-02-01", "2028-02-29T10:30"),
        ("2026-12-29T10:30", "2027-02-28T10:30", "2027-03-29T10:30"),
        ("2026-12-29T10:30", "2027-03-01", "2027-03-29T10:30"),
        # The day comes back after a short month.
        ("2026-01-31", "2026-02-27", "2026-02-28"),
        ("2026-01-31", "2026-03-01", "2026-03-31"),
        ("2026-01-31", "2026-04-29", "2026-04-30"),
        ("2026-01-31", "2026-04-30", "2026-05-31"),
        ("2024-02-29", "2025-02-01", "2025-02-28"),
        ("2026-11-30", "2026-12-31", "2027-01-30"),
        # A clock that was set back is in the first month.
        ("2026-12-29", "2026-06-01", "2027-01-29"),
    ],
)
def test_billing_months_end_on_the_day_of_the_activation(
    activated: str, now: str, ends: str
) -> None:
    """From month to month on the same day and time, or on the last day of a shorter month."""
    assert end_of_billing_month(at(activated), at(now)) == at(ends)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=2000)))
def test_a_billing_month_ends_once_and_after_now(activated: datetime, age: timedelta) -> None:
    """The end is after now and at most a month away; in between it stays the same."""
    now = activated + age
    end = end_of_billing_month(activated, now)
    assert timedelta(0) < end - now <= timedelta(days=31)
    assert end.time() == activated.time()
    assert end.day == min(activated.day, monthrange(end.year, end.month)[1])
    assert end_of_billing_month(activated, now + (end - now) / 2) == end
    following = end_of_billing_month(activated, end)
    months = 12 * (following.year - end.year) + following.month - end.month
    assert months == 1


@pytest.mark.parametrize("status", MembershipStatus)
def test_only_an_active_membership_ends_by_time(status: MembershipStatus) -> None:
    """An Active one is Cancelled from its time of deactivation on; every other stays what it is."""
    end = at("2027-01-29")
    before, after = end - timedelta(microseconds=1), end + timedelta(days=1)
    assert status_at(status, end, before) is status
    ended = MembershipStatus.CANCELLED if status is MembershipStatus.ACTIVE else status
    assert [status_at(status, end, now) for now in (end, after)] == [ended, ended]
    assert status_at(status, None, after) is status
