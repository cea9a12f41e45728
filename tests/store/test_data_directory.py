"""The data directory: private, one process at a time, on a local disk, and never half made."""

from __future__ import annotations

import base64
import configparser
import gc
import os
import shutil
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from larum import installation, settings
from larum.errors import ResourceNotFoundException
from larum.installation import Installation
from larum.service import Service
from larum.settings import Settings
from larum.store import credentials_file, data_directory
from larum.store.credentials import WrongMasterKey
from larum.store.data_directory import NETWORK_FILE_SYSTEMS, DataDirectory, DirectoryRefused
from tests.store.calls import RELAXED, account, create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

WATCHED = {data_directory.__file__, installation.__file__}
LARUM = str(Path(sys.executable).with_name("larum"))
NOBODY = 65534
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's table of mounts")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX modes")


class CrashError(BaseException):
    """The process ends here."""


def crash_at(line: int) -> Callable[[FrameType, str, Any], Any]:
    """Return a tracer that ends the process at the n-th line of the first start."""
    left = line

    def trace(frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401 - sys.settrace's
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line" and left > 0:
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise CrashError
        return trace

    return trace


def written_key(directory: Path) -> tuple[str, str]:
    """Return the access key of the credentials file."""
    parser = configparser.ConfigParser(default_section="")
    parser.read(directory / "credentials")
    profile = parser["default"]
    return profile["aws_access_key_id"], profile["aws_secret_access_key"]


def open_installation(directory: Path) -> Installation:
    """Open what a service stands on."""
    return Installation(directory, RELAXED, datetime.now(UTC), os.urandom)


def check_key(opened: Installation, directory: Path) -> None:
    """Fail unless the key of the credentials file is the root's; closes the installation."""
    try:
        access_key_id, secret = written_key(directory)
        key = opened.credentials.find(access_key_id)
        assert key is not None
        assert key.secret_access_key == secret
        assert key.principal.account == opened.administrator_account
    finally:
        opened.close()


def check_usable(directory: Path) -> None:
    """Fail unless a service works here and the key of the credentials file is its root's."""
    service = Service(directory, RELAXED)
    answer = create(service, account(1), "token")
    check_key(service.installation, directory)
    assert answer.status == 201


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_everything_is_private(tmp_path: Path) -> None:
    """Whatever the umask, only the owner can read anything in the directory."""
    directory = tmp_path / "data"
    before = os.umask(0)
    try:
        service = Service(directory, RELAXED)
        assert create(service, account(1), "token").status == 201
        found = {path.name: mode(path) for path in directory.iterdir() if path.is_file()}
        service.close()
    finally:
        os.umask(before)
    assert mode(directory) == 0o700
    assert mode(directory / "blobs") == 0o700
    secret = {"larum.db", "larum.db-wal", "larum.db-shm", "master.key", "credentials"}
    assert {name: found[name] for name in secret} == dict.fromkeys(secret, 0o600)
    assert set(found) <= secret | {"larum.lock"}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_start_that_crashes_at_any_line_converges(tmp_path: Path) -> None:
    """The first start may end at any of its lines: the next one works, with the key on file."""
    crashes = 0
    for line in range(1, 1000):
        directory = tmp_path / str(line)
        before = sys.gettrace()
        sys.settrace(crash_at(line))
        try:
            open_installation(directory).close()
        except CrashError:
            crashes += 1
        else:
            break
        finally:
            sys.settrace(before)
        try:
            check_key(open_installation(directory), directory)
        except (AssertionError, KeyError) as error:
            message = f"a crash at line {line} of the first start is not recovered from"
            raise AssertionError(message) from error
        shutil.rmtree(directory)
    gc.collect()
    assert crashes > 50


def test_second_start_keeps_the_key(tmp_path: Path) -> None:
    """A second start changes neither key nor account, and shows no secret again."""
    first = Service(tmp_path, RELAXED)
    assert first.installation.shown_key is not None
    first.close()
    written = written_key(tmp_path)
    second = Service(tmp_path, RELAXED)
    assert second.installation.shown_key is None
    assert written_key(tmp_path) == written
    second.close()


def test_second_service_on_the_directory_is_refused(tmp_path: Path) -> None:
    """Two services in one process cannot share a directory; after a close it is free again."""
    first = Service(tmp_path, RELAXED)
    with pytest.raises(DirectoryRefused, match="open in another process"):
        Service(tmp_path, RELAXED)
    first.close()
    Service(tmp_path, RELAXED).close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A real server process on the directory."""
    command = [LARUM, "serve", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        assert server.stdout is not None
        for line in server.stdout:
            if line.startswith("listening on"):
                break
        yield server
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


def test_second_process_on_the_directory_is_refused(
    tmp_path: Path, served: subprocess.Popen[str]
) -> None:
    """A server that runs keeps other servers and in-process services out, with clear words."""
    assert served.poll() is None
    with pytest.raises(DirectoryRefused, match="open in another process"):
        Service(tmp_path, RELAXED)
    command = [LARUM, "serve", "--port", "0", "--data", str(tmp_path)]
    second = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert second.returncode == 3
    assert "is open in another process" in second.stderr
    assert "Traceback" not in second.stderr
    assert second.stdout == ""


def test_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    """After kill -9 the directory can be opened at once."""
    script = "import sys, larum, os, signal; larum.Service(sys.argv[1]); os.kill(os.getpid(), 9)"
    ended = subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    assert ended.returncode == -signal.SIGKILL
    check_usable(tmp_path)


@linux
@pytest.mark.parametrize("kind", sorted(NETWORK_FILE_SYSTEMS))
def test_network_file_system_is_refused(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory below a network mount is refused before anything is written into it."""
    proc = tmp_path / "proc"
    data = tmp_path / "mounted" / "data"
    data.mkdir(parents=True)
    (proc / "self").mkdir(parents=True)
    mounts = f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path / 'mounted'} {kind} rw 0 0\n"
    (proc / "self" / "mounts").write_text(mounts)
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(proc), raising=False)
    with pytest.raises(DirectoryRefused, match="network file system"):
        DataDirectory(data)
    assert not (data / "larum.lock").exists()
    DataDirectory(tmp_path / "local").close()


