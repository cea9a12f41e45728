"""The AWS CLI, unchanged and with nothing but what the server told a shell to export."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop.journey import FOREIGN, PARAMETERS, told
from tests.interop.running import ENVIRONMENTS, ROOT, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = ENVIRONMENTS / "interop-awscli" / "bin"
# What version 1 ends with, which package indexes have; version 2 would end with 254.
REFUSED = 255
BLOCK = re.compile(r"^```bash aws[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The page's parameters once more, in the words that a person would type; shorthand has no way to
# write a key with a space.
TYPED = PARAMETERS | {"tags": {"team": "blue", "cost/center": "v=1 @ ü"}}
NAMED = {
    "--client-token": TYPED["clientToken"],
    "--membership-name": TYPED["membershipName"],
}
AS_JSON = {
    "--incident-response-team": json.dumps(TYPED["incidentResponseTeam"]),
    "--opt-in-features": json.dumps(TYPED["optInFeatures"]),
    "--tags": json.dumps(TYPED["tags"]),
}
SHORTHAND = [
    "--incident-response-team",
    (
        "name=Ana Ø,jobTitle=Lead,email=ana@example.com,"
        "communicationPreferences=[Case Created,Membership Created]"
    ),
    "name=Ben,jobTitle=Analyst,email=ben@example.com",
    "--opt-in-features",
    "featureName=Triage,isEnabled=true",
    "--tags",
    'team=blue,cost/center="v=1 @ ü"',
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """Give a server with an empty store."""
    with running(tmp_path / "data") as started:
        yield started


def shell(server: Running) -> dict[str, str]:
    """Return the environment of a shell that pasted the server's lines and finds `aws`."""
    path = f"{COMMANDS}{os.pathsep}{server.environment['PATH']}"
    return server.environment | {"PATH": path, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}


def run(server: Running, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `aws security-ir` and `words`."""
    return subprocess.run(
        ["aws", "security-ir", *words],
        env=shell(server) | {"AWS_DEFAULT_OUTPUT": "json"},
        executable=COMMANDS / "aws",
        capture_output=True,
        encoding="utf-8",
        timeout=40,
        check=False,
    )


def aws(server: Running, *words: str) -> dict[str, Any]:
    """Return what the command prints, from JSON; nothing as an empty dict."""
    done = run(server, *words)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout or "{}")
    return printed


def words_of(options: dict[str, str]) -> list[str]:
    """Return options as words of a command."""
    return [word for pair in options.items() for word in pair]


def as_printed(value: object) -> object:
    """Return an answer of boto3 as the CLI prints it: times as the number that came."""
    if isinstance(value, dict):
        return {name: as_printed(each) for name, each in value.items() if name != "status"}
    if isinstance(value, list):
        return [as_printed(each) for each in value]
    return value.timestamp() if isinstance(value, datetime) else value


def test_every_way_to_write_the_page_s_parameters_means_the_same(server: Running) -> None:
    """JSON, shorthand, an input file and boto3 send one request: all get the id of the first."""
    covering = [*words_of(NAMED), "--cover-entire-organization"]
    created = aws(server, "create-membership", *covering, *words_of(AS_JSON))
    typed = aws(server, "create-membership", *covering, *SHORTHAND)
    whole = aws(server, "create-membership", "--cli-input-json", json.dumps(TYPED))
    with server.client() as client:
        by_boto3 = told(client.create_membership(**TYPED))
    assert by_boto3.pop("status") == 201
    assert [typed, whole, by_boto3] == [created] * 3


def test_the_cli_reads_what_boto3_reads(server: Running) -> None:
    """What get, list and list-tags print is what boto3 is answered, times included."""
    membership_id = aws(server, "create-membership", "--cli-input-json", json.dumps(PARAMETERS))[
        "membershipId"
    ]
    membership = aws(server, "get-membership", "--membership-id", membership_id)
    arn = membership["membershipArn"]
    with server.client() as client:
        assert membership == as_printed(told(client.get_membership(membershipId=membership_id)))
        assert aws(server, "list-memberships") == as_printed(told(client.list_memberships()))
        listed = aws(server, "list-tags-for-resource", "--resource-arn", arn)
        assert listed == as_printed(told(client.list_tags_for_resource(resourceArn=arn)))
    assert listed["tags"] == PARAMETERS["tags"]


def test_tags_are_added_and_removed(server: Running) -> None:
    """tag-resource and untag-resource print nothing, end well and do it."""
    membership_id = aws(server, "create-membership", "--cli-input-json", json.dumps(PARAMETERS))[
        "membershipId"
    ]
    arn = aws(server, "get-membership", "--membership-id", membership_id)["membershipArn"]
    assert aws(server, "tag-resource", "--resource-arn", arn, "--tags", "team=red,new=1") == {}
    keys = ["empty", "a key/with: signs"]
    assert aws(server, "untag-resource", "--resource-arn", arn, "--tag-keys", *keys) == {}
    listed = aws(server, "list-tags-for-resource", "--resource-arn", arn)
    assert listed == {"tags": {"team": "red", "new": "1"}}


def test_an_error_says_which_and_what_to_change(server: Running) -> None:
    """A refusal has an exit code of its own; its text has the error and the wrong member."""
    parameters = PARAMETERS | {"membershipName": "n" * 51}
    invalid = run(server, "create-membership", "--cli-input-json", json.dumps(parameters))
    foreign = run(server, "get-membership", "--membership-id", FOREIGN)
    assert (invalid.returncode, foreign.returncode) == (REFUSED, REFUSED)
    assert "(ValidationException)" in invalid.stderr
    assert "'membershipName'" in invalid.stderr
    assert "n" * 51 not in invalid.stderr
    assert "(AccessDeniedException)" in foreign.stderr


def test_a_wrong_secret_is_told_apart(server: Running) -> None:
    """Signatures are really checked: with another secret the CLI is refused and says why."""
    access_key_id, _ = server.root_access_key()
    given = {"AWS_ACCESS_KEY_ID": access_key_id, "AWS_SECRET_ACCESS_KEY": "x" * 40}
    done = run(Running(server.url, server.environment | given), "list-memberships")
    assert done.returncode == REFUSED
    assert "InvalidSignature" in done.stderr


def documents() -> list[Path]:
    """Return the documents of the repository that have blocks for the AWS CLI."""
    written = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in written if BLOCK.search(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_documents_commands_work(path: Path, server: Running) -> None:
    """The blocks `bash aws` of a document run in order, in one shell, as they are printed."""
    script = "\n".join(BLOCK.findall(path.read_text("utf-8")))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=shell(server),
        cwd=server.environment["AWS_SHARED_CREDENTIALS_FILE"].rpartition("/")[0],
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_readme_shows_the_cli() -> None:
    """README has a block for the AWS CLI, so that the test above has something to run."""
    assert ROOT / "README.md" in documents()
