"""get_case_attachment_download_url with boto3, over HTTP and in process."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.conformance.evidence import (
    attachments,
    download_url,
    fetch,
    opened_case,
    upload_url,
    uploaded,
)
from tests.conformance.page import refusal_of

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_what_was_uploaded_comes_back(connect: Instance, account: str) -> None:
    """The bytes come back as they went in, under either spelling of the attachment's id."""
    client = connect.client(account=account)
    case, body = opened_case(client), bytes(range(256)) * 5_000
    made = uploaded(client, case, "image.bin", body)
    for name in (made, made.upper()):
        answer = client.get_case_attachment_download_url(caseId=case, attachmentId=name)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
        assert fetch("GET", answer["attachmentPresignedUrl"]).body == body


def test_pending_is_said_in_the_known_words(connect: Instance, account: str) -> None:
    """A download of a Pending attachment is ValidationException, with the words `still pending`."""
    client = connect.client(account=account)
    case = opened_case(client)
    upload_url(client, case, "log.txt", 5)
    with pytest.raises(client.exceptions.ValidationException) as caught:
        download_url(client, case, attachments(client, case)["log.txt"]["attachmentId"])
    assert "still pending" in refusal_of(caught.value)["message"]


def test_an_attachment_belongs_to_its_case(connect: Instance, account: str) -> None:
    """Another case's attachment and nobody's are not found alike (row 95)."""
    client = connect.client(account=account)
    case, other = opened_case(client), opened_case(client)
    made, told = uploaded(client, case, "log.txt", b"hello"), []
    for each in (made, str(uuid.uuid4())):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
            download_url(client, other, each)
        told.append(refusal_of(caught.value)["message"].replace(each, "ID"))
    assert told[0] == told[1]


def test_a_closed_case_still_gives(connect: Instance, account: str) -> None:
    """What a case has when it is closed can be downloaded until its retention ends."""
    client = connect.client(account=account)
    case = opened_case(client)
    made = uploaded(client, case, "log.txt", b"hello")
    client.close_case(caseId=case)
    assert fetch("GET", download_url(client, case, made)).body == b"hello"


def test_a_download_changes_nothing(connect: Instance, account: str) -> None:
    """Asking for the URL and using it leaves no edit."""
    client = connect.client(account=account)
    case = opened_case(client)
    made = uploaded(client, case, "log.txt", b"hello")
    before = client.list_case_edits(caseId=case)["total"]
    assert fetch("GET", download_url(client, case, made)).status == 200
    assert client.list_case_edits(caseId=case)["total"] == before