@linux
def test_network_file_system_mounted_over_a_local_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several mounts on one point the last counts: an automounter's stands below the real."""
    (tmp_path / "proc" / "self").mkdir(parents=True)
    lines = [f"auto {tmp_path} autofs rw 0 0", f"server:/x {tmp_path} 9p rw 0 0"]
    (tmp_path / "proc" / "self" / "mounts").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path / "proc"), raising=False)
    with pytest.raises(DirectoryRefused, match="9p"):
        DataDirectory(tmp_path / "data")


def test_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A file in place of the directory is a refusal with words."""
    (tmp_path / "data").write_text("")
    with pytest.raises(DirectoryRefused, match="is a file"):
        DataDirectory(tmp_path / "data")


@posix
def test_directory_that_is_read_only_is_refused(tmp_path: Path) -> None:
    """A directory that the user may not write to is a refusal with words."""
    directory = tmp_path / "data"
    (directory / "blobs").mkdir(parents=True)
    directory.chmod(0o555)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    user = os.geteuid()
    try:
        # Root may write everywhere.
        os.seteuid(NOBODY if user == 0 else user)
        with pytest.raises(DirectoryRefused, match="is not writable"):
            DataDirectory(directory)
    finally:
        os.seteuid(user)


def test_lost_master_key_is_refused(tmp_path: Path) -> None:
    """Without its master key a store is refused and no new key is made up."""
    Service(tmp_path, RELAXED).close()
    (tmp_path / "master.key").unlink()
    with pytest.raises(DirectoryRefused, match="missing"):
        Service(tmp_path, RELAXED)
    assert not (tmp_path / "master.key").exists()


@pytest.mark.parametrize(
    "contents",
    [b"", b"\n", b"not base64!", base64.b64encode(b"short"), b"\xff\xfe\x00", b"A" * 5000],
)
def test_damaged_master_key_is_refused(tmp_path: Path, contents: bytes) -> None:
    """A master key that is cut, empty or no key is refused and left as it is."""
    Service(tmp_path, RELAXED).close()
    (tmp_path / "master.key").write_bytes(contents)
    with pytest.raises(DirectoryRefused, match=r"damaged|cannot be read"):
        Service(tmp_path, RELAXED)
    assert (tmp_path / "master.key").read_bytes() == contents


def test_wrong_master_key_is_refused(tmp_path: Path) -> None:
    """The master key of another store is refused; with the right one back it opens."""
    Service(tmp_path, RELAXED).close()
    right = (tmp_path / "master.key").read_bytes()
    (tmp_path / "master.key").write_bytes(base64.b64encode(os.urandom(32)))
    with pytest.raises(WrongMasterKey, match="does not belong"):
        Service(tmp_path, RELAXED)
    (tmp_path / "master.key").write_bytes(right)
    check_usable(tmp_path)


def test_one_changed_character_of_the_master_key_is_noticed(tmp_path: Path) -> None:
    """Every single changed character of the master key is refused, whichever it is."""
    Service(tmp_path, RELAXED).close()
    right = (tmp_path / "master.key").read_text()
    for position in range(len(right.strip()) - 1):
        other = "A" if right[position] != "A" else "B"
        (tmp_path / "master.key").write_text(right[:position] + other + right[position + 1 :])
        with pytest.raises((WrongMasterKey, DirectoryRefused)):
            Service(tmp_path, RELAXED)


def test_replaced_root_key_is_written_and_the_old_one_stops(tmp_path: Path) -> None:
    """Replacing the root key writes the new one and makes every older one inactive."""
    service = Service(tmp_path, Settings())
    old, _ = written_key(tmp_path)
    new = service.installation.replace_root_access_key(service._clock())
    service.close()
    assert written_key(tmp_path) == (new.access_key_id, new.secret_access_key)
    service = Service(tmp_path, settings.Settings())
    found = service.installation.credentials.find(old)
    assert found is not None
    assert found.status == "Inactive"
    service.close()
    check_usable(tmp_path)


@posix
def test_planted_link_is_not_followed(tmp_path: Path) -> None:
    """Secrets are never written through a link that somebody else has put there."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "data").mkdir(mode=0o700)
    for name in ("credentials.new", "master.key.new"):
        (tmp_path / "data" / name).symlink_to(victim)
    Service(tmp_path / "data", RELAXED).close()
    assert victim.read_text() == "precious"
    check_usable(tmp_path / "data")


def test_lost_key_of_any_account_is_replaced(tmp_path: Path) -> None:
    """A new root key of a member account works, the old one stops, and other profiles stay."""
    service = Service(tmp_path, RELAXED)
    try:
        old = service.installation.root_access_key("222222222222", service._clock())
        new = service.installation.replace_root_access_key(service._clock(), "222222222222")
        found = service.installation.root_access_key("222222222222", service._clock())
        assert found.access_key_id == new.access_key_id != old.access_key_id
        kept = credentials_file.key_ids(tmp_path / "credentials")
        assert kept.keys() == {"default", "222222222222"}
        with pytest.raises(ResourceNotFoundException):
            service.installation.replace_root_access_key(service._clock(), "999999999999")
    finally:
        service.close()
