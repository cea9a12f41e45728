"""What the people of the demonstration write: titles, descriptions, comments, evidence.

DAY in a file stands for the day on which it is attached.
"""

from __future__ import annotations

from typing import Final

CLOSED_CASE: Final = {
    "title": "Root sign-in in the sandbox account",
    "description": (
        "The sandbox account's root user signed in from an address that we do not know, outside "
        "of working hours. Nobody in the team says it was them. We want to know whether this was "
        "an attacker and what they did."
    ),
}
CLOSED_TITLE: Final = "Root sign-in in the sandbox account (recovery drill)"
CLOSED_QUESTION: Final = (
    "We see one root sign-in with MFA and no change afterwards. Can you ask whoever keeps the MFA "
    "device of the sandbox whether it was used that night?"
)
CLOSED_ANSWER: Final = (
    "It was used: the platform team rehearsed the recovery of an account and forgot to announce "
    "it. The address is that of the office in which they did."
)
CLOSED_CONCLUSION: Final = (
    "Thank you. The sign-in and the four read-only calls after it fit the drill. We suggest a "
    "change window for drills, and will close the case as a false positive."
)

SELF_CASE: Final = {
    "title": "Credentials of a build server used from an unknown network",
    "description": (
        "GuardDuty reports calls with the role of the build servers of the shop from an address "
        "that is not ours.\n\n"
        "What: sts:GetCallerIdentity, then ec2:DescribeInstances and iam:ListUsers, all denied "
        "but the first.\n"
        "Who found it: the on-call engineer, from the alert.\n"
        "Affected: shop and shop-test, where the role may deploy.\n"
        "Impact: none known. Urgency: high, the role can write to the artifact bucket."
    ),
}
SELF_COMMENTS: Final = (
    (
        "The session was made from the instance metadata of build-07. The instance answers IMDSv1, "
        "so a server-side request forgery in the preview service is the likely way in."
    ),
    (
        "A second address is in the load balancer's log an hour earlier, with the same user agent. "
        "It asked for the metadata path through the image preview."
    ),
    (
        "Done: role sessions revoked, build-07 isolated and its disk kept, IMDSv2 required for the "
        "whole fleet. Still to do: rotate the deploy key, review artifacts built since Monday."
    ),
)
CLOUDTRAIL: Final = """\
{
  "Records": [
    {
      "eventTime": "DAYT03:14:07Z",
      "eventName": "GetCallerIdentity",
      "sourceIPAddress": "198.51.100.23",
      "userAgent": "aws-cli/2.31.0",
      "userIdentity": {"type": "AssumedRole", "accountId": "310987654321"}
    },
    {
      "eventTime": "DAYT03:14:41Z",
      "eventName": "ListUsers",
      "errorCode": "AccessDenied",
      "sourceIPAddress": "198.51.100.23",
      "userIdentity": {"type": "AssumedRole", "accountId": "310987654321"}
    }
  ]
}
"""
TIMELINE: Final = """\
time,source,what
02:09,load balancer,metadata path requested through the image preview from 203.0.113.77
03:14,CloudTrail,role used from 198.51.100.23
05:20,team,sessions revoked
06:02,team,build-07 isolated
"""

EXFILTRATION: Final = (
    "41 GB were read from the analytics bucket of the data platform within half an hour, by a key "
    "that normally reads a few files a day."
)
AWS_COMMENTS: Final = (
    (
        "We opened this case from a finding and have started with the access records of the "
        "bucket. The key belongs to a reporting tool of your supplier. Please deactivate it, and "
        "do not delete it: then its history can still be read."
    ),
    (
        "The key is deactivated. The access log of the bucket for the night is attached; the "
        "supplier says that their tool did not run."
    ),
    (
        "The reads came from an address that is not the supplier's. To go on we need to know "
        "whether the prefix exports/customers holds personal data, and a contact at the supplier "
        "who can say where the key was stored. The case waits for your answer."
    ),
)
ACCESS_LOG: Final = """\
DAYT22:51:03Z 192.0.2.146 REST.GET.OBJECT exports/customers/part-0000.parquet 200
DAYT22:51:04Z 192.0.2.146 REST.GET.OBJECT exports/customers/part-0001.parquet 200
DAYT22:51:06Z 192.0.2.146 REST.GET.OBJECT exports/customers/part-0002.parquet 200
"""
# Kind, title and what it came to.
INVESTIGATIONS: Final = (
    (
        "Evidence",
        "Access records of the analytics bucket",
        (
            "## What was read\n\n"
            "- 3,112 objects below `exports/customers/`, 41 GB, between 22:51 and 23:19 UTC\n"
            "- all by one access key, from `192.0.2.146`\n"
            "- no object was written or deleted"
        ),
    ),
    (
        "Summarization",
        "First summary",
        (
            "An access key of a supplier's tool was used from an unknown address to read customer "
            "exports. There is no sign of other services or accounts. The key is deactivated; "
            "nothing has been read since."
        ),
    ),
)
WAITING_TITLE: Final = "Where the key was stored"
WAITING_CONTENT: Final = "Waits for a contact at the supplier."
