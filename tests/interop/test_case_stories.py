"""A case from opening to closing, in each ecosystem: by its own SDK and its own HTTP client."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from larum.edge import api_client
from larum.edge.api_client import MODELS
from tests.interop.case_journey import CASE, EVIDENCE, INVESTIGATIONS, STARTED, supported_case
from tests.interop.journey import PARAMETERS, told
from tests.interop.running import ENVIRONMENTS, ROOT, Running, clean_environment, running
from tests.interop.test_aws_cli import REFUSED, as_printed, aws, run
from tests.interop.test_boto3_versions import BOTH, NEWEST, OLDEST, flat
from tests.interop.test_javascript import MODELS as JS_MODELS
from tests.interop.test_javascript import node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

CASE_FILE = Path(__file__).with_name("case.json")
ASYNC_JOURNEY = Path(__file__).with_name("async_case_journey.py")
ASYNC_PYTHON = ENVIRONMENTS / "interop-aiobotocore" / "bin" / "python"
EDITS = [
    "Create case",
    "Update case",
    "Update case status",
    *["Add comment"] * 4,
    "Update comment",
    "Upload attachment",
    "Upload attachment",
    "Add tag",
    "Remove tag",
    "Update resolver type",
    "Close case",
]
REPORTED = "reportedIncidentStartDate"
Story = dict[str, Any]


def printed(*command: str, environment: dict[str, str]) -> Story:
    """Run a program and return the JSON that it prints."""
    done = subprocess.run(
        command,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Story = json.loads(done.stdout)
    return found


def travel(version: str, *arguments: str, environment: dict[str, str]) -> Story:
    """Take the journey with that boto3."""
    python = str(ENVIRONMENTS / version / "bin" / "python")
    words = [python, "-m", "tests.interop.case_journey", *arguments]
    return printed(*words, environment=environment | {"PYTHONWARNINGS": "error"})


def travel_over_http(version: str, data: Path) -> Story:
    """Take the journey against a server on `data`."""
    with running(data) as server:
        larum = {"AWS_DATA_PATH": MODELS, "AWS_ENDPOINT_URL_LARUM": server.url}
        return travel(version, "http", environment=server.environment | larum)


def travel_in_process(version: str, data: Path) -> Story:
    """Take the journey with the service inside its process."""
    return travel(version, "embedded", str(data), environment=clean_environment())


@BOTH
def test_boto3_by_both_ways_in(version: str, tmp_path: Path) -> None:
    """Over HTTP and in process, one boto3 gets the same answers about a case, to the letter."""
    over_http = travel_over_http(version, tmp_path / "served")
    assert over_http == travel_in_process(version, tmp_path / "embedded")
    assert over_http["moved"]["status"] == 201
    assert over_http["evidence"]["put"] == [200, 412]
    assert over_http["evidence"]["upload"]["status"] == 201
    assert over_http["evidence"]["download"]["status"] == 201
    assert over_http["comments"]["listed"][0] == 4
    assert over_http["cases"][0] == 2
    assert over_http["edits"] == EDITS
    assert over_http["get"]["caseStatus"] == "Closed"
    assert over_http["end"]["refused"]["resourceType"] == "Case"


def test_boto3_of_both_ages(tmp_path: Path) -> None:
    """Every answer about a case that the oldest boto3 can read is the one that the newest gets."""
    oldest = flat(travel_in_process(OLDEST, tmp_path / "oldest"))
    newest = flat(travel_in_process(NEWEST, tmp_path / "newest"))
    unread = (".newer", ".get.caseMetadata")
    assert [each for each in newest.keys() - oldest.keys() if not each.startswith(unread)] == []
    assert {name: newest.get(name, each) for name, each in oldest.items()} == oldest


@contextmanager
def prepared(data: Path) -> Iterator[tuple[Running, str]]:
    """Give a server with a membership, and the id of a case with investigations to read."""
    with running(data) as server, server.client() as client:
        access_key_id, secret_access_key = server.root_access_key()
        responder = api_client.isolated_client(
            "larum",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
        )
        client.create_membership(**PARAMETERS)
        supported = supported_case(client, responder)
        responder.close()
        yield server, supported


def check(went: Story, client: SecurityIncidentResponseClient, supported: str) -> None:
    """Check what an ecosystem says it met, and what boto3 finds afterwards."""
    (case_id,) = went["cases made"]
    assert went["cases"] == [case_id, supported]
    assert set(went["statuses"]) <= {201, 204}
    assert went["comments"] == 3
    assert went["investigations"] == list(INVESTIGATIONS)
    assert went["put"] == [200, 412]
    assert base64.b64decode(went["evidence"]) == EVIDENCE
    assert went["closed"] == "Closed"
    assert went["conflict"] == {"resourceId": case_id, "resourceType": "Case"}
    case: Story = told(client.get_case(caseId=case_id))
    tags = client.list_tags_for_resource(resourceArn=case["caseArn"])["tags"]
    assert tags == {"team": "blue", "später": "ja"}
    # The AWS CLI sends whole seconds, whatever it was given.
    assert int(case[REPORTED].timestamp()) == int(CASE[REPORTED])
    sent = {name: case[name] for name in CASE if name in case and name != REPORTED}
    assert sent == {name: CASE[name] for name in sent}
    assert sent.keys() == CASE.keys() - {"clientToken", "tags", REPORTED}
    (attached,) = case["caseAttachments"]
    assert (attached["fileName"], attached["attachmentStatus"]) == ("dump.bin", "Verified")


def test_aiobotocore(tmp_path: Path) -> None:
    """With asyncio and aiohttp: calls at once, evidence, pages, an end and a conflict."""
    with prepared(tmp_path / "data") as (server, supported), server.client() as client:
        words = [str(ASYNC_PYTHON), str(ASYNC_JOURNEY), str(CASE_FILE), supported]
        check(printed(*words, environment=server.environment), client, supported)


@pytest.mark.parametrize("version", ["v3", "v2"])
def test_javascript(version: str, tmp_path: Path) -> None:
    """With the JavaScript SDK and fetch or node:http: the same, with dates as Date."""
    (packed,) = (ENVIRONMENTS / "interop-newest").glob(JS_MODELS)
    model = tmp_path / "model.json"
    model.write_bytes(gzip.decompress(packed.read_bytes()))
    with prepared(tmp_path / "data") as (server, supported), server.client() as client:
        words = [version, str(model), str(CASE_FILE), supported]
        went = node("case_journey.mjs", *words, environment=server.environment)
        assert went["reported"] == CASE[REPORTED]
        check(went, client, supported)


def curl(*words: str, into: Path | None = None) -> int:
    """Type `curl` and `words`; return the status."""
    told_to = ["--output", str(into) if into else "/dev/null", "--write-out", "%{http_code}"]
    done = subprocess.run(
        ["curl", "--silent", "--show-error", *told_to, *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def evidence_by_curl(server: Running, case_id: str, directory: Path) -> Story:
    """Upload and download with curl, which sends `Expect: 100-continue` with a body this large."""
    named = ["--case-id", case_id]
    given, got = directory / "given", directory / "got"
    given.write_bytes(EVIDENCE)
    words = ["--file-name", "dump.bin", "--content-length", str(len(EVIDENCE))]
    url = aws(server, "get-case-attachment-upload-url", *named, *words)["attachmentPresignedUrl"]
    asked = ["--upload-file", str(given), "--header", "If-None-Match: *", url]
    put = [curl(*asked) for _ in range(2)]
    (attached,) = aws(server, "get-case", *named)["caseAttachments"]
    words = ["--attachment-id", attached["attachmentId"]]
    url = aws(server, "get-case-attachment-download-url", *named, *words)["attachmentPresignedUrl"]
    assert curl(url, into=got) == 200
    return {"put": put, "evidence": base64.b64encode(got.read_bytes()).decode()}


def story_of_the_cli(server: Running, supported: str, directory: Path) -> Story:
    """Type the whole way."""
    whole = ["create-case", "--cli-input-json", CASE_FILE.read_text("utf-8")]
    made = [aws(server, *whole)["caseId"] for _ in range(2)]
    named = ["--case-id", made[0]]
    for number in range(3):
        aws(server, "create-case-comment", *named, "--body", f"Nummer {number} ✓")
    aws(server, "update-case-status", *named, "--case-status", "Detection and Analysis")
    case = aws(server, "get-case", *named)
    with server.client() as client:
        assert case == as_printed(told(client.get_case(caseId=made[0])))
    arn = ["--resource-arn", case["caseArn"]]
    aws(server, "tag-resource", *arn, "--tags", json.dumps({"später": "ja"}))
    aws(server, "untag-resource", *arn, "--tag-keys", "a key/with: signs")
    one = ["--page-size", "1"]
    cases = aws(server, "list-cases", *one)["items"]
    of = ["--case-id", supported, *one]
    investigations = aws(server, "list-investigations", *of)["investigationActions"]
    comments = aws(server, "list-comments", *named, *one)["items"]
    evidence = evidence_by_curl(server, made[0], directory)
    return {
        "cases made": sorted(set(made)),
        "statuses": [],
        "comments": len(comments),
        "cases": [each["caseId"] for each in cases],
        "investigations": [each["title"] for each in investigations],
        **evidence,
        "closed": aws(server, "close-case", *named)["caseStatus"],
    }


def test_the_aws_cli(tmp_path: Path) -> None:
    """With the AWS CLI and curl: the same, and a refusal that names its exception."""
    with prepared(tmp_path / "data") as (server, supported), server.client() as client:
        went = story_of_the_cli(server, supported, tmp_path)
        (case_id,) = went["cases made"]
        refused = run(server, "create-case-comment", "--case-id", case_id, "--body", "Late.")
        assert refused.returncode == REFUSED
        assert "(ConflictException)" in refused.stderr
        conflict = {"resourceId": case_id, "resourceType": "Case"}
        check(went | {"conflict": conflict}, client, supported)


def test_the_cli_s_ways_to_write_a_time(tmp_path: Path) -> None:
    """A time typed in ISO 8601, in seconds or with an offset is the same instant."""
    with prepared(tmp_path / "data") as (server, supported), server.client() as client:
        for typed in ("2026-11-01T08:00:00Z", "2026-11-01T09:00:00+01:00", "1793520000"):
            words = ["--actual-incident-start-date", typed, "--case-id", supported]
            aws(server, "update-case", *words)
            assert client.get_case(caseId=supported)["actualIncidentStartDate"] == STARTED
