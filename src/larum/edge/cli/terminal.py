"""What others wrote, made harmless for a terminal: it is told, and never obeyed.

A title can have an escape sequence in it, that of a stranger's case as well as of one's own: it
could clear a responder's screen, write over what stands there, or forge a line of a list.
"""

from __future__ import annotations

import re
from typing import Final

SHOWN_INSTEAD: Final = "\ufffd"

# Control characters of C0 (but tab and line end) and C1, and those that turn the order of letters.
_OBEYED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINE_END: Final = re.compile("[\n\t]")


def harmless(text: str) -> str:
    """Return `text` without what a terminal would obey; its line ends and tabs stay."""
    return _OBEYED.sub(SHOWN_INSTEAD, text)


def on_one_line(text: str) -> str:
    """Return `text` without what a terminal would obey, and on one line."""
    return _LINE_END.sub(" ", harmless(text))


def escaped(document: str) -> str:
    """Return a JSON document that says the same, with what a terminal would obey escaped."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
