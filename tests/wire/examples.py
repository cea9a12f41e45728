"""One valid input per operation, with every member given, in the JSON form that the wire has.

Timestamps are epoch numbers in bodies and ISO 8601 in queries. boto3 takes the same values.
"""

from __future__ import annotations

from copy import deepcopy

from tests.wire.finding_examples import FINDING_EXAMPLES
from tests.wire.iam_examples import AT_BIRTH, IAM_EXAMPLES
from tests.wire.organization_examples import ORGANIZATION_EXAMPLES

MEMBERSHIP_ID = "m-abcd1234efgh"
CASE_ID = "8403556009"
MEMBERSHIP_ARN = f"arn:aws:security-ir:us-east-1:123456789012:membership/{MEMBERSHIP_ID}"
CASE_ARN = f"arn:aws:security-ir:us-east-1:123456789012:case/{CASE_ID}"
CLIENT_TOKEN = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
PAGE: dict[str, object] = {"nextToken": "opaque", "maxResults": 7}

TEAM: list[dict[str, object]] = [
    {
        "name": "Ana Alvarez",
        "jobTitle": "Security Engineer",
        "email": "ana@example.com",
        "communicationPreferences": ["Case Created", "Membership Created"],
    },
    {"name": "Bob Brown", "jobTitle": "On call", "email": "bob@example.com"},
]
WATCHERS: list[dict[str, object]] = [
    {"email": "carol@example.com", "name": "Carol", "jobTitle": "CISO"},
    {"email": "dave@example.com"},
]
ADDRESSES: list[dict[str, object]] = [
    {"ipAddress": "192.0.2.7", "userAgent": "curl/8.5"},
    {"ipAddress": "2001:DB8:0:0:0:0:0:1"},
]
OTHER_WATCHERS: list[dict[str, object]] = [
    {"email": "erin@example.com", "name": "Erin", "jobTitle": "Counsel"}
]
OTHER_ADDRESSES: list[dict[str, object]] = [{"ipAddress": "198.51.100.9", "userAgent": "curl/7"}]

