"""Evidence by and by: scanners, buckets, restarts, URLs nobody used, and the end of retention."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.domain.attachments import MOST_ATTACHMENTS, Attachment, AttachmentStatus, Verdict
from larum.settings import Settings
from larum.store import attachments as rows
from tests.conformance.evidence import (
    attachments,
    download_url,
    fetch,
    judged,
    opened_case,
    put,
    upload_url,
    uploaded,
)
from tests.conformance.page import TEAM, refusal_of
from tests.edge.scanners import EICAR, daemon, script
from tests.store.buckets import bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from larum.store.engine import Transaction

HOUR = timedelta(hours=1, seconds=1)
SERVICE = "security-ir.amazonaws.com"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture(params=["folder", "bucket"])
def settings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings for each kind of store, without signatures of the API: boto3 has its own clock."""
    if request.param == "folder":
        yield Settings(auth="relaxed")
        return
    with bucket(monkeypatch) as location:
        yield Settings(auth="relaxed", blobs=location)


def edits(client: SecurityIncidentResponseClient, case: str) -> list[tuple[str, str]]:
    """Return principal and action of every edit of the case, oldest first."""
    found = client.list_case_edits(caseId=case)["items"]
    return [(each["principal"], each["action"]) for each in found]


def events(service: larum.Service, after: int) -> list[tuple[str, str, str]]:
    """Return type, communication and recipient of what the outbox has after the first `after`."""
    own = service.client("larum")
    found = own.list_outbox_entries()["items"]
    return [(each["kind"], each["type"], each.get("recipient", "")) for each in found[after:]]


def swept(service: larum.Service) -> None:
    """Sweep until nothing is left, and do what that asks for."""
    while service.sweep():
        pass
    worked(service)


def worked(service: larum.Service) -> None:
    """Do what evidence waits for, once the service's own thread has stopped doing so."""
    with service.evidence._working:
        pass
    service.evidence.work(None)


def test_a_journey_by_either_store(settings: Settings) -> None:
    """What is uploaded by the URL is Verified, comes back by the URL, and works once."""
    body = secrets.token_bytes(300_000)
    with larum.Service(settings=settings) as service:
        client = service.client()
        case = opened_case(client)
        url = upload_url(client, case, "a.bin", len(body))
        assert put(url, body).status == 200
        found = judged(client, case, "a.bin")
        assert found["attachmentStatus"] == "Verified"
        assert put(url, body).status == 412
        answer = fetch("GET", download_url(client, case, found["attachmentId"]))
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith('attachment; filename="a.bin"')
        root = "arn:aws:iam::123456789012:root"
        assert edits(client, case)[1:] == [(root, "Upload attachment")] * 2


def test_a_bucket_with_another_length_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came to a bucket in another length than declared is Failed, and deleted."""
    with (
        bucket(monkeypatch) as location,
        larum.Service(settings=Settings(blobs=location)) as service,
    ):
        client = service.client()
        case = opened_case(client)
        # moto checks no signature, so it takes what a real bucket refuses.
        assert put(upload_url(client, case, "a.bin", 5), b"other length").status == 200
        assert judged(client, case, "a.bin")["attachmentStatus"] == "Failed"
        assert edits(client, case)[-1] == (SERVICE, "Reject attachment")
        worked(service)
        blobs = service.installation.blobs
        (only,) = service.engine.read(
            lambda tx: rows.of_case(tx, "123456789012", "us-east-1", case)
        )
        assert blobs.length(only.blob_key) is None


@pytest.mark.parametrize("kind", ["command", "clamd"])
def test_a_scanner_decides(settings: Settings, kind: str, tmp_path: Path) -> None:
    """EICAR's file is Failed and its bytes are gone; a sound one is Verified, by the service."""
    with daemon() as address:
        scanner = script(tmp_path)[0] if kind == "command" else address
        chosen = Settings(blobs=settings.blobs, scanner=scanner)
        with larum.Service(settings=chosen) as service:
            client = service.client()
            case = opened_case(client)
            for name, body in (("eicar.com", EICAR), ("sound.txt", b"sound")):
                assert put(upload_url(client, case, name, len(body)), body).status == 200
            assert judged(client, case, "eicar.com")["attachmentStatus"] == "Failed"
            assert judged(client, case, "sound.txt")["attachmentStatus"] == "Verified"
            assert {(SERVICE, "Reject attachment"), (SERVICE, "Verify attachment")} <= set(
                edits(client, case)
            )
            failed = attachments(client, case)["eicar.com"]["attachmentId"]
            with pytest.raises(client.exceptions.ValidationException) as caught:
                download_url(client, case, failed)
            assert "still pending" not in refusal_of(caught.value)["message"]
            found = service.engine.read(
                lambda tx: rows.of_case(tx, "123456789012", "us-east-1", case)
            )
            worked(service)
            length = service.installation.blobs.length
            lengths = {each.file_name: length(each.blob_key) for each in found}
            assert lengths == {"eicar.com": None, "sound.txt": 5}


