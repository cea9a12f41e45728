"""Which findings belong to one case, and what a case takes from them. Pure rules.

Two findings are related if they name the same resource of the same account, or the same public
address of an actor. An escalated finding joins the oldest open case that has a related one;
otherwise related ones of one batch open a case together.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from larum.domain.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from larum.domain.findings import Finding, TriagedFinding

TITLE_PREFIX: Final = "[Proactive case] "
LONGEST_TITLE: Final = 300
LONGEST_DESCRIPTION: Final = 8_000
LISTED: Final = 20
# Addresses that are used in many networks at once tell nothing of who is behind them.
NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
)


def marks(finding: Finding) -> tuple[str, ...]:
    """Return what relates a finding to others: texts that are equal where something is shared."""
    resources = [f"resource {finding.account} {each.resource_id}" for each in finding.resources]
    addresses = [f"address {each}" for each in finding.actor_ips if is_public(each)]
    return tuple(dict.fromkeys([*resources, *addresses]))


def is_public(address: str) -> bool:
    """Tell whether an address stands for one actor, whoever names it."""
    found = ipaddress.ip_address(address)
    return not any(found in network for network in NOT_PUBLIC)


class Grouping:
    """Escalated findings, sorted into the open cases that they join and the new ones they open.

    `open_cases` gives for a mark the oldest open case that has it.
    """

    def __init__(self, open_cases: Mapping[str, str]) -> None:
        self._open = dict(open_cases)
        self._group_of: dict[str, int] = {}
        self.joining: dict[str, list[TriagedFinding]] = {}
        self.opening: list[list[TriagedFinding]] = []

    def add(self, escalated: TriagedFinding) -> None:
        """Put a finding into the case, or the group, of its first mark that is known."""
        own = marks(escalated.finding)
        case_id = next((self._open[mark] for mark in own if mark in self._open), None)
        if case_id is not None:
            self.joining.setdefault(case_id, []).append(escalated)
            for mark in own:
                self._open.setdefault(mark, case_id)
            return
        group = next((self._group_of[mark] for mark in own if mark in self._group_of), None)
        if group is None:
            group = len(self.opening)
            self.opening.append([])
        self.opening[group].append(escalated)
        for mark in own:
            self._group_of.setdefault(mark, group)


def title(findings: Sequence[Finding]) -> str:
    """Return the title of the case that the findings open: that of the most severe one."""
    return f"{TITLE_PREFIX}{_worst(findings).title}"[:LONGEST_TITLE].rstrip()


def description(findings: Sequence[Finding]) -> str:
    """Return what the case says of the findings that opened it, the most severe one first."""
    worst = _worst(findings)
    many = "1 finding" if len(findings) == 1 else f"{len(findings)} related findings"
    lines = [f"Opened for {many}.", "", worst.description or worst.title, ""]
    ordered = sorted(findings, key=lambda each: -each.severity.rank)
    lines += [_line(each) for each in ordered[:LISTED]]
    if len(ordered) > LISTED:
        lines.append(f"and {len(ordered) - LISTED} more.")
    return "\n".join(lines)[:LONGEST_DESCRIPTION].rstrip()


def _line(finding: Finding) -> str:
    resources = ", ".join(each.resource_id for each in finding.resources[:3])
    about = f": {resources}" if resources else ""
    where = f"account {finding.account}, {finding.region}"
    return f"- {finding.severity} {finding.types[0]} ({where}){about} [{finding.finding_id}]"


def _worst(findings: Iterable[Finding]) -> Finding:
    return max(findings, key=lambda each: each.severity.rank)


def is_incident(findings: Iterable[Finding]) -> bool:
    """Tell whether the findings call for an active response, not a look: one is HIGH or above."""
    return _worst(findings).severity.rank >= Severity.HIGH.rank


def case_address(address: str) -> str:
    """Return an address as the model's pattern wants it: IPv6 in eight groups and upper case."""
    return ipaddress.ip_address(address).exploded.upper()
