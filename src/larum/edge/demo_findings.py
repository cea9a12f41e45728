"""The findings of the demonstration: three weeks of GuardDuty, triaged as an operator would."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.edge import demo_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from larum.edge.demo import Clock

# More than there are of the others: the number of the one that is escalated.
MANY: Final = 1000
SCANNER: Final = "203.0.113.0/28"


class Kind(msgspec.Struct, frozen=True):
    """Findings of a kind: `severity` by GuardDuty's scale, the `actor`'s address, how `many`."""

    type: str
    severity: float
    title: str
    actor: str
    many: int


KINDS: Final = (
    Kind("Recon:EC2/PortProbeUnprotectedPort", 2.0, "A port is probed", "198.51.100.9", 14),
    Kind("UnauthorizedAccess:EC2/SSHBruteForce", 2.0, "SSH brute force", "198.51.100.61", 9),
    Kind("Recon:EC2/Portscan", 5.0, "Outbound port scans", "203.0.113.5", 8),
    Kind("Policy:S3/BucketBlockPublicAccessDisabled", 2.0, "Public access is not blocked", "", 3),
    Kind("UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", 5.0, "Unusual sign-in", "", 4),
    Kind("Discovery:S3/AnomalousBehavior", 5.0, "A bucket is read unusually", "192.0.2.146", 3),
)
EXFILTRATION: Final = Kind(
    "Exfiltration:S3/AnomalousBehavior",
    8.0,
    "Unusual downloads from the analytics bucket",
    "192.0.2.146",
    1,
)


def take_in(
    operator: Any,  # noqa: ANN401 - botocore makes its methods from the model
    address: Mapping[str, str],
    clock: Clock,
    accounts: Sequence[str],
) -> None:
    """Set a triage rule, take in all findings, and say how those that were looked into ended."""
    operator.put_triage_rule(
        **address,
        name="our own scanner",
        priority=10,
        outcome="false-positive",
        match={"types": ["Recon:EC2/*"], "ipRanges": [SCANNER]},
    )
    written = list(_findings(clock, accounts))
    for start in range(0, len(written), 10):
        clock.wait(hours=3)
        texts = [json.dumps(each) for each in written[start : start + 10]]
        operator.ingest_findings(**address, findings=texts)
    investigated = operator.list_findings(**address, status="Investigating")["items"]
    ids = [each["findingId"] for each in investigated]
    clock.wait(hours=5)
    operator.advance_findings(**address, findingIds=ids[:4], step="FalsePositive")
    operator.advance_findings(**address, findingIds=ids[4:5], step="TruePositive")


def escalate(
    operator: Any,  # noqa: ANN401 - botocore makes its methods from the model
    address: Mapping[str, str],
    clock: Clock,
    account: str,
) -> str:
    """Take in a finding of high severity, and return the proactive case that it opens."""
    seen = clock.now - timedelta(minutes=40)
    bucket = {"s3BucketDetails": [{"arn": "arn:aws:s3:::data-platform-analytics"}]}
    told = {"resource": bucket, "description": demo_texts.EXFILTRATION}
    finding = _finding(EXFILTRATION, MANY, account, seen) | told
    operator.ingest_findings(**address, findings=[json.dumps(finding)])
    (found,) = operator.list_findings(**address, status="Escalated")["items"]
    return str(found["caseId"])


def _findings(clock: Clock, accounts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give the findings as GuardDuty's events write them, the kinds in turn."""
    seen = clock.now - timedelta(days=1)
    number = 0
    for turn in range(max(kind.many for kind in KINDS)):
        for kind in KINDS:
            if turn < kind.many:
                yield _finding(kind, number, accounts[number % len(accounts)], seen)
                number += 1
                seen += timedelta(minutes=17)


def _finding(kind: Kind, number: int, account: str, seen: datetime) -> dict[str, Any]:
    remote = {"remoteIpDetails": {"ipAddressV4": kind.actor}} if kind.actor else {}
    action = {"actionType": "AWS_API_CALL", "awsApiCallAction": remote}
    moment = f"{seen:%Y-%m-%dT%H:%M:%S}.000Z"
    return {
        "schemaVersion": "2.0",
        "id": f"{number:032x}",
        "accountId": account,
        "region": "us-east-1",
        "type": kind.type,
        "severity": kind.severity,
        "title": kind.title,
        "description": f"{kind.title}, in an account of the demonstration.",
        "createdAt": moment,
        "updatedAt": moment,
        "resource": {"instanceDetails": {"instanceId": f"i-{number:017x}"}},
        "service": {"serviceName": "guardduty", "action": action},
    }
