"""The audit outside the store: checkpoints in a file, exports, and the commands on them."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from botocore.exceptions import ClientError

import larum
from larum.access.audit_checkpoints import is_signed, parse
from larum.domain.audit_chain import hash_of
from larum.edge import audit_files
from larum.settings import Settings, SettingsError
from tests.conformance.page import smallest
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, issue_root_keys
from tests.edge.shells import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER = "222222222222"
RECORDS = 6


def change(service: larum.Service, account: str, times: int = RECORDS - 1) -> None:
    """Make a membership of the account and change it, a record each."""
    client: Any = service.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    for number in range(times):
        client.update_membership(membershipId=made, membershipName=f"canary {number}")
    client.close()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A data directory with two chains, an export of them and a file of checkpoints."""
    found = Shell(tmp_path)
    settings = Settings(audit_checkpoints=tmp_path / "checkpoints.jsonl")
    with larum.Service(found.data, settings) as service:
        change(service, ADMINISTRATOR)
        assert service.audit_checkpoints.write() == 1
        change(service, OTHER)
    assert found.text("audit", "export", "export.jsonl") == ""
    assert found.text("audit", "export") == (tmp_path / "export.jsonl").read_text()
    return found


def sql(shell: Shell, *statements: str) -> None:
    """Do to the database what somebody with the file can do."""
    with closing(apsw.Connection(str(shell.data / "larum.db"))) as connection:
        for statement in statements:
            connection.execute(statement)


def verify(shell: Shell, *words: str) -> tuple[int, str]:
    """Return the exit code of `larum audit verify` and what it complains of."""
    done = shell.larum("audit", "verify", *words)
    return done.returncode, done.stderr


def written_anew(shell: Shell) -> None:
    """Change a record of the administrator and every hash after it, so that the chain fits."""
    with closing(apsw.Connection(str(shell.data / "larum.db"))) as connection:
        rows = connection.execute(
            "SELECT sequence, record FROM audit_records WHERE account = ? ORDER BY sequence",
            (ADMINISTRATOR,),
        ).fetchall()
        previous = bytes(32)
        for sequence, record in rows:
            text = str(record).replace("UpdateMembership", "GetMembership")
            previous = hash_of(previous, text.encode())
            connection.execute(
                "UPDATE audit_records SET record = ?, hash = ? WHERE account = ? AND sequence = ?",
                (text, previous, ADMINISTRATOR, sequence),
            )


TAMPERINGS = {
    "edit": (
        3,
        """UPDATE audit_records SET record = replace(record, 'Update', 'Delete')
        WHERE account = '222222222222' AND sequence = 3""",
    ),
    "delete": (2, "DELETE FROM audit_records WHERE account = '222222222222' AND sequence = 2"),
    "insert": (
        7,
        """INSERT INTO audit_records SELECT account, 7, record, hash, case_arn, NULL
        FROM audit_records WHERE account = '222222222222' AND sequence = 6""",
    ),
    "reorder": (
        4,
        """UPDATE audit_records SET sequence = 90 WHERE account = '222222222222' AND sequence = 4;
        UPDATE audit_records SET sequence = 4 WHERE account = '222222222222' AND sequence = 5;
        UPDATE audit_records SET sequence = 5 WHERE account = '222222222222' AND sequence = 90""",
    ),
    "swap": (
        1,
        """DELETE FROM audit_records WHERE account = '222222222222';
        UPDATE audit_records SET account = '222222222222'""",
    ),
}
CUT = "DELETE FROM audit_records WHERE account = '222222222222' AND sequence > 4"


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_what_somebody_did_to_the_database_is_named(shell: Shell, kind: str) -> None:
    """Edited, deleted, inserted, reordered or exchanged: the account and the first record."""
    assert verify(shell) == (0, "")
    sequence, statement = TAMPERINGS[kind]
    sql(shell, statement)
    code, told = verify(shell, "--account", OTHER)
    assert code == 1
    assert told.startswith(f"larum: {OTHER}: record {sequence}: ")


