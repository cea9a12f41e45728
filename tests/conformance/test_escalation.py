"""Nobody raises themselves: what a policy keeps from them is kept, however it is spelled (E96)."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

import larum
from larum.operations import LARUM_OPERATIONS
from tests.conformance.larum_clients import larum_client
from tests.conformance.users import user_client, user_key
from tests.edge.larum_servers import UNCHECKED
from tests.wire.examples import LARUM_OPERATION_NAMES, example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENIED, NOT_FOUND = "AccessDeniedException", "ResourceNotFoundException"
DOCUMENT: dict[str, Any] = {"Version": "2012-10-17", "Statement": [EVERYTHING]}
TENANT, OTHER = "213243546576", "243546576879"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": TENANT}, "Action": "sts:AssumeRole"},
    ],
}


@pytest.fixture
def administrator(connect: Instance, account: str) -> Iterator[LarumClient]:
    """A client of the administrator account's root; `account` exists."""
    if isinstance(connect, larum.Service):
        connect.client(account=account).close()
    client = larum_client(connect, config=UNCHECKED)
    yield client
    client.close()


def allowed(
    administrator: LarumClient, account: str, *statements: dict[str, Any]
) -> dict[str, Any]:
    """Return a key of a new user `eve` with these statements."""
    key = user_key(administrator, account)
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    administrator.put_user_policy(
        accountId=account, userName="eve", policyName="p", policyDocument=json.dumps(document)
    )
    return key


