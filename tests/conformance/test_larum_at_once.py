"""A change of what somebody may do acts on the first request after its answer."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.edge import api_client
from larum.operations.iam import IAM_OPERATIONS
from larum.store import iam_versions
from tests.conformance.iam_documents import allowing, made_kinds, trusting
from tests.conformance.test_larum_principals import made_key, signing
from tests.edge.larum_servers import LarumServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

LIST = allowing("security-ir:ListMemberships")
OTHER = allowing("security-ir:ListCases")
TAGGED = json.dumps(
    {
        "Statement": {
            "Effect": "Allow",
            "Action": "security-ir:ListMemberships",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
        }
    }
)
Call = tuple[str, dict[str, Any]]
# What prepares, what grants and what takes away again; `{}` of an ARN is the account.
USER, GROUP = {"userName": "analyst"}, {"groupName": "team"}
ARN = "arn:aws:iam::{}:policy/"
MADE = ("create_policy", {"policyName": "list", "policyDocument": LIST})
OTHER_MADE = ("create_policy", {"policyName": "other", "policyDocument": OTHER})
TEAM = ("create_group", GROUP)
IN_TEAM = ("add_user_to_group", USER | GROUP)
ALLOWED = ("put_user_policy", {**USER, "policyName": "p", "policyDocument": LIST})
# Prepared, granted, taken away, granted and taken away again.
LET_IN = [False, True, True, False, False, True, True, False, False]
CHANGES: dict[str, tuple[list[Call], Call, Call]] = {
    "inline policy of the user": (
        [],
        ALLOWED,
        ("delete_user_policy", {**USER, "policyName": "p"}),
    ),
    "inline policy replaced": (
        [],
        ALLOWED,
        ("put_user_policy", {**USER, "policyName": "p", "policyDocument": OTHER}),
    ),
    "attached to the user": (
        [MADE],
        ("attach_user_policy", {**USER, "policyArn": f"{ARN}list"}),
        ("detach_user_policy", {**USER, "policyArn": f"{ARN}list"}),
    ),
    "inline policy of a group": (
        [TEAM, IN_TEAM],
        ("put_group_policy", {**GROUP, "policyName": "p", "policyDocument": LIST}),
        ("delete_group_policy", {**GROUP, "policyName": "p"}),
    ),
    "attached to a group": (
        [MADE, TEAM, IN_TEAM],
        ("attach_group_policy", {**GROUP, "policyArn": f"{ARN}list"}),
        ("detach_group_policy", {**GROUP, "policyArn": f"{ARN}list"}),
    ),
    "in a group": (
        [TEAM, ("put_group_policy", {**GROUP, "policyName": "p", "policyDocument": LIST})],
        IN_TEAM,
        ("remove_user_from_group", USER | GROUP),
    ),
    "version of a policy": (
        [OTHER_MADE, ("attach_user_policy", {**USER, "policyArn": f"{ARN}other"})],
        (
            "create_policy_version",
            {"policyArn": f"{ARN}other", "policyDocument": LIST, "setAsDefault": True},
        ),
        (
            "create_policy_version",
            {"policyArn": f"{ARN}other", "policyDocument": OTHER, "setAsDefault": True},
        ),
    ),
    "boundary": (
        [
            ALLOWED,
            OTHER_MADE,
            ("put_user_permissions_boundary", {**USER, "permissionsBoundary": f"{ARN}other"}),
        ],
        ("delete_user_permissions_boundary", USER),
        ("put_user_permissions_boundary", {**USER, "permissionsBoundary": f"{ARN}other"}),
    ),
    "tag of the user": (
        [("put_user_policy", {**USER, "policyName": "p", "policyDocument": TAGGED})],
        ("tag_user", {**USER, "tags": [{"key": "team", "value": "blue"}]}),
        ("untag_user", {**USER, "tagKeys": ["TEAM"]}),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_acts_on_the_next_request(
    connect: Instance, administrator: LarumClient, account: str, change: str
) -> None:
    """Granted, taken away and granted again: each next request is decided by it, and repeats."""
    key = made_key(administrator, account)
    with signing(connect, key) as client:
        assert decisions(CHANGES[change], client, administrator, account) == LET_IN


def decisions(
    change: tuple[list[Call], Call, Call],
    client: SecurityIncidentResponseClient,
    administrator: LarumClient,
    account: str,
) -> list[bool]:
    """Prepare, grant, take away, grant, take away; return whether `client` was let in after each.

    After each change but the preparation it asks twice.
    """
    prepared, grant, take = change

    def do(call: Call) -> None:
        name, given = call
        filled = {
            member: each.replace("::{}:", f"::{account}:") if isinstance(each, str) else each
            for member, each in given.items()
        }
        getattr(administrator, name)(accountId=account, **filled)

    def allowed() -> bool:
        try:
            client.list_memberships()
        except client.exceptions.AccessDeniedException:
            return False
        return True

    for call in prepared:
        do(call)
    told = [allowed()]
    for call in (grant, take) * 2:
        do(call)
        told += [allowed(), allowed()]
    return told


ROLE = {"roleName": "reader"}
ROLE_ALLOWED = ("put_role_policy", {**ROLE, "policyName": "p", "policyDocument": LIST})
ROLE_CHANGES: dict[str, tuple[list[Call], Call, Call]] = {
    "inline policy of the role": (
        [],
        ROLE_ALLOWED,
        ("delete_role_policy", {**ROLE, "policyName": "p"}),
    ),
    "attached to the role": (
        [MADE],
        ("attach_role_policy", {**ROLE, "policyArn": f"{ARN}list"}),
        ("detach_role_policy", {**ROLE, "policyArn": f"{ARN}list"}),
    ),
    "boundary of the role": (
        [
            ROLE_ALLOWED,
            OTHER_MADE,
            ("put_role_permissions_boundary", {**ROLE, "permissionsBoundary": f"{ARN}other"}),
        ],
        ("delete_role_permissions_boundary", ROLE),
        ("put_role_permissions_boundary", {**ROLE, "permissionsBoundary": f"{ARN}other"}),
    ),
    "tag of the role": (
        [("put_role_policy", {**ROLE, "policyName": "p", "policyDocument": TAGGED})],
        ("tag_role", {**ROLE, "tags": [{"key": "team", "value": "blue"}]}),
        ("untag_role", {**ROLE, "tagKeys": ["team"]}),
    ),
}


def client_with(connect: Instance, service: str, **credentials: str) -> Any:  # noqa: ANN401 - boto3's
    """Return a boto3 client of a service that signs with `credentials`; whoever asks closes it."""
    if not isinstance(connect, larum.Service):
        assert isinstance(connect, LarumServer)
        credentials["endpoint_url"] = connect.url
    client = api_client.isolated_client(service, region_name="us-east-1", **credentials)
    if isinstance(connect, larum.Service):
        connect.attach(client)
    return client


def session_of(
    connect: Instance, administrator: LarumClient, account: str
) -> SecurityIncidentResponseClient:
    """Return a client that signs as a session of a new role, which a new user has assumed."""
    key = made_key(administrator, account)
    user = f"arn:aws:iam::{account}:user/analyst"
    administrator.create_role(accountId=account, **ROLE, assumeRolePolicyDocument=trusting(user))
    sts = client_with(
        connect,
        "sts",
        aws_access_key_id=key["accessKeyId"],
        aws_secret_access_key=key["secretAccessKey"],
    )
    arn = f"arn:aws:iam::{account}:role/reader"
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"]
    sts.close()
    client: SecurityIncidentResponseClient = client_with(
        connect,
        "security-ir",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    return client


@pytest.mark.parametrize("change", ROLE_CHANGES)
def test_a_change_acts_on_sessions_that_are_there(
    connect: Instance, administrator: LarumClient, account: str, change: str
) -> None:
    """What a role may do is asked with each request of its sessions, not when they are made."""
    with closing(session_of(connect, administrator, account)) as client:
        assert decisions(ROLE_CHANGES[change], client, administrator, account) == LET_IN


# Keys and MFA devices decide nothing that is kept by the number: each is read by itself.
OF_KEYS = {"CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey"}


def changes(account: str) -> Iterator[Call]:
    """Give one call of each operation that changes what decides in an account, all in order."""
    arn = f"arn:aws:iam::{account}:policy/p"
    named = {
        "user": {"userName": "analyst"}, "group": {"groupName": "responders"},
        "role": {"roleName": "reader"},
    }  # fmt: skip
    document = {"policyName": "p", "policyDocument": LIST}
    trust = trusting(account)
    yield "create_policy", document
    yield (
        "create_policy_version",
        {"policyArn": arn, "policyDocument": OTHER, "setAsDefault": True},
    )
    yield "add_user_to_group", named["user"] | named["group"]
    yield "update_role", {**named["role"], "maxSessionDuration": 7_200}
    yield "update_assume_role_policy", {**named["role"], "policyDocument": trust}
    for kind, who in named.items():
        yield f"put_{kind}_policy", who | document
        yield f"attach_{kind}_policy", {**who, "policyArn": arn}
    for kind in ("user", "role"):
        who = named[kind]
        yield f"put_{kind}_permissions_boundary", {**who, "permissionsBoundary": arn}
        yield f"delete_{kind}_permissions_boundary", who
        yield f"tag_{kind}", {**who, "tags": [{"key": "a", "value": "b"}]}
        yield f"untag_{kind}", {**who, "tagKeys": ["a"]}
    yield "remove_user_from_group", named["user"] | named["group"]
    for kind, who in named.items():
        yield f"delete_{kind}_policy", {**who, "policyName": "p"}
        yield f"detach_{kind}_policy", {**who, "policyArn": arn}
        yield f"delete_{kind}", who
    yield "delete_policy", {"policyArn": arn}
    yield "create_user", named["user"]
    yield "create_group", named["group"]
    yield "create_role", {**named["role"], "assumeRolePolicyDocument": trust}


def test_every_change_grows_the_account_s_number(
    service_in_process: larum.Service, account: str
) -> None:
    """By it everybody learns that what they remember is old; another account's stays as it is."""
    service = service_in_process
    service.client(account=account).close()
    client = service.client("larum", account=account)
    made_kinds(client, account)
    called = set()
    for name, given in changes(account):
        before, others = numbers(service, account)
        getattr(client, name)(**given)
        after, others_then = numbers(service, account)
        assert (after > before, others_then) == (True, others), name
        called.add(name.title().replace("_", ""))
    client.close()
    writing = {name for name, entry in IAM_OPERATIONS.items() if entry.writes}
    assert called == {name for name in writing - OF_KEYS if "mfa" not in name.lower()}


def numbers(service: larum.Service, account: str) -> tuple[int, list[Any]]:
    """Return the account's number, and those of all others."""
    sql = "SELECT account, version FROM iam_versions WHERE account <> :account ORDER BY account"
    return (
        service.engine.read(lambda tx: iam_versions.get(tx, account)),
        service.engine.read(lambda tx: tx.rows(sql, {"account": account})),
    )
