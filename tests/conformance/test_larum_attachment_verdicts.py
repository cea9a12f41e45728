"""SetAttachmentVerdict: the responder's word on evidence that the scanner leaves undecided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.settings import Settings
from tests.conformance.evidence import attachments, download_url, fetch, put, upload_url
from tests.conformance.page import refusal_of, without_metadata
from tests.conformance.supported_cases import Supported, supported
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, issue_root_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.instances import Instance

UNDECIDED = "/bin/sh -c 'exit 2'"
RESPONDER = "AWS Responder"


@pytest.fixture(params=["http", "embedded"])
def instance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Instance]:
    """An installation whose scanner never decides."""
    if request.param == "embedded":
        with larum.Service(settings=Settings(scanner=UNDECIDED)) as service:
            yield service
        return
    data = tmp_path / "data"
    keys = issue_root_keys(data, [ADMINISTRATOR])
    with LarumServer(data, "--scanner", UNDECIDED, keys=keys) as server:
        yield server


def received(it: Supported, name: str = "log.txt") -> str:
    """Upload a file and return the id of its attachment, which stays Pending."""
    assert put(upload_url(it.customer, it.case_id, name, 5), b"hello").status == 200
    found = attachments(it.customer, it.case_id)[name]
    assert found["attachmentStatus"] == "Pending"
    return str(found["attachmentId"])


def judge(it: Supported, attachment: str, status: str, **other: Any) -> dict[str, Any]:
    """Give the verdict and return the answer."""
    named = it.named | {"attachmentId": attachment} | other
    return without_metadata(it.responder.set_attachment_verdict(**named, attachmentStatus=status))


def test_verified_it_can_be_downloaded(instance: Instance) -> None:
    """The bytes are there for the customer; the same verdict again is no change, another is."""
    with supported(instance, ADMINISTRATOR) as it:
        attachment, before = received(it), it.told()
        answer = {"attachmentId": attachment, "attachmentStatus": "Verified"}
        assert judge(it, attachment.upper(), "Verified") == answer
        assert fetch("GET", download_url(it.customer, it.case_id, attachment)).body == b"hello"
        assert it.edits[-1] == (RESPONDER, "Verify attachment")
        ((kind, detail),) = it.events(before)
        assert (kind, RESPONDER in detail) == ("Case Updated", True)
        edits, told = it.edits, it.told()
        assert judge(it, attachment, "Verified") == answer
        with pytest.raises(it.responder.exceptions.ConflictException) as caught:
            judge(it, attachment, "Failed")
        assert refusal_of(caught.value)["resourceType"] == "Attachment"
        assert (it.edits, it.told()) == (edits, told)


def test_failed_it_never_can(instance: Instance) -> None:
    """Failed is told, and no URL is given for the bytes; there is no way back."""
    with supported(instance, ADMINISTRATOR, "Self") as it:
        attachment = received(it)
        assert judge(it, attachment, "Failed")["attachmentStatus"] == "Failed"
        assert attachments(it.customer, it.case_id)["log.txt"]["attachmentStatus"] == "Failed"
        assert it.edits[-1] == (RESPONDER, "Reject attachment")
        with pytest.raises(it.customer.exceptions.ValidationException):
            download_url(it.customer, it.case_id, attachment)
        with pytest.raises(it.responder.exceptions.ConflictException):
            judge(it, attachment, "Verified")


def test_only_what_is_there_can_be_judged(instance: Instance) -> None:
    """Not what has not arrived, not what is nowhere, and nothing of a Closed or archived case."""
    with supported(instance, ADMINISTRATOR) as it:
        errors = it.responder.exceptions
        upload_url(it.customer, it.case_id, "late.txt", 5)
        late = attachments(it.customer, it.case_id)["late.txt"]["attachmentId"]
        with pytest.raises(errors.ConflictException, match="not been received"):
            judge(it, late, "Verified")
        nobodys = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
        with pytest.raises(errors.ResourceNotFoundException):
            judge(it, nobodys, "Verified")
        with pytest.raises(errors.ResourceNotFoundException):
            judge(it, late, "Verified", accountId="999999999999")
        attachment = received(it)
        it.customer.close_case(caseId=it.case_id)
        with pytest.raises(errors.ConflictException, match="Closed"):
            judge(it, attachment, "Verified")
        it.customer.cancel_membership(membershipId=it.membership_id)
        with pytest.raises(errors.ConflictException, match="archived"):
            judge(it, attachment, "Verified")
        case = it.responder.get_case(**it.named)
        assert {each["attachmentStatus"] for each in case["caseAttachments"]} == {"Pending"}
