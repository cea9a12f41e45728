"""The second model with the AWS CLI: `aws configure add-model`, and then `aws larum …`."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from larum.edge.api_client import MODELS
from tests.interop.running import ENVIRONMENTS, LARUM, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AWS = ENVIRONMENTS / "interop-awscli" / "bin" / "aws"
# What version 1 of the CLI ends with when the service refuses.
REFUSED = 255


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Running]:
    """A server, and a shell with a home of its own into which the model was added."""
    home = tmp_path / "home"
    home.mkdir()
    with running(tmp_path / "data") as server:
        environment = server.environment | {
            "HOME": str(home),
            "AWS_ENDPOINT_URL_LARUM": server.url,
            "AWS_DEFAULT_OUTPUT": "json",
        }
        started = Running(server.url, environment)
        shipped = subprocess.check_output([LARUM, "model"], text=True).strip()
        added = aws(
            started, "configure", "add-model",
            "--service-model", f"file://{shipped}", "--service-name", "larum",
        )  # fmt: skip
        assert (added.returncode, added.stderr) == (0, "")
        yield started


def aws(server: Running, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `aws` and `words`."""
    return subprocess.run(
        [str(AWS), *words],
        env=server.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=40,
        check=False,
    )


def told(server: Running, *words: str) -> dict[str, Any]:
    """Return what `aws larum …` prints, as JSON."""
    done = aws(server, "larum", *words)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout or "{}")
    return printed


def test_the_shipped_model_makes_commands(shell: Running) -> None:
    """With the file added, the CLI applies, describes and lists, with nothing else to set."""
    directory = {
        "organization": {
            "accounts": [{"id": "222222222222", "organizationalUnit": "workloads/prod"}],
            "organizationalUnits": ["workloads/prod"],
        }
    }
    words = ["apply-directory", "--directory", json.dumps(directory)]
    rehearsed = told(shell, *words, "--dry-run")
    assert told(shell, "list-accounts", "--max-results", "5")["items"][1:] == []
    applied = told(shell, *words)
    assert applied["changes"] == rehearsed["changes"]
    units = told(shell, "describe-directory")["organizationalUnits"]
    assert [each["path"] for each in units] == ["workloads", "workloads/prod"]
    accounts = told(shell, "list-accounts")["items"]
    assert [each["accountId"] for each in accounts][1:] == ["222222222222"]
    assert told(shell, "list-outbox-entries") == {"items": []}


def test_its_errors_and_its_help_are_the_model_s(shell: Running) -> None:
    """A refusal names its exception and the member; the help tells what an operation does."""
    wrong = json.dumps({"accounts": [{"id": "222222222222", "status": "active"}]})
    refused = aws(shell, "larum", "apply-directory", "--directory", wrong)
    assert refused.returncode == REFUSED
    assert "(ValidationException)" in refused.stderr
    assert "directory.accounts[0].status" in refused.stderr
    helped = aws(shell, "larum", "apply-directory", "help")
    assert "Make a directory true" in " ".join(helped.stdout.split())


def test_the_data_path_brings_the_paginators_too(tmp_path: Path) -> None:
    """With AWS_DATA_PATH on the shipped directory lists page by themselves."""
    with running(tmp_path / "data") as server:
        given = {"AWS_DATA_PATH": MODELS, "AWS_ENDPOINT_URL_LARUM": server.url}
        paged = Running(server.url, server.environment | given | {"AWS_DEFAULT_OUTPUT": "json"})
        accounts = [{"id": f"6{number:011d}"} for number in range(120)]
        told(paged, "apply-directory", "--directory", json.dumps({"accounts": accounts}))
        assert len(told(paged, "list-accounts")["items"]) == 121
        assert len(told(paged, "list-accounts", "--max-items", "30")["items"]) == 30
