"""`larum apply` as an operator types it: what it says, where keys go, when it ends with what."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import larum
from larum.store import credentials_file
from larum.store.data_directory import DataDirectory
from tests.edge.declared import FAULTY, GUIDE, WITHOUT_KEYS, many, shell, type_larum, write
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, boto3_client, run_larum

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECURITY = "222222222222"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory of a first start, with no server on it."""
    path = tmp_path / "larum-data"
    larum.Service(path).close()
    return path


@pytest.fixture
def server(data: Path) -> Iterator[LarumServer]:
    """A server on it."""
    with LarumServer(data, "--throttle", "off") as started:
        yield started


def known_accounts(directory: Path, *options: str, **environment: str) -> list[str]:
    """Return the accounts that `larum accounts list` lists."""
    done = type_larum(
        "accounts", "list", *options, "--output", "json", cwd=directory, environment=environment
    )
    assert done.returncode == 0, done.stderr
    return [each["accountId"] for each in json.loads(done.stdout)]


def test_the_guide_s_file_is_applied_to_a_server(server: LarumServer, tmp_path: Path) -> None:
    """A dry run tells what will be done, the run does it, the next one finds nothing to do."""
    file = write(tmp_path, GUIDE)

    def apply(*options: str) -> tuple[list[str], str]:
        done = type_larum("apply", str(file), *options, cwd=tmp_path, environment=shell(server))
        assert done.returncode == 0, done.stderr
        return [" ".join(line.split()) for line in done.stdout.splitlines()], done.stderr

    rehearsed, told = apply("--dry-run")
    assert told == "10 changes would be made.\n"
    assert known_accounts(tmp_path, **shell(server)) == [ADMINISTRATOR]
    assert "create-account 333333333333 workloads/prod, ACTIVE" in rehearsed
    assert "create-account 444444444444 standalone, ACTIVE" in rehearsed
    done, told = apply()
    assert done == rehearsed
    assert told.startswith("10 changes made.\n1 access key added to larum-data/credentials")
    accounts = [ADMINISTRATOR, SECURITY, "333333333333", "444444444444"]
    assert known_accounts(tmp_path, **shell(server)) == accounts
    assert apply() == ([], "Nothing to change.\n")


def test_made_keys_join_the_data_directory_s(server: LarumServer, tmp_path: Path) -> None:
    """The key is a profile beside the administrator's, private, and signs for its account."""
    before = credentials_file.key_ids(server.data / "credentials")
    file = write(tmp_path, GUIDE)
    done = run_larum("apply", str(file), cwd=tmp_path, environment=shell(server))
    assert done.returncode == 0, done.stderr
    keys = server.data / "credentials"
    assert credentials_file.key_ids(keys).keys() == {"default", SECURITY}
    assert credentials_file.key_ids(keys)["default"] == before["default"]
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    member = shell(server) | {"AWS_PROFILE": SECURITY}
    refused = run_larum("accounts", "list", cwd=tmp_path, environment=member)
    assert refused.returncode == 1
    assert f"arn:aws:iam::{SECURITY}:root is not authorized" in refused.stderr
    assert credentials_file.key_ids(keys)[SECURITY] not in done.stdout + done.stderr


