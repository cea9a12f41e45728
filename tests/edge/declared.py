"""Files for `larum apply`, and the command as a shell types it that talks to a server."""

from __future__ import annotations

import subprocess
from contextlib import chdir
from typing import TYPE_CHECKING

from click.testing import CliRunner

from larum.edge.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.edge.larum_servers import LarumServer

GUIDE = """\
organization:
  trusted-access: true
  delegated-administrator: "222222222222"
  accounts:
    - {id: "222222222222", name: security, email: security@example.com, root-access-key: create}
    - {id: "333333333333", name: shop, email: shop@example.com, ou: workloads/prod, service: on}
  organizational-units: {workloads: {prod: {}, test: {}}}
accounts:
  - {id: "444444444444", name: partner, email: p@example.com}
limits: {memberships: 1000, covered-accounts-per-membership: 10000}
"""
WITHOUT_KEYS = GUIDE.replace(", root-access-key: create", "")
FAULTY = """\
organization:
  accounts:
    - {id: 222222222222, name: 17, ou: nowhere}
    - {id: "333333333333", status: ACTIV, service: maybe}
    - {id: "333333333333", colour: red}
limits: {memberships: many}
"""


def write(directory: Path, text: str, name: str = "directory.yaml") -> Path:
    """Write a file of that text and return where it is."""
    file = directory / name
    file.write_text(text, encoding="utf-8")
    return file


def many(count: int, units: int = 50) -> str:
    """Return a file with that many accounts, everything given."""
    rows = [
        f'    - {{id: "5{number:011d}", name: Account {number}, email: a{number}@example.com, '
        f"ou: unit{number % units}/team, status: ACTIVE, service: on}}"
        for number in range(count)
    ]
    trees = ", ".join(f"unit{number}: {{team: {{}}}}" for number in range(units))
    accounts = "\n".join(rows)
    return f"organization:\n  accounts:\n{accounts}\n  organizational-units: {{{trees}}}\n"


def shell(server: LarumServer) -> dict[str, str]:
    """Return what a shell has that found the server and the administrator's credentials."""
    return {
        "LARUM_ENDPOINT_URL": server.url,
        "AWS_SHARED_CREDENTIALS_FILE": str(server.data / "credentials"),
    }


def type_larum(
    *words: str, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `larum` to its end in this process: what `run_larum` does, without a start each time."""
    with chdir(cwd):
        done = CliRunner().invoke(main, words, env=environment, prog_name="larum")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)
