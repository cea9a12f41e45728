"""What waits for its turn in a transaction: a call of an operation, or a chore of the server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.wire import protocols, rest_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.context import Caller
    from larum.operations import Entry
    from larum.store.engine import Transaction
    from larum.store.idempotency import TokenUse
    from larum.wire.http import HttpResponse
    from larum.wire.model import Operation
    from larum.wire.protocols import WireProtocol


class Call(msgspec.Struct, frozen=True):
    """A request that may be performed: authenticated, throttled, parsed and validated.

    `secure` is whether it came by TLS, to this server or to a trusted proxy before it.
    """

    request_id: str
    now: datetime
    caller: Caller
    source_ip: str
    service: str
    operation: Operation
    entry: Entry
    params: dict[str, Any]
    cursor: str | None
    token: TokenUse | None
    origin: str
    secure: bool
    user_agent: str | None

    @property
    def writes(self) -> bool:
        """Whether it needs a place in a group, or a snapshot to read."""
        return self.entry.writes

    @property
    def protocol(self) -> WireProtocol:
        """How its answer is written."""
        return protocols.of_service(self.service)


class Chore(msgspec.Struct, frozen=True):
    """A change that is no call of an operation, and shares the commits of calls all the same.

    One such change is the record of a request that was denied: `perform` returns the denial.
    `protocol` is how a failure of it is told.
    """

    request_id: str
    perform: Callable[[Transaction], HttpResponse]
    protocol: WireProtocol = rest_json
    token: None = None
