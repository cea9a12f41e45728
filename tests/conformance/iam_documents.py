"""Policies and trust policies that tests write, and clients to write them with."""

from __future__ import annotations

import json
from typing import Any


def allowing(*actions: str, resource: str = "*") -> str:
    """Return a policy that allows `actions`."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusting(*principals: str) -> str:
    """Return a trust policy for `principals`, accounts or ARNs."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principals}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def of_size(characters: int) -> str:
    """Return a policy of so many characters beside white space, with white space."""
    text = allowing("security-ir:GetCase")
    lacking = characters - len("".join(text.split()))
    return text.replace('"Effect"', f' "Sid": "{"a" * (lacking - len(_SID))}",\n\t"Effect"')


_SID = '"Sid":"",'


def made_kinds(client: Any, account: str) -> dict[str, dict[str, str]]:  # noqa: ANN401 - boto3's
    """Make a user, a group and a role; return how each is named, by the name of its kind."""
    named = {
        "User": {"accountId": account, "userName": "analyst"},
        "Group": {"accountId": account, "groupName": "responders"},
        "Role": {"accountId": account, "roleName": "reader"},
    }
    client.create_user(**named["User"])
    client.create_group(**named["Group"])
    client.create_role(**named["Role"], assumeRolePolicyDocument=trusting(account))
    return named