def test_a_scanner_that_cannot_tell_is_asked_again(tmp_path: Path) -> None:
    """While the scanner fails an attachment stays Pending; a restart judges what is left."""
    scanner, broken = script(tmp_path)
    broken.touch()
    settings = Settings(scanner=scanner)
    with larum.Service(tmp_path / "data", settings) as service:
        client = service.client()
        case = opened_case(client)
        assert put(upload_url(client, case, "a", 5), b"hello").status == 200
        time.sleep(0.4)
        found = attachments(client, case)["a"]
        assert found["attachmentStatus"] == "Pending"
        with pytest.raises(client.exceptions.ValidationException, match="still pending"):
            download_url(client, case, found["attachmentId"])
    broken.unlink()
    with larum.Service(tmp_path / "data", settings) as service:
        assert judged(service.client(), case, "a")["attachmentStatus"] == "Verified"


def test_what_cannot_be_read_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attachment whose bytes vanished from the bucket waits alone: the next one is judged."""
    with (
        bucket(monkeypatch) as location,
        larum.Service(settings=Settings(blobs=location, scanner="clamd:///nowhere")) as service,
    ):
        client = service.client()
        case = opened_case(client)
        for name in ("gone", "sound"):
            assert put(upload_url(client, case, name, 5), b"hello").status == 200
            due = time.monotonic() + 10
            while name not in {each.file_name for each in service.engine.read(awaiting_verdict)}:
                assert time.monotonic() < due
                time.sleep(0.05)
        gone, _ = service.engine.read(awaiting_verdict)
        service.installation.blobs.delete(gone.blob_key)
        while len(service.engine.read(awaiting_verdict)) > 1:
            assert time.monotonic() < due
            service.evidence.work(lambda _: Verdict.SOUND)
        assert attachments(client, case)["sound"]["attachmentStatus"] == "Verified"
        assert attachments(client, case)["gone"]["attachmentStatus"] == "Pending"


def test_nobody_judges_what_is_deleted(clock: Clock, tmp_path: Path) -> None:
    """Bytes that the scanner never judged go with their case's retention, and it is not asked."""
    scanner, broken = script(tmp_path)
    broken.touch()
    with larum.Service(settings=Settings(auth="relaxed", scanner=scanner), clock=clock) as service:
        client = service.client()
        case = opened_case(client)
        assert put(upload_url(client, case, "a", 5), b"hello").status == 200
        client.close_case(caseId=case)
        clock.ahead = timedelta(days=8)
        while service.sweep():
            pass
        assert edits(client, case)[-1] == (SERVICE, "Delete attachment")
        assert service.engine.read(awaiting_verdict) == []
        assert not service.evidence.has_work


def test_a_sweep_holds_the_writer_for_a_bounded_number(clock: Clock) -> None:
    """Of many full cases that were closed together some are done in one transaction, then more."""
    with larum.Service(settings=Settings(auth="relaxed"), clock=clock) as service:
        client = service.client()
        for _ in range(4):
            case = opened_case(client)
            service.engine.write(partial(full, case))
            client.close_case(caseId=case)
        clock.ahead = timedelta(days=8)
        noted = [0]
        while service.sweep():
            noted.append(service.engine.read(deletions))
        steps = [after - before for before, after in pairwise(noted)]
        assert sum(steps) == 4 * MOST_ATTACHMENTS
        assert max(steps) <= 2 * MOST_ATTACHMENTS


