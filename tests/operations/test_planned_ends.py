"""`--cancellation end-of-month`: usable until the billing month ends, and then ended for everyone.

Nothing here sweeps unless it says so: what can be read and done must not wait for a sweep.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

import larum
from larum.settings import ROOT_ACCOUNT, Settings
from larum.store import audit
from tests.conformance.evidence import put
from tests.conformance.page import refusal_of, smallest, without_metadata
from tests.conformance.supported_cases import opening
from tests.finding_documents import guard_duty
from tests.operations.directories import describe, outbox
from tests.operations.planned_ends import (
    A_MOMENT,
    ALONE,
    AT_END_OF_MONTH,
    BEGIN,
    END,
    LATER,
    MEMBER,
    Clock,
    ending,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.operations.planned_ends import Ending

AUDIT = "SELECT record FROM audit_records WHERE account = :account ORDER BY sequence"
NOT_ACTIVE = "SecurityIncidentResponseNotActiveException"
CONFLICT = "ConflictException"


@pytest.fixture
def it() -> Iterator[Ending]:
    """A membership whose cancellation will take effect on 29 January."""
    with ending() as made:
        yield made


def code_of(call: Callable[..., object], **params: Any) -> str:
    """Return the name of the exception that a call raises."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def events(service: larum.Service) -> list[str]:
    """Return the types of the events that wait, in their order."""
    return [kind for what, kind, _ in outbox(service) if what == "event"]


def test_until_the_end_of_the_month_nothing_is_lost(it: Ending) -> None:
    """Active with its end beside it: covered, listed, cases go on, no second one beside it."""
    before = it.get()
    it.pass_to(BEGIN + timedelta(days=20))
    assert it.client.cancel_membership(membershipId=it.membership_id)["membershipId"]
    it.pass_to(END - A_MOMENT)
    assert it.get() == before | {"membershipDeactivationTimestamp": END}
    assert it.client.list_memberships()["items"][0]["membershipStatus"] == "Active"
    assert it.stands(MEMBER) == "Associated"
    case = it.client.create_case(**opening())["caseId"]
    it.client.create_case_comment(caseId=case, body="Still at work.")
    it.operator.acknowledge_case(accountId=ROOT_ACCOUNT, region="us-east-1", caseId=case)
    it.client.update_membership(membershipId=it.membership_id, membershipName="Renamed")
    assert it.get()["membershipDeactivationTimestamp"] == END
    with pytest.raises(it.client.exceptions.ConflictException) as caught:
        it.create()
    assert refusal_of(caught.value)["resourceId"] == it.membership_id
    it.sweep()
    assert it.get()["membershipStatus"] == "Active"


def test_cancelling_again_changes_nothing(it: Ending) -> None:
    """A repeated call is 200 with the same id: no event, no other time, in the next month too."""
    it.client.cancel_membership(membershipId=it.membership_id)
    told = outbox(it.service)
    for moment in (BEGIN + timedelta(days=3), END, END + timedelta(days=40)):
        it.pass_to(moment)
        again = it.client.cancel_membership(membershipId=it.membership_id)
        assert again["membershipId"] == it.membership_id
        assert it.get()["membershipDeactivationTimestamp"] == END
    assert outbox(it.service) == told


def test_those_who_asked_are_told_now_and_then(it: Ending) -> None:
    """The change is told when it is made, and the cancellation once, when it takes effect."""
    it.client.cancel_membership(membershipId=it.membership_id)
    it.pass_to(END)
    it.sweep()
    assert events(it.service) == [
        "Membership Created",
        "Membership Updated",
        "Membership Cancelled",
    ]
    assert outbox(it.service)[-2:] == [
        ("notice", "Membership Cancelled", "ana@example.com"),
        ("notice", "Membership Cancelled", "bob@example.com"),
    ]
    records = it.service.engine.read(lambda tx: tx.rows(AUDIT, {"account": ROOT_ACCOUNT}))
    names = [json.loads(row[0])["eventName"] for row in records]
    assert names[-2:] == ["CancelMembership", "EndMembership"]
    assert it.service.engine.read(lambda tx: audit.first_broken(tx, ROOT_ACCOUNT)) is None
    assert describe(it.service)["activeMemberships"] == 0


