"""Valid inputs of the operations on findings and triage rules, as `examples` has of the others."""

from __future__ import annotations

HOLDER: dict[str, object] = {"accountId": "111122223333", "region": "us-east-1"}
PAGE: dict[str, object] = {"nextToken": "opaque", "maxResults": 7}

FINDING_EXAMPLES: dict[str, dict[str, object]] = {
    "AdvanceFindings": {
        **HOLDER,
        "findingIds": ["f-0123456789abcdefghijklmnop"],
        "step": "FalsePositive",
    },
    "DeleteTriageRule": {**HOLDER, "name": "scanner"},
    "GetFinding": {**HOLDER, "findingId": "f-0123456789abcdefghijklmnop"},
    "IngestFindings": {
        **HOLDER,
        "findings": ['{"schemaVersion": "2.0", "accountId": "111122223333"}', '{"Id": "x"}'],
    },
    "ListFindings": {**HOLDER, "status": "Escalated", "caseId": "8403556009", **PAGE},
    "ListTriageRules": {**HOLDER, **PAGE},
    "PutTriageRule": {
        **HOLDER,
        "name": "scanner",
        "priority": 10,
        "outcome": "suppress",
        "match": {
            "sources": ["GuardDuty"],
            "types": ["Recon:EC2/*"],
            "minimumSeverity": "LOW",
            "maximumSeverity": "MEDIUM",
            "accounts": ["111122223333"],
            "regions": ["us-east-1"],
            "resources": ["i-0*"],
            "ipRanges": ["203.0.113.0/24"],
        },
        "expiresAt": 1893456000,
    },
    "TestTriageRules": {
        **HOLDER,
        "rules": [{"name": "all", "priority": 1, "outcome": "escalate"}],
        "maxFindings": 100,
    },
}
