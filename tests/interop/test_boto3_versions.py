"""The oldest boto3 that knows the service and the newest take the same journey, by both ways in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import larum
from tests.interop.running import ENVIRONMENTS, clean_environment, running

JOURNEY = Path(__file__).with_name("journey.py")
OLDEST, NEWEST = "interop-oldest", "interop-newest"
BOTH = pytest.mark.parametrize("version", [OLDEST, NEWEST])
NARROW = ["Case Created", "Membership Created"]
SIXTEEN = 16
Summary = dict[str, Any]


def travel(version: str, *arguments: str, environment: dict[str, str]) -> Summary:
    """Run the journey with that boto3; return its summary."""
    done = subprocess.run(
        [str(ENVIRONMENTS / version / "bin" / "python"), str(JOURNEY), *arguments],
        env=environment | {"PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary: Summary = json.loads(done.stdout)
    return summary


def travel_over_http(version: str, directory: Path) -> Summary:
    """Run the journey against a server on `directory`."""
    with running(directory) as server:
        return travel(version, "http", environment=server.environment)


def travel_in_process(version: str, directory: Path) -> Summary:
    """Run the journey with the service inside its process, kept in `directory`."""
    return travel(version, "embedded", str(directory), environment=clean_environment())


def team_in(directory: Path) -> list[list[str]]:
    """Return each responder's communicationPreferences, as the newest boto3 reads them."""
    client = larum.client(directory)
    try:
        (item,) = client.list_memberships()["items"]
        membership = client.get_membership(membershipId=item["membershipId"])
        return [
            [str(one) for one in each["communicationPreferences"]]
            for each in membership["incidentResponseTeam"]
        ]
    finally:
        client.close()


def flat(value: object, path: str = "") -> dict[str, object]:
    """Return path -> leaf of a JSON value; `[3]` is a position in a list."""
    if isinstance(value, dict) and value:
        return {
            leaf: each
            for name, inner in value.items()
            for leaf, each in flat(inner, f"{path}.{name}").items()
        }
    if isinstance(value, list) and value:
        return {
            leaf: each
            for number, inner in enumerate(value)
            for leaf, each in flat(inner, f"{path}[{number}]").items()
        }
    return {path: value}


@BOTH
def test_the_way_in_makes_no_difference(version: str, tmp_path: Path) -> None:
    """Over HTTP and in process, one boto3 gets the same answers and errors, to the letter."""
    over_http = travel_over_http(version, tmp_path / "served")
    assert over_http == travel_in_process(version, tmp_path / "embedded")
    assert over_http["create"]["status"] == 201
    assert over_http["replayed the same id"]
    assert over_http["changed"]["get"]["membershipName"] == "New name"
    assert over_http["changed"]["get"]["membershipStatus"] == "Cancelled"


def test_the_versions_differ_only_in_what_the_oldest_cannot_read(tmp_path: Path) -> None:
    """Every answer that the oldest boto3 can read is the one that the newest gets."""
    oldest = flat(travel_in_process(OLDEST, tmp_path / "oldest"))
    newest = flat(travel_in_process(NEWEST, tmp_path / "newest"))
    # It knows no coverEntireOrganization either, so what is covered is answered to the newest only.
    unread = (".membershipAccountsConfigurations.", ".communicationPreferences[")
    extra = newest.keys() - oldest.keys()
    assert oldest.items() <= newest.items()
    assert extra
    assert [path for path in extra if not any(name in path for name in unread)] == []


def test_the_oldest_boto3_asks_for_every_communication(tmp_path: Path) -> None:
    """A client too old to know communicationPreferences means all sixteen."""
    travel_over_http(OLDEST, tmp_path / "data")
    assert [len(set(each)) for each in team_in(tmp_path / "data")] == [SIXTEEN, SIXTEEN]


def test_the_newest_boto3_asks_for_what_it_names(tmp_path: Path) -> None:
    """Named communicationPreferences are kept as given; who names none gets all sixteen."""
    travel_over_http(NEWEST, tmp_path / "data")
    named, unnamed = team_in(tmp_path / "data")
    assert named == NARROW
    assert len(set(unnamed)) == SIXTEEN


def test_the_refusals_carry_every_modelled_member(tmp_path: Path) -> None:
    """The oldest boto3 reads resourceId, resourceType, reason and fieldList of the errors."""
    caught = travel_over_http(OLDEST, tmp_path / "data")["refused"]
    assert caught["second"]["status"] == 409
    assert caught["second"]["resourceType"] == "Membership"
    assert caught["second"]["resourceId"] == "m-…"
    assert caught["invalid"]["reason"] == "FIELD_VALIDATION_FAILED"
    assert {each["name"] for each in caught["invalid"]["fieldList"]} == {
        "membershipName",
        "incidentResponseTeam[0].email",
        "incidentResponseTeam[1].jobTitle",
        "tags[0].key",
    }
    assert caught["foreign"]["status"] == 403
