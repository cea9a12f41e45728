"""SimulatePrincipalPolicy through both doors: what it tells is what is then decided."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.iam_documents import allowing
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, smallest
from tests.permissions.iam import policy, statement

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

GET, CANCEL = "security-ir:GetMembership", "security-ir:CancelMembership"
ANN = {"userName": "ann"}


def simulated(client: LarumClient, arn: str, *names: str, **more: Any) -> list[dict[str, Any]]:
    """Return what would be decided about a principal."""
    answer = client.simulate_principal_policy(policySourceArn=arn, actionNames=list(names), **more)
    found: list[dict[str, Any]] = answer["evaluationResults"]
    return found


@pytest.fixture
def ann(administrator: LarumClient, account: str) -> str:
    """The ARN of a user that may do nothing yet."""
    arn: str = administrator.create_user(accountId=account, **ANN)["user"]["arn"]
    return arn


def test_it_tells_who_decides(administrator: LarumClient, account: str, ann: str) -> None:
    """Decision, kind of policy, policy and statement; an Allow of one layer is not enough."""
    named = {"accountId": account, **ANN}
    (nothing,) = simulated(administrator, ann, GET)
    assert nothing["evalDecision"] == "implicitDeny"
    assert nothing["evalDecisionLayer"] == "identity-based policy"
    assert nothing["matchedStatements"] == []
    assert nothing["evalResourceName"] == "*"
    document = policy(statement(Sid="Reads", action="security-ir:Get*"))
    administrator.put_user_policy(**named, policyName="reads", policyDocument=document)
    allowed, other = simulated(administrator, ann, GET, CANCEL)
    assert (allowed["evalDecision"], other["evalDecision"]) == ("allowed", "implicitDeny")
    assert allowed["matchedStatements"] == [
        {
            "sourcePolicyId": f"{ann}/reads",
            "sourcePolicyType": "identity-based policy",
            "statementId": "Reads",
        }
    ]
    made = administrator.create_policy(
        accountId=account, policyName="Bounds", policyDocument=policy(statement("Deny"))
    )["policy"]["arn"]
    administrator.put_user_permissions_boundary(**named, permissionsBoundary=made)
    (bounded,) = simulated(administrator, ann, GET)
    assert bounded["evalDecision"] == "explicitDeny"
    assert bounded["evalDecisionLayer"] == "permissions boundary"
    assert bounded["matchedStatements"][0]["sourcePolicyId"] == made


def test_keys_that_are_missing_are_told(administrator: LarumClient, account: str, ann: str) -> None:
    """What a condition asks for is named until an entry gives it; ann's own are known."""
    condition = {
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
        "StringEquals": {"aws:username": "ann", "aws:PrincipalTag/team": "blue"},
    }
    tried = [policy(statement(Condition=condition))]
    (without,) = simulated(administrator, ann, GET, policyInputList=tried)
    assert without["evalDecision"] == "implicitDeny"
    assert without["missingContextValues"] == ["aws:principaltag/team", "aws:sourceip"]
    tags = [{"key": "team", "value": "blue"}]
    administrator.tag_user(accountId=account, **ANN, tags=tags)
    (without,) = simulated(administrator, ann, GET, policyInputList=tried)
    assert without["missingContextValues"] == ["aws:sourceip"]
    entry = {"contextKeyName": "aws:SourceIp", "contextKeyValues": ["192.0.2.7"]}
    (given,) = simulated(administrator, ann, GET, policyInputList=tried, contextEntries=[entry])
    assert (given["evalDecision"], given["missingContextValues"]) == ("allowed", [])
    assert simulated(administrator, ann, GET)[0]["evalDecision"] == "implicitDeny"


def test_it_says_what_is_then_decided(
    connect: Instance, administrator: LarumClient, account: str, ann: str
) -> None:
    """A user with a key gets or does not get the membership, as it was told, tags included."""
    named = {"accountId": account, **ANN}
    root = connect.client(account=account)
    membership_id = root.create_membership(**smallest(), tags={"team": "blue"})["membershipId"]
    arn = f"arn:aws:security-ir:us-east-1:{account}:membership/{membership_id}"
    root.close()
    key = administrator.create_access_key(**named)["accessKey"]
    for team, allowed in (("red", False), ("blue", True)):
        condition = {"StringEquals": {"aws:ResourceTag/team": team}}
        document = policy(statement(action=GET, resource=arn, Condition=condition))
        administrator.put_user_policy(**named, policyName="p", policyDocument=document)
        (told,) = simulated(administrator, ann, GET, resourceArns=[arn])
        assert (told["evalDecision"] == "allowed") is allowed
        assert may_get(connect, key, membership_id) is allowed


def may_get(connect: Instance, key: dict[str, Any], membership_id: str) -> bool:
    """Return whether the owner of the key is answered."""
    client: Any = connect.client()
    with closing(client):
        client._request_signer._credentials.access_key = key["accessKeyId"]
        client._request_signer._credentials.secret_key = key["secretAccessKey"]
        try:
            client.get_membership(membershipId=membership_id)
        except client.exceptions.AccessDeniedException:
            return False
        return True


def test_no_policy_reaches_another_account(
    administrator: LarumClient, account: str, stranger: str, ann: str
) -> None:
    """With every right, an action on a foreign resource or of the operators is not reached."""
    arn = f"arn:aws:security-ir:us-east-1:{stranger}:membership/m-{'0' * 30}"
    every = {"policyInputList": [allowing("*")]}
    (foreign,) = simulated(administrator, ann, GET, resourceArns=[arn], **every)
    (operator,) = simulated(administrator, ann, "larum:AcknowledgeCase", **every)
    for each in (foreign, operator):
        assert each["evalDecision"] == "implicitDeny"
        assert each["evalDecisionLayer"] == "rule of accounts"
    (own,) = simulated(administrator, ann, "larum:CreateUser", **every)
    assert own["evalDecision"] == "allowed"
    (root,) = simulated(administrator, f"arn:aws:iam::{account}:root", GET)
    assert root["evalDecision"] == "allowed"


def test_an_account_simulates_its_own_principals_alone(
    connect: Instance, account: str, stranger: str, ann: str
) -> None:
    """Its root may ask about its users, and about nobody else's."""
    own, foreign = (larum_client(connect, account=each) for each in (account, stranger))
    assert simulated(own, ann, GET)[0]["evalDecision"] == "implicitDeny"
    with pytest.raises(foreign.exceptions.AccessDeniedException):
        simulated(foreign, ann, GET)
    own.close()
    foreign.close()


def test_what_is_not_there_or_not_understood_is_refused(
    administrator: LarumClient, ann: str
) -> None:
    """An unknown principal, one by another spelling, and a fault, whose place is told."""
    for nobody in (f"{ann}-nobody", ann.replace("/ann", "/Ann"), ann.replace("user", "role")):
        with pytest.raises(administrator.exceptions.ResourceNotFoundException):
            simulated(administrator, nobody, GET)
    with pytest.raises(ClientError) as caught:
        simulated(administrator, ann, GET, policyInputList=[allowing("*"), '{"Statement": 1}'])
    assert any(name.startswith("policyInputList[1]") for name in failed_fields(caught.value))
