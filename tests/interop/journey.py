"""One journey with boto3 through everything that works, printed as JSON without ids and times.

    python journey.py http                  over HTTP, to where the environment says
    python journey.py embedded DIRECTORY    in this process

It runs under the oldest and the newest boto3, so it sends each parameter that the given boto3 knows
and nothing else, and imports nothing of the tests. What it prints must not depend on the way in.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.model import Shape
    from mypy_boto3_security_ir import SecurityIncidentResponseClient as Client

NARROW = ["Case Created", "Membership Created"]
PARAMETERS: dict[str, Any] = {
    "clientToken": "journey-ünï-✓",
    "membershipName": "Rettungsdienst 🚑",
    "incidentResponseTeam": [
        {
            "name": "Ana Ø",
            "jobTitle": "Lead",
            "email": "ana@example.com",
            "communicationPreferences": NARROW,
        },
        {"name": "Ben", "jobTitle": "Analyst", "email": "ben@example.com"},
    ],
    "optInFeatures": [{"featureName": "Triage", "isEnabled": True}],
    "tags": {"team": "blue", "empty": "", "a key/with: signs": "v=1+2 @ ü"},
    "coverEntireOrganization": True,
}
FOREIGN = "m-" + "0" * 30
ID = re.compile(r"m-[a-z0-9]{10,32}")


def known(value: object, shape: Shape) -> object:
    """Return `value` without the members that the client's model does not have."""
    members = getattr(shape, "members", None)
    if isinstance(value, dict) and members is not None:
        return {name: known(each, members[name]) for name, each in value.items() if name in members}
    if isinstance(value, list):
        return [known(each, shape.member) for each in value]  # type: ignore[attr-defined] # a list's
    return value


def all_parameters(client: Client) -> dict[str, Any]:
    """Return every parameter of create_membership that the client knows; a new one is an error."""
    shape = client.meta.service_model.operation_model("CreateMembership").input_shape
    assert shape is not None
    unsent = set(shape.members) - set(PARAMETERS)
    if unsent:
        message = f"the journey does not send {unsent}"
        raise AssertionError(message)
    return {
        name: known(each, shape.members[name])
        for name, each in PARAMETERS.items()
        if name in shape.members
    }


def told(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with its status and without what differs each time."""
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    kept = {name: each for name, each in answer.items() if name != "ResponseMetadata"}
    return {"status": status, **kept}


def refused(client: Client, name: str, call: Callable[[], Any]) -> dict[str, Any]:
    """Return what the error `name`, caught by its class on the client, says."""
    try:
        call()
    except getattr(client.exceptions, name) as error:
        return told(error.response)
    message = f"{name} was not raised"
    raise AssertionError(message)


def refusals(client: Client, parameters: dict[str, Any]) -> dict[str, Any]:
    """Make the errors of a caller's own doing happen; the inputs pass the client's own checks."""
    other = parameters | {"clientToken": "another-token"}
    changed = parameters | {"membershipName": "Another name"}
    invalid = other | {
        "membershipName": "n" * 51,
        "tags": {"k" * 129: "v"},
        "incidentResponseTeam": [
            {"name": "Ana", "jobTitle": "Lead", "email": "nobody.example.com"},
            {"name": "Ben", "jobTitle": "j" * 51, "email": "ben@example.com"},
        ],
    }
    return {
        "second": refused(client, "ConflictException", lambda: client.create_membership(**other)),
        "token": refused(client, "ConflictException", lambda: client.create_membership(**changed)),
        "invalid": refused(
            client, "ValidationException", lambda: client.create_membership(**invalid)
        ),
        "foreign": refused(
            client, "AccessDeniedException", lambda: client.get_membership(membershipId=FOREIGN)
        ),
    }


def tags(client: Client, arn: str) -> dict[str, Any]:
    """Tag, untag and list; the ARN travels in the path."""
    added = {"team": "red", "später": "ja"}
    return {
        "before": told(client.list_tags_for_resource(resourceArn=arn)),
        "tag": told(client.tag_resource(resourceArn=arn, tags=added)),
        "untag": told(
            client.untag_resource(resourceArn=arn, tagKeys=["empty", "a key/with: signs", "none"])
        ),
        "after": told(client.list_tags_for_resource(resourceArn=arn)),
    }


def changes(client: Client, membership_id: str) -> dict[str, Any]:
    """Ask who is covered, rename, cancel twice, and read what is left."""
    named: Any = {"membershipId": membership_id}
    accounts = ["123456789012", "999999999999"]
    return {
        "covered": told(client.batch_get_member_account_details(accountIds=accounts, **named)),
        "update": told(client.update_membership(membershipName="New name", **named)),
        "cancel": told(client.cancel_membership(**named)),
        "cancel again": told(client.cancel_membership(**named)),
        "get": told(client.get_membership(**named)),
    }


def pages(client: Client) -> list[dict[str, Any]]:
    """List the memberships page by page."""
    paginator = client.get_paginator("list_memberships")
    found = paginator.paginate(PaginationConfig={"PageSize": 1})
    return [told(page) for page in found]


def journey(client: Client) -> dict[str, Any]:
    """Take the whole way and return what was answered."""
    parameters = all_parameters(client)
    created = client.create_membership(**parameters)
    replayed = client.create_membership(**parameters)
    membership = client.get_membership(membershipId=created["membershipId"])
    return {
        "create": told(created),
        "replay": told(replayed),
        "replayed the same id": replayed["membershipId"] == created["membershipId"],
        "get": told(membership),
        "list": pages(client),
        "tags": tags(client, membership["membershipArn"]),
        "refused": refusals(client, parameters),
        "changed": changes(client, created["membershipId"]),
    }


def without_ids_and_times(summary: dict[str, Any]) -> str:
    """Return the summary as JSON in which equal journeys are equal."""
    text = json.dumps(
        summary, default=lambda _: "a time", indent=1, sort_keys=True, ensure_ascii=False
    )
    return ID.sub(lambda found: "foreign" if found[0] == FOREIGN else "m-…", text)


def main() -> None:
    """Make the client that the arguments ask for, and travel."""
    if sys.argv[1] == "embedded":
        import larum

        client = larum.client(sys.argv[2])
    else:
        import boto3

        client = boto3.client("security-ir")
    sys.stdout.write(without_ids_and_times(journey(client)))
    client.close()


if __name__ == "__main__":
    main()
