"""`larum responder`: the other side of a case from a shell, for people and for scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import larum
from larum.domain.principals import AccessKey, Principal
from larum.edge.cli import main
from larum.edge.cli.calls import CANNOT_OPEN, REFUSED, WRONG_CALL
from tests.conformance.evidence import attachments, put, upload_url
from tests.conformance.page import smallest
from tests.conformance.supported_cases import opening
from tests.edge.declared import shell, type_larum
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, boto3_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

ACCOUNT = "222222222222"
EVERY_COMMAND = (
    ("acknowledge", "{case}"),
    ("request-action", "{case}"),
    ("set-status", "{case}", "Ready to Close"),
    ("comment", "{case}", "Which hosts?"),
    ("close", "{case}", "Duplicate"),
    ("investigate", "{case}", "Keys", "One."),
    ("advance", "{case}", "inv-0123456789abcdef", "--status", "Failed"),
    ("investigations", "{case}"),
    ("verdict", "{case}", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "Verified"),
)


@dataclass(frozen=True)
class Desk:
    """A data directory with one AWS-supported case."""

    data: Path
    case_id: str

    def type(self, *words: str, stdin: str | None = None) -> Result:
        """Type `larum responder` and words."""
        given = ["responder", *words, "--data", str(self.data)]
        return CliRunner().invoke(main, given, input=stdin, prog_name="larum")

    def told(self, command: str, *words: str, stdin: str | None = None) -> str:
        """Return what a command on the case prints."""
        done = self.type(command, self.case_id, "--account", ACCOUNT, *words, stdin=stdin)
        assert (done.exit_code, done.stderr) == (0, "")
        return done.stdout

    def read(self, ask: Callable[[SecurityIncidentResponseClient], Any]) -> Any:  # noqa: ANN401 - whatever is asked for
        """Return what the customer is told."""
        with larum.Service(self.data) as service:
            client = service.client(account=ACCOUNT)
            try:
                return ask(client)
            finally:
                client.close()

    @property
    def case(self) -> dict[str, Any]:
        """The case as its customer reads it."""
        return dict(self.read(lambda client: client.get_case(caseId=self.case_id)))

    @property
    def comments(self) -> list[dict[str, Any]]:
        """Its comments."""
        answer = self.read(lambda client: client.list_comments(caseId=self.case_id))
        return [dict(each) for each in answer["items"]]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A new data directory."""
    data = tmp_path / "larum-data"
    with larum.Service(data) as service:
        client = service.client(account=ACCOUNT)
        client.create_membership(**smallest())
        case_id = client.create_case(**opening())["caseId"]
        client.close()
    return Desk(data, case_id)


def test_a_case_from_its_beginning_to_its_end(desk: Desk) -> None:
    """Acknowledged, asked about, worked on and closed: each command says what came of it."""
    case_id = desk.case_id
    assert desk.told("acknowledge") == f"Case {case_id} is Acknowledged.\n"
    asked = desk.told("request-action", "--comment", "Which hosts?")
    assert asked == f"Case {case_id} waits for its customer.\n"
    assert desk.told("comment", "Take your time.") == "000001\n"
    assert desk.told("comment", "Take your time!", "--edit", "000001") == "000001\n"
    moved = desk.told("set-status", "containment, eradication and recovery")
    assert moved == f"Case {case_id} is Containment, Eradication and Recovery.\n"
    closed = desk.told("close", "false positive")
    assert closed == f"Case {case_id} is Closed: False Positive.\n"
    case = desk.case
    assert (case["caseStatus"], case["closureCode"]) == ("Closed", "False Positive")
    assert [each["body"] for each in desk.comments] == ["Which hosts?", "Take your time!"]


def test_an_investigation_from_its_beginning_to_its_end(desk: Desk) -> None:
    """Put down, advanced, completed and listed; a summary is a comment then."""
    made = desk.told(
        "investigate", "Summary", "-", "--type", "summarization", stdin="# One\n\nkey\n"
    )
    investigation = made.strip()
    assert desk.told("advance", investigation, "--status", "inprogress").endswith("InProgress.\n")
    assert desk.comments == []
    done = desk.told(
        "advance", investigation, "--content", "-", "--status", "Completed", stdin="Two"
    )
    assert done == f"{investigation} is Completed.\n"
    assert [each["body"] for each in desk.comments] == ["Two"]
    heading, line = desk.told("investigations").splitlines()
    assert heading.split() == [
        "INVESTIGATION", "TYPE", "STATUS", "LAST", "UPDATED", "FEEDBACK", "TITLE"
    ]  # fmt: skip
    assert line.startswith(investigation)
    assert line.endswith("-           Summary")
    (item,) = json.loads(desk.told("investigations", "--output", "json"))
    assert (item["status"], item["content"]) == ("Completed", "Two")


