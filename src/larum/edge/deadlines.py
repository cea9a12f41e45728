"""How long a peer may take for each part of what it sends."""

from __future__ import annotations

import msgspec

from larum.access.signed_url import PATH
from larum.wire.body_limit import ATTACHMENT as LONGEST_BLOB

_BLOBS = PATH.encode("ascii")


class Deadlines(msgspec.Struct, frozen=True):
    """How long, in seconds, a peer may take; each is absolute: sending slowly does not extend it.

    `header`: from the connection (or the first byte of a later request) to the end of the headers.
    `body`: from there to the end of the body. `idle`: between requests. `answer`: for the peer to
    take our answer. `linger`: how long late input is discarded after a refusal, so that the peer
    can read the refusal before the connection is reset. An attachment has the time of a body and
    what its length takes at `slowest` bytes a second.
    """

    header: float = 10.0
    body: float = 30.0
    idle: float = 30.0
    answer: float = 30.0
    linger: float = 1.0
    slowest: int = 64 * 1024

    def of_body(self, target: bytes, headers: list[tuple[bytes, bytes]]) -> float:
        """Return how long the body may take of a request with that target and those headers."""
        if not target.startswith(_BLOBS):
            return self.body
        length = dict(headers).get(b"content-length", b"")
        if not length.isdigit():
            return self.body
        return self.body + min(int(length), LONGEST_BLOB) / self.slowest
