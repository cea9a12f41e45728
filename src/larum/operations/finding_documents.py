"""From the texts of IngestFindings to findings: one bad document harms no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain import finding_formats
from larum.domain.finding_facts import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larum.domain.findings import Finding

AT_ONCE: Final = 100

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Given(msgspec.Struct, frozen=True):
    """A finding and its compact JSON, without an envelope."""

    finding: Finding
    document: str


class Failure(msgspec.Struct, frozen=True):
    """Why the document at `index` was not taken; the reason repeats nothing of it."""

    index: int
    reason: str


def read_all(texts: Sequence[str]) -> tuple[list[Given], list[Failure]]:
    """Return the findings of all documents in their order, and the documents that failed.

    A document with a finding that cannot be understood fails whole, and so does one that would
    bring the call beyond 100 findings.
    """
    given: list[Given] = []
    failures: list[Failure] = []
    for index, text in enumerate(texts):
        try:
            found = read(text)
        except Unreadable as error:
            failures.append(Failure(index, f"The document was not understood: {error}."))
            continue
        if len(given) + len(found) > AT_ONCE:
            reason = f"The call has more than {AT_ONCE} findings: send the document in another one."
            failures.append(Failure(index, reason))
        else:
            given += found
    return given, failures


def read(text: str) -> list[Given]:
    """Return the findings of one document; raises Unreadable."""
    return [
        Given(finding_formats.finding(each), _encode(each).decode())
        for each in finding_formats.findings(_decoded(text))
    ]


def _decoded(text: str) -> object:
    """Return the JSON value; of a key that is given twice the last one counts, as in the SDKs."""
    try:
        value: object = _decode(text)
        # What can be read may still be too deep to be written again.
        _encode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Unreadable("it is not JSON, or nested too deep") from None
    return value
