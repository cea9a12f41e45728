"""Parameters of the operations on cases that take a clientToken: the same ones and others.

CHANGES has at least one real change for each member, SAME what reliability-and-security §3.4 calls
no difference, BETWEEN what may happen to a case between a request and its replay.
"""

from __future__ import annotations

from typing import Any

from tests.wire.examples import example

Params = dict[str, Any]
CREATE, COMMENT, UPLOAD = "CreateCase", "CreateCaseComment", "GetCaseAttachmentUploadUrl"
ANA: Params = {"email": "ana@example.com", "name": "Ana", "jobTitle": "CISO"}
BEN: Params = {"email": "ben@example.com"}
PROXY: Params = {"ipAddress": "192.0.2.7", "userAgent": "curl/8.5"}
TOR: Params = {"ipAddress": "198.51.100.9"}
WHOLE: Params = example(CREATE) | {
    "clientToken": "once",
    "watchers": [ANA, BEN],
    "threatActorIpAddresses": [PROXY, TOR],
}
# One real change each, by the member that it changes.
CHANGES: dict[str, dict[str, Params]] = {
    CREATE: {
        "resolverType": {"resolverType": "AWS"},
        "title": {"title": "unusual sign-in"},
        "title: white space": {"title": "Unusual sign-in "},
        "description": {"description": "Seen at night."},
        "engagementType": {"engagementType": "Investigation"},
        "reportedIncidentStartDate": {"reportedIncidentStartDate": 1793536496.788},
        "impactedAccounts": {"impactedAccounts": ["111122223333"]},
        "impactedAccounts: none": {"impactedAccounts": []},
        "watchers: order": {"watchers": [BEN, ANA]},
        "watchers: one fewer": {"watchers": [ANA]},
        "watchers: email": {"watchers": [ANA | {"email": "Ana@example.com"}, BEN]},
        "watchers: name": {"watchers": [ANA | {"name": "Anna"}, BEN]},
        "watchers: jobTitle": {"watchers": [ANA | {"jobTitle": "Ciso"}, BEN]},
        "watchers: a name given": {"watchers": [ANA, BEN | {"name": "Ben"}]},
        "threatActorIpAddresses: order": {"threatActorIpAddresses": [TOR, PROXY]},
        "threatActorIpAddresses: ipAddress": {
            "threatActorIpAddresses": [PROXY | {"ipAddress": "192.0.2.8"}, TOR]
        },
        "threatActorIpAddresses: userAgent": {
            "threatActorIpAddresses": [PROXY | {"userAgent": "curl/8.6"}, TOR]
        },
        "threatActorIpAddresses: none": {"threatActorIpAddresses": []},
        "impactedServices": {"impactedServices": ["Amazon S3"]},
        "impactedServices: letter case": {"impactedServices": ["Amazon S3", "Amazon ec2"]},
        "impactedAwsRegions": {"impactedAwsRegions": [{"region": "us-east-1"}]},
        "tags": {"tags": {"team": "security"}},
        "tags: a value": {"tags": {"team": "security", "env": "Prod"}},
        "tags: none": {"tags": {}},
    },
    COMMENT: {
        "caseId": {},
        "body": {"body": "First look:\nnothing yet."},
        "body: one more letter": {"body": "First look:\r\nnothing yet.."},
    },
    UPLOAD: {
        "caseId": {},
        "fileName": {"fileName": "memory-dump_2.bin"},
        "fileName: letter case": {"fileName": "Memory-dump_1.bin"},
        "contentLength": {"contentLength": 104857599},
    },
}
SAME: dict[str, Params] = {
    "order of accounts": {"impactedAccounts": WHOLE["impactedAccounts"][::-1]},
    "order of services": {"impactedServices": WHOLE["impactedServices"][::-1]},
    "order of Regions": {"impactedAwsRegions": WHOLE["impactedAwsRegions"][::-1]},
    "order of tags": {"tags": dict(reversed(WHOLE["tags"].items()))},
    "order of members": {"watchers": [dict(reversed(ANA.items())), BEN]},
    "an unknown member": {"caseMetadata": [{"key": "severity", "value": "high"}]},
    "null for absent": {"watchers": [ANA, BEN | {"name": None}]},
}
EMPTY = ("threatActorIpAddresses", "impactedServices", "impactedAwsRegions", "tags")


# What happens between a request and its replay, as calls on its case.
BETWEEN: dict[str, list[tuple[str, Params]]] = {
    "nothing": [],
    "another title": [("UpdateCase", {"title": "Another title"})],
    "another status": [("UpdateCaseStatus", {"caseStatus": "Detection and Analysis"})],
    "handed over": [("UpdateResolverType", {"resolverType": "AWS"})],
    "more of the same": [
        (CREATE, {"clientToken": "another"}),
        (COMMENT, {"clientToken": "another", "body": "Another."}),
        (UPLOAD, {"clientToken": "another", "fileName": "another.bin", "contentLength": 1}),
    ],
    "closed": [("CloseCase", {})],
}
