"""get_case: whose case it is, and what is absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.cases import CASE, NO_SUCH_CASE, customer
from tests.conformance.page import refusal_of, smallest, without_metadata
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from larum.store.engine import Transaction
    from tests.conformance.instances import Instance

ATTACH = """
INSERT INTO attachments (
    account, region, case_id, attachment_id, file_name, content_length, status, creator, blob_key,
    created_at, url_expires_at
) VALUES (
    :account, 'us-east-1', :case_id, :attachment_id, :file_name, 1, :status, :creator, :file_name,
    :created_at, 0
)
"""


def test_another_accounts_case_is_like_none(connect: Instance, account: str, stranger: str) -> None:
    """Somebody else's case and a case of nobody get the same answer, but for the id."""
    theirs = customer(connect, stranger).opened()
    client = customer(connect, account).client
    answers = []
    for case_id in (theirs, NO_SUCH_CASE):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
            client.get_case(caseId=case_id)
        answers.append(repr(refusal_of(caught.value)).replace(case_id, "ID"))
    assert answers[0] == answers[1]


def test_an_id_that_only_begins_like_one_is_none(connect: Instance, account: str) -> None:
    """The pattern lets an id go on with anything: such a case does not exist."""
    who = customer(connect, account)
    for spoiled in (who.opened() + "0", who.opened() + "/x", who.opened() + "%2A"):
        with pytest.raises(who.client.exceptions.ResourceNotFoundException):
            who.client.get_case(caseId=spoiled)


def test_a_cancelled_membership_hides_its_cases(connect: Instance, account: str) -> None:
    """After a cancellation cases are out of reach; the undo brings them back as they were."""
    who = customer(connect, account)
    case_id = who.opened()
    before, listed = who.read(case_id), without_metadata(who.client.list_cases())
    who.client.cancel_membership(membershipId=who.membership_id)
    not_active = who.client.exceptions.SecurityIncidentResponseNotActiveException
    with pytest.raises(not_active):
        who.read(case_id)
    with pytest.raises(not_active):
        who.client.list_tags_for_resource(resourceArn=who.arn(case_id))
    who.client.update_membership(membershipId=who.membership_id, undoMembershipCancellation=True)
    assert who.read(case_id) == before
    assert without_metadata(who.client.list_cases()) == listed


def test_a_new_membership_has_no_old_cases(connect: Instance, account: str) -> None:
    """The cases of a former membership are no cases of the next one, for reading or writing."""
    who = customer(connect, account)
    case_id = who.opened()
    who.client.cancel_membership(membershipId=who.membership_id)
    who.client.create_membership(**smallest())
    assert without_metadata(who.client.list_cases()) == {"items": [], "total": 0}
    missing = who.client.exceptions.ResourceNotFoundException
    for call in (
        lambda: who.read(case_id),
        lambda: who.client.close_case(caseId=case_id),
        lambda: who.client.update_case(caseId=case_id, title="Mine"),
        lambda: who.client.list_case_edits(caseId=case_id),
        lambda: who.client.tag_resource(resourceArn=who.arn(case_id), tags={"a": "b"}),
    ):
        with pytest.raises(missing):
            call()


def test_attachments_come_in_the_order_of_their_creation() -> None:
    """Each attachment is told with its status, the oldest first, and those of this case only."""
    with larum.Service() as service:
        who = customer(service, ADMINISTRATOR)
        case_id, other = who.opened(), who.opened()

        def attach(tx: Transaction) -> None:
            for number, (case, status) in enumerate(
                [(case_id, "Verified"), (case_id, "Pending"), (other, "Failed")]
            ):
                row = {
                    "account": ADMINISTRATOR,
                    "case_id": case,
                    "attachment_id": f"{9 - number}f2504e0-4f89-41d3-9a0c-0305e82c3301",
                    "file_name": f"file{number}",
                    "status": status,
                    "creator": "AWS Responder",
                    "created_at": number * 1_000_000,
                }
                tx.change(ATTACH, row)

        service.engine.write(attach)
        found = who.read(case_id)["caseAttachments"]
        assert [(each["fileName"], each["attachmentStatus"]) for each in found] == [
            ("file0", "Verified"),
            ("file1", "Pending"),
        ]
        assert {each["creator"] for each in found} == {"AWS Responder"}
        assert [each["createdDate"].timestamp() for each in found] == [0, 1]


def test_both_doors_tell_the_same(
    http_server: Instance, service_in_process: larum.Service, account: str
) -> None:
    """Over HTTP and in process a case reads the same, but for its id and its times."""
    answers = []
    for instance in (http_server, service_in_process):
        who = customer(instance, account)
        case_id = who.opened()
        told = who.read(case_id) | {"createdDate": None, "lastUpdatedDate": None}
        answers.append(repr(told).replace(case_id, "ID"))
    assert answers[0] == answers[1]
    assert CASE["title"] in answers[0]
