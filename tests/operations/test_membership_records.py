"""What an operation leaves beside its answer: outbox rows and audit records, in its transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import larum
from larum.store import audit
from larum.store import outbox as outbox_rows
from tests.conformance.page import TEAM, smallest
from tests.edge.larum_servers import UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.store.outbox import OutboxEntry

ACCOUNT = "111122223333"
AUDIT = "SELECT record FROM audit_records WHERE account = :account ORDER BY sequence"


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """A service of its own."""
    with larum.Service() as made:
        yield made


def outbox(service: larum.Service) -> list[OutboxEntry]:
    """Return what waits for the account, oldest first."""
    entries = service.engine.read(lambda tx: outbox_rows.page(tx, "", 1_000))
    return [each for each in entries if each.account == ACCOUNT]


def records(service: larum.Service) -> list[dict[str, Any]]:
    """Return the account's audit records, oldest first; their chain must be whole."""
    assert service.engine.read(lambda tx: audit.first_broken(tx, ACCOUNT)) is None
    rows = service.engine.read(lambda tx: tx.rows(AUDIT, {"account": ACCOUNT}))
    return [json.loads(text) for (text,) in rows]


def test_creation_is_told_to_those_who_asked(service: larum.Service) -> None:
    """One event, and a notice for each team member who wants to hear of new memberships."""
    team: list[Any] = [
        TEAM[0] | {"communicationPreferences": ["Membership Created", "Case Closed"]},
        TEAM[1] | {"communicationPreferences": ["Case Created"]},
        {"name": "Eve", "jobTitle": "Old client", "email": "Eve@example.com"},
    ]
    client = service.client(account=ACCOUNT)
    made = client.create_membership(membershipName="Example", incidentResponseTeam=team)
    arn = f"arn:aws:security-ir:us-east-1:{ACCOUNT}:membership/{made['membershipId']}"
    rows = outbox(service)
    assert [(each.kind, each.type, each.recipient) for each in rows] == [
        ("event", "Membership Created", None),
        ("notice", "Membership Created", "ana@example.com"),
        ("notice", "Membership Created", "Eve@example.com"),
    ]
    for each in rows:
        assert (each.account, each.region, each.resource_arn) == (ACCOUNT, "us-east-1", arn)
        assert json.loads(each.detail) == {"membershipId": made["membershipId"]}
    (event,) = {each.outbox_id.partition("/")[0] for each in rows}
    assert UUID(event).version == 7


def test_replay_tells_nobody_again(service: larum.Service) -> None:
    """A replayed creation adds no event and no notice, and one audit record that says so."""
    client = service.client(account=ACCOUNT)
    for _ in range(3):
        client.create_membership(**smallest(clientToken="once"))
    assert [each.kind for each in outbox(service)].count("event") == 1
    assert len(outbox(service)) == 3
    assert [record["replayed"] for record in records(service)] == [False, True, True]
    assert len({record["responseElements"]["membershipId"] for record in records(service)}) == 1


def test_refusals_leave_nothing(service: larum.Service) -> None:
    """A creation that is refused leaves no event, no tag, no token and no membership."""
    client = service.client(account=ACCOUNT, config=UNCHECKED)
    twice = smallest(clientToken="once", tags={"a": "b"})
    twice["incidentResponseTeam"][1]["email"] = "ANA@example.com"
    with pytest.raises(client.exceptions.ConflictException):
        client.create_membership(**twice)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.create_membership(**smallest(clientToken="once", coverEntireOrganization=True))
    assert outbox(service) == []
    for table in ("tags", "client_tokens", "memberships"):
        count = service.engine.read(
            lambda tx, name=table: tx.rows(f"SELECT count(*) FROM {name}", {})  # type: ignore[misc]  # noqa: S608 - our own names
        )
        assert count == [(0,)], table
    client.create_membership(**smallest(clientToken="once"))


def test_tags_are_told_only_when_they_change(service: larum.Service) -> None:
    """Tagging and untagging tell of an update once; repeating them tells nothing."""
    client = service.client(account=ACCOUNT)
    made = client.create_membership(**smallest())["membershipId"]
    arn = client.get_membership(membershipId=made)["membershipArn"]
    before = len(outbox(service))
    for _ in range(2):
        client.tag_resource(resourceArn=arn, tags={"a": "1"})
    for _ in range(2):
        client.untag_resource(resourceArn=arn, tagKeys=["a"])
    told = [each.type for each in outbox(service)[before:] if each.kind == "event"]
    assert told == ["Membership Updated"] * 2


def test_audit_record_names_members_and_no_values(service: larum.Service) -> None:
    """An audit record has who, what, where and which members were given, and nobody's data."""
    client = service.client(account=ACCOUNT)
    client.create_membership(**smallest(tags={"canarykey": "canaryvalue"}, clientToken="canaryt"))
    (record,) = records(service)
    assert record["eventName"] == "CreateMembership"
    assert record["eventSource"] == "security-ir.amazonaws.com"
    assert record["awsRegion"] == "us-east-1"
    assert record["userIdentity"]["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert set(record["requestParameters"]) >= {"membershipName", "incidentResponseTeam", "tags"}
    text = json.dumps(record)
    for value in ("canary", "Example Corp", "Ana", "ana@example.com", "Security engineer"):
        assert value not in text, value


def test_reads_tell_nobody(service: larum.Service) -> None:
    """Reads leave no outbox row and, where they are allowed, no audit record."""
    client = service.client(account=ACCOUNT)
    made = client.create_membership(**smallest())["membershipId"]
    before = (outbox(service), records(service))
    client.list_memberships()
    arn = client.get_membership(membershipId=made)["membershipArn"]
    client.list_tags_for_resource(resourceArn=arn)
    assert (outbox(service), records(service)) == before
