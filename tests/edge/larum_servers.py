"""Real `larum serve` processes, in-thread servers, and boto3 clients for them; all are ended.

Every server listens on a free loopback port. `LarumServer` is the command as an operator types it;
`in_thread` puts the HTTP edge before a service that the test has made, with its clock or its disk.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config

from larum.edge.group_commit import GroupCommit
from larum.edge.server import HttpServer, Listen
from larum.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from larum.domain.principals import AccessKey

ADMINISTRATOR = "123456789012"
PATIENCE = 20.0
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})
UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})

# One session for every client: it reads botocore's model once.
_SESSION = boto3.session.Session()


def command() -> str:
    """Return the path of the installed command `larum`."""
    found = shutil.which("larum", path=str(Path(sys.executable).parent))
    assert found is not None, "larum is not installed in this environment"
    return found


def run_larum(
    *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `larum` to its end and return what it printed."""
    return subprocess.run(
        [command(), *arguments],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def boto3_client(
    url: str | None, key: AccessKey, *, region: str = "us-east-1", **arguments: Any
) -> SecurityIncidentResponseClient:
    """Return a stock boto3 client that signs with `key` and talks to `url`."""
    return _SESSION.client(
        "security-ir",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        **arguments,
    )


def issue_root_keys(data: Path, accounts: Iterable[str]) -> dict[str, AccessKey]:
    """Return root keys of `accounts` in the data directory, which no server may have open."""
    service = Service(data)
    try:
        issue, now = service.installation.root_access_key, datetime.now(UTC)
        return {account: issue(account, now) for account in accounts}
    finally:
        service.close()


class LarumServer:
    """One `larum serve --port 0 …`, as a context manager.

    `lines` is what it printed on standard output until it listened, `exports` the variables that
    an operator would paste, `keys` root keys by account for `client`; `program` is `larum`, or one
    with a bug.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        keys: Mapping[str, AccessKey] | None = None,
        program: Sequence[str] | None = None,
    ) -> None:
        self.data = data
        self._program = program or [command()]
        self.keys = keys or {}
        self._arguments = ["serve", "--port", "0", "--data", str(data), *arguments]
        self._environment = {**os.environ, **(environment or {})}
        self._clients: list[SecurityIncidentResponseClient] = []
        self._errors = data.with_name(data.name + ".stderr")
        self.lines: list[str] = []
        self.url = ""

    def __enter__(self) -> Self:
        """Start; return when it listens."""
        self._stderr = self._errors.open("a", encoding="utf-8")
        self.process = subprocess.Popen(
            [*self._program, *self._arguments],
            cwd=self.data.parent,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("listening on "):
                self.url = line.removeprefix("listening on ").strip()
                return self
        self.stop()
        raise AssertionError(f"larum serve ended before it listened: {self.stderr}")

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def exports(self) -> dict[str, str]:
        """The exported variables by name, as a shell would read them."""
        words = [shlex.split(line) for line in self.lines if line.startswith("export ")]
        pairs = [each[1].partition("=") for each in words]
        return {name: value for name, _, value in pairs}

    @property
    def stderr(self) -> str:
        """What it has told the operator so far."""
        return self._errors.read_text("utf-8")

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    def client(
        self, *, account: str = ADMINISTRATOR, region: str = "us-east-1", **arguments: Any
    ) -> SecurityIncidentResponseClient:
        """Return a boto3 client of the account's root; closed with the server."""
        made = boto3_client(self.url, self.keys[account], region=region, **arguments)
        self._clients.append(made)
        return made

    def stop(self) -> int:
        """Send SIGTERM, wait for the end and return the exit code."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._stderr.close()
        return code


@contextmanager
def in_thread(service: Service, listen: Listen | None = None) -> Iterator[str]:
    """Serve `service` over HTTP from a thread of this process; give the URL."""
    with HttpServer(service, listen or Listen(), open_writes=GroupCommit) as server:
        yield server.url
