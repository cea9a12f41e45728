"""A real `larum serve` of its own for one test: a child process, a fresh directory, a free port."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".envs"
LARUM = Path(sys.executable).with_name("larum")
READY = "listening on "
START_SECONDS = 20
STOP_SECONDS = 8


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens; `environment` is that of a shell that pasted its lines."""

    url: str
    environment: dict[str, str]

    @contextmanager
    def client(self, **arguments: Any) -> Iterator[SecurityIncidentResponseClient]:
        """Give a boto3 client of this server as its root, or as `arguments` say."""
        access_key_id, secret_access_key = self.root_access_key()
        given = {
            "region_name": self.environment["AWS_DEFAULT_REGION"],
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret_access_key,
        }
        made = boto3.client("security-ir", endpoint_url=self.url, **(given | arguments))
        try:
            yield made
        finally:
            made.close()

    def root_access_key(self) -> tuple[str, str]:
        """Return the id and the secret that the server exported or wrote to its credentials."""
        if "AWS_ACCESS_KEY_ID" in self.environment:
            found = self.environment
            return found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]
        file = ConfigParser(interpolation=None)
        file.read(self.environment["AWS_SHARED_CREDENTIALS_FILE"])
        section = file["default"]
        return section["aws_access_key_id"], section["aws_secret_access_key"]


def clean_environment() -> dict[str, str]:
    """Return the environment of a user who has set nothing of AWS's or Larum's yet."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LARUM_", "PYTHON"))
    }
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


@contextmanager
def running(data: Path, *flags: str) -> Iterator[Running]:
    """Serve `data` on a free loopback port until the end of the block; SIGTERM must end it well."""
    environment = clean_environment()
    command = [str(LARUM), "serve", "--port", "0", "--data", str(data), *flags]
    with (
        (data.parent / f"{data.name}.log").open("wb") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, cwd=data.parent
        ) as process,
    ):
        overdue = threading.Timer(START_SECONDS, process.kill)
        overdue.start()
        try:
            exported, url = _read_announcement(process, Path(log.name))
            overdue.cancel()
            credentials = {"AWS_SHARED_CREDENTIALS_FILE": str(data / "credentials")}
            yield Running(url, environment | credentials | exported)
        finally:
            overdue.cancel()
            process.terminate()
            try:
                status = process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert status == 0, f"larum serve ended with {status}: {Path(log.name).read_text()}"


def _read_announcement(process: subprocess.Popen[str], log: Path) -> tuple[dict[str, str], str]:
    assert process.stdout is not None
    exported: dict[str, str] = {}
    for line in process.stdout:
        if line.startswith(READY):
            return exported, line.removeprefix(READY).strip()
        (assignment,) = shlex.split(line.removeprefix("export "))
        name, _, value = assignment.partition("=")
        exported[name] = value
    message = f"larum serve did not start: {log.read_text()}"
    raise AssertionError(message)
