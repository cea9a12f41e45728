"""What a cancellation will do, counted and told before anybody is asked to confirm it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.domain.memberships import CommunicationType
from larum.edge.cli.printing import count, pages, when
from larum.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larum.edge.cli.calls import Connection

# So many cases are looked at; an account has at most 150 open ones unless its quotas were raised.
MOST_CASES: Final = 5_000
PAGE: Final = 25
KINDS: Final = {"Self": "self-managed", "AWS": "AWS-supported"}


class OpenCases(msgspec.Struct, frozen=True):
    """The cases that are not Closed: how many of each resolver type; `total` has the closed too.

    `seen` is how many were looked at: fewer than `total` in an account with very many.
    """

    by_kind: dict[str, int]
    total: int
    seen: int

    @property
    def number(self) -> int:
        """How many are open, of those that were looked at."""
        return sum(self.by_kind.values())


def open_cases(connection: Connection) -> OpenCases:
    """Count the open cases of the caller's Active membership in this Region."""
    by_kind = dict.fromkeys(KINDS, 0)
    seen = total = 0
    for page in pages(connection, "list_cases", maxResults=PAGE):
        total = page["total"]
        for case in page["items"]:
            seen += 1
            if case["caseStatus"] != "Closed":
                by_kind[case["resolverType"]] += 1
        if seen >= MOST_CASES:
            break
    return OpenCases(by_kind, total, seen)


def told(membership: dict[str, Any]) -> list[str]:
    """Return the addresses of those who asked to hear of a cancellation."""
    return [
        each["email"]
        for each in membership["incidentResponseTeam"]
        if CommunicationType.MEMBERSHIP_CANCELLED in each["communicationPreferences"]
    ]


def facts(membership: dict[str, Any], cases: OpenCases) -> dict[str, Any]:
    """Return what will happen, for a script."""
    return {
        "membershipId": membership["membershipId"],
        "membershipName": membership["membershipName"],
        "accountId": membership["accountId"],
        "region": membership["region"],
        "accountsCovered": membership["numberOfAccountsCovered"],
        "openCases": cases.by_kind,
        "casesLookedAt": cases.seen,
        "cases": cases.total,
        "told": told(membership),
    }


def lines(membership: dict[str, Any], cases: OpenCases) -> list[str]:
    """Return what will happen, for whoever decides it."""
    name, identity = membership["membershipName"], membership["membershipId"]
    holder = f"account {membership['accountId']} in {membership['region']}"
    covered = membership["numberOfAccountsCovered"]
    days = Settings().termination_after.days
    return [
        f"{identity} “{name}” of {holder} will be Cancelled.",
        "",
        "At once, or with its billing month (the instance's setting cancellation)",
        *_indented(
            f"{count(covered, 'account')} no longer covered.",
            _open(cases),
            f"All {count(cases.total, 'case')} out of the reach of the API, for reading too."
            if cases.total
            else "There are no cases.",
            _mailed(told(membership)),
        ),
        "What stays",
        *_indented(
            "The membership can be read and listed, and no longer changed.",
            "Every case is archived with its comments, edits, investigations and attachments. The",
            "administrator reads them with `larum cases list --archived` and copies them with",
            f"`larum export {identity} DIR`.",
            "Nothing is deleted, but for what is in any case: attachments, a week after closing.",
        ),
        "The way back",
        *_indented(
            f"`larum memberships undo-cancel {identity}` brings everything back, as long as no",
            "other membership was created and the instance has not made this one Terminated: after",
            f"{days} days, unless its setting termination-after says otherwise.",
            "A new membership is no way back: it sees none of these cases.",
        ),
    ]


def outcome(membership: dict[str, Any]) -> str:
    """Return what has become of a membership that was cancelled, in a few words."""
    status = str(membership["membershipStatus"])
    until = membership.get("membershipDeactivationTimestamp")
    if status == "Active" and until is not None:
        return f"stays Active until {when(until)}, the end of its billing month"
    return f"is {status}"


def _indented(*texts: str) -> Iterable[str]:
    return [*(f"  {text}" for text in texts), ""]


def _open(cases: OpenCases) -> str:
    if not cases.number:
        return "No case is open."
    kinds = [f"{number:,} {KINDS[kind]}" for kind, number in cases.by_kind.items() if number]
    verb = "is" if cases.number == 1 else "are"
    of = "" if cases.seen >= cases.total else f", of the {cases.seen:,} that changed last"
    return f"Work on {count(cases.number, 'case')} that {verb} open ends: {', '.join(kinds)}{of}."


def _mailed(addresses: list[str]) -> str:
    if not addresses:
        return "Nobody on the team asked to hear of it; the event Membership Cancelled is written."
    return f"The team hears of it: {', '.join(addresses)}. The event is Membership Cancelled."
