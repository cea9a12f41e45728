"""The bare echo: Larum's HTTP server with nothing behind it but the body that came.

python -m bench.peers.echo
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, cast

from larum.edge.server import Listen, run
from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from larum.edge.group_commit import GroupCommit
    from larum.service import Service

_HEADERS: Final = (("content-type", "application/json"),)


class Echo:
    """A service that gives back what it got, and `{}` for a request without a body."""

    def body_limit(self, _method: str, _raw_path: str) -> int:
        """Allow a megabyte."""
        return 1 << 20

    def prepare(self, request: HttpRequest) -> HttpResponse:
        """Answer at once."""
        return HttpResponse(200, _HEADERS, request.body or b"{}")


class NoWrites:
    """The write queue of a service that never writes."""

    async def close(self) -> None:
        """Have nothing to wait for."""


def open_no_writes(_service: Service) -> GroupCommit:
    """Stand in for the write queue."""
    return cast("GroupCommit", NoWrites())


def announce(url: str) -> None:
    """Print the line that a starter waits for."""
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(run(cast("Service", Echo()), Listen(), open_writes=open_no_writes, on_ready=announce))
