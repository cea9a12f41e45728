"""What `larum` tells whoever types it: help, operations, a new root key, and exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import larum
from larum.operations import OPERATIONS
from larum.settings import FIELDS, WITHOUT_FLAG
from tests.conformance.page import smallest
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, issue_root_keys, run_larum
from tests.wire.services import MODEL

if TYPE_CHECKING:
    from pathlib import Path


def test_help_tells_the_story(tmp_path: Path) -> None:
    """`larum --help` says what this is, how to start, how to call it and how to use it in tests."""
    done = run_larum("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    for words in ("larum serve", "larum.client()", "replace-root-key", "Not affiliated"):
        assert words in done.stdout
    assert "compatible with the AWS Security Incident Response API" in " ".join(done.stdout.split())


def test_help_of_serve_names_every_setting(tmp_path: Path) -> None:
    """Each option and each variable is in the help; a secret has no option."""
    help_text = run_larum("serve", "--help", cwd=tmp_path).stdout
    for field in FIELDS:
        assert (f"{field.flag} " in help_text) == (field.name not in WITHOUT_FLAG), field.name
        assert field.variable in "".join(help_text.split()), field.name
    assert "--root-secret-access-key" not in help_text


def test_version(tmp_path: Path) -> None:
    """`larum --version` is one line that scripts can read."""
    assert run_larum("--version", cwd=tmp_path).stdout == f"larum {larum.__version__}\n"


def test_operations_as_json(tmp_path: Path) -> None:
    """`larum operations --output json` is the whole truth about what works."""
    rows = json.loads(run_larum("operations", "--output", "json", cwd=tmp_path).stdout)
    assert {row["operation"]: row["works"] for row in rows} == {
        name: name in OPERATIONS for name in MODEL.operations
    }


def test_operations_as_text(tmp_path: Path) -> None:
    """`larum operations` lists every operation with yes or not yet."""
    lines = run_larum("operations", cwd=tmp_path).stdout.splitlines()
    told = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in lines if line.split()}
    for name in MODEL.operations:
        assert told[name] == ("yes" if name in OPERATIONS else "not yet")


@pytest.mark.parametrize("arguments", [["no-such-command"], ["serve", "extra"], ["--nonsense"]])
def test_wrong_call_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    """A call that is not understood ends with 2 and says how to get help."""
    done = run_larum(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert done.stdout == ""


def test_replaced_root_key_works_and_the_old_one_does_not(tmp_path: Path) -> None:
    """`larum replace-root-key` recovers a lost key: new lines to paste, a new credentials file."""
    data = tmp_path / "larum-data"
    old = issue_root_keys(data, [ADMINISTRATOR])
    with LarumServer(data, keys=old) as server:
        made = server.client().create_membership(**smallest())["membershipId"]
    done = run_larum("replace-root-key", "--data", str(data), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    new = issue_root_keys(data, [ADMINISTRATOR])
    key = new[ADMINISTRATOR]
    assert done.stdout.splitlines()[0] == f"export AWS_ACCESS_KEY_ID={key.access_key_id}"
    assert key.secret_access_key in done.stdout.splitlines()[1]
    assert key.secret_access_key in (data / "credentials").read_text("utf-8")
    assert key.access_key_id != old[ADMINISTRATOR].access_key_id
    with LarumServer(data, keys=new) as server:
        assert server.client().get_membership(membershipId=made)["membershipId"] == made
        server.keys = old
        refused = server.client()
        with pytest.raises(refused.exceptions.ClientError) as caught:
            refused.list_memberships()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_root_key_is_not_replaced_under_a_running_server(tmp_path: Path) -> None:
    """While a server has the directory, exit code 3 and clear words."""
    data = tmp_path / "larum-data"
    with LarumServer(data):
        done = run_larum("replace-root-key", "--data", str(data), cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "open in another process" in done.stderr


def test_root_key_of_nothing_is_not_replaced(tmp_path: Path) -> None:
    """A directory without data is named as such, and not made."""
    done = run_larum("replace-root-key", "--data", "nowhere", cwd=tmp_path)
    assert done.returncode == 3
    assert "nowhere" in done.stderr
    assert not (tmp_path / "nowhere").exists()
