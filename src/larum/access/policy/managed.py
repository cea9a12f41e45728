"""The five AWS managed policies of the service by their ARN, written from their facts.

Facts: service-behaviour §4 and
https://docs.aws.amazon.com/security-ir/latest/userguide/aws-managed-policies.html (autumn 2026).
Larum answers the `security-ir` actions; the others stand here so that a reader sees the same grant
as in AWS. Where the facts name a group of actions but not each of them, the names are ours.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "arn:aws:iam::aws:policy/"
SERVICE_PREFIX = f"{PREFIX}aws-service-role/"
_CASES = "arn:aws:security-ir:*:*:case/*"
_OWN_CASES = "arn:aws:security-ir:*:${aws:PrincipalAccount}:case/*"
_TAG = "SecurityIncidentResponseManaged"
_MANAGED_NEW = {"StringEquals": {f"aws:{of}Tag/{_TAG}": "true" for of in ("Request", "Resource")}}
_MANAGED = {"StringEquals": {f"aws:ResourceTag/{_TAG}": "true"}}


def _ir(*names: str) -> list[str]:
    return [f"security-ir:{name}" for name in names]


def _organizations(*names: str) -> list[str]:
    return [f"organizations:{name}" for name in names]


def _allow(action: str | list[str], resource: str = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _linked_role(service: str) -> dict[str, object]:
    return _allow(
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::*:role/aws-service-role/{service}/*",
        Condition={"StringEquals": {"iam:AWSServiceName": service}},
    )


_READS = _ir(
    "BatchGetMemberAccountDetails",
    "GetMembership",
    "ListMemberships",
    "GetCase",
    "ListCases",
    "GetCaseAttachmentDownloadUrl",
    "ListComments",
    "ListCaseEdits",
    "ListTagsForResource",
    "ListInvestigations",
)
_CASE_ACTIONS = _ir(
    "CloseCase",
    "CreateCase",
    "CreateCaseComment",
    "GetCase",
    "GetCaseAttachmentDownloadUrl",
    "GetCaseAttachmentUploadUrl",
    "ListCaseEdits",
    "ListCases",
    "ListComments",
    "ListInvestigations",
    "SendFeedback",
    "UpdateCase",
    "UpdateCaseComment",
    "UpdateCaseStatus",
    "UpdateResolverType",
)
_ORGANIZATION_READS = _organizations(
    "DescribeAccount",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "ListAccounts",
    "ListAccountsForParent",
    "ListAWSServiceAccessForOrganization",
    "ListChildren",
    "ListDelegatedAdministrators",
    "ListOrganizationalUnitsForParent",
    "ListRoots",
)
_TRIAGE = "triage.security-ir.amazonaws.com"
_STATEMENTS: Mapping[str, list[dict[str, object]]] = {
    f"{PREFIX}AWSSecurityIncidentResponseFullAccess": [
        _allow("security-ir:*"),
        _linked_role("security-ir.amazonaws.com"),
        _linked_role(_TRIAGE),
        _allow(_ORGANIZATION_READS),
    ],
    f"{PREFIX}AWSSecurityIncidentResponseReadOnlyAccess": [_allow(_READS)],
    f"{PREFIX}AWSSecurityIncidentResponseCaseFullAccess": [
        _allow(_CASE_ACTIONS),
        _allow(_ir("ListTagsForResource", "TagResource", "UntagResource"), _CASES),
    ],
    f"{SERVICE_PREFIX}AWSSecurityIncidentResponseServiceRolePolicy": [
        _allow(
            _organizations(
                "DescribeAccount", "DescribeOrganization", "ListAccounts", "ListChildren"
            )
        ),
        _allow(_ir("CreateCase", "TagResource"), Condition=_MANAGED_NEW),
        _allow(_ir("GetCase", "UpdateCase", "CreateCaseComment", "ListComments"), _OWN_CASES),
        _allow(_ir("ListCases")),
    ],
    f"{SERVICE_PREFIX}AWSSecurityIncidentResponseTriageServiceRolePolicy": [
        _allow(
            ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"],
            Condition={"StringEquals": {"events:ManagedBy": _TRIAGE}},
        ),
        _allow(["events:DescribeRule", "events:ListTargetsByRule"]),
        _allow(
            [
                "guardduty:ArchiveFindings",
                "guardduty:CreateFilter",
                "guardduty:DescribeMalwareScans",
                "guardduty:GetDetector",
                "guardduty:GetFilter",
                "guardduty:GetFindings",
                "guardduty:ListDetectors",
                "guardduty:StartMalwareScan",
                "guardduty:UpdateFindingsFeedback",
            ]
        ),
        _allow(
            [
                "securityhub:BatchUpdateFindings",
                "securityhub:DescribeHub",
                "securityhub:GetEnabledStandards",
            ],
            "arn:aws:securityhub:*:*:hub/default",
        ),
        _allow(_ir("CreateCase", "TagResource"), Condition=_MANAGED_NEW),
        _allow(_ir("UpdateCase"), Condition=_MANAGED),
        _allow(_ir("GetMembership", "ListMemberships")),
    ],
}

MANAGED: Mapping[str, str] = MappingProxyType(
    {
        arn: json.dumps({"Version": "2012-10-17", "Statement": statements})
        for arn, statements in _STATEMENTS.items()
    }
)
