"""Which protocol a request speaks: REST with JSON, or AWS's query protocol with XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from larum.wire import query, rest_json
from larum.wire.model import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.errors import ServiceError
    from larum.wire.http import HttpRequest, HttpResponse
    from larum.wire.model import Operation
    from larum.wire.router import Match


class WireProtocol(Protocol):
    """Requests to params, outputs and errors to answers; the modules of this package."""

    def parse_request(
        self, match: Match, raw_query: str, content_type: str | None, body: bytes
    ) -> dict[str, object]:
        """Return the raw params in wire names; raises ValidationException."""
        ...

    def serialize_response(
        self, operation: Operation, output: Mapping[str, object], request_id: str
    ) -> HttpResponse:
        """Return the success of `operation`."""
        ...

    def serialize_error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """Return the refusal."""
        ...


PROTOCOLS: Final[Mapping[str, WireProtocol]] = {"query": query, "rest-json": rest_json}


def of_request(request: HttpRequest) -> WireProtocol:
    """Return the protocol in which a request is asked, and must be answered."""
    return query if query.speaks(request) else rest_json


def of_service(name: str) -> WireProtocol:
    """Return the protocol of the service with that signing name."""
    return PROTOCOLS[load(name).protocol]