def test_a_free_data_directory_needs_no_server(data: Path, tmp_path: Path) -> None:
    """With --data the file is applied in the command's own process, keys included."""
    file = write(tmp_path, GUIDE)
    done = type_larum("apply", str(file), "--data", str(data), "--output", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.keys() == {"dryRun", "changes", "createdAccessKeys", "credentials"}
    assert (len(told["changes"]), told["credentials"]) == (10, str(data / "credentials"))
    (made,) = told["createdAccessKeys"]
    assert made.keys() == {"accountId", "accessKeyId"}
    assert credentials_file.key_ids(data / "credentials")[SECURITY] == made["accessKeyId"]
    assert SECURITY in known_accounts(tmp_path, "--data", str(data))


def test_data_of_a_running_server_means_that_server(server: LarumServer, tmp_path: Path) -> None:
    """With --data and a server on it, the server is called, with the directory's own key."""
    file = write(tmp_path, GUIDE)
    where = ["--data", str(server.data), "--endpoint-url", server.url]
    done = type_larum("apply", str(file), *where, cwd=tmp_path.parent)
    assert done.returncode == 0, done.stderr
    assert SECURITY in credentials_file.key_ids(server.data / "credentials")


def test_keys_without_a_place_are_not_made(server: LarumServer, tmp_path: Path) -> None:
    """Where nobody could keep them nothing is changed; a file without keys needs no place."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def apply(text: str, *options: str) -> tuple[int, str]:
        file = write(elsewhere, text)
        done = type_larum("apply", str(file), *options, cwd=elsewhere, environment=shell(server))
        return done.returncode, done.stderr

    code, told = apply(GUIDE)
    assert code == 2
    assert "Access keys would be made for 1 principal" in told
    assert "--credentials FILE" in told
    assert known_accounts(elsewhere, **shell(server)) == [ADMINISTRATOR]
    code, told = apply(GUIDE, "--credentials", "keys/none/file")
    assert (code, "cannot be written" in told) == (3, True)
    assert known_accounts(elsewhere, **shell(server)) == [ADMINISTRATOR]
    assert apply(WITHOUT_KEYS) == (0, "9 changes made.\n")
    code, told = apply(GUIDE, "--credentials", "keys")
    assert (code, "1 access key added to keys" in told) == (0, True)
    assert list(credentials_file.key_ids(elsewhere / "keys")) == [SECURITY]
    assert apply(GUIDE) == (0, "Nothing to change.\n")


def test_a_profile_of_somebody_else_s_is_not_replaced(server: LarumServer, tmp_path: Path) -> None:
    """A named credentials file that has such a profile already stays, and nothing is changed."""
    file = write(tmp_path, GUIDE)
    mine = write(tmp_path, f"[{SECURITY}]\naws_access_key_id = AKIAMINE\n", "mine")
    done = type_larum(
        "apply", str(file), "--credentials", str(mine), cwd=tmp_path, environment=shell(server)
    )
    assert done.returncode == 2
    assert f"has a profile {SECURITY} already" in done.stderr
    assert credentials_file.key_ids(mine) == {SECURITY: "AKIAMINE"}
    assert known_accounts(tmp_path, **shell(server)) == [ADMINISTRATOR]


def test_keys_for_another_server_do_not_go_into_this_directory(
    server: LarumServer, tmp_path: Path
) -> None:
    """A ./larum-data whose keys are not the ones in use is not this server's: no keys go there."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    larum.Service(elsewhere / "larum-data").close()
    before = (elsewhere / "larum-data" / "credentials").read_bytes()
    file = write(elsewhere, GUIDE)
    done = type_larum("apply", str(file), cwd=elsewhere, environment=shell(server))
    assert (done.returncode, "Say where to keep them" in done.stderr) == (2, True)
    assert (elsewhere / "larum-data" / "credentials").read_bytes() == before


def test_a_faulty_file_lists_every_fault_and_changes_nothing(
    server: LarumServer, tmp_path: Path
) -> None:
    """What the command finds and what only the service can find come together, line by line."""
    file = write(tmp_path, FAULTY)
    done = type_larum("apply", str(file), cwd=tmp_path, environment=shell(server))
    assert (done.returncode, done.stdout) == (2, "")
    *faults, last = done.stderr.splitlines()
    told = [re.sub(r"^larum: \S+:(\d+): ", r"\1 ", each).partition(": ")[0] for each in faults]
    assert told == [
        "3 organization.accounts[0].id",
        "3 organization.accounts[0].name",
        "3 organization.accounts[0].ou",
        "4 organization.accounts[1].service",
        "4 organization.accounts[1].status",
        "5 organization.accounts[2].colour",
        "5 organization.accounts[2].id",
        "6 limits.memberships",
    ]
    assert last == f"larum: 8 faults in {file}; nothing was changed."
    assert 'must be quoted: write "222222222222"' in done.stderr
    assert "must not repeat organization.accounts[1].id" in done.stderr
    assert known_accounts(tmp_path, **shell(server)) == [ADMINISTRATOR]


def test_faults_of_the_file_need_no_server(tmp_path: Path) -> None:
    """What the command finds by itself is told though nothing answers, and the code is 2."""
    file = write(tmp_path, FAULTY)
    done = type_larum("apply", str(file), "--endpoint-url", "http://127.0.0.1:1", cwd=tmp_path)
    assert done.returncode == 2
    assert "limits.memberships: must be a whole number" in done.stderr


def test_what_only_the_service_refuses_is_code_1(server: LarumServer, tmp_path: Path) -> None:
    """A file that reads well and cannot be made true is refused in the words of the file."""
    file = write(tmp_path, 'organization:\n  accounts:\n  - {id: "222222222222", ou: nowhere}\n')
    done = type_larum("apply", str(file), cwd=tmp_path, environment=shell(server))
    assert done.returncode == 1
    assert ":3: organization.accounts[0].ou: must be one of the organizational units" in done.stderr
    assert "nothing was changed" in done.stderr


def test_a_quota_that_would_be_exceeded_is_told(server: LarumServer, tmp_path: Path) -> None:
    """A refusal that is not a fault of the file keeps its name, in a dry run too."""
    text = "limits: {covered-accounts-per-membership: 1}\norganization:\n  accounts:\n"
    file = write(tmp_path, text + '  - {id: "222222222222"}\n')
    key = next(iter(credentials_file.key_ids(server.data / "credentials").values()))
    assert key
    exports = shell(server)
    made = type_larum("directory", "--output", "json", cwd=tmp_path, environment=exports)
    assert made.returncode == 0
    cover_everything(server)
    for options in (["--dry-run"], []):
        done = type_larum("apply", str(file), *options, cwd=tmp_path, environment=exports)
        assert done.returncode == 1
        assert done.stderr.startswith("larum: ServiceQuotaExceededException: ")


def cover_everything(server: LarumServer) -> None:
    """Make the administrator's membership over its whole organization, through the API."""
    import botocore.session

    from larum.domain.principals import AccessKey, Principal
    from tests.conformance.page import smallest

    session = botocore.session.Session()
    session.set_config_variable("credentials_file", str(server.data / "credentials"))
    found = session.get_credentials()
    assert found is not None
    key = AccessKey(found.access_key, found.secret_key, Principal.root(ADMINISTRATOR))
    client = boto3_client(server.url, key)
    client.create_membership(**smallest(coverEntireOrganization=True))
    client.close()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["apply", "nothing.yaml"], 3, "nothing.yaml cannot be read"),
        (["apply"], 2, "Missing argument 'FILE'"),
        (["apply", "good.yaml", "--output", "xml"], 2, "'xml' is not one of"),
        (["apply", "good.yaml", "--endpoint-url", "127.0.0.1:8181"], 2, "must be an http"),
        (["apply", "good.yaml", "--profile", "nobody"], 2, "nobody"),
        (["apply", "good.yaml"], 2, "Unable to locate credentials"),
        (["apply", "good.yaml", "--data", "nowhere"], 3, "nowhere holds no Larum data"),
        (["directory", "--data", "nowhere"], 3, "nowhere holds no Larum data"),
    ],
)
def test_wrong_calls_are_told_apart(tmp_path: Path, words: list[str], code: int, told: str) -> None:
    """Each way to call it wrongly ends with its code and a line that says what to do."""
    write(tmp_path, WITHOUT_KEYS, "good.yaml")
    done = run_larum(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_does_not_answer_is_code_3(tmp_path: Path) -> None:
    """Nothing there, and something that is no Larum server, are both 3 and say which URL."""
    file = write(tmp_path, WITHOUT_KEYS)
    keys = {"AWS_ACCESS_KEY_ID": "LARUNOBODY", "AWS_SECRET_ACCESS_KEY": "x" * 40}
    done = run_larum(
        "apply", str(file), "--endpoint-url", "http://127.0.0.1:1", cwd=tmp_path, environment=keys
    )
    assert done.returncode == 3
    assert "http://127.0.0.1:1 does not answer" in done.stderr
    assert "larum serve" in done.stderr


def test_the_wrong_key_is_code_1_and_says_where_the_right_one_is(
    server: LarumServer, tmp_path: Path
) -> None:
    """A key of somewhere else is refused; the line says which file has this server's."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAELSEWHERE", "AWS_SECRET_ACCESS_KEY": "x" * 40}
    environment = {"LARUM_ENDPOINT_URL": server.url} | keys
    done = type_larum("directory", cwd=tmp_path, environment=environment)
    assert done.returncode == 1
    assert "UnrecognizedClientException" in done.stderr
    assert "AWS_SHARED_CREDENTIALS_FILE" in done.stderr


def test_five_thousand_accounts(server: LarumServer, tmp_path: Path) -> None:
    """A file of 5,000 accounts is told truly, applied whole, and found true the second time."""
    file = write(tmp_path, many(5_000))
    runs = []
    for options in (["--dry-run"], [], []):
        started = datetime.now(UTC)
        done = run_larum("apply", str(file), *options, cwd=tmp_path, environment=shell(server))
        runs.append((done.returncode, done.stdout, done.stderr))
        # The bar is 5 s; this is far beyond what a busy machine makes of it.
        assert (datetime.now(UTC) - started).total_seconds() < 20
    rehearsed, done_at_last, again = runs
    assert rehearsed[:2] == done_at_last[:2]
    assert done_at_last[1].count("create-account ") == 5_000
    assert rehearsed[2] == "5,100 changes would be made.\n"
    assert done_at_last[2] == "5,100 changes made.\n"
    assert again == (0, "", "Nothing to change.\n")
    assert len(known_accounts(tmp_path, **shell(server))) == 5_001


def test_a_fault_among_five_thousand_changes_nothing(data: Path, tmp_path: Path) -> None:
    """Ten faults of a large file are ten lines, and not one account is there afterwards."""
    text = many(5_000)
    for number in range(0, 5_000, 500):
        text = text.replace(f"a{number}@example.com", f"a{number}.example.com")
    file = write(tmp_path, text)
    done = type_larum("apply", str(file), "--data", str(data), cwd=tmp_path)
    assert done.returncode == 2
    faults = [line for line in done.stderr.splitlines() if ".email: " in line]
    assert len(faults) == 10
    assert f"larum: {file}:3: organization.accounts[0].email: " in faults[0]
    assert f"larum: {file}:4503: organization.accounts[4500].email: " in faults[-1]
    assert "10 faults in" in done.stderr
    assert known_accounts(tmp_path, "--data", str(data)) == [ADMINISTRATOR]


def test_keys_that_cannot_be_written_are_not_lost(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the last step leaves the made keys on standard output."""
    from click.testing import CliRunner

    from larum.edge.cli import main

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("larum.store.credentials_file.put", full)
    file = write(tmp_path, GUIDE)
    result = CliRunner().invoke(main, ["apply", str(file), "--data", str(data)])
    assert result.exit_code == 3
    assert f"[{SECURITY}]\naws_access_key_id = LARU" in result.stdout
    assert "aws_secret_access_key = " in result.stdout
    assert "The keys that were made are above" in result.stderr


def test_a_directory_that_is_in_use_is_not_opened_twice(data: Path, tmp_path: Path) -> None:
    """Where another process holds --data and no server answers, that is said, with code 3."""
    held = DataDirectory(data)
    try:
        where = ["--data", str(data), "--endpoint-url", "http://127.0.0.1:1"]
        done = type_larum("accounts", "list", *where, cwd=tmp_path)
    finally:
        held.close()
    assert done.returncode == 3
    assert "does not answer" in done.stderr