def test_a_cut_tail_and_a_new_chain_show_by_the_checkpoints(shell: Shell) -> None:
    """Hashes alone cannot show them; the file of checkpoints does, with the public key."""
    with_checkpoints = ("--checkpoint", str(shell.directory / "checkpoints.jsonl"))
    key = shell.text("audit", "key").strip()
    assert verify(shell, *with_checkpoints, "--public-key", key) == (0, "")
    sql(shell, CUT)
    assert verify(shell) == (0, "")
    code, told = verify(shell, *with_checkpoints)
    assert (code, told.count("\n")) == (1, 1)
    assert f"{OTHER}: record 5: the chain ends at 4" in told
    written_anew(shell)
    assert verify(shell) == (0, "")
    code, told = verify(shell, *with_checkpoints)
    assert f"{ADMINISTRATOR}: record 1: the checkpoint at {RECORDS}" in told
    sql(shell, "DELETE FROM audit_records")
    code, told = verify(shell, *with_checkpoints)
    assert (code, told.count("the chain ends at 0")) == (1, 2)


def test_an_export_is_checked_without_a_server(shell: Shell) -> None:
    """A file alone: whole it passes, with a record gone or changed it does not."""
    export = shell.directory / "export.jsonl"
    shutil.rmtree(shell.data)
    assert shell.text("audit", "verify", str(export)) == (
        f"{ADMINISTRATOR}: {RECORDS} records, as written.\n"
        f"{OTHER}: {RECORDS} records, as written.\n"
    )
    lines = export.read_text().splitlines(keepends=True)
    first = json.loads(lines[0])
    assert (first["account"], first["sequence"]) == (ADMINISTRATOR, 1)
    assert first["record"]["eventName"] == "CreateMembership"
    export.write_text("".join(lines[:2] + lines[3:]))
    assert verify(shell, str(export))[0] == 1
    export.write_text("".join(lines).replace("UpdateMembership", "DeleteMembership", 1))
    assert "record 2: its hash" in verify(shell, str(export))[1]
    export.write_text("".join(lines) + "no record\n")
    assert verify(shell, str(export))[0] == 3


def test_why_a_request_was_denied_is_explained(shell: Shell) -> None:
    """By its id: who asked for what, what they were told and why; JSON has the record too."""
    with larum.Service(shell.data) as service:
        client: Any = service.client(account=OTHER)
        with pytest.raises(ClientError) as caught:
            client.get_membership(membershipId="m-0000000000000000000000")
        client.close()
    request = caught.value.response["ResponseMetadata"]["RequestId"]
    told = shell.text("why-denied", request, "--account", OTHER)
    assert [line.split()[0] for line in told.splitlines()] == [
        "When", "Who", "What", "Resource", "Told", "Why", "Record"
    ]  # fmt: skip
    assert f"arn:aws:iam::{OTHER}:root, with LARU" in told
    assert "What      security-ir:GetMembership\n" in told
    assert "No policy decided" in told
    assert f"Record    {RECORDS + 1} of account {OTHER}\n" in told
    last = shell.text("audit", "list", "--account", OTHER).splitlines()[-1]
    assert "GetMembership (refused)" in last
    in_json = shell.told("why-denied", request, "--account", OTHER)
    assert json.loads(in_json["record"])["requestID"] == in_json["requestId"] == request
    done = shell.larum("why-denied", request)
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no record of a denied request with this id" in done.stderr


def test_checkpoints_that_were_changed_or_left_out_are_named(shell: Shell) -> None:
    """A changed line is not signed any more, and one that is gone is missed by the next."""
    file = shell.directory / "checkpoints.jsonl"
    settings = Settings(audit_checkpoints=file)
    for _ in range(2):
        with larum.Service(shell.data, settings) as service:
            client: Any = service.client()
            client.update_membership(
                membershipId=client.list_memberships()["items"][0]["membershipId"],
                membershipName=f"At {time.time()}",
            )
            client.close()
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) == 4
    assert verify(shell, "--checkpoint", str(file)) == (0, "")
    file.write_bytes(b"".join([lines[0], lines[1], lines[3]]))
    assert "was left out" in verify(shell, "--checkpoint", str(file))[1]
    file.write_bytes(lines[0].replace(b'"sequence":6', b'"sequence":5'))
    assert "not signed with this key" in verify(shell, "--checkpoint", str(file))[1]


