"""Examples of the operations that are named as those of AWS Organizations."""

from __future__ import annotations

TOKEN = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
PAGED: dict[str, object] = {"nextToken": "opaque", "maxResults": 7}
ACCOUNT, ROOT, UNIT = "111122223333", "r-ab12", "ou-ab12-11111111"
SERVICE = "security-ir.amazonaws.com"
POLICY = "p-examplepolicy"
KIND = "SERVICE_CONTROL_POLICY"
CONTENT = '{"Statement": [{"Effect": "Deny", "Action": "security-ir:*", "Resource": "*"}]}'

ORGANIZATION_EXAMPLES: dict[str, dict[str, object]] = {
    "CloseAccount": {"accountId": ACCOUNT},
    "CreateAccount": {
        "accountName": "Shop",
        "email": "shop@example.com",
        "accountId": ACCOUNT,
        "clientToken": TOKEN,
    },
    "CreateOrganizationalUnit": {
        "parentId": ROOT,
        "name": "workloads",
        "organizationalUnitId": UNIT,
        "clientToken": TOKEN,
    },
    "DeleteOrganizationalUnit": {"organizationalUnitId": UNIT},
    "DeregisterDelegatedAdministrator": {"accountId": ACCOUNT, "servicePrincipal": SERVICE},
    "DescribeAccount": {"accountId": ACCOUNT},
    "DescribeOrganization": {},
    "DescribeOrganizationalUnit": {"organizationalUnitId": UNIT},
    "DisableAWSServiceAccess": {"servicePrincipal": SERVICE},
    "EnableAWSServiceAccess": {"servicePrincipal": SERVICE},
    "InviteAccountToOrganization": {"target": {"id": ACCOUNT, "type": "ACCOUNT"}},
    "ListAWSServiceAccessForOrganization": {**PAGED},
    "ListAccountsForParent": {"parentId": UNIT, **PAGED},
    "ListChildren": {"parentId": ROOT, "childType": "ORGANIZATIONAL_UNIT", **PAGED},
    "ListDelegatedAdministrators": {"servicePrincipal": SERVICE, **PAGED},
    "ListOrganizationalUnitsForParent": {"parentId": ROOT, **PAGED},
    "ListParents": {"childId": UNIT, **PAGED},
    "ListRoots": {**PAGED},
    "MoveAccount": {
        "accountId": ACCOUNT,
        "sourceParentId": ROOT,
        "destinationParentId": UNIT,
    },
    "RegisterDelegatedAdministrator": {"accountId": "000000000099", "servicePrincipal": SERVICE},
    "RemoveAccountFromOrganization": {"accountId": ACCOUNT},
    "UpdateOrganizationalUnit": {"organizationalUnitId": UNIT, "name": "workloads"},
    "AttachServiceControlPolicy": {"policyId": POLICY, "targetId": UNIT},
    "CreateServiceControlPolicy": {
        "content": CONTENT,
        "description": "No cases.",
        "name": "NoCases",
        "type": KIND,
        "clientToken": TOKEN,
    },
    "DeleteServiceControlPolicy": {"policyId": POLICY},
    "DescribeServiceControlPolicy": {"policyId": POLICY},
    "DetachServiceControlPolicy": {"policyId": POLICY, "targetId": UNIT},
    "ListServiceControlPolicies": {"filter": KIND, **PAGED},
    "ListServiceControlPoliciesForTarget": {"targetId": UNIT, "filter": KIND, **PAGED},
    "ListTargetsForServiceControlPolicy": {"policyId": POLICY, **PAGED},
    "UpdateServiceControlPolicy": {
        "policyId": POLICY,
        "name": "NoCases",
        "description": "No cases.",
        "content": CONTENT,
    },
}
