"""Documentation of Larum's own API, from its service model: operations, members, limits."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

from botocore import xform_name

from larum.operations import LARUM_OPERATIONS
from larum.wire import model
from scripts.docs_of_operations import members
from scripts.docs_of_program import table

MODEL: Final = model.load("larum")


def own_operations(_argument: str) -> str:
    """Return the table of the operations, each with its path and what it is for."""
    document: dict[str, Any] = json.loads(
        (resources.files("larum.wire") / model.DOCUMENTS["larum"]).read_bytes()
    )
    rows = [
        [
            f"`{xform_name(name)}`",
            f"`{each.method} {each.uri}`",
            document["operations"][name]["documentation"],
        ]
        for name, each in sorted(MODEL.operations.items())
        if name in LARUM_OPERATIONS
    ]
    return table(("boto3", "Method and path", "What it does"), rows)


def own_members(name: str) -> str:
    """Return the members of one operation's request and response."""
    described = MODEL.operations[name]
    request, response = (
        members(described.input, request=True),
        members(described.output, request=False),
    )
    return f"Request:\n\n{request}\n\nResponse:\n\n{response}"
