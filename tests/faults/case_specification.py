"""What a case and a membership do to one call at a time: what histories.py judges histories by.

States are tuples, so that the checker can remember them. Only what concurrent callers can get wrong
is here; the whole behaviour is in tests/conformance/service_model.py. Sources: service-behaviour
§2 and §11 rows 6, 7, 9, 10, 13, 15 and 18.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.conformance.case_model import MOVES, SUBMITTED

if TYPE_CHECKING:
    from collections.abc import Callable

# A name and what it is about, all of it hashable.
Action: TypeAlias = tuple[str, Any]

CONFLICT, INVALID, MISSING = (
    "ConflictException",
    "ValidationException",
    "ResourceNotFoundException",
)
NOT_ACTIVE = "SecurityIncidentResponseNotActiveException"
DONE = "done"


@dataclass(frozen=True)
class CaseState:
    """A case; `tokens` are the client tokens of its comments, with the ids that they answer."""

    status: str = SUBMITTED
    resolver: str = "Self"
    title: str = ""
    services: frozenset[str] = frozenset()
    metadata: frozenset[tuple[str, str]] = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()
    comments: tuple[str, ...] = ()
    tokens: frozenset[tuple[str, str]] = frozenset()
    pending: str = "None"
    edits: tuple[str, ...] = ("Create case",)

    def then(self, action: str, **changes: Any) -> CaseState:
        """Return the case after a change, with its edit."""
        return replace(self, edits=(*self.edits, action), **changes)


def _told(case: CaseState) -> object:
    return case.status, case.resolver, case.title, case.services, case.metadata, case.pending


def _update(case: CaseState, changes: dict[str, Any]) -> CaseState:
    after = replace(case, **changes)
    return case if after == case else after.then("Update case", pending="None")


def _title(case: CaseState, title: str) -> tuple[CaseState, object]:
    return _update(case, {"title": title}), DONE


def _add_service(case: CaseState, service: str) -> tuple[CaseState, object]:
    return _update(case, {"services": case.services | {service}}), DONE


def _delete_service(case: CaseState, service: str) -> tuple[CaseState, object]:
    return _update(case, {"services": case.services - {service}}), DONE


def _put(pairs: frozenset[tuple[str, str]], new: tuple[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(each for each in pairs if each[0] != new[0]) | {new}


def _metadata(case: CaseState, pair: tuple[str, str]) -> tuple[CaseState, object]:
    return _update(case, {"metadata": _put(case.metadata, pair)}), DONE


def _tag(case: CaseState, pair: tuple[str, str]) -> tuple[CaseState, object]:
    after = _put(case.tags, pair)
    return (case if after == case.tags else case.then("Add tag", tags=after)), DONE


def _untag(case: CaseState, key: str) -> tuple[CaseState, object]:
    after = frozenset(each for each in case.tags if each[0] != key)
    return (case if after == case.tags else case.then("Remove tag", tags=after)), DONE


def _move(case: CaseState, wanted: str) -> tuple[CaseState, object]:
    if case.resolver == "AWS":
        return case, INVALID
    if wanted == case.status:
        return case, wanted
    if (case.status, wanted) not in MOVES:
        return case, CONFLICT
    return case.then("Update case status", status=wanted), wanted


def _hand_over(case: CaseState, _: None) -> tuple[CaseState, object]:
    if case.resolver == "AWS":
        return case, case.status
    return case.then("Update resolver type", resolver="AWS", status=SUBMITTED), SUBMITTED


def _comment(case: CaseState, token_and_body: tuple[str, str]) -> tuple[CaseState, object]:
    token, body = token_and_body
    made = f"{len(case.comments):06d}"
    tokens = case.tokens | {(token, made)}
    comments = (*case.comments, body)
    return case.then("Add comment", comments=comments, tokens=tokens, pending="None"), made


def _edit_comment(case: CaseState, number_and_body: tuple[int, str]) -> tuple[CaseState, object]:
    number, body = number_and_body
    if number >= len(case.comments):
        return case, MISSING
    if case.comments[number] == body:
        return case, DONE
    comments = (*case.comments[:number], body, *case.comments[number + 1 :])
    return case.then("Update comment", comments=comments, pending="None"), DONE


def _ask(case: CaseState, _: None) -> tuple[CaseState, object]:
    if case.resolver != "AWS":
        return case, INVALID
    if case.pending == "Customer":
        return case, "Customer"
    return case.then("Request customer action", pending="Customer"), "Customer"


WRITES: dict[str, Callable[[CaseState, Any], tuple[CaseState, object]]] = {
    "title": _title,
    "add service": _add_service,
    "delete service": _delete_service,
    "metadata": _metadata,
    "tag": _tag,
    "untag": _untag,
    "move": _move,
    "hand over": _hand_over,
    "comment": _comment,
    "edit comment": _edit_comment,
    "ask": _ask,
}


READS: dict[str, Callable[[CaseState], object]] = {
    "get": _told,
    "comments": lambda case: case.comments,
    "edits": lambda case: case.edits,
    "tags": lambda case: case.tags,
}


def case_step(case: CaseState, action: Action) -> tuple[CaseState, object]:
    """Return the case after an action, and its answer."""
    name, argument = action
    if name in READS:
        return case, READS[name](case)
    if name == "close":
        closed = case.then("Close case", status="Closed", pending="None")
        return (case if case.status == "Closed" else closed), DONE
    if name == "comment" and argument[0] in dict(case.tokens):
        return case, dict(case.tokens)[argument[0]]
    return (case, CONFLICT) if case.status == "Closed" else WRITES[name](case, argument)


@dataclass(frozen=True)
class MembershipState:
    """A membership with the titles of its cases, the one that changed last first."""

    status: str = "Active"
    name: str = ""
    cases: tuple[str, ...] = ()


def _rename(state: MembershipState, name: str) -> tuple[MembershipState, object]:
    if state.status != "Active":
        return state, CONFLICT
    return replace(state, name=name), DONE


MEMBERSHIP_READS: dict[str, Callable[[MembershipState], object]] = {
    "get": lambda state: (state.status, state.name),
    "list cases": lambda state: state.cases if state.status == "Active" else NOT_ACTIVE,
}
MEMBERSHIP_WRITES: dict[str, Callable[[MembershipState, Any], tuple[MembershipState, object]]] = {
    "rename": _rename,
    "cancel": lambda state, _: (replace(state, status="Cancelled"), DONE),
    "undo": lambda state, _: (replace(state, status="Active"), DONE),
}


def membership_step(state: MembershipState, action: Action) -> tuple[MembershipState, object]:
    """Return the membership after an action, and its answer.

    A case is created with its title for a client token, so that any repeat is a replay.
    """
    name, argument = action
    if name in MEMBERSHIP_READS:
        return state, MEMBERSHIP_READS[name](state)
    if name in MEMBERSHIP_WRITES:
        return MEMBERSHIP_WRITES[name](state, argument)
    if name == "create case" and argument in state.cases:
        return state, DONE
    if state.status != "Active":
        return state, NOT_ACTIVE
    # Creating one and changing one both bring it to the top.
    left = tuple(each for each in state.cases if each != argument)
    return replace(state, cases=(argument, *left)), DONE
