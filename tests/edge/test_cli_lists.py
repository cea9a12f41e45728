"""`larum accounts list`, `larum outbox list`, `larum directory`: for people and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from tests.conformance.page import smallest
from tests.edge.declared import GUIDE, shell, type_larum, write
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with the guide's directory and one membership."""
    path = tmp_path / "larum-data"
    with larum.Service(path) as service:
        client = service.client()
        client.create_membership(**smallest(coverEntireOrganization=True))
        client.close()
    done = type_larum("apply", str(write(tmp_path, GUIDE)), "--data", str(path), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return path


def told(data: Path, *words: str, output: str = "text") -> str:
    """Return what a command prints of the data directory."""
    done = type_larum(*words, "--data", str(data), "--output", output, cwd=data.parent)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def rows(text: str) -> list[str]:
    """Return the lines of columns, one space between them."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_accounts_for_people(data: Path) -> None:
    """Each account is a line beneath the headings, by its digits."""
    heading, *lines = rows(told(data, "accounts", "list"))
    assert heading == "ACCOUNT STATUS SERVICE ORGANIZATION UNIT NAME E-MAIL"
    assert [line.split()[0] for line in lines] == [
        ADMINISTRATOR, "222222222222", "333333333333", "444444444444"
    ]  # fmt: skip
    assert lines[2].endswith("workloads/prod shop shop@example.com")
    assert lines[3] == "444444444444 ACTIVE on - - partner p@example.com"


def test_accounts_for_scripts(data: Path) -> None:
    """The JSON has the API's members, whole."""
    listed: list[dict[str, Any]] = json.loads(told(data, "accounts", "list", output="json"))
    assert [each["accountId"] for each in listed][-1] == "444444444444"
    assert listed[-1] == {
        "accountId": "444444444444",
        "status": "ACTIVE",
        "serviceOn": True,
        "name": "partner",
        "email": "p@example.com",
    }


def test_outbox_for_people_and_scripts(data: Path) -> None:
    """What waits is told oldest first: the event, and a notice for each who asked for it."""
    heading, *lines = rows(told(data, "outbox", "list"))
    assert heading == "WHEN ACCOUNT REGION KIND TYPE FOR"
    entries = json.loads(told(data, "outbox", "list", output="json"))
    assert len(entries) == len(lines)
    first, second = lines[0].split(maxsplit=4), entries[1]
    assert first[1:4] == [ADMINISTRATOR, "us-east-1", "event"]
    assert first[4].startswith(f"Membership Created arn:aws:security-ir:us-east-1:{ADMINISTRATOR}:")
    assert (second["kind"], second["recipient"]) == ("notice", "ana@example.com")
    assert lines[1].endswith("notice Membership Created ana@example.com")
    assert [each["createdAt"] for each in entries] == sorted(each["createdAt"] for each in entries)


def test_an_empty_outbox_says_so(tmp_path: Path) -> None:
    """Where nothing waits, people are told, and scripts get an empty list."""
    path = tmp_path / "larum-data"
    larum.Service(path).close()
    done = type_larum("outbox", "list", "--data", str(path), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Nothing waits for delivery.\n"
    assert json.loads(told(path, "outbox", "list", output="json")) == []


def test_directory_for_people_and_scripts(data: Path) -> None:
    """Organization, units, numbers and limits are there."""
    described = json.loads(told(data, "directory", output="json"))
    units = [
        f"{each['organizationalUnitId']} {each['path']}"
        for each in described["organizationalUnits"]
    ]
    lines = rows(told(data, "directory"))
    for line in (
        f"management account {ADMINISTRATOR}",
        "delegated administrator 222222222222",
        "trusted access on",
        "accounts 4",
        "Active memberships 1 of 1,000",
        "covered accounts, at most 10,000",
        f"organizational unit {units[-1]}",
    ):
        assert line in lines
    paths = [unit["path"] for unit in described["organizationalUnits"]]
    assert paths == ["workloads", "workloads/prod", "workloads/test"]
    assert described["limits"] == {"memberships": 1000, "coveredAccountsPerMembership": 10000}
    assert "ResponseMetadata" not in described


def test_lists_longer_than_a_page_are_whole(data: Path, tmp_path: Path) -> None:
    """A server's list of several pages is told from first to last, once each."""
    accounts = "".join(f'- {{id: "6{number:011d}"}}\n' for number in range(230))
    with LarumServer(data, "--throttle", "off") as server:
        file = write(tmp_path, f"accounts:\n{accounts}", "more.yaml")
        done = type_larum("apply", str(file), cwd=tmp_path, environment=shell(server))
        assert done.returncode == 0, done.stderr
        done = type_larum(
            "accounts", "list", "--output", "json", cwd=tmp_path, environment=shell(server)
        )
    found = [each["accountId"] for each in json.loads(done.stdout)]
    assert len(found) == len(set(found)) == 234
    assert found == sorted(found)


def test_help_names_the_options_of_a_client(tmp_path: Path) -> None:
    """Each command that calls the API says how to reach a server, and fits the screen."""
    for words in (["apply"], ["directory"], ["accounts", "list"], ["outbox", "list"]):
        done = type_larum(*words, "--help", cwd=tmp_path)
        for option in ("--endpoint-url", "LARUM_ENDPOINT_URL", "--profile", "--data", "--output"):
            assert option in done.stdout
        assert "http://127.0.0.1:8181" in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 100
