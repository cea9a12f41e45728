"""How long until Larum is there: import and first client, and a server on an empty directory.

What is installed has been compiled to bytecode, and so has what is measured: each is started once
before, and may write its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from bench import servers
from bench.figures import Bar, Figure, Held, Result, Size
from bench.requests import REGION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIENT: Final = Bar("`larum.client()` above boto3 and a client", 200, at_least=False, unit="ms")
READY: Final = Bar(
    "`larum serve` on an empty directory until ready", 700, at_least=False, unit="ms"
)

# Both with a given Region and key, so that neither looks for files.
_PLAIN: Final = (
    f"import boto3; boto3.client('security-ir', region_name='{REGION}', "
    "aws_access_key_id='a', aws_secret_access_key='b')"
)
_EMBEDDED: Final = "import larum; larum.client()"


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Start each once in every round, in fresh processes."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for program in (_PLAIN, _EMBEDDED):
        _milliseconds(program)
    with servers.larum_serve(directory / "compiled"):
        pass
    plain, embedded, ready = [], [], []
    for each in range(size.rounds):
        say(f"round {each + 1} of {size.rounds}")
        plain.append(_milliseconds(_PLAIN))
        embedded.append(_milliseconds(_EMBEDDED))
        with servers.larum_serve(directory / f"empty-{each}") as server:
            ready.append(server.seconds_to_ready * 1e3)
    above = tuple(own - floor for own, floor in zip(embedded, plain, strict=True))
    return Result(
        (Held(CLIENT, above), Held(READY, tuple(ready))),
        (
            Figure("python: boto3 and a client", "ms", tuple(plain)),
            Figure("python: larum.client()", "ms", tuple(embedded)),
        ),
    )


def _milliseconds(program: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return (time.perf_counter() - begun) * 1e3
