"""Asks somebody else whether a file is malware: a command, or ClamAV's daemon.

A command is given the file's path as its last argument: exit status 0 says that it is sound, 1 that
it is not, anything else that nobody knows; `clamdscan --no-summary --fdpass` does so. A daemon
(`clamd://HOST:PORT`, `clamd:///PATH`) is sent the bytes by INSTREAM:
https://docs.clamav.net/manual/Usage/Scanning.html#clamd
"""

from __future__ import annotations

import logging
import shlex
import socket
import struct
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from larum.domain.attachments import Verdict

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    Scan = Callable[[Path], Verdict | None]

log = logging.getLogger("larum.edge")

SECONDS: Final = 300.0
POLL_SECONDS: Final = 0.05
CHUNK: Final = 256 * 1024
VERDICTS: Final = {0: Verdict.SOUND, 1: Verdict.INFECTED}
LONGEST_REPLY: Final = 4096


def scanner_of(setting: str | None, stopped: threading.Event) -> Scan | None:
    """Return what scans a file by the setting `scanner`; None where nothing does.

    It returns None where it could not tell. Once `stopped` is set, a running command is ended.
    """
    if setting is None:
        return None
    if setting.startswith("clamd:"):
        return partial(ask_daemon, setting)
    return partial(run_command, shlex.split(setting), stopped)


def run_command(command: list[str], stopped: threading.Event, file: Path) -> Verdict | None:
    """Return what `command` says of `file`; None where it fails or takes over five minutes."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the operator's own setting, and no shell
            [*command, str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        log.warning("the scanner cannot be run: %s", error.strerror)
        return None
    due = time.monotonic() + SECONDS
    with process:
        while process.poll() is None:
            if stopped.is_set() or time.monotonic() > due:
                process.kill()
                return None
            time.sleep(POLL_SECONDS)
    verdict = VERDICTS.get(process.returncode)
    if verdict is None:
        log.warning("the scanner ended with status %d", process.returncode)
    return verdict


def ask_daemon(address: str, file: Path) -> Verdict | None:
    """Return what the clamd at `address` says of `file`; None where it cannot be asked."""
    try:
        with _connected(address) as connection, file.open("rb") as stream:
            connection.sendall(b"zINSTREAM\0")
            while chunk := stream.read(CHUNK):
                connection.sendall(struct.pack(">I", len(chunk)) + chunk)
            connection.sendall(struct.pack(">I", 0))
            reply = _reply(connection)
    except OSError as error:
        log.warning("clamd cannot be asked: %s", error.strerror or type(error).__name__)
        return None
    if reply == b"stream: OK":
        return Verdict.SOUND
    if reply.startswith(b"stream: ") and reply.endswith(b" FOUND"):
        return Verdict.INFECTED
    log.warning("clamd could not tell; its StreamMaxLength must be 100M or more")
    return None


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.hostname and parts.port:
        return socket.create_connection((parts.hostname, parts.port), SECONDS)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(SECONDS)
        connection.connect(parts.path)
    except OSError:
        connection.close()
        raise
    return connection


def _reply(connection: socket.socket) -> bytes:
    reply = b""
    while not reply.endswith(b"\0") and len(reply) < LONGEST_REPLY:
        received = connection.recv(LONGEST_REPLY)
        if not received:
            break
        reply += received
    return reply.rstrip(b"\0\n")