def test_a_line_that_broke_off_does_no_harm(shell: Shell) -> None:
    """A crash leaves half a line; the next checkpoint is a line of its own and still linked."""
    file = shell.directory / "checkpoints.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"account":"12')
    with larum.Service(shell.data, Settings(audit_checkpoints=file)) as service:
        change(service, "333333333333")
    assert parse(file.read_bytes().splitlines()[-1]) is not None
    code, told = verify(shell, "--checkpoint", str(file))
    assert (code, told) == (0, "1 line of the checkpoints could not be read.\n")


def test_a_sink_that_fails_blocks_nobody_and_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Requests and sweeps go on; when the file can be written, everything is signed."""
    file = tmp_path / "elsewhere" / "checkpoints.jsonl"
    with larum.Service(settings=Settings(audit_checkpoints=file)) as service:
        change(service, ADMINISTRATOR)
        service.sweep()
        assert "could not be written" in caplog.text
        change(service, OTHER)
        file.parent.mkdir()
        service.sweep()
        found = [parse(line) for line in file.read_bytes().splitlines()]
        assert [each and each.account for each in found] == [ADMINISTRATOR, OTHER]
        key = service.audit_checkpoints.public_key
        assert all(each is not None and is_signed(each, key) for each in found)
        assert service.audit_checkpoints.write() == 0
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LarumServer]:
    """A server that writes checkpoints."""
    keys = issue_root_keys(tmp_path / "data", [ADMINISTRATOR])
    file = str(tmp_path / "checkpoints.jsonl")
    with LarumServer(tmp_path / "data", "--audit-checkpoints", file, keys=keys) as running:
        yield running


def test_a_server_signs_after_a_thousand_records(server: LarumServer, tmp_path: Path) -> None:
    """It does not wait for the minute, and what it told is what it kept."""
    client: Any = server.client(account=ADMINISTRATOR)
    made = client.create_membership(**smallest())["membershipId"]
    arn = client.get_membership(membershipId=made)["membershipArn"]
    for _ in range(1_000):
        client.untag_resource(resourceArn=arn, tagKeys=["none"])
    client.close()
    file = tmp_path / "checkpoints.jsonl"
    deadline = time.monotonic() + 10
    while not file.exists() or not file.read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    checkpoint = parse(file.read_bytes().splitlines()[0])
    assert checkpoint is not None
    assert 1_000 <= checkpoint.sequence <= 1_001


def test_a_hundred_thousand_records_are_checked_in_ten_seconds(tmp_path: Path) -> None:
    """An export of that length, by the command's own way, in CPU seconds (G27)."""
    previous, file = bytes(32), tmp_path / "export.jsonl"
    filler = "x" * 700
    with file.open("wb") as out:
        for sequence in range(1, 100_001):
            text = f'{{"filler":"{filler}","recipientAccountId":"{OTHER}","n":{sequence}}}'
            previous = hash_of(previous, text.encode())
            out.write(audit_files.export_line(OTHER, sequence, text, previous.hex()))
    began = time.process_time()
    (check,) = audit_files.check_chains(
        audit_files.read_export(file), [], audit_files.Checkpoints()
    )
    assert (check.sequence, check.broken) == (100_000, None)
    assert time.process_time() - began < 10


def test_a_command_is_given_the_same_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that fails gets them again with the next ones; requests, and the file, do not wait."""
    file, taken, broken = tmp_path / "checkpoints.jsonl", tmp_path / "taken", tmp_path / "broken"
    broken.touch()
    code = (
        f"import os, sys; sys.exit(5) if os.path.exists({str(broken)!r}) else "
        f"open({str(taken)!r}, 'ab').write(sys.stdin.buffer.read())"
    )
    settings = Settings(
        audit_checkpoints=file, audit_checkpoint_command=shlex.join([sys.executable, "-c", code])
    )
    with larum.Service(settings=settings) as service:
        change(service, ADMINISTRATOR)
        service.sweep()
        assert "the command of the audit checkpoints failed" in caplog.text
        assert len(file.read_bytes().splitlines()) == 1
        assert not taken.exists()
        broken.unlink()
        change(service, OTHER)
        service.sweep()
        assert taken.read_bytes() == file.read_bytes()
        assert len(taken.read_bytes().splitlines()) == 2
        service.sweep()
    assert taken.read_bytes() == file.read_bytes()


def test_a_command_needs_the_file() -> None:
    """What a command missed is in the file alone, so there is none without it."""
    with pytest.raises(SettingsError, match="--audit-checkpoints"):
        Settings(audit_checkpoint_command="logger")