def seen(it: Ending, case: str) -> list[object]:
    """Return all that can be read of the membership, by its account and by the operator."""
    named = {"accountId": ROOT_ACCOUNT, "region": "us-east-1"}
    ours = {**named, "membershipId": it.membership_id}
    reads = [
        it.client.get_membership(membershipId=it.membership_id),
        it.client.list_memberships(),
        it.client.batch_get_member_account_details(
            membershipId=it.membership_id, accountIds=[ROOT_ACCOUNT, MEMBER, ALONE]
        ),
        it.operator.get_membership(**ours),
        it.operator.list_memberships(),
        it.operator.list_memberships(accountId=ROOT_ACCOUNT),
        it.operator.list_cases(**named),
        it.operator.list_cases(**named, archived=True),
        it.operator.list_cases(**ours, archived=True),
        it.operator.get_case(**named, caseId=case),
    ]
    return [without_metadata(each) for each in reads]


def test_at_the_end_everybody_sees_it_ended(it: Ending) -> None:
    """From that microsecond on, before any sweep, each read says what it says after one."""
    case = it.client.create_case(**opening())["caseId"]
    it.client.cancel_membership(membershipId=it.membership_id)
    it.pass_to(END)
    before = seen(it, case)
    got = it.get()
    assert got["membershipStatus"] == "Cancelled"
    assert got["membershipDeactivationTimestamp"] == END
    assert got["numberOfAccountsCovered"] == 0
    assert it.stands(MEMBER) == "Disassociated"
    archived = it.operator.list_cases(accountId=ROOT_ACCOUNT, region="us-east-1", archived=True)
    assert [each["caseId"] for each in archived["items"]] == [case]
    assert archived["total"] == 1
    it.sweep()
    assert seen(it, case) == before


def test_at_the_end_nothing_can_be_done_with_it(it: Ending) -> None:
    """Cases, findings, coverage and changes are refused before any sweep, as after one."""
    case = it.client.create_case(**opening())["caseId"]
    it.client.cancel_membership(membershipId=it.membership_id)
    arn = f"arn:aws:security-ir:us-east-1:{ROOT_ACCOUNT}:case/{case}"
    named = {"accountId": ROOT_ACCOUNT, "region": "us-east-1"}
    ours = {**named, "membershipId": it.membership_id}
    it.pass_to(END)
    for _ in range(2):
        assert code_of(it.client.create_case, **opening()) == NOT_ACTIVE
        assert code_of(it.client.get_case, caseId=case) == NOT_ACTIVE
        assert code_of(it.client.list_cases) == NOT_ACTIVE
        assert code_of(it.client.create_case_comment, caseId=case, body="Late.") == NOT_ACTIVE
        assert code_of(it.client.tag_resource, resourceArn=arn, tags={"a": "1"}) == NOT_ACTIVE
        documents = [json.dumps(guard_duty())]
        findings = {**named, "findings": documents}
        assert code_of(it.operator.ingest_findings, **findings) == NOT_ACTIVE
        assert code_of(it.operator.acknowledge_case, **named, caseId=case) == CONFLICT
        accounts = {**ours, "accountIds": [MEMBER]}
        assert code_of(it.operator.associate_member_accounts, **accounts) == CONFLICT
        update = {"membershipId": it.membership_id, "membershipName": "Another"}
        assert code_of(it.client.update_membership, **update) == CONFLICT
        it.sweep()