def awaiting_verdict(tx: Transaction) -> list[Attachment]:
    """Return what the scanner is to judge."""
    return rows.awaiting_verdict(tx, rows.Seen(), 10)


def deletions(tx: Transaction) -> int:
    """Return how many deletions are noted."""
    return int(tx.rows("SELECT count(*) FROM blob_deletions", {})[0][0])


def full(case: str, tx: Transaction) -> None:
    """Give a case all the attachments that it can have."""
    now = datetime.now(UTC)
    for number in range(MOST_ATTACHMENTS):
        attachment = Attachment(
            account="123456789012",
            region="us-east-1",
            case_id=case,
            attachment_id=f"{number}",
            file_name=f"{number}",
            content_length=1,
            status=AttachmentStatus.VERIFIED,
            creator="123456789012",
            blob_key=secrets.token_hex(24),
            created_at=now,
            url_expires_at=now,
            received_at=now,
            sha256=bytes(32),
        )
        rows.insert(tx, attachment)


def test_bytes_whose_row_was_lost_are_found_at_the_start(tmp_path: Path) -> None:
    """A crash between the bytes and their row loses nothing: the next start takes them."""
    with larum.Service(tmp_path / "data") as service:
        client = service.client()
        case = opened_case(client)
        upload_url(client, case, "a", 5)
        (waiting,) = service.engine.read(lambda tx: rows.awaiting_bytes(tx, rows.Seen(), 10))
        blobs: Any = service.installation.blobs
        incoming = blobs.begin(waiting.blob_key, 5)
        incoming.write(b"hello")
        incoming.finish()
        incoming.close()
    with larum.Service(tmp_path / "data") as service:
        found = judged(service.client(), case, "a")
        assert found["attachmentStatus"] == "Verified"
        url = download_url(service.client(), case, found["attachmentId"])
        assert fetch("GET", url).body == b"hello"


def test_a_url_that_nobody_used_fails(settings: Settings, clock: Clock) -> None:
    """After its hour the attachment is Failed, by the service, and gives its name back."""
    with larum.Service(settings=settings, clock=clock) as service:
        client = service.client()
        case = opened_case(client)
        url = upload_url(client, case, "a", 5)
        swept(service)
        assert attachments(client, case)["a"]["attachmentStatus"] == "Pending"
        clock.ahead = HOUR
        swept(service)
        first = attachments(client, case)["a"]
        assert first["attachmentStatus"] == "Failed"
        assert edits(client, case)[-1] == (SERVICE, "Reject attachment")
        if settings.blobs is None:
            assert put(url, b"hello").status == 403
        again = upload_url(client, case, "a", 5)
        assert put(again, b"hello").status == 200
        second = judged(client, case, "a")
        assert second["attachmentStatus"] == "Verified"
        assert second["attachmentId"] != first["attachmentId"]
        assert len(attachments(client, case)) == 1


def test_what_arrived_in_the_last_second_is_taken(settings: Settings, clock: Clock) -> None:
    """A sweep after the hour looks before it calls an attachment unused."""
    with larum.Service(settings=settings, clock=clock) as service:
        client = service.client()
        case = opened_case(client)
        assert put(upload_url(client, case, "a", 5), b"hello").status == 200
        clock.ahead = HOUR
        swept(service)
        assert attachments(client, case)["a"]["attachmentStatus"] == "Verified"


def test_failures_do_not_lock_a_case(clock: Clock) -> None:
    """Fifty that Failed leave room for others; the list never has more than fifty."""
    with larum.Service(settings=Settings(auth="relaxed"), clock=clock) as service:
        client = service.client()
        case = opened_case(client)
        for number in range(MOST_ATTACHMENTS):
            upload_url(client, case, f"{number}", 1)
        clock.ahead = HOUR
        swept(service)
        assert {each["attachmentStatus"] for each in attachments(client, case).values()} == {
            "Failed"
        }
        uploaded(client, case, "new", b"x")
        names = list(attachments(client, case))
        assert len(names) == MOST_ATTACHMENTS
        assert names == [*(f"{number}" for number in range(1, MOST_ATTACHMENTS)), "new"]