def code_of(client: Any, operation: str, **params: Any) -> str:  # noqa: ANN401 - boto3's
    """Return the error of a call, or nothing."""
    try:
        getattr(client, operation)(**params)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_a_name_in_another_case_is_not_the_name_that_a_policy_names(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """A deny on `boss` is no use where `BOSS` is the same user: then it is not the same user."""
    own = {"accountId": account}
    administrator.create_user(userName="boss", **own)
    administrator.create_group(groupName="boss", **own)
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    trusted = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    administrator.create_role(roleName="boss", assumeRolePolicyDocument=trusted, **own)
    text = json.dumps(DOCUMENT)
    arn = administrator.create_policy(policyName="boss", policyDocument=text, **own)["policy"][
        "arn"
    ]
    kept = {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:iam::*:*/boss"}
    with user_client(connect, allowed(administrator, account, EVERYTHING, kept), "larum") as eve:
        for name, code in (
            ("boss", "AccessDeniedException"),
            ("BOSS", "ResourceNotFoundException"),
        ):
            inline = {"policyName": "mine", "policyDocument": text}
            assert code_of(eve, "create_access_key", userName=name) == code
            assert code_of(eve, "put_user_policy", userName=name, **inline) == code
            assert code_of(eve, "put_role_policy", roleName=name, **inline) == code
            assert code_of(eve, "put_group_policy", groupName=name, **inline) == code
            assert code_of(eve, "add_user_to_group", groupName=name, userName="eve") == code
            version = {"policyArn": arn.replace("boss", name), "policyDocument": text}
            assert code_of(eve, "create_policy_version", **version, setAsDefault=True) == code
            assert code_of(eve, "delete_policy", policyArn=arn.replace("boss", name)) == code
            for kind in ("user", "role"):
                source = f"arn:aws:iam::{account}:{kind}/{name}"
                asked = {"policySourceArn": source, "actionNames": ["security-ir:GetCase"]}
                assert code_of(eve, "simulate_principal_policy", **asked) == code, source


# What an account has for itself; everything else is the administrator account's.
OWN_ACCOUNT = {name for name, entry in LARUM_OPERATIONS.items() if entry.own_account}
# Of the instance, for everybody who may ask: what its checkpoints are signed with.
OF_ALL = {"GetAuditKey"}


@pytest.fixture(scope="module")
def mighty() -> Iterator[tuple[larum.Service, Any]]:
    """A service, and a client of `larum` whose account's root allows it everything."""
    with larum.Service() as service:
        service.client(account=TENANT).close()
        service.client(account=OTHER).close()
        administrator = service.client("larum")
        key = allowed(administrator, TENANT, EVERYTHING)
        administrator.close()
        with user_client(service, key, "larum") as eve:
            yield service, eve


@pytest.mark.parametrize("name", sorted({*LARUM_OPERATION_NAMES} - OF_ALL))
def test_whoever_may_do_everything_in_an_account_does_nothing_outside(
    mighty: tuple[larum.Service, Any], name: str
) -> None:
    """`*` on `*` ends at the account: another's principals and the administrator's operations."""
    _, eve = mighty
    params = {key: each for key, each in example(f"larum:{name}").items() if key != "nextToken"}
    if "policySourceArn" in params:
        params["policySourceArn"] = f"arn:aws:iam::{OTHER}:user/analyst"
    elif name in OWN_ACCOUNT:
        params["accountId"] = OTHER
    elif "accountId" in params:
        params["accountId"] = TENANT
    assert code_of(eve, xform_name(name), **params) == DENIED


@pytest.mark.parametrize(
    "name", [each for each in LARUM_OPERATION_NAMES if "policyArn" in example(f"larum:{each}")]
)
def test_a_policy_of_another_account_is_out_of_reach(
    mighty: tuple[larum.Service, Any], name: str
) -> None:
    """An ARN names an account too: it opens nothing, whatever `accountId` says beside it."""
    service, eve = mighty
    with closing(service.client("larum")) as administrator:
        made = code_of(
            administrator,
            "create_policy",
            accountId=OTHER,
            policyName="theirs",
            policyDocument=json.dumps(DOCUMENT),
        )
        assert made in {"", "ConflictException"}
        params = {key: each for key, each in example(f"larum:{name}").items() if key != "nextToken"}
        params.pop("accountId", None)
        # Names that the own account has, so that nothing but the policy is missing.
        for member, create in (("userName", "user"), ("groupName", "group"), ("roleName", "role")):
            more = {"assumeRolePolicyDocument": json.dumps(TRUST)} if create == "role" else {}
            named = {member: params.get(member, "analyst")}
            code_of(administrator, f"create_{create}", accountId=TENANT, **named, **more)
        codes = set()
        for policy in ("theirs", "nobodys"):
            params["policyArn"] = f"arn:aws:iam::{OTHER}:policy/{policy}"
            codes.add(code_of(eve, xform_name(name), **params))
        assert len(codes) == 1
        assert codes <= {DENIED, NOT_FOUND}
        found = administrator.list_entities_for_policy(
            accountId=OTHER, policyArn=f"arn:aws:iam::{OTHER}:policy/theirs"
        )
        assert not any(each for key, each in found.items() if key.startswith("policy"))


HOSTILE = {
    "duplicate keys": '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow",'
    '"Action":"*","Resource":"*"}]}',
    "1 MB": json.dumps(DOCUMENT | {"Id": "x" * 1_000_000}),
    "depth 100": '{"Version":"2012-10-17","Statement":' + "[" * 100 + "]" * 100 + "}",
    "depth 100,000": "[" * 100_000,
    "unknown operator": json.dumps(
        {"Statement": [EVERYTHING | {"Condition": {"StringResembles": {"aws:username": "x"}}}]}
    ),
    "allow": json.dumps({"Statement": [EVERYTHING | {"Effect": "allow"}]}),
    "no resource": json.dumps({"Statement": [{"Effect": "Allow", "Action": "*"}]}),
    "both": json.dumps({"Statement": [EVERYTHING | {"NotAction": "*"}]}),
    "principal": json.dumps({"Statement": [EVERYTHING | {"Principal": "*"}]}),
    "unknown element": json.dumps({"Statement": [EVERYTHING | {"Effects": "Deny"}]}),
    "other version": json.dumps(DOCUMENT | {"Version": "2026-11-22"}),
    "NaN": '{"Version":NaN}',
    "not JSON": "effect: Allow",
    "a list": "[]",
    "surrogate": '{"Version":"2012-10-17","Statement":[{"Sid":"\\ud800"}]}',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_e97_a_hostile_document_is_refused_at_once(
    mighty: tuple[larum.Service, Any], text: str
) -> None:
    """E97: every document that is no policy is a ValidationException within a second."""
    service, _ = mighty
    with closing(service.client("larum", config=UNCHECKED)) as administrator:
        started = time.perf_counter()
        refused = code_of(
            administrator,
            "put_user_policy",
            accountId=TENANT,
            userName="eve",
            policyName="hostile",
            policyDocument=text,
        )
        assert refused in {"ValidationException", "RequestEntityTooLargeException"}
        assert time.perf_counter() - started < 1


def test_e97_a_wildcard_bomb_is_decided_in_linear_time(mighty: tuple[larum.Service, Any]) -> None:
    """E97: stars in a policy against a long ARN cost what they are long, for whom they hold."""
    service, _ = mighty
    bomb = "arn:aws:security-ir:*:*:case/" + "*a" * 800 + "b"
    statement = {"Effect": "Deny", "Action": "security-ir:*", "Resource": bomb}
    with closing(service.client("larum")) as administrator:
        administrator.create_user(accountId=TENANT, userName="bomber")
        key = administrator.create_access_key(accountId=TENANT, userName="bomber")["accessKey"]
        document = {"Version": "2012-10-17", "Statement": [EVERYTHING, statement]}
        administrator.put_user_policy(
            accountId=TENANT,
            userName="bomber",
            policyName="bomb",
            policyDocument=json.dumps(document),
        )
    with user_client(service, key) as bomber:
        arn = f"arn:aws:security-ir:us-east-1:{TENANT}:case/" + "a" * 900
        started = time.perf_counter()
        assert code_of(bomber, "list_tags_for_resource", resourceArn=arn)
        assert time.perf_counter() - started < 1
