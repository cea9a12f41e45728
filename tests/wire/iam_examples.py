"""One valid input for each operation on principals and policies, in the form of the wire."""

from __future__ import annotations

ACCOUNT: dict[str, object] = {"accountId": "111122223333"}
TOKEN: dict[str, object] = {"clientToken": "f47ac10b-58cc-4372-a567-0e02b2c3d479"}
PAGE: dict[str, object] = {"nextToken": "opaque", "maxResults": 7}
USER: dict[str, object] = {**ACCOUNT, "userName": "analyst"}
GROUP: dict[str, object] = {**ACCOUNT, "groupName": "responders"}
ROLE: dict[str, object] = {**ACCOUNT, "roleName": "case-reader"}
INLINE: dict[str, object] = {"policyName": "read-cases"}
ARN = "arn:aws:iam::111122223333:policy/read-cases"
MANAGED: dict[str, object] = {**ACCOUNT, "policyArn": ARN}
AT_BIRTH: dict[str, object] = {
    "permissionsBoundary": ARN,
    "tags": [{"key": "team", "value": "blue"}],
}
DOCUMENT = """{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "security-ir:GetCase", "Resource": "*"}]
}"""
TRUST = """{
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "444455556666"}}
    ]
}"""

IAM_EXAMPLES: dict[str, dict[str, object]] = {
    "AddUserToGroup": {**GROUP, **USER},
    "CreateGroup": {**GROUP, **TOKEN},
    "CreatePolicy": {
        **ACCOUNT,
        **INLINE,
        **TOKEN,
        "policyDocument": DOCUMENT,
        "description": "Reads cases.",
    },
    "CreatePolicyVersion": {
        **MANAGED,
        **TOKEN,
        "policyDocument": DOCUMENT,
        "setAsDefault": True,
    },
    "CreateRole": {
        **ROLE,
        **TOKEN,
        "assumeRolePolicyDocument": TRUST,
        "description": "Reads cases.",
        "maxSessionDuration": 7200,
        **AT_BIRTH,
    },
    "DeleteGroup": GROUP,
    "DeletePolicy": MANAGED,
    "DeleteRole": ROLE,
    "GetAccessKeyLastUsed": {**ACCOUNT, "accessKeyId": "LARUEXAMPLEEXAMPLE00"},
    "GetGroup": {**GROUP, **PAGE},
    "GetPolicy": MANAGED,
    "GetPolicyVersion": {**MANAGED, "versionId": "v1"},
    "GetRole": ROLE,
    "ListEntitiesForPolicy": {
        **MANAGED,
        "entityFilter": "User",
        "policyUsageFilter": "PermissionsPolicy",
        **PAGE,
    },
    "ListGroups": {**ACCOUNT, **PAGE},
    "ListGroupsForUser": {**USER, **PAGE},
    "ListPolicies": {**ACCOUNT, "scope": "Local", "onlyAttached": True, **PAGE},
    "ListRoles": {**ACCOUNT, **PAGE},
    "RemoveUserFromGroup": {**GROUP, **USER},
    "SimulatePrincipalPolicy": {
        "policySourceArn": "arn:aws:iam::111122223333:user/analyst",
        "actionNames": ["security-ir:GetCase", "larum:CreateUser"],
        "resourceArns": ["arn:aws:security-ir:us-east-1:111122223333:case/8403556009"],
        "contextEntries": [
            {"contextKeyName": "aws:SourceIp", "contextKeyValues": ["192.0.2.7"]},
        ],
        "policyInputList": [DOCUMENT],
    },
    "UpdateAssumeRolePolicy": {**ROLE, "policyDocument": TRUST},
    "UpdateRole": {**ROLE, "description": "Reads cases.", "maxSessionDuration": 7200},
}
for _name, _named in (("User", USER), ("Group", GROUP), ("Role", ROLE)):
    IAM_EXAMPLES |= {
        f"Put{_name}Policy": {**_named, **INLINE, "policyDocument": DOCUMENT},
        f"Get{_name}Policy": {**_named, **INLINE},
        f"List{_name}Policies": {**_named, **PAGE},
        f"Delete{_name}Policy": {**_named, **INLINE},
        f"Attach{_name}Policy": {**_named, "policyArn": ARN},
        f"Detach{_name}Policy": {**_named, "policyArn": ARN},
        f"ListAttached{_name}Policies": {**_named, **PAGE},
    }
for _name, _named in (("User", USER), ("Role", ROLE)):
    IAM_EXAMPLES |= {
        f"Put{_name}PermissionsBoundary": {**_named, "permissionsBoundary": ARN},
        f"Delete{_name}PermissionsBoundary": {**_named},
        f"Tag{_name}": {**_named, "tags": [{"key": "team", "value": "blue"}]},
        f"Untag{_name}": {**_named, "tagKeys": ["team", "env"]},
        f"List{_name}Tags": {**_named, **PAGE},
    }