def test_a_proactive_case(desk: Desk) -> None:
    """Its id is printed, and it has what was typed."""
    done = desk.type(
        "open-case", ACCOUNT, "Keys", "-", "--impacted-account", ACCOUNT,
        "--impacted-service", "AWS IAM", "--impacted-service", "Amazon S3",
        "--type", "Investigation", stdin="Two keys.\nOne user.\n",
    )  # fmt: skip
    assert done.exit_code == 0
    case = desk.read(lambda client: client.get_case(caseId=done.stdout.strip()))
    assert case["title"] == "[Proactive case] Keys"
    assert case["description"] == "Two keys.\nOne user."
    assert case["engagementType"] == "Investigation"
    assert case["impactedAccounts"] == [ACCOUNT]
    assert case["impactedServices"] == ["AWS IAM", "Amazon S3"]


def test_a_case_can_be_named_by_its_arn(desk: Desk) -> None:
    """The ARN has account and Region; what contradicts it, or is no case, is a wrong call."""
    arn = f"arn:aws:security-ir:us-east-1:{ACCOUNT}:case/{desk.case_id}"
    assert desk.type("acknowledge", arn).exit_code == 0
    assert desk.case["caseStatus"] == "Acknowledged"
    for words, reason in (
        ((arn, "--account", "333333333333"), "but the case is of"),
        ((arn.replace("case/", "membership/"),), "is not the ARN of a case"),
        ((desk.case_id,), "Whose case?"),
    ):
        refused = desk.type("acknowledge", *words)
        assert refused.exit_code == WRONG_CALL
        assert reason in refused.stderr


def test_a_verdict(desk: Desk) -> None:
    """An attachment that has arrived is judged by its id, in whatever letter case."""

    def upload(client: SecurityIncidentResponseClient) -> str:
        assert put(upload_url(client, desk.case_id, "log.txt", 5), b"hello").status == 200
        return str(attachments(client, desk.case_id)["log.txt"]["attachmentId"])

    attachment = desk.read(upload)
    # Without a scanner it was Verified when it arrived.
    assert desk.told("verdict", attachment, "verified") == f"{attachment} is Verified.\n"
    refused = desk.type("verdict", desk.case_id, "--account", ACCOUNT, attachment, "failed")
    assert refused.exit_code == REFUSED
    assert f"ConflictException: Attachment {attachment} is Verified already." in refused.stderr


def test_json_has_the_answer_of_the_api(desk: Desk) -> None:
    """With --output json a script reads the members that the operation answers with."""
    answer = json.loads(desk.told("acknowledge", "--output", "json"))
    assert answer == {"caseStatus": "Acknowledged", "pendingAction": "None"}
    assert json.loads(desk.told("comment", "Hi.", "--output", "json")) == {"commentId": "000000"}


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=lambda words: words[0])
def test_refusals_and_wrong_calls(desk: Desk, words: tuple[str, ...]) -> None:
    """What the service refuses ends with 1 and its exception; no directory with 3."""
    typed = [each.format(case="0000000000") for each in words]
    refused = desk.type(*typed, "--account", ACCOUNT)
    assert refused.exit_code == REFUSED
    assert "ResourceNotFoundException: Account 222222222222 has no case" in refused.stderr
    nowhere = Desk(desk.data / "nowhere", desk.case_id)
    assert nowhere.type(*typed, "--account", ACCOUNT).exit_code == CANNOT_OPEN


def test_what_click_refuses(desk: Desk) -> None:
    """An unknown status, code or type, and an update of nothing, are wrong calls."""
    named = (desk.case_id, "--account", ACCOUNT)
    for words in (
        ("set-status", *named, "Closed"),
        ("close", *named, "Done"),
        ("investigate", *named, "Keys", "One.", "--type", "Guess"),
        ("advance", *named, "inv-0123456789abcdef"),
        ("comment", *named),
    ):
        assert desk.type(*words).exit_code == WRONG_CALL


def test_through_a_server(tmp_path: Path) -> None:
    """The commands work over HTTP with the lines that the server printed."""
    with LarumServer(tmp_path / "data") as server:
        client = boto3_client(server.url, key_of(server))
        client.create_membership(**smallest())
        words = ("responder", "open-case", ADMINISTRATOR, "Keys", "Two.")
        made = type_larum(*words, cwd=tmp_path, environment=shell(server))
        assert (made.returncode, made.stderr) == (0, "")
        assert client.get_case(caseId=made.stdout.strip())["title"] == "[Proactive case] Keys"
        client.close()


def key_of(server: LarumServer) -> AccessKey:
    """Return the administrator's key as the server printed it."""
    shown = server.exports
    return AccessKey(
        shown["AWS_ACCESS_KEY_ID"], shown["AWS_SECRET_ACCESS_KEY"], Principal.root(ADMINISTRATOR)
    )
