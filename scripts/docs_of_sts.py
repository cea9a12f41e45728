"""Documentation of the STS endpoint: parameters from the model, errors from the protocol."""

from __future__ import annotations

from typing import Final

from larum.wire import model, query
from scripts.docs_of_operations import FRONT_END, members
from scripts.docs_of_program import table

MODEL: Final = model.load("sts")
# What has another cause here than in the errors of every operation.
CAUSES: Final = {
    "AccessDeniedException": "The role may not be assumed, or is not there; an MFA code is wrong; "
    "or session credentials ask for a session token.",
    "InternalServerException": "The server made a mistake, or its disk did.",
    "MalformedHttpRequestException": "Not HTTP as it is allowed here, or a query that cannot be "
    "read.",
    "ThrottlingException": "Too many calls, or too many MFA codes tried.",
    "UnknownOperationException": "No such Action, or not in Version 2011-06-15.",
    "ValidationException": "Parameters break the model or a rule; every one is named.",
}


def sts_errors(_argument: str) -> str:
    """Return the table of the names that errors have in the query protocol."""
    rows = [
        [f"`{name}`", str(status), f"`{elsewhere}`", CAUSES.get(elsewhere) or FRONT_END[elsewhere]]
        for elsewhere, (name, status) in sorted(query.ERRORS.items(), key=lambda each: each[1])
    ]
    return table(("Error", "Status", "Elsewhere", "Cause"), rows)


def sts_members(name: str) -> str:
    """Return the parameters of one operation and what it answers."""
    described = MODEL.operations[name]
    request = members(described.input, request=True)
    return f"Request:\n\n{request}\n\nResponse:\n\n{members(described.output, request=False)}"
