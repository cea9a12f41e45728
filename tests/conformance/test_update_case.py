"""update_case: members replaced, lists that grow and shrink as sets, and no change at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.domain.cases import PendingAction
from tests.conformance.cases import EVERY_PARAMETER, REPORTED, customer, told, waiting
from tests.conformance.page import failed_fields, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED

if TYPE_CHECKING:
    from larum.store.engine import Transaction
    from tests.conformance.instances import Instance

LATER = REPORTED + timedelta(hours=1)
# What is sent, and what the case has then.
CHANGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"title": "Two sign-ins"}, {"title": "Two sign-ins"}, "title"),
    ({"description": "More."}, {"description": "More."}, "description"),
    (
        {"engagementType": "Security Incident"},
        {"engagementType": "Security Incident"},
        "engagement type",
    ),
    (
        {"reportedIncidentStartDate": LATER},
        {"reportedIncidentStartDate": LATER},
        "reported incident start date",
    ),
    (
        {"actualIncidentStartDate": LATER},
        {"actualIncidentStartDate": LATER},
        "actual incident start date",
    ),
    (
        {
            "watchersToAdd": [{"email": "erin@example.com", "name": "Erin"}],
            "watchersToDelete": [{"email": "CAROL@example.com"}],
        },
        {
            "watchers": [
                {"email": "dave@example.com"},
                {"email": "erin@example.com", "name": "Erin"},
            ]
        },
        "watchers",
    ),
    (
        {
            "threatActorIpAddressesToAdd": [{"ipAddress": "198.51.100.9"}],
            "threatActorIpAddressesToDelete": [{"ipAddress": "192.0.2.7"}],
        },
        {
            "threatActorIpAddresses": [
                {"ipAddress": "2001:DB8:0:0:0:0:0:1"},
                {"ipAddress": "198.51.100.9"},
            ]
        },
        "threat actor IP addresses",
    ),
    (
        {"impactedServicesToAdd": ["AWS Lambda"], "impactedServicesToDelete": ["Amazon S3"]},
        {"impactedServices": ["Amazon EC2", "AWS Lambda"]},
        "impacted services",
    ),
    (
        {
            "impactedAwsRegionsToAdd": [{"region": "eu-north-1"}],
            "impactedAwsRegionsToDelete": [{"region": "us-east-1"}],
        },
        {"impactedAwsRegions": [{"region": "eu-west-1"}, {"region": "eu-north-1"}]},
        "impacted AWS Regions",
    ),
    (
        {
            "impactedAccountsToAdd": ["777788889999"],
            "impactedAccountsToDelete": ["444455556666"],
        },
        {"impactedAccounts": ["111122223333", "777788889999"]},
        "impacted accounts",
    ),
    (
        {"caseMetadata": [{"key": "severity", "value": "high"}]},
        {"caseMetadata": [{"key": "severity", "value": "high"}]},
        "case metadata",
    ),
]
NO_CHANGES: list[dict[str, Any]] = [
    {},
    {name: EVERY_PARAMETER[name] for name in ("title", "description", "engagementType")},
    {"reportedIncidentStartDate": REPORTED},
    {"watchersToAdd": [{"email": "DAVE@example.com", "name": "Another name"}]},
    {"watchersToDelete": [{"email": "nobody@example.com"}]},
    {"impactedServicesToAdd": ["Amazon S3"], "impactedServicesToDelete": ["AWS Lambda"]},
    {"impactedAccountsToAdd": ["111122223333"], "impactedAccountsToDelete": ["111122223333"]},
    {"watchersToAdd": [], "watchersToDelete": []},
]


def test_each_member_changes_alone(connect: Instance, account: str) -> None:
    """Every member that can be given changes what it names, and the edit names it."""
    who = customer(connect, account)
    case_id = who.opened(**EVERY_PARAMETER)
    expected = who.read(case_id)
    for sent, changed, word in CHANGES:
        response = who.client.update_case(caseId=case_id, **sent)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert without_metadata(response) == {}
        got = who.read(case_id)
        assert got["lastUpdatedDate"] >= expected["lastUpdatedDate"]
        expected |= changed | {"lastUpdatedDate": got["lastUpdatedDate"]}
        assert got == expected
        assert who.actions(case_id)[-1] == ("Update case", f"Updated {word}.")


def test_all_members_at_once(connect: Instance, account: str) -> None:
    """One call with every member does all of it, in one edit that names all in order."""
    who = customer(connect, account)
    case_id = who.opened(**EVERY_PARAMETER)
    sent: dict[str, Any] = {}
    expected = who.read(case_id)
    for each, changed, _ in CHANGES:
        sent |= each
        expected |= changed
    who.client.update_case(caseId=case_id, **sent)
    got = who.read(case_id)
    assert got == expected | {"lastUpdatedDate": got["lastUpdatedDate"]}
    words = [word for _, _, word in CHANGES]
    message = f"Updated {', '.join(words[:-1])} and {words[-1]}."
    assert who.actions(case_id)[1:] == [("Update case", message)]


def test_what_changes_nothing_leaves_no_trace(connect: Instance, account: str) -> None:
    """Adding what is there and deleting what is not is 200: no edit, no new time, no new place."""
    who = customer(connect, account)
    case_id = who.opened(**EVERY_PARAMETER)
    before = who.read(case_id)
    newer = who.opened()
    for sent in NO_CHANGES:
        response = who.client.update_case(caseId=case_id, **sent)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert who.read(case_id) == before
    assert len(who.edits(case_id)) == 1
    assert who.listed() == [newer, case_id]


def test_metadata_goes_in_by_key(connect: Instance, account: str) -> None:
    """A key that is there gets the new value; the 31st key is refused, and so is one twice."""
    who = customer(connect, account)
    case_id = who.opened()
    pairs = [{"key": f"key{number}", "value": "old"} for number in range(30)]
    who.client.update_case(caseId=case_id, caseMetadata=pairs)  # type: ignore[arg-type]  # dicts
    who.client.update_case(caseId=case_id, caseMetadata=[{"key": "key7", "value": "new"}])
    found = {each["key"]: each["value"] for each in who.read(case_id)["caseMetadata"]}
    assert found == {each["key"]: "old" for each in pairs} | {"key7": "new"}
    for given, field in (
        ([{"key": "key30", "value": "one too many"}], "caseMetadata"),
        ([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], "caseMetadata[1].key"),
    ):
        with pytest.raises(who.client.exceptions.ValidationException) as caught:
            who.client.update_case(caseId=case_id, caseMetadata=given)  # type: ignore[arg-type]  # dicts
        assert failed_fields(caught.value).keys() == {field}


@pytest.mark.parametrize(
    ("member", "items", "most"),
    [
        ("watchers", [{"email": f"w{number}@example.com"} for number in range(60)], 30),
        (
            "threatActorIpAddresses",
            [{"ipAddress": f"192.0.{number % 2}.{number // 2}"} for number in range(400)],
            200,
        ),
        ("impactedServices", [f"Service {number}" for number in range(1_200)], 600),
        ("impactedAccounts", [f"{number:012d}" for number in range(400)], 200),
    ],
)
def test_a_list_never_gets_longer_than_the_model_allows(
    connect: Instance, account: str, member: str, items: list[Any], most: int
) -> None:
    """The list is filled to its maximum; one more is a ValidationException that names the adder."""
    who = customer(connect, account)
    case_id = who.opened(**{member: items[:most]})
    add, delete = f"{member}ToAdd", f"{member}ToDelete"
    one_more: dict[str, Any] = {"caseId": case_id, add: items[most : most + 1]}
    with pytest.raises(who.client.exceptions.ValidationException) as caught:
        who.client.update_case(**one_more)
    assert failed_fields(caught.value).keys() == {add}
    assert who.read(case_id)[member] == items[:most]
    # As many as go may come.
    both: dict[str, Any] = {"caseId": case_id, add: items[most:], delete: items[:most]}
    who.client.update_case(**both)
    assert who.read(case_id)[member] == items[most:]


def test_a_closed_case_takes_no_update(connect: Instance, account: str) -> None:
    """Any update of a Closed case, an empty one too, is a conflict that names it."""
    who = customer(connect, account)
    case_id = who.opened()
    who.client.close_case(caseId=case_id)
    before = who.read(case_id)
    updates: list[dict[str, Any]] = [{"title": "Later"}, {}]
    for sent in updates:
        with pytest.raises(who.client.exceptions.ConflictException) as caught:
            who.client.update_case(caseId=case_id, **sent)
        assert told(caught.value) == ("ConflictException", case_id, "Case")
    assert who.read(case_id) == before


def test_values_that_break_the_model_change_nothing(connect: Instance, account: str) -> None:
    """All failing members are named, and nothing of the update happens."""
    who = customer(connect, account)
    case_id = who.opened()
    before = who.read(case_id)
    client = connect.client(account=account, config=UNCHECKED)
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.update_case(
            caseId=case_id,
            title="",
            description="Fine.",
            engagementType="Party",  # type: ignore[arg-type]  # the point of the test
            impactedAwsRegionsToAdd=[{"region": "mars-1"}],  # type: ignore[typeddict-item]  # same
            caseMetadata=[],
        )
    assert failed_fields(caught.value).keys() == {
        "title",
        "engagementType",
        "impactedAwsRegionsToAdd[0].region",
        "caseMetadata",
    }
    assert who.read(case_id) == before


def test_an_update_answers_what_the_customer_was_asked() -> None:
    """A change by the customer sets pendingAction to None; what changes nothing does not."""
    with larum.Service() as service:
        who = customer(service, ADMINISTRATOR)
        case_id = who.opened(resolverType="AWS")

        def ask(tx: Transaction) -> None:
            tx.change(
                "UPDATE cases SET pending_action = :action", {"action": PendingAction.CUSTOMER}
            )

        service.engine.write(ask)
        who.client.update_case(caseId=case_id)
        assert who.read(case_id)["pendingAction"] == "Customer"
        who.client.update_case(caseId=case_id, title="Answered")
        assert who.read(case_id)["pendingAction"] == "None"


def test_one_event_and_a_notice_for_each(account: str) -> None:
    """A change is told to the team and to the watchers it has afterwards; no change to nobody."""
    with larum.Service() as service:
        who = customer(service, account)
        case_id = who.opened(watchers=[{"email": "old@example.com"}])
        before = len(waiting(service))
        who.client.update_case(
            caseId=case_id,
            watchersToAdd=[{"email": "new@example.com"}],
            watchersToDelete=[{"email": "old@example.com"}],
        )
        who.client.update_case(caseId=case_id)
        event, *notices = waiting(service)[before:]
        assert (event.type, event.resource_arn) == ("Case Updated", who.arn(case_id))
        assert event.detail == f'{{"caseId":"{case_id}","updatedBy":"{account}"}}'
        assert {each.type for each in notices} == {"Case Updated"}
        assert sorted(str(each.recipient) for each in notices) == [
            "ana@example.com",
            "bob@example.com",
            "new@example.com",
        ]
