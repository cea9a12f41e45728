"""The three answers that IAM knows, and what each means for the caller."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The outcomes of an evaluation; only ALLOW lets the request pass."""

    ALLOW = "Allow"
    IMPLICIT_DENY = "ImplicitDeny"
    EXPLICIT_DENY = "ExplicitDeny"
