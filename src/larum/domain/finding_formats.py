"""Findings as others write them: EventBridge envelopes, and what is in them or comes without.

Takes decoded JSON of whatever shape. What cannot be understood is Unreadable, with a reason that
repeats nothing of it. The two formats have a module each: `guard_duty` and `security_finding`.

Sources: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from larum.domain import guard_duty, security_finding
from larum.domain.finding_facts import Unreadable

if TYPE_CHECKING:
    from larum.domain.findings import Finding

IN_AN_ENVELOPE: Final = 100
EVENT_SOURCES: Final = ("aws.guardduty", "aws.securityhub")


def findings(document: object) -> list[Mapping[str, object]]:
    """Return the findings of one document, as they are written, with no envelope around them.

    Raises Unreadable for a document that is no JSON object, and for an envelope of another source,
    without a finding or with more than 100.
    """
    if not isinstance(document, Mapping):
        raise Unreadable("it is not a JSON object")
    if "detail" not in document:
        return [document]
    if document.get("source") not in EVENT_SOURCES:
        raise Unreadable("it is an event of another source than aws.guardduty and aws.securityhub")
    detail = document["detail"]
    inside = detail.get("findings", [detail]) if isinstance(detail, Mapping) else None
    if not isinstance(inside, list) or not 1 <= len(inside) <= IN_AN_ENVELOPE:
        raise Unreadable(f"its detail does not hold 1 to {IN_AN_ENVELOPE} findings")
    if not all(isinstance(each, Mapping) for each in inside):
        raise Unreadable("its detail holds something that is not a finding")
    return inside


def finding(written: Mapping[str, object]) -> Finding:
    """Return a finding from GuardDuty's format or the AWS Security Finding Format.

    Raises Unreadable where it is neither, or lacks what every finding has.
    """
    if "AwsAccountId" in written:
        return security_finding.finding(written)
    if "AccountId" in written or "accountId" in written:
        return guard_duty.finding(written)
    raise Unreadable("it is in neither GuardDuty's format nor the AWS Security Finding Format")
