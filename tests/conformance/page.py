"""The requests of create_membership's reference page, and what they must read back as.

Source: https://docs.aws.amazon.com/boto3/latest/reference/services/security-ir/client/create_membership.html
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from larum.domain.memberships import ALL_COMMUNICATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import ClientError

TEAM: list[dict[str, Any]] = [
    {"name": "Ana Alvarez", "jobTitle": "Security engineer", "email": "ana@example.com"},
    {"name": "Bob Brown", "jobTitle": "On call", "email": "bob@example.com"},
]
CHOSEN = ["Membership Created", "Case Created"]

# The page's vintage: no communicationPreferences, which means all of them.
OF_THE_PAGE: dict[str, Any] = {
    "clientToken": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "membershipName": "Example Corp",
    "incidentResponseTeam": TEAM,
    "optInFeatures": [{"featureName": "Triage", "isEnabled": True}],
    "tags": {"team": "security", "env": "prod"},
    "coverEntireOrganization": True,
}
EVERY_PARAMETER: dict[str, Any] = OF_THE_PAGE | {
    "incidentResponseTeam": [each | {"communicationPreferences": CHOSEN} for each in TEAM]
}
# Word for word as the page prints it.
LITERAL: dict[str, Any] = {
    "clientToken": "string",
    "membershipName": "string",
    "incidentResponseTeam": [{"name": "string", "jobTitle": "string", "email": "string"}],
    "optInFeatures": [{"featureName": "Triage", "isEnabled": True}],
    "tags": {"string": "string"},
    "coverEntireOrganization": True,
}


def smallest(**more: Any) -> dict[str, Any]:
    """Return a request with the required members and `more`."""
    return {"membershipName": "Example Corp", "incidentResponseTeam": deepcopy(TEAM), **more}


def team_read_back(team: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the team as GetMembership must tell it."""
    return [{"communicationPreferences": list(ALL_COMMUNICATIONS)} | each for each in team]


def refusal_of(error: ClientError) -> dict[str, Any]:
    """Return all members of the exception that boto3 raised."""
    return without_metadata(error.response)


def failed_fields(error: ClientError) -> dict[str, str]:
    """Return what a ValidationException says about each field that it names."""
    return {each["name"]: each["message"] for each in refusal_of(error)["fieldList"]}


def without_metadata(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the service said, without botocore's notes on how it was carried."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}
