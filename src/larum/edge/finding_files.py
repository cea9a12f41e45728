"""Files of findings, cut into the calls of IngestFindings.

A file is a JSON array, JSON lines, one document, or what `aws guardduty get-findings` and
`aws securityhub get-findings` print (`{"Findings": [...]}`), gzipped or not. The documents are not
decoded here: what was in the file is what the service gets, and what it cannot read it names.
"""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What one call takes: of findings, and of bytes of a body, with some room for the other members.
FINDINGS_AT_ONCE: Final = 100
BYTES_AT_ONCE: Final = 4_000_000
# The service's limit of one document, in characters.
LONGEST_DOCUMENT: Final = 245_760
TOO_DEEP: Final = "it is nested too deep"
GZIP: Final = b"\x1f\x8b"
ASCII: Final = bytes(range(128))
ESCAPED: Final = (ord('"'), ord("\\"))


class NotFindings(Exception):  # noqa: N818 - told to whoever gave the file
    """The file cannot be read; the text says why."""


class _Exported(msgspec.Struct):
    Findings: list[msgspec.Raw]


class _Detail(msgspec.Struct):
    findings: list[msgspec.Raw] = []


class _Event(msgspec.Struct):
    detail: _Detail


_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_exported = msgspec.json.Decoder(_Exported).decode
_event = msgspec.json.Decoder(_Event).decode


def documents(content: bytes) -> list[bytes]:
    """Return the documents of a file, as they are written in it; raises NotFindings."""
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise NotFindings("it is not whole: gzip cannot read it") from None
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    if content.startswith(b"["):
        try:
            return [bytes(each) for each in _list(content)]
        except msgspec.MsgspecError as error:
            raise NotFindings(f"it is not a JSON array: {error}") from None
        except RecursionError:
            raise NotFindings(TOO_DEEP) from None
    try:
        return [bytes(each) for each in _exported(content).Findings]
    except (msgspec.MsgspecError, RecursionError):
        return [line for line in _lines(content) if line]


def _lines(content: bytes) -> list[bytes]:
    """Return the lines of JSON lines, or the one document that is written over several."""
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return [line.strip() for line in content.splitlines()]
    return [content]


def batches(found: Sequence[bytes]) -> Iterator[list[int]]:
    """Give the places of documents that go into one call together, in their order."""
    batch: list[int] = []
    room, count = BYTES_AT_ONCE, 0
    for place, each in enumerate(found):
        size = _size_in_body(each)
        holds = findings_in(each)
        if batch and (size > room or count + holds > FINDINGS_AT_ONCE):
            yield batch
            batch, room, count = [], BYTES_AT_ONCE, 0
        batch.append(place)
        room -= size
        count += holds
    if batch:
        yield batch


def findings_in(document: bytes) -> int:
    """Return how many findings a document holds: an event of Security Hub may hold several."""
    if b'"detail"' not in document:
        return 1
    try:
        return max(len(_event(document).detail.findings), 1)
    except (msgspec.MsgspecError, RecursionError):
        return 1


def _size_in_body(document: bytes) -> int:
    """Return how many bytes a document takes as a text in a body, where botocore escapes it.

    Every character beyond ASCII becomes six bytes or twelve.
    """
    escaped = sum(document.count(each) for each in ESCAPED)
    beyond = 0 if document.isascii() else len(document.translate(None, ASCII))
    return len(document) + escaped + 5 * beyond + 5 * document.count(b"\n")