def test_a_token_of_what_was_replaced_is_not_found(clock: Clock) -> None:
    """The replay of a failed upload, after another has taken its place, says that it is gone."""
    with larum.Service(settings=Settings(auth="relaxed"), clock=clock) as service:
        client = service.client()
        case = opened_case(client)
        upload_url(client, case, "a", 5, clientToken="first")
        clock.ahead = HOUR
        swept(service)
        assert upload_url(client, case, "a", 5, clientToken="first")
        upload_url(client, case, "a", 5)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            upload_url(client, case, "a", 5, clientToken="first")


def test_bytes_go_a_week_after_closing(settings: Settings, clock: Clock) -> None:
    """Seven days after the case was closed its bytes are deleted, and the case says so once."""
    with larum.Service(settings=settings, clock=clock) as service:
        client = service.client()
        case, other = opened_case(client), opened_case(client)
        made, kept = (uploaded(client, each, "a", b"hello") for each in (case, other))
        client.close_case(caseId=case)
        url = download_url(client, case, made)
        clock.ahead = timedelta(days=7, seconds=-60)
        swept(service)
        assert fetch("GET", download_url(client, case, made)).status == 200
        clock.ahead = timedelta(days=7, seconds=60)
        swept(service)
        swept(service)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            download_url(client, case, made)
        assert fetch("GET", url).status in {403, 404}
        assert attachments(client, case)["a"]["attachmentStatus"] == "Verified"
        assert edits(client, case)[-1] == (SERVICE, "Delete attachment")
        assert edits(client, case).count((SERVICE, "Delete attachment")) == 1
        assert fetch("GET", download_url(client, other, kept)).body == b"hello"
        found = service.engine.read(lambda tx: rows.of_case(tx, "123456789012", "us-east-1", case))
        assert [service.installation.blobs.length(each.blob_key) for each in found] == [None]


def test_a_deletion_is_repeated_until_it_is_done(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes whose deletion failed after it was committed are deleted later."""
    with larum.Service(settings=Settings(auth="relaxed"), clock=clock) as service:
        client = service.client()
        case = opened_case(client)
        uploaded(client, case, "a", b"hello")
        client.close_case(caseId=case)
        blobs = service.installation.blobs
        (found,) = service.engine.read(
            lambda tx: rows.of_case(tx, "123456789012", "us-east-1", case)
        )

        def fail(_key: str) -> None:
            raise OSError(5, "Input/output error")

        clock.ahead = timedelta(days=8)
        with monkeypatch.context() as broken:
            broken.setattr(blobs, "delete", fail)
            swept(service)
            assert blobs.length(found.blob_key) == 5
        deadline = time.monotonic() + 10
        while blobs.length(found.blob_key) is not None and time.monotonic() < deadline:
            worked(service)
        assert blobs.length(found.blob_key) is None
        assert service.engine.read(lambda tx: rows.due_deletions(tx, clock(), 10)) == []


def test_who_is_told() -> None:
    """Who asked to hear of `Case Attachment Url Uploaded` does; machines hear of each change."""
    team: Any = [each | {"communicationPreferences": ["Membership Created"]} for each in TEAM]
    team[0]["communicationPreferences"] = ["Case Attachment Url Uploaded"]
    with larum.Service() as service:
        client = service.client()
        client.create_membership(membershipName="Example Corp", incidentResponseTeam=team)
        case = opened_case(client)
        before = len(events(service, 0))
        uploaded(client, case, "secret-name.txt", b"hello")
        assert events(service, before) == [
            ("event", "Case Updated", ""),
            ("notice", "Case Attachment Url Uploaded", "ana@example.com"),
            ("event", "Case Updated", ""),
        ]