_EXAMPLES: dict[str, dict[str, object]] = {
    "BatchGetMemberAccountDetails": {
        "membershipId": MEMBERSHIP_ID,
        "accountIds": ["111122223333", "000000000042"],
    },
    "CancelMembership": {"membershipId": MEMBERSHIP_ID},
    "CloseCase": {"caseId": CASE_ID},
    "CreateCase": {
        "clientToken": CLIENT_TOKEN,
        "resolverType": "Self",
        "title": "Unusual sign-in",
        "description": "Seen at night.\n\tDetails follow.",
        "engagementType": "Security Incident",
        "reportedIncidentStartDate": 1793536496.789,
        "impactedAccounts": ["111122223333", "444455556666"],
        "watchers": WATCHERS,
        "threatActorIpAddresses": ADDRESSES,
        "impactedServices": ["Amazon S3", "Amazon EC2"],
        "impactedAwsRegions": [{"region": "us-east-1"}, {"region": "eu-west-1"}],
        "tags": {"team": "security", "env": "prod"},
    },
    "CreateCaseComment": {
        "caseId": CASE_ID,
        "clientToken": CLIENT_TOKEN,
        "body": "First look:\r\nnothing yet.",
    },
    "CreateMembership": {
        "clientToken": CLIENT_TOKEN,
        "membershipName": "Example Corp",
        "incidentResponseTeam": TEAM,
        "optInFeatures": [{"featureName": "Triage", "isEnabled": True}],
        "tags": {"team": "security", "env": "prod"},
        "coverEntireOrganization": True,
    },
    "GetCase": {"caseId": CASE_ID},
    "GetCaseAttachmentDownloadUrl": {
        "caseId": CASE_ID,
        "attachmentId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    },
    "GetCaseAttachmentUploadUrl": {
        "caseId": CASE_ID,
        "fileName": "memory-dump_1.bin",
        "contentLength": 104857600,
        "clientToken": CLIENT_TOKEN,
    },
    "GetFindingMetrics": {
        "membershipId": MEMBERSHIP_ID,
        "startDate": "2026-11-01T00:00:00Z",
        "endDate": "2026-11-07T12:34:56.789Z",
    },
    "GetMembership": {"membershipId": MEMBERSHIP_ID},
    "ListCaseEdits": {"caseId": CASE_ID, **PAGE},
    "ListCases": {**PAGE},
    "ListComments": {"caseId": CASE_ID, **PAGE},
    "ListInvestigations": {"caseId": CASE_ID, **PAGE},
    "ListMemberships": {**PAGE},
    "ListTagsForResource": {"resourceArn": MEMBERSHIP_ARN},
    "SendFeedback": {
        "caseId": CASE_ID,
        "resultId": "inv-0123456789abcdef",
        "usefulness": "USEFUL",
        "comment": "It named the right role.",
    },
    "TagResource": {"resourceArn": CASE_ARN, "tags": {"team": "security", "stage": "two"}},
    "UntagResource": {"resourceArn": MEMBERSHIP_ARN, "tagKeys": ["a b", "c/d", "e"]},
    "UpdateCase": {
        "caseId": CASE_ID,
        "title": "Unusual sign-ins",
        "description": "More of them.",
        "reportedIncidentStartDate": 1793536496,
        "actualIncidentStartDate": 1793530000.25,
        "engagementType": "Investigation",
        "watchersToAdd": WATCHERS,
        "watchersToDelete": OTHER_WATCHERS,
        "threatActorIpAddressesToAdd": ADDRESSES,
        "threatActorIpAddressesToDelete": OTHER_ADDRESSES,
        "impactedServicesToAdd": ["AWS Lambda"],
        "impactedServicesToDelete": ["Amazon S3"],
        "impactedAwsRegionsToAdd": [{"region": "eu-north-1"}],
        "impactedAwsRegionsToDelete": [{"region": "us-east-1"}],
        "impactedAccountsToAdd": ["777788889999"],
        "impactedAccountsToDelete": ["111122223333"],
        "caseMetadata": [{"key": "severity", "value": "high"}],
    },
    "UpdateCaseComment": {"caseId": CASE_ID, "commentId": "000000", "body": "Second look."},
    "UpdateCaseStatus": {"caseId": CASE_ID, "caseStatus": "Detection and Analysis"},
    "UpdateMembership": {
        "membershipId": MEMBERSHIP_ID,
        "membershipName": "Example Corporation",
        "incidentResponseTeam": TEAM,
        "optInFeatures": [{"featureName": "Triage", "isEnabled": False}],
        "membershipAccountsConfigurationsUpdate": {
            "coverEntireOrganization": False,
            "organizationalUnitsToAdd": ["ou-ab12-11111111"],
            "organizationalUnitsToRemove": ["ou-ab12-22222222"],
        },
        "undoMembershipCancellation": True,
    },
    "UpdateResolverType": {"caseId": CASE_ID, "resolverType": "AWS"},
}

# How the second model names a case.
OF_CUSTOMER: dict[str, object] = {"accountId": "111122223333", "region": "us-east-1"}
NAMED_USER: dict[str, object] = {"accountId": "111122223333", "userName": "analyst"}
NAMED_CASE: dict[str, object] = {**OF_CUSTOMER, "caseId": CASE_ID}
INVESTIGATION_ID = "inv-0123456789abcdef"
# Those of the second model, `larum`.
_LARUM_EXAMPLES: dict[str, dict[str, object]] = {
    "AcknowledgeCase": {**NAMED_CASE},
    "ApplyDirectory": {
        "directory": {
            "organization": {
                "trustedAccess": True,
                "delegatedAdministrator": "111122223333",
                "accounts": [
                    {"id": "111122223333"},
                    {
                        "id": "444455556666",
                        "name": "Shop",
                        "email": "shop@example.com",
                        "organizationalUnit": "workloads/prod",
                        "status": "ACTIVE",
                        "serviceOn": True,
                        "createRootAccessKey": False,
                        "principals": [{"userName": "analyst", "createAccessKey": True}],
                    },
                ],
                "organizationalUnits": ["workloads/prod", "sandbox"],
            },
            "accounts": [
                {"id": "000000000042"},
                {"id": "000000000043", "name": "Partner", "email": "partner@example.com"},
            ],
            "limits": {
                "memberships": 1000,
                "coveredAccountsPerMembership": 10000,
                "activeSelfManagedCases": 100,
                "activeServiceManagedCases": 50,
                "serviceManagedCasesPerDay": 50,
            },
        },
        "dryRun": True,
    },
    "AssociateMemberAccounts": {
        "membershipId": MEMBERSHIP_ID,
        "accountId": "111122223333",
        "region": "us-east-1",
        "accountIds": ["444455556666", "000000000042"],
    },
    "CloseCase": {**NAMED_CASE, "closureCode": "False Positive"},
    "CreateCaseComment": {
        **NAMED_CASE,
        "clientToken": CLIENT_TOKEN,
        "body": "Which hosts?\r\nAll of them?",
    },
    "DescribeDirectory": {},
    "DisassociateMemberAccounts": {
        "membershipId": MEMBERSHIP_ID,
        "accountId": "111122223333",
        "region": "us-east-1",
        "accountIds": ["444455556666", "000000000042"],
    },
    "GetMembership": {
        "membershipId": MEMBERSHIP_ID,
        "accountId": "111122223333",
        "region": "us-east-1",
    },
    "GetCaseAttachmentDownloadUrl": {
        "accountId": "111122223333",
        "region": "us-east-1",
        "caseId": CASE_ID,
        "attachmentId": "0f8fad5b-d9cb-469f-a165-70867728950e",
    },
    "GetCase": {**NAMED_CASE},
    "ListAccounts": {**PAGE},
    "GetAuditKey": {},
    "GetDenial": {
        "accountId": "111122223333",
        "requestId": "0f8fad5b-d9cb-469f-a165-70867728950e",
    },
    "ListAuditChains": {**PAGE},
    "ListAuditRecords": {
        "accountId": "111122223333",
        "afterSequence": 7,
        "startTime": 1793536496,
        "endTime": 1793536497.5,
        **PAGE,
    },
    "ListCaseEdits": {**NAMED_CASE, **PAGE},
    "ListCases": {**OF_CUSTOMER, "archived": True, "membershipId": MEMBERSHIP_ID, **PAGE},
    "ListComments": {**NAMED_CASE, **PAGE},
    "ListInvestigations": {**NAMED_CASE, **PAGE},
    "ListMemberships": {"accountId": "111122223333", **PAGE},
    "ListOutboxEntries": {**PAGE},
    "OpenProactiveCase": {
        **OF_CUSTOMER,
        "clientToken": CLIENT_TOKEN,
        "title": "Keys used from elsewhere",
        "description": "Seen at night.\n\tDetails follow.",
        "engagementType": "Investigation",
        "reportedIncidentStartDate": 1793536496.789,
        "impactedAccounts": ["111122223333"],
        "impactedServices": ["AWS IAM"],
        "impactedAwsRegions": [{"region": "us-east-1"}],
        "threatActorIpAddresses": ADDRESSES,
        "watchers": WATCHERS,
    },
    "PutInvestigation": {
        **NAMED_CASE,
        "clientToken": CLIENT_TOKEN,
        "actionType": "Summarization",
        "title": "What happened",
        "content": "# Summary\n\nOne key was **leaked**.",
        "status": "InProgress",
    },
    "RequestCustomerAction": {**NAMED_CASE},
    "SetAttachmentVerdict": {
        **NAMED_CASE,
        "attachmentId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "attachmentStatus": "Failed",
    },
    "SetCaseStatus": {**NAMED_CASE, "caseStatus": "Containment, Eradication and Recovery"},
    "UpdateCaseComment": {**NAMED_CASE, "commentId": "000000", "body": "And which users?"},
    "UpdateInvestigation": {
        **NAMED_CASE,
        "investigationId": INVESTIGATION_ID,
        "title": "What happened, and when",
        "content": "# Summary\n\nOne key was leaked in May.",
        "status": "Completed",
    },
}

PRINCIPAL_EXAMPLES: dict[str, dict[str, object]] = {
    "CreateAccessKey": {**NAMED_USER, "clientToken": CLIENT_TOKEN},
    "CreateUser": {**NAMED_USER, **AT_BIRTH, "clientToken": CLIENT_TOKEN},
    "DeleteAccessKey": {**NAMED_USER, "accessKeyId": "LARUEXAMPLEEXAMPLE00"},
    "DeleteUser": {**NAMED_USER},
    "GetUser": {**NAMED_USER},
    "ListAccessKeys": {**NAMED_USER, **PAGE},
    "ListUsers": {"accountId": "111122223333", **PAGE},
    "UpdateAccessKey": {
        **NAMED_USER,
        "accessKeyId": "LARUEXAMPLEEXAMPLE00",
        "status": "Inactive",
    },
}
MFA_SERIAL_NUMBER = "arn:aws:iam::111122223333:mfa/phone"
MFA_EXAMPLES: dict[str, dict[str, object]] = {
    "CreateVirtualMFADevice": {"accountId": "111122223333", "virtualMFADeviceName": "phone"},
    "DeactivateMFADevice": {**NAMED_USER, "serialNumber": MFA_SERIAL_NUMBER},
    "DeleteVirtualMFADevice": {"accountId": "111122223333", "serialNumber": MFA_SERIAL_NUMBER},
    "EnableMFADevice": {
        **NAMED_USER,
        "serialNumber": MFA_SERIAL_NUMBER,
        "authenticationCode1": "287082",
        "authenticationCode2": "081804",
    },
    "ListMFADevices": {**NAMED_USER, **PAGE},
    "ListVirtualMFADevices": {
        "accountId": "111122223333",
        "assignmentStatus": "Assigned",
        **PAGE,
    },
}
_LARUM_EXAMPLES |= FINDING_EXAMPLES
_LARUM_EXAMPLES |= MFA_EXAMPLES
_LARUM_EXAMPLES |= PRINCIPAL_EXAMPLES
_LARUM_EXAMPLES |= ORGANIZATION_EXAMPLES
_LARUM_EXAMPLES |= IAM_EXAMPLES

OPERATION_NAMES: tuple[str, ...] = tuple(_EXAMPLES)
LARUM_OPERATION_NAMES: tuple[str, ...] = tuple(_LARUM_EXAMPLES)


def example(key: str) -> dict[str, object]:
    """Return a valid input of the operation of that key (`larum:…` for the second model's).

    It is a copy to change at will.
    """
    service, _, name = key.rpartition(":")
    return deepcopy((_LARUM_EXAMPLES if service else _EXAMPLES)[name])
