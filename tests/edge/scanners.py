"""Two scanners that know EICAR's test file: a script, and a server that speaks clamd's INSTREAM."""

from __future__ import annotations

import socketserver
import struct
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# https://www.eicar.org/download-anti-malware-testfile/, in two parts: no scanner of the machine
# that these tests run on shall take this file for it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCRIPT = """\
import pathlib, sys
if pathlib.Path({broken!r}).exists():
    sys.exit(2)
body = pathlib.Path(sys.argv[-1]).read_bytes()
sys.exit(1 if b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE" in body else 0)
"""


def script(path: Path) -> tuple[str, Path]:
    """Return a setting that runs a real script, and the file that breaks it while it exists."""
    broken, program = path / "broken", path / "a scanner.py"
    program.write_text(SCRIPT.format(broken=str(broken)), encoding="utf-8")
    return f"'{sys.executable}' '{program}'", broken


class _Daemon(socketserver.StreamRequestHandler):
    """One connection of clamd: zINSTREAM, then chunks with their length before them."""

    def handle(self) -> None:
        """Answer one scan."""
        command = b""
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        body = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            body += self.rfile.read(length)
        found = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE" in body
        told = b"stream: Eicar-Test-Signature FOUND\0" if found else b"stream: OK\0"
        if b"too large" in body:
            told = b"INSTREAM size limit exceeded. ERROR\0"
        self.wfile.write(told if command == b"zINSTREAM\0" else b"UNKNOWN COMMAND\0")


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


class _Unix(socketserver.ThreadingUnixStreamServer):
    pass


@contextmanager
def daemon(path: Path | None = None) -> Iterator[str]:
    """Run a clamd on loopback, or on a socket at `path`; give the setting that names it."""
    server: socketserver.BaseServer
    if path is None:
        server = _Tcp(("127.0.0.1", 0), _Daemon)
        setting = f"clamd://127.0.0.1:{server.server_address[1]}"
    else:
        server = _Unix(str(path), _Daemon)
        setting = f"clamd://{path}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield setting
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
