"""`larum demo`: in seconds an instance to look around in, and everything in it works."""

from __future__ import annotations

import hashlib
import json
import signal
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from larum.domain.principals import AccessKey, Principal
from larum.store import credentials_file
from tests.edge.declared import type_larum
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, boto3_client
from tests.edge.shells import NAME, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

CONTAINMENT = "Containment, Eradication and Recovery"
PATIENCE = 15.0


class DemoServer(LarumServer):
    """`larum demo --port 0`, as somebody types it."""

    def __init__(self, directory: Path, *arguments: str, temporary: Path | None = None) -> None:
        environment = None if temporary is None else {"TMPDIR": str(temporary)}
        super().__init__(directory / "demo", environment=environment)
        self._arguments = ["demo", "--port", "0", *arguments]

    @property
    def text(self) -> str:
        """Everything that it printed."""
        return "\n".join(self.lines)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """One demonstration in a directory of its own, and the time that it took."""
    directory = tmp_path_factory.mktemp("demo")
    with DemoServer(directory, "--data", str(directory / "demo")) as server:
        yield server


@pytest.fixture
def client(demo: DemoServer) -> Iterator[SecurityIncidentResponseClient]:
    """A boto3 client with the credentials that the printed lines name."""
    file = Path(demo.exports["AWS_SHARED_CREDENTIALS_FILE"])
    text = file.read_text("utf-8")
    found = dict(
        line.split(" = ") for line in text.splitlines() if line.startswith("aws_") and " = " in line
    )
    key = AccessKey(
        found["aws_access_key_id"],
        found["aws_secret_access_key"],
        Principal.root(ADMINISTRATOR),
    )
    assert key.access_key_id in credentials_file.key_ids(file).values()
    made = boto3_client(demo.url, key)
    yield made
    made.close()


def by_status(client: SecurityIncidentResponseClient) -> Mapping[str, Any]:
    """Return the cases by their status."""
    return {each["caseStatus"]: each for each in client.list_cases()["items"]}


def test_it_says_what_to_type(demo: DemoServer) -> None:
    """The lines name the membership and cases that there are, and end as those of a server do."""
    for words in ("import boto3", "aws security-ir list-cases", "larum export m-", "Ctrl-C"):
        assert words in demo.text
    assert demo.exports["AWS_ENDPOINT_URL_SECURITY_IR"] == demo.url
    assert demo.exports["LARUM_ENDPOINT_URL"] == demo.url
    assert demo.lines[-1] == f"listening on {demo.url}"


def test_every_line_that_it_says_works(demo: DemoServer, tmp_path: Path) -> None:
    """Each command of ours that is to be typed ends with 0 in a shell that has pasted the lines."""
    shown = [line.split() for line in demo.lines if line.startswith("  larum ")]
    assert len(shown) > 5
    for words in shown:
        done = type_larum(*words[1:], cwd=tmp_path, environment=demo.exports)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo-export" / "manifest.json").exists()


def test_its_cases_are_lived_in(client: SecurityIncidentResponseClient) -> None:
    """Three cases, each with what its kind has, and a past of weeks."""
    cases = by_status(client)
    assert set(cases) == {CONTAINMENT, "Acknowledged", "Closed"}
    ids = {status: each["caseId"] for status, each in cases.items()}
    own = client.get_case(caseId=ids[CONTAINMENT])
    assert own["resolverType"] == "Self"
    assert {each["attachmentStatus"] for each in own["caseAttachments"]} == {"Verified"}
    assert {each["key"] for each in own["caseMetadata"]} == {"severity", "assignee", "category"}
    assert client.list_comments(caseId=ids[CONTAINMENT])["total"] == 3
    supported = client.get_case(caseId=ids["Acknowledged"])
    assert supported["title"].startswith("[Proactive case]")
    assert supported["pendingAction"] == "Customer"
    creators = {
        each["creator"] for each in client.list_comments(caseId=ids["Acknowledged"])["items"]
    }
    assert "AWS Responder" in creators
    states = [
        each["status"]
        for each in client.list_investigations(caseId=ids["Acknowledged"])["investigationActions"]
    ]
    assert sorted(states) == ["Completed", "Completed", "Waiting"]
    closed = client.get_case(caseId=ids["Closed"])
    assert closed["closureCode"] == "False Positive"
    assert client.list_case_edits(caseId=ids["Closed"])["total"] > 5
    now = datetime.now(UTC)
    assert timedelta(days=14) < now - closed["createdDate"] < timedelta(days=21)
    assert timedelta() < now - supported["lastUpdatedDate"] < timedelta(days=2)


