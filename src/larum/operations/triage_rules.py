"""The operations of the `larum` model on triage rules: putting, listing, removing, trying out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from larum.domain.findings import FindingSource, Outcome, Severity
from larum.domain.triage_rules import (
    RULES_OF_A_MEMBERSHIP,
    Match,
    Triage,
    TriageRule,
    check_rule,
)
from larum.errors import FieldFailure, ResourceNotFoundException, ValidationException
from larum.operations.case_changes import membership_of
from larum.store import findings
from larum.store import triage_rules as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context
    from larum.domain.findings import TriagedFinding
    from larum.domain.memberships import Membership
    from larum.domain.triage_rules import Decision

PAGE_SIZE: Final = 25
CHANGES_TOLD: Final = 100
TESTED: Final = 1_000


def put_triage_rule(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add a rule, or replace the one of its name; findings that came in before stay as they are.

    Raises SecurityIncidentResponseNotActiveException and ValidationException.
    """
    membership, rule = _named(context, params), _rule_in(params)
    check_rule(rule)
    present = rows.of_membership(context.tx, membership)
    if len({each.name for each in present} | {rule.name}) > RULES_OF_A_MEMBERSHIP:
        message = f"Member would bring the membership beyond {RULES_OF_A_MEMBERSHIP} triage rules"
        raise ValidationException.of_fields((FieldFailure("name", message),))
    if rule not in present:
        rows.put(context.tx, membership, rule, context.now)
    return {}


def delete_triage_rule(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a rule; raises ResourceNotFoundException where there is none of that name."""
    membership, name = _named(context, params), params["name"]
    if not rows.delete(context.tx, membership, name):
        message = f"Membership {membership.membership_id} has no triage rule of that name."
        raise ResourceNotFoundException(message)
    return {}


def list_triage_rules(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the membership's rules, in the order in which they are asked."""
    found = rows.of_membership(context.tx, _named(context, params))
    after = _after(context.cursor)
    rest = [each for each in found if (each.priority, each.name) > after]
    limit = params.get("maxResults", PAGE_SIZE)
    output: dict[str, Any] = {"items": [_rule_out(each) for each in rest[:limit]]}
    if len(rest) > limit:
        last = rest[limit - 1]
        output["nextToken"] = f"{last.priority}/{last.name}"
    return output


def test_triage_rules(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Decide anew on past findings, by given rules or those of the membership; change nothing."""
    membership = _named(context, params)
    if "rules" in params:
        rules = [_rule_in(each) for each in params["rules"]]
        for each in rules:
            check_rule(each)
    else:
        rules = rows.of_membership(context.tx, membership)
    triage = Triage(rules, context.now)
    page = findings.page(context.tx, membership, findings.NEWEST, params.get("maxFindings", TESTED))
    tested = [(each, triage.decide(each.finding)) for _, each in page]
    by_outcome = Counter(decision.outcome for _, decision in tested)
    by_rule = Counter(decision.rule for _, decision in tested)
    changes = [(each, new) for each, new in tested if new.outcome is not each.outcome]
    return {
        "testedCount": len(tested),
        "outcomes": [{"outcome": each, "count": by_outcome[each]} for each in Outcome],
        "rules": [{"name": each.name, "count": by_rule[each.name]} for each in rules],
        "changedCount": len(changes),
        "changes": [_change_out(*each) for each in changes[:CHANGES_TOLD]],
    }


def _named(context: Context, params: Mapping[str, Any]) -> Membership:
    return membership_of(context, params["accountId"], params["region"])


def _after(cursor: str | None) -> tuple[int, str]:
    priority, _, name = (cursor or "0/").partition("/")
    return int(priority), name


def _rule_in(given: Mapping[str, Any]) -> TriageRule:
    match = given.get("match", {})
    least, most = match.get("minimumSeverity"), match.get("maximumSeverity")
    return TriageRule(
        name=given["name"],
        priority=given["priority"],
        outcome=Outcome(given["outcome"]),
        match=Match(
            sources=tuple(FindingSource(each) for each in match.get("sources", ())),
            minimum_severity=None if least is None else Severity(least),
            maximum_severity=None if most is None else Severity(most),
            **{name: tuple(match.get(member, ())) for name, member in _LISTS.items()},
        ),
        expires_at=given.get("expiresAt"),
    )


_LISTS: Final = {
    "types": "types",
    "accounts": "accounts",
    "regions": "regions",
    "resources": "resources",
    "ip_ranges": "ipRanges",
}


def _rule_out(rule: TriageRule) -> dict[str, Any]:
    lists = {"sources": rule.match.sources} | {
        member: getattr(rule.match, name) for name, member in _LISTS.items()
    }
    match: dict[str, Any] = {member: list(each) for member, each in lists.items() if each}
    match["minimumSeverity"] = rule.match.minimum_severity
    match["maximumSeverity"] = rule.match.maximum_severity
    return {
        "name": rule.name,
        "priority": rule.priority,
        "outcome": rule.outcome,
        "match": match,
        "expiresAt": rule.expires_at,
    }


def _change_out(each: TriagedFinding, decision: Decision) -> dict[str, Any]:
    return {
        "findingId": each.finding_id,
        "outcomeBefore": each.outcome,
        "outcome": decision.outcome,
        "rule": decision.rule,
    }
