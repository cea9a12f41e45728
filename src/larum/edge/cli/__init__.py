"""The command `larum`: what an operator types.

Exit codes: 0 done, 1 refused by the service, 2 wrong call, 3 cannot reach or open.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

import larum

if TYPE_CHECKING:
    from collections.abc import Mapping

# Imported when first asked for: a server has no use for what the other commands need.
_HOMES: Final[Mapping[str, str]] = {
    "serve": "running",
    "demo": "demo",
    "apply": "directory",
    "directory": "directory",
    "accounts": "directory",
    "iam": "iam",
    "organizations": "organizations",
    "policy": "policy",
    "memberships": "memberships",
    "cases": "cases",
    "export": "export",
    "audit": "audit",
    "why-denied": "why_denied",
    "outbox": "outbox",
    "responder": "responder",
    "findings": "findings",
    "operations": "running",
    "model": "running",
    "replace-root-key": "running",
}
# Commands of a group that have a module of their own.
_PARTS: Final[Mapping[str, str]] = {"responder": "responder_work", "findings": "triage_rules"}


class _Program(click.Group):
    """The commands by name, each imported when it is first asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it
        """Return the names."""
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click passes it
        """Return the command of that name, or None."""
        if cmd_name not in self.commands and cmd_name in _HOMES:
            self.add_command(_command(cmd_name), cmd_name)
        return self.commands.get(cmd_name)


def _command(name: str) -> click.Command:
    home = import_module(f"larum.edge.cli.{_HOMES[name]}")
    command: click.Command = getattr(home, name.replace("-", "_"))
    if name in _PARTS and isinstance(command, click.Group):
        for each in import_module(f"larum.edge.cli.{_PARTS[name]}").COMMANDS:
            command.add_command(each)
    return command


def every_command() -> dict[str, click.Command]:
    """Return all commands by name: for what tells of them."""
    return {name: _command(name) for name in _HOMES}


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(larum.__version__, message="larum %(version)s")
def main() -> None:
    """Run a service that is compatible with the AWS Security Incident Response API.

    \b
    Look around:          larum demo
    Start it:             larum serve
    Paste the lines that it prints into another shell, and use it there:
                          aws security-ir list-memberships
    Declare accounts:     larum apply organization.yaml
    See what works:       larum operations
    Lost the root key:    larum replace-root-key --data ./larum-data

    In tests no server is needed: larum.client() is a boto3 client in the same process.
    Not affiliated with, endorsed or sponsored by Amazon.
    """  # noqa: D301 - the backslash-b keeps click from joining the lines
