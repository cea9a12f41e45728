"""A real server whose clock stands still, raw sockets to it, and a note of who got in.

What is sent are bytes: an HTTP client would put right much of what must be refused. `GOOD` is a
request that works; a refusal of something made of it is the refusal of what was changed.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import larum
from larum.calls import Call, Chore
from larum.domain.principals import AccessKey, Principal
from larum.settings import Settings
from tests.access.signed_requests import Draft
from tests.edge.larum_servers import ADMINISTRATOR, in_thread
from tests.edge.servers import Answer, Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.wire.http import HttpRequest, HttpResponse

# The time at which the server stands; boto3, which signs by the real one, is within its window.
FROZEN = datetime.now(UTC).replace(microsecond=0)
STAMP = f"{FROZEN:%Y%m%dT%H%M%SZ}"
SCOPE = f"{STAMP[:8]}/us-east-1/security-ir/aws4_request"
ROOT = AccessKey(
    "LARUEXAMPLEROOT00001",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    Principal.root(ADMINISTRATOR),
)
GOOD = Draft(
    path="/v1/memberships", body=b"{}", host="larum.example", stamp=STAMP, scope=SCOPE, key=ROOT
)


class Watched(larum.Service):
    """A service that keeps each call that authentication, routing and validation let through."""

    def __init__(self, settings: Settings) -> None:
        self.passed: list[Call] = []
        self.now = FROZEN
        super().__init__(settings=settings, clock=lambda: self.now)

    def prepare(self, request: HttpRequest) -> Call | Chore | HttpResponse:
        """Prepare, and note a call."""
        prepared = super().prepare(request)
        if isinstance(prepared, Call):
            self.passed.append(prepared)
        return prepared


@dataclass
class FrontDoor:
    """The server at `url`, before `service`; `told` is every answer that it gave."""

    service: Watched
    url: str
    told: list[Answer] = field(default_factory=list)

    def send(self, raw: bytes | HttpRequest | Draft) -> Answer:
        """Send it on a connection of its own; return the first answer."""
        with Connection(self.url) as connection:
            without_body = not isinstance(raw, bytes) and raw.method == "HEAD"
            answer = connection.send(on_the_wire(raw)).answer(head_only=without_body)
        self.told.append(answer)
        return answer


@contextmanager
def front_door(**settings: object) -> Iterator[FrontDoor]:
    """Serve an empty instance whose root key is `ROOT`, with these settings; give the door."""
    given: dict[str, object] = {
        "root_account": ADMINISTRATOR,
        "root_access_key_id": ROOT.access_key_id,
        "root_secret_access_key": ROOT.secret_access_key,
    }
    service = Watched(Settings(**given | settings))  # type: ignore[arg-type]  # each has its own
    try:
        with in_thread(service) as url:
            yield FrontDoor(service, url)
    finally:
        service.close()


def on_the_wire(raw: bytes | HttpRequest | Draft) -> bytes:
    """Return the bytes of a request, with the Content-Length that belongs to its body."""
    if isinstance(raw, bytes):
        return raw
    request = raw.request() if isinstance(raw, Draft) else raw
    target = request.raw_path + (f"?{request.raw_query}" if request.raw_query else "")
    lines = [f"{request.method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body:
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body
