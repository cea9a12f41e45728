"""Percent-decoding without mercy: what is not exactly one UTF-8 text is refused.

The standard library lets `%zz` and broken UTF-8 through; here two clients must never disagree with
the server about what a path or a query says.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from larum.errors import ValidationException

_ENCODED = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*", re.ASCII)


def decode(raw: str, where: str) -> str:
    """Return the text that `raw` encodes.

    Raises ValidationException (CANNOT_PARSE) that names `where` and never the value.
    """
    if not _ENCODED.fullmatch(raw):
        raise ValidationException(f"{where} is not percent-encoded", reason="CANNOT_PARSE")
    if "%" not in raw:
        return raw
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise ValidationException(f"{where} is not UTF-8", reason="CANNOT_PARSE") from None