def test_an_upload_url_ends_with_the_membership(it: Ending) -> None:
    """A URL whose hour is not over takes no byte once the month has ended."""
    case = it.client.create_case(**opening())["caseId"]
    it.client.cancel_membership(membershipId=it.membership_id)
    it.pass_to(END - timedelta(minutes=1))
    urls = [
        it.client.get_case_attachment_upload_url(
            caseId=case, fileName=f"{number}.txt", contentLength=1, clientToken=f"{number}"
        )["attachmentPresignedUrl"]
        for number in range(2)
    ]
    assert put(urls[0], b"1").status == 200
    it.pass_to(END)
    assert put(urls[1], b"1").status == 403


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("moment", [BEGIN + timedelta(days=1), END, END + timedelta(days=29)])
def test_an_undo_takes_it_back(it: Ending, moment: datetime, *, swept: bool) -> None:
    """Before the end and after it, swept or not: Active, with no end, covering what it covered."""
    before = it.get()
    it.client.cancel_membership(membershipId=it.membership_id)
    it.pass_to(moment)
    if swept:
        it.sweep()
    it.undo()
    assert it.get() == before
    assert it.stands(MEMBER) == "Associated"
    assert describe(it.service)["activeMemberships"] == 1
    told = events(it.service)
    it.undo()
    assert events(it.service) == told
    ended = ["Membership Cancelled"] if moment >= END else []
    assert told[2:] == [*ended, "Membership Updated"]
    it.pass_to(END + timedelta(days=90))
    it.sweep()
    assert it.get() == before


@pytest.mark.parametrize("swept", [False, True])
def test_another_can_be_made_after_the_end(it: Ending, *, swept: bool) -> None:
    """The place is free from the end on; the old one is then Cancelled, and cannot come back."""
    it.client.cancel_membership(membershipId=it.membership_id)
    it.pass_to(END)
    if swept:
        it.sweep()
    made = it.create()
    assert it.get(made)["membershipStatus"] == "Active"
    assert it.get()["membershipStatus"] == "Cancelled"
    assert describe(it.service)["activeMemberships"] == 1
    assert events(it.service)[2:] == ["Membership Cancelled", "Membership Created"]
    with pytest.raises(it.client.exceptions.ConflictException) as caught:
        it.undo()
    assert refusal_of(caught.value)["resourceId"] == made
    told = events(it.service)
    it.sweep()
    assert events(it.service) == told


def test_who_joins_after_the_end_was_never_covered(it: Ending) -> None:
    """An account that comes between the end and the sweep is not told as covered once."""
    it.client.cancel_membership(membershipId=it.membership_id)
    it.pass_to(END)
    it.join(MEMBER, LATER)
    assert (it.stands(MEMBER), it.stands(LATER)) == ("Disassociated", "Unassociated")
    it.sweep()
    assert (it.stands(MEMBER), it.stands(LATER)) == ("Disassociated", "Unassociated")


def test_an_ended_one_takes_no_place_of_the_limit(it: Ending) -> None:
    """A limit of one membership does not wait for the sweep either."""
    it.operator.apply_directory(directory={"limits": {"memberships": 1}})
    it.client.cancel_membership(membershipId=it.membership_id)
    other = it.service.client(account=ALONE)
    it.pass_to(END - A_MOMENT)
    refused = code_of(other.create_membership, **smallest())
    assert refused == "ServiceQuotaExceededException"
    it.pass_to(END)
    other.create_membership(**smallest())
    other.close()


def test_what_ends_the_organization_ends_it_sooner(it: Ending) -> None:
    """Without trusted access it is Terminated at once, deactivated now and not in the future."""
    it.client.cancel_membership(membershipId=it.membership_id)
    now = BEGIN + timedelta(days=1)
    it.pass_to(now)
    it.operator.apply_directory(directory={"organization": {"trustedAccess": False}})
    got = it.get()
    assert (got["membershipStatus"], got["membershipDeactivationTimestamp"]) == ("Terminated", now)
    it.pass_to(END)
    it.sweep()
    assert events(it.service)[2:] == ["Membership Terminated"]