def test_its_evidence_can_be_read(client: SecurityIncidentResponseClient) -> None:
    """What was uploaded comes back through a download URL."""
    case = by_status(client)[CONTAINMENT]["caseId"]
    for each in client.get_case(caseId=case)["caseAttachments"]:
        url = client.get_case_attachment_download_url(
            caseId=case, attachmentId=each["attachmentId"]
        )["attachmentPresignedUrl"]
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
            content = answer.read().decode()
        assert "DAY" not in content
        if each["fileName"].endswith(".json"):
            assert len(json.loads(content)["Records"]) == 2


def test_its_findings_have_metrics(client: SecurityIncidentResponseClient) -> None:
    """Every stage of triage has its number."""
    (membership,) = client.list_memberships()["items"]
    now = datetime.now(UTC)
    metrics = client.get_finding_metrics(
        membershipId=membership["membershipId"], startDate=now - timedelta(days=30), endDate=now
    )
    assert metrics["findingsIngestedGuardDuty"] > 40
    for stage in ("TriagedFalsePositive", "Investigated", "TruePositive", "Escalated"):
        assert dict(metrics)[f"findings{stage}"]


def test_it_is_an_organization(client: SecurityIncidentResponseClient) -> None:
    """The membership covers every account of it."""
    (membership,) = client.list_memberships()["items"]
    whole = client.get_membership(membershipId=membership["membershipId"])
    assert whole["numberOfAccountsCovered"] == 6
    assert len(whole["incidentResponseTeam"]) == 3


def test_it_can_be_written_to(client: SecurityIncidentResponseClient) -> None:
    """It is a server like any other: a comment that is made stands there."""
    case = by_status(client)["Acknowledged"]["caseId"]
    client.create_case_comment(caseId=case, body="It holds personal data.")
    assert client.get_case(caseId=case)["pendingAction"] == "None"


def test_ctrl_c_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    """Without a directory it is ready in seconds, and its own is gone after Ctrl-C."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    began = time.monotonic()
    with DemoServer(tmp_path, temporary=temporary) as server:
        assert time.monotonic() - began < PATIENCE
        assert [each.name.startswith("larum-demo-") for each in temporary.iterdir()] == [True]
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(PATIENCE) == 0
    assert list(temporary.iterdir()) == []


@pytest.fixture
def filled(tmp_path: Path) -> Shell:
    """A directory that the demonstration has filled, and that nobody serves."""
    here = Shell(tmp_path)
    here.text("demo", "--no-serve")
    return here


def test_a_directory_is_filled_once(filled: Shell) -> None:
    """--no-serve says how to serve it; what is there already is never changed."""
    again = filled.larum("demo", "--no-serve")
    assert (again.returncode, "larum serve --data" in again.stderr) == (2, True)
    assert len(filled.told("cases", "list")) == 3


def test_evidence_is_exported_before_and_after_a_cancellation(filled: Shell) -> None:
    """The bytes of every attachment are in the export, with their checksums, archived or not."""
    (membership,) = filled.told("memberships", "list")
    copies = []
    for number in range(2):
        target = filled.directory / f"export{number}"
        told = filled.told("export", membership["membershipId"], str(target))
        assert (told["cases"], told["attachments"], told["damagedAttachments"]) == (3, 3, 0)
        verified = filled.text("export", "--verify", str(target))
        assert told["manifestSha256"] in verified
        copies.append(
            {each.name: each.read_bytes() for each in target.glob("cases/*/attachments/*")}
        )
        if number == 0:
            filled.text("memberships", "cancel", membership["membershipId"], "--confirm", NAME)
    assert copies[0] == copies[1]
    assert len(copies[0]) == 3
    assert any(b"role used from 198.51.100.23" in each for each in copies[0].values())


def test_evidence_that_was_changed_on_the_server_is_left_out_and_told(filled: Shell) -> None:
    """Bytes that are not those that were uploaded are not passed off as evidence."""
    (membership,) = filled.told("memberships", "list")
    blobs = [each for each in (filled.data / "blobs").rglob("*") if each.is_file()]
    victim = max(blobs, key=lambda each: each.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[0] ^= 1
    victim.chmod(0o600)
    victim.write_bytes(content)
    target = filled.directory / "export"
    done = filled.larum("export", membership["membershipId"], str(target))
    assert done.returncode == 1
    assert "1 attachment left out" in done.stderr
    manifest = json.loads((target / "manifest.json").read_bytes())
    (missing,) = manifest["attachmentsWithoutBytes"]
    assert missing["reason"].startswith("Damaged")
    assert manifest["attachments"] == 2
    kept = [each.read_bytes() for each in target.glob("cases/*/attachments/*")]
    assert hashlib.sha256(content).digest() not in {hashlib.sha256(each).digest() for each in kept}
    assert filled.larum("export", "--verify", str(target)).returncode == 0


@pytest.mark.parametrize("words", [["--no-serve"], ["--port", "99999"]])
def test_wrong_calls_are_told(tmp_path: Path, words: list[str]) -> None:
    """A call that makes no sense ends with 2 before anything is made."""
    done = type_larum("demo", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []
