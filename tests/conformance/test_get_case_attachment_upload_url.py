"""get_case_attachment_upload_url with boto3, over HTTP and in process: URL, names, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.conformance.evidence import (
    attachments,
    download_url,
    fetch,
    opened_case,
    put,
    upload_url,
    uploaded,
)
from tests.conformance.page import refusal_of

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_what_is_put_is_verified(connect: Instance, account: str) -> None:
    """A PUT with the headers of AWS's sample is answered 200 and the attachment is Verified."""
    client = connect.client(account=account)
    case = opened_case(client)
    url = upload_url(client, case, "log.txt", 5)
    pending = attachments(client, case)["log.txt"]
    assert pending["attachmentStatus"] == "Pending"
    assert pending["creator"] == f"arn:aws:iam::{account}:root"
    answer = put(url, b"hello")
    assert (answer.status, answer.body) == (200, b"")
    assert attachments(client, case)["log.txt"] == pending | {"attachmentStatus": "Verified"}


def test_if_none_match_may_be_left_out(connect: Instance, account: str) -> None:
    """A PUT without If-None-Match creates, and never replaces (service-behaviour §11 row 48)."""
    client = connect.client(account=account)
    url = upload_url(client, opened_case(client), "log.txt", 5)
    assert put(url, b"hello", {}).status == 200
    again = put(url, b"other", {})
    assert again.status == 412
    assert again.headers["x-amzn-errortype"] == "PreconditionFailed"


def test_a_name_is_taken_once(connect: Instance, account: str) -> None:
    """A second attachment of the same name is a Conflict with the first; another case's is not."""
    client = connect.client(account=account)
    case, other = opened_case(client), opened_case(client)
    taken = uploaded(client, case, "log.txt", b"hello")
    with pytest.raises(client.exceptions.ConflictException) as caught:
        upload_url(client, case, "log.txt", 5)
    refusal = refusal_of(caught.value)
    assert (refusal["resourceType"], refusal["resourceId"]) == ("Attachment", taken)
    assert uploaded(client, other, "log.txt", b"hello") != taken


def test_a_case_has_room_for_fifty(connect: Instance, account: str) -> None:
    """The 51st attachment is refused by quota LARUM-ATTACHMENTS; GetCase shows the fifty."""
    client = connect.client(account=account)
    case = opened_case(client)
    for number in range(50):
        upload_url(client, case, f"{number}.txt", 1)
    with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
        upload_url(client, case, "50.txt", 1)
    refusal = refusal_of(caught.value)
    assert (refusal["serviceCode"], refusal["quotaCode"]) == ("security-ir", "LARUM-ATTACHMENTS")
    assert (refusal["resourceType"], refusal["resourceId"]) == ("Case", case)
    assert list(attachments(client, case)) == [f"{number}.txt" for number in range(50)]


def test_a_token_gives_the_same_url_again(connect: Instance, account: str) -> None:
    """A replay answers with the same URL, makes nothing, and does so after the upload too."""
    client = connect.client(account=account)
    case = opened_case(client)
    url = upload_url(client, case, "log.txt", 5, clientToken="once")
    edits = client.list_case_edits(caseId=case)["total"]
    assert upload_url(client, case, "log.txt", 5, clientToken="once") == url
    assert put(url, b"hello").status == 200
    assert upload_url(client, case, "log.txt", 5, clientToken="once") == url
    assert len(attachments(client, case)) == 1
    assert client.list_case_edits(caseId=case)["total"] == edits + 1
    with pytest.raises(client.exceptions.ConflictException) as caught:
        upload_url(client, case, "log.txt", 6, clientToken="once")
    assert refusal_of(caught.value)["resourceType"] == "Attachment"


def test_a_closed_case_takes_nothing(connect: Instance, account: str) -> None:
    """No URL for a Closed case, and one that was given before is refused from then on."""
    client = connect.client(account=account)
    case = opened_case(client)
    url = upload_url(client, case, "log.txt", 5)
    client.close_case(caseId=case)
    with pytest.raises(client.exceptions.ConflictException) as caught:
        upload_url(client, case, "more.txt", 5)
    assert refusal_of(caught.value)["resourceType"] == "Case"
    answer = put(url, b"hello")
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDenied")
    assert attachments(client, case)["log.txt"]["attachmentStatus"] == "Pending"


def test_a_cancelled_membership_takes_nothing(connect: Instance, account: str) -> None:
    """With the membership its open URLs end, of uploads and of downloads."""
    client = connect.client(account=account)
    case = opened_case(client)
    download = download_url(client, case, uploaded(client, case, "old.txt", b"hello"))
    url = upload_url(client, case, "log.txt", 5)
    client.cancel_membership(membershipId=client.list_memberships()["items"][0]["membershipId"])
    assert put(url, b"hello").status == 403
    assert fetch("GET", download).status == 403
    with pytest.raises(client.exceptions.SecurityIncidentResponseNotActiveException):
        upload_url(client, case, "more.txt", 5)


def test_nobody_elses_case(connect: Instance, account: str, stranger: str) -> None:
    """A stranger's case and nobody's look alike: not found."""
    case = opened_case(connect.client(account=account))
    client = connect.client(account=stranger)
    opened_case(client)
    told = []
    for each in (case, "0000000000"):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
            upload_url(client, each, "log.txt", 5)
        told.append(refusal_of(caught.value)["message"].replace(each, "ID"))
    assert told[0] == told[1]


def test_each_change_is_an_edit(connect: Instance, account: str) -> None:
    """The URL and the upload are edits by who asked, and neither tells the file's name."""
    client = connect.client(account=account)
    case = opened_case(client)
    uploaded(client, case, "secret-name.txt", b"hello")
    edits = client.list_case_edits(caseId=case)["items"]
    assert [each["action"] for each in edits[-2:]] == ["Upload attachment"] * 2
    assert {each["principal"] for each in edits} == {f"arn:aws:iam::{account}:root"}
    assert not [each for each in edits if "secret-name" in each["message"]]


@pytest.mark.parametrize(
    "name", ["..", ".", "-rf", "CON", ".htaccess", "a" * 255, "index.html", "x.svg"]
)
def test_odd_names_are_only_names(connect: Instance, account: str, name: str) -> None:
    """A name that means something to a file system or a browser is just a name (row 115)."""
    client = connect.client(account=account)
    case = opened_case(client)
    made = uploaded(client, case, name, b"<script>")
    url = client.get_case_attachment_download_url(caseId=case, attachmentId=made)
    answer = fetch("GET", url["attachmentPresignedUrl"])
    assert answer.body == b"<script>"
    assert f'attachment; filename="{name}"' in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"contentLength": 0},
        {"contentLength": 104_857_601},
        {"fileName": "a/b"},
        {"fileName": ""},
        {"fileName": "a" * 256},
    ],
)
def test_lengths_and_names_outside_the_model(
    connect: Instance, account: str, wrong: dict[str, object]
) -> None:
    """0 bytes, 100 MiB + 1 and names that the model has not are ValidationException (row 115)."""
    from tests.edge.larum_servers import UNCHECKED

    client = connect.client(account=account, config=UNCHECKED)
    params = {"caseId": opened_case(client), "fileName": "a", "contentLength": 1} | wrong
    with pytest.raises(ClientError) as caught:
        client.get_case_attachment_upload_url(**params)  # type: ignore[arg-type] # wrong on purpose
    assert caught.value.response["Error"]["Code"] == "ValidationException"