def test_termination_counts_from_the_end(it: Ending) -> None:
    """Thirty days to undo begin with the end of the month, also where the sweep came late."""
    it.client.cancel_membership(membershipId=it.membership_id)
    it.pass_to(END + timedelta(days=30) - A_MOMENT)
    it.sweep()
    assert it.get()["membershipStatus"] == "Cancelled"
    it.pass_to(END + timedelta(days=30))
    it.sweep()
    got = it.get()
    assert (got["membershipStatus"], got["membershipDeactivationTimestamp"]) == ("Terminated", END)


def test_with_the_setting_back_a_cancellation_is_immediate(tmp_path: Path) -> None:
    """An instance that is started without the setting ends at once what waited for its month."""
    clock = Clock()
    ids: list[str] = []
    for cancellation in ("end-of-month", "immediate"):
        chosen = Settings(auth="relaxed", cancellation=cancellation)
        with larum.Service(tmp_path, chosen, clock=clock) as service:
            client = service.client(account=ALONE)
            ids += ids or [client.create_membership(**smallest())["membershipId"]]
            client.cancel_membership(membershipId=ids[0])
            got = client.get_membership(membershipId=ids[0])
            client.close()
    assert (got["membershipStatus"], got["membershipDeactivationTimestamp"]) == ("Cancelled", BEGIN)


STEPS = st.lists(
    st.sampled_from(
        ["cancel", "cancel", "undo", "create", "join", "leave", "a day", "20 days", "31 days"]
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=12, deadline=None)
@given(STEPS)
def test_no_answer_depends_on_when_it_was_swept(steps: list[str]) -> None:
    """An instance that sweeps after every step and one that never does say and do the same."""
    patient = replace(AT_END_OF_MONTH, termination_after=timedelta(days=3650))
    with ending(patient) as swept, ending(patient) as left:
        made = ([swept.membership_id], [left.membership_id])
        for step in ("cancel", *steps):
            told = []
            for it, ids in zip((swept, left), made, strict=True):
                told.append(taken(it, step, ids))
                if it is swept:
                    it.sweep()
                told[-1] += [memberships(it, ids), relationships(it, ids)]
            assert told[0] == told[1], step
        left.sweep()
        active = [describe(it.service)["activeMemberships"] for it in (left, swept)]
        assert active[0] == active[1]
        assert sorted(events(left.service)) == sorted(events(swept.service))


def taken(it: Ending, step: str, ids: list[str]) -> list[object]:
    """Take a step; return the name of what refused it, if anything did."""
    newest = {"membershipId": ids[-1]}
    days = {"a day": 1, "20 days": 20, "31 days": 31}
    try:
        match step:
            case "cancel":
                it.client.cancel_membership(**newest)
            case "undo":
                it.client.update_membership(membershipId=ids[0], undoMembershipCancellation=True)
            case "create":
                cover = {"coverEntireOrganization": True}
                made = it.client.create_membership(**smallest(**cover))["membershipId"]
                ids.append(made)
            case "join":
                it.join(MEMBER, LATER)
            case "leave":
                it.join(LATER)
            case _:
                it.pass_to(it.clock.now + timedelta(days=days[step]))
    except ClientError as error:
        return [error.response["Error"]["Code"]]
    return []


def memberships(it: Ending, ids: list[str]) -> list[object]:
    """Return what GetMembership says of each, but for its id, and what the list says."""
    named = {"membershipId", "membershipArn"}
    told = [{name: it.get(each)[name] for name in it.get(each).keys() - named} for each in ids]
    listed = it.client.list_memberships()["items"]
    return [
        *told,
        *((ids.index(each["membershipId"]), each["membershipStatus"]) for each in listed),
    ]


def relationships(it: Ending, ids: list[str]) -> list[object]:
    """Return how the accounts stand to each membership."""
    accounts = [ROOT_ACCOUNT, MEMBER, LATER]
    return [
        without_metadata(
            it.client.batch_get_member_account_details(membershipId=each, accountIds=accounts)
        )
        for each in ids
    ]
