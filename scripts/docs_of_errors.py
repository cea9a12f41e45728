"""Documentation of the modelled errors: which operation can answer with which, and why.

The reasons are the table CAUSES; tests/errors reaches every pair of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.operations import OPERATIONS
from scripts.docs_of_operations import CAUSES, MODEL, SHARED
from scripts.docs_of_program import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def causes(name: str) -> Mapping[str, str]:
    """Return the cause of each modelled error that the operation of that name has here."""
    shared = dict(SHARED)
    if OPERATIONS[name].everywhere:
        del shared["SecurityIncidentResponseNotActiveException"]
    return {**shared, **CAUSES.get(name, {})}


def errors_by_operation(_argument: str) -> str:
    """Return the table of the operations that work and the modelled errors that each can have."""
    headings = [f"[{each.removesuffix('Exception')}](#{each.lower()})" for each in MODEL.errors]
    rows = [[_page(name), *_marks(name)] for name in sorted(OPERATIONS)]
    return table(("Operation", *headings), rows)


def _page(name: str) -> str:
    python = OPERATIONS[name].function.__name__
    return f"[`{python}`](operations/{python}.md)"


def _marks(name: str) -> Iterator[str]:
    found = causes(name)
    for each in MODEL.errors:
        yield "yes" if each in found else "—"
