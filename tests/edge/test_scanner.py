"""Scanners: a real script and a real clamd protocol, asked about sound files and EICAR's."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from larum.domain.attachments import Verdict
from larum.edge.scanner import scanner_of
from tests.edge.scanners import EICAR, daemon, script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Scan = Callable[[Path], Verdict | None]


def scan_of(setting: str) -> Scan:
    """Return what scans by `setting`."""
    scan = scanner_of(setting, threading.Event())
    assert scan is not None
    return scan


def check_verdicts(scan: Scan, path: Path) -> None:
    """Assert that a sound file is sound and EICAR's is not."""
    sound, eicar = path / "sound", path / "-rf eicar"
    sound.write_bytes(b"nothing here" * 100_000)
    eicar.write_bytes(EICAR)
    assert scan(sound) is Verdict.SOUND
    assert scan(eicar) is Verdict.INFECTED


def test_a_command_is_asked(tmp_path: Path) -> None:
    """Status 0 is sound and 1 is malware; the command's own path may have spaces."""
    setting, broken = script(tmp_path)
    scan = scan_of(setting)
    check_verdicts(scan, tmp_path)
    broken.touch()
    assert scan(tmp_path / "sound") is None


@pytest.mark.parametrize("local", [True, False])
def test_clamd_is_asked(tmp_path: Path, local: bool) -> None:  # noqa: FBT001 - pytest gives it
    """INSTREAM over a Unix socket and over TCP; what clamd cannot tell is no verdict."""
    with daemon(tmp_path / "clamd.ctl" if local else None) as setting:
        scan = scan_of(setting)
        check_verdicts(scan, tmp_path)
        (tmp_path / "large").write_bytes(b"too large")
        assert scan(tmp_path / "large") is None
    assert scan(tmp_path / "sound") is None


@pytest.mark.parametrize(
    "setting", ["/nowhere/at-all", "clamd:///nowhere/clamd.ctl", "clamd://127.0.0.1:9"]
)
def test_a_scanner_that_is_not_there(tmp_path: Path, setting: str) -> None:
    """No scanner is no verdict, and never a sound file."""
    (tmp_path / "sound").write_bytes(b"x")
    assert scan_of(setting)(tmp_path / "sound") is None


def test_a_running_command_ends_with_the_server(tmp_path: Path) -> None:
    """A scanner that hangs does not keep the server from stopping."""
    stopped = threading.Event()
    scan = scanner_of(f"'{sys.executable}' -c 'import time; time.sleep(60)'", stopped)
    assert scan is not None
    threading.Timer(0.2, stopped.set).start()
    began = time.monotonic()
    assert scan(tmp_path) is None
    assert time.monotonic() - began < 10


def test_without_a_setting_nobody_is_asked() -> None:
    """There is no scanner unless one is set."""
    assert scanner_of(None, threading.Event()) is None
