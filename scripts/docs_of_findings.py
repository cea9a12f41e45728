"""Documentation of findings, drawn from the tables of the code."""

from __future__ import annotations

from typing import Final

from larum.domain.finding_metrics import COUNTED, Metric
from larum.domain.findings import TRANSITIONS
from larum.domain.triage_rules import BY_SEVERITY, FIRST_STATUS
from larum.operations.finding_metrics import MEMBERS
from larum.operations.finding_verdicts import BY_CLOSURE_CODE
from scripts.docs_of_program import table

YES: Final = "1"


def outcomes(_argument: str) -> str:
    """Return what each severity leads to without a rule, and the first status of each outcome."""
    severities = {
        outcome: ", ".join(f"`{each}`" for each, found in BY_SEVERITY.items() if found is outcome)
        for outcome in FIRST_STATUS
    }
    rows = [
        [f"`{outcome}`", f"`{status}`", severities[outcome] or "none"]
        for outcome, status in FIRST_STATUS.items()
    ]
    return table(("Outcome", "First status", "Severities that lead to it without a rule"), rows)


def metrics(_argument: str) -> str:
    """Return what a finding of each status adds to which number."""
    counted = [each for each in Metric if any(each in found for found in COUNTED.values())]
    heads = ("Status", *(f"`{MEMBERS[each].removeprefix('findings')}`" for each in counted))
    rows = [
        [f"`{status}`", *(YES if each in found else "" for each in counted)]
        for status, found in COUNTED.items()
    ]
    return table(heads, rows)


def transitions(_argument: str) -> str:
    """Return which step leads from which status where."""
    rows = [
        [f"`{before}`", f"`{step}`", f"`{after}`"] for (before, step), after in TRANSITIONS.items()
    ]
    return table(("From", "Step", "To"), rows)


def closures(_argument: str) -> str:
    """Return what the closure code of a case says of its findings."""
    rows = [[f"`{code}`", f"`{step}`"] for code, step in BY_CLOSURE_CODE.items()]
    return table(("Closure code of the case", "Step of its findings"), rows)
