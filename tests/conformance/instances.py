"""Two doors to the same service: a `larum serve` process over HTTP, and a service in this process.

A test that takes `connect` runs through both. Each test gets accounts that nobody else has, so that
one server answers many tests and yet every account is fresh.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

# Standalone accounts whose root keys exist before the server starts: it knows no others.
ACCOUNTS = tuple(f"2{number:011d}" for number in range(1_000))
_next_account = count()


class Instance(Protocol):
    """Whatever gives boto3 clients of one installation, by account and Region."""

    def client(
        self, *, account: str = ..., region: str = ..., **arguments: Any
    ) -> SecurityIncidentResponseClient:
        """Return a stock boto3 client."""
        ...


def fresh_account() -> str:
    """Return a standalone account that no test has used in this process."""
    return ACCOUNTS[next(_next_account)]
