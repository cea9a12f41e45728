"""The rules of opening a membership: who is on the team, which features, who is told."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from larum.domain.memberships import (
    ALL_COMMUNICATIONS,
    CommunicationType,
    IncidentResponder,
    MembershipStatus,
    OptInFeature,
    already_exists,
    check_incident_response_team,
    check_opt_in_features,
)
from larum.errors import ConflictException, ValidationException

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
