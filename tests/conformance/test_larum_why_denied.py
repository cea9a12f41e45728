"""GetDenial: why a request was refused, told to who administers the account and nobody else."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import larum
from tests.conformance.iam_documents import allowing
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest
from tests.conformance.users import user_client, user_key
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

NOBODYS = "0f8fad5b-d9cb-469f-a165-70867728950e"
DENY_CASES = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "security-ir:*", "Resource": "*"},
            {"Sid": "NoCases", "Effect": "Deny", "Action": "security-ir:*Case*", "Resource": "*"},
        ],
    }
)


@pytest.fixture
def administrator(connect: Instance, account: str) -> Iterator[LarumClient]:
    """A client of the administrator account's root; `account` exists."""
    if isinstance(connect, larum.Service):
        connect.client(account=account).close()
    client = larum_client(connect)
    yield client
    client.close()


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    """Return the request id and the message of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["ResponseMetadata"]["RequestId"], answer["Error"]["Message"]


def code_of(call: Callable[[], Any]) -> str:
    """Return the code with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_a_missing_allow_is_named(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """Who asked for what from where, what they were told, and the layer that lacks an Allow."""
    key = user_key(administrator, account)
    with user_client(connect, key) as user:
        request, message = refused(user.list_cases)
    told = administrator.get_denial(accountId=account, requestId=request)
    assert told["action"] == "security-ir:ListCases"
    assert told["principalArn"] == f"arn:aws:iam::{account}:user/eve"
    assert (told["accessKeyId"], told["resources"]) == (key["accessKeyId"], ["*"])
    assert (told["errorCode"], told["errorMessage"]) == ("AccessDeniedException", message)
    assert told["layer"] == "identity-based policy"
    assert told["reason"] == "No identity-based policy allows it."
    assert not {"policy", "statement"} & told.keys()
    record = json.loads(told["record"])
    assert (record["requestID"], record["recipientAccountId"]) == (request, account)


def test_the_statement_that_denies_is_named(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """Its Sid and its policy; the wire names neither."""
    key = user_key(administrator, account)
    administrator.put_user_policy(
        accountId=account, userName="eve", policyName="noCases", policyDocument=DENY_CASES
    )
    with user_client(connect, key) as user:
        user.list_memberships()
        request, message = refused(user.list_cases)
    assert "noCases" not in message
    assert "NoCases" not in message
    told = administrator.get_denial(accountId=account, requestId=request)
    assert (told["layer"], told["statement"]) == ("identity-based policy", "NoCases")
    assert "noCases" in told["policy"]
    assert told["reason"].endswith(f"{told['policy']} denies it, by its statement NoCases.")


def test_what_no_policy_decides_is_said(
    connect: Instance, administrator: LarumClient, account: str, stranger: str
) -> None:
    """Somebody else's resource, and an operation that is the administrator's."""
    client, own = connect.client(account=account), larum_client(connect, account)
    client.create_membership(**smallest())
    other = connect.client(account=stranger)
    foreign = other.create_membership(**smallest())["membershipId"]
    cases = {
        refused(lambda: client.get_membership(membershipId=foreign))[0]: "No policy decided",
        refused(own.list_audit_chains)[0]: "The account cannot reach it",
    }
    for request, reason in cases.items():
        assert own.get_denial(requestId=request)["reason"].startswith(reason)
        assert code_of(partial(administrator.get_denial, requestId=request)) == (
            "ResourceNotFoundException"
        )
    for each in (client, own, other):
        each.close()


def test_a_request_that_was_not_authenticated_is_explained(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """A wrong secret: to the key's account which key, and nothing of who it was."""
    key = user_key(administrator, account)
    with user_client(connect, key | {"secretAccessKey": "wrong"}) as user:
        request, _ = refused(user.list_cases)
    told = administrator.get_denial(accountId=account, requestId=request)
    assert told["errorCode"] == "InvalidSignatureException"
    assert told["reason"] == "The request was not authenticated."
    assert told["accessKeyId"] == key["accessKeyId"]
    assert "principalArn" not in told


def test_only_who_administers_the_account_is_told(
    connect: Instance, administrator: LarumClient, account: str, stranger: str
) -> None:
    """Its root, a user with the action, the administrator; others' ids are like nobody's."""
    key = user_key(administrator, account)
    if isinstance(connect, larum.Service):
        connect.client(account=stranger).close()
    own, other = larum_client(connect, account), larum_client(connect, stranger)
    with user_client(connect, key) as user:
        request, _ = refused(user.list_cases)
    assert own.get_denial(requestId=request)["requestId"] == request
    for asked in (request, NOBODYS):
        assert code_of(partial(other.get_denial, requestId=asked)) == ("ResourceNotFoundException")
        for account_id in (account, ADMINISTRATOR):
            named = {"accountId": account_id, "requestId": asked}
            assert code_of(partial(other.get_denial, **named)) == "AccessDeniedException"
    with user_client(connect, key, "larum") as user:
        assert code_of(lambda: user.get_denial(requestId=request)) == "AccessDeniedException"
        administrator.put_user_policy(
            accountId=account,
            userName="eve",
            policyName="why",
            policyDocument=allowing("larum:GetDenial"),
        )
        assert user.get_denial(requestId=request)["requestId"] == request
    own.close()
    other.close()


def test_a_request_that_was_answered_is_no_denial(connect: Instance, account: str) -> None:
    """The id of a success is not found, nor one that was never given."""
    client = connect.client(account=account)
    own = larum_client(connect, account)
    made: Any = client.create_membership(**smallest())
    for asked in (made["ResponseMetadata"]["RequestId"], NOBODYS):
        assert code_of(partial(own.get_denial, requestId=asked)) == "ResourceNotFoundException"
    assert code_of(lambda: own.get_denial(requestId="x" * 36)) == "ValidationException"
    client.close()
    own.close()
