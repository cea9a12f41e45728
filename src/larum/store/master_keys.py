"""Where the master key comes from, if not from the data directory: a file, a variable, a command.

    file:PATH            the file has the key
    env:NAME             the environment variable has it
    command:PROGRAM …    the program prints it: a secret store's own client, say

The key itself is 32 bytes in base64, and is never in the arguments of a process
(reliability-and-security §9.2).
"""

from __future__ import annotations

import base64
import binascii
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MASTER_KEY_BYTES: Final = 32
SECONDS: Final = 30.0


class MasterKeyRefused(Exception):  # noqa: N818 - told to whoever starts the server
    """There is no master key where the setting says; the message tells what there is instead."""


def read(source: str, variable: Callable[[str], str | None]) -> bytes:
    """Return the 32 bytes that `source` has; raises MasterKeyRefused.

    `variable(name)` gives the text of an environment variable, None where it is not set.
    """
    kind, _, place = source.partition(":")
    try:
        text = _of_variable(variable(place)) if kind == "env" else _READERS[kind](place)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # Of an error its kind alone: what a program printed may be the key.
        reason = error.strerror if isinstance(error, OSError) else _told(error)
        raise MasterKeyRefused(f"The master key of {_named(source)}: {reason}.") from None
    return decoded(text, _named(source))


def decoded(text: str, place: str) -> bytes:
    """Return the bytes of a key in base64; raises MasterKeyRefused, which names the `place`."""
    try:
        key = base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        message = f"The master key of {place} must be {MASTER_KEY_BYTES} bytes in base64."
        raise MasterKeyRefused(message)
    return key


def _of_file(path: str) -> str:
    return Path(path).read_text("ascii")


def _of_variable(text: str | None) -> str:
    if text is None:
        raise ValueError("the variable is not set")
    return text


def _of_command(command: str) -> str:
    done = subprocess.run(  # noqa: S603 - the operator's own setting, and no shell
        shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS,
        check=True, text=True, encoding="ascii",
    )  # fmt: skip
    return done.stdout


def _told(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"the command took more than {SECONDS:.0f} s"
    if isinstance(error, subprocess.CalledProcessError):
        return f"the command ended with status {error.returncode}"
    return "it is not text in base64" if isinstance(error, UnicodeError) else str(error)


def _named(source: str) -> str:
    """Return the source without the arguments of a command, which may be nobody's business."""
    kind, _, place = source.partition(":")
    return f"command:{shlex.split(place)[0]}" if kind == "command" else source


_READERS: Final = {"file": _of_file, "command": _of_command}
