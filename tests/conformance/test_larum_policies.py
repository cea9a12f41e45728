"""Policies: of users, groups and roles alike, inline and managed, kept as they were written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.access.policy.managed import MANAGED
from larum.domain import policies
from tests.conformance.iam_documents import allowing, made_kinds, of_size, trusting
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, refusal_of
from tests.conformance.users import user_client, user_key
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

KINDS = ("User", "Group", "Role")
IDENTITIES = ("User", "Role")
READ = "arn:aws:iam::aws:policy/AWSSecurityIncidentResponseReadOnlyAccess"
INLINE_SIZES = {"User": 2_048, "Group": 5_120, "Role": 10_240}


def call(client: LarumClient, name: str, **given: Any) -> dict[str, Any]:
    """Return the answer of an operation by its name, `put_user_policy` and such."""
    answer: dict[str, Any] = getattr(client, name)(**given)
    answer.pop("ResponseMetadata")
    return answer


def made_policy(client: LarumClient, account: str, name: str, document: str | None = None) -> str:
    """Return the ARN of a new managed policy."""
    arn: str = client.create_policy(
        accountId=account, policyName=name, policyDocument=document or allowing("security-ir:*")
    )["policy"]["arn"]
    return arn


@pytest.mark.parametrize("kind", KINDS)
def test_inline_policies_come_and_go(administrator: LarumClient, account: str, kind: str) -> None:
    """Each is given back as it was written, names differ in case, and one takes another's place."""
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    first, second = f" {allowing('larum:*')}\n", f"{allowing('security-ir:Get*')}\t "
    for name, document in (("p", first), ("P", first), ("a", first), ("p", second)):
        call(administrator, f"put_{low}_policy", **named, policyName=name, policyDocument=document)
    found = call(administrator, f"get_{low}_policy", **named, policyName="p")
    member = f"{low}Name"
    assert found == {member: named[member], "policyName": "p", "policyDocument": second}
    pages = administrator.get_paginator(f"list_{low}_policies").paginate(
        **named, PaginationConfig={"PageSize": 2}
    )
    assert [page["policyNames"] for page in pages] == [["P", "a"], ["p"]]
    call(administrator, f"delete_{low}_policy", **named, policyName="p")
    for act in ("get", "delete"):
        with pytest.raises(administrator.exceptions.ResourceNotFoundException):
            call(administrator, f"{act}_{low}_policy", **named, policyName="p")
    assert call(administrator, f"list_{low}_policies", **named)["policyNames"] == ["P", "a"]


@pytest.mark.parametrize("kind", KINDS)
def test_inline_policies_share_a_size(administrator: LarumClient, account: str, kind: str) -> None:
    """All of one principal count together, without white space; the one more is not kept."""
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    allowed = INLINE_SIZES[kind]

    def put(name: str, size: int) -> None:
        call(
            administrator,
            f"put_{low}_policy",
            **named,
            policyName=name,
            policyDocument=of_size(size),
        )

    put("a", 500)
    put("b", allowed - 500)
    for name, size in (("c", 200), ("a", 501)):
        with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
            put(name, size)
        refusal = refusal_of(caught.value)
        assert (refusal["quotaCode"], refusal["resourceType"]) == ("LARUM-INLINE-POLICY-SIZE", kind)
    put("a", 400)
    put("a", 500)
    assert call(administrator, f"list_{low}_policies", **named)["policyNames"] == ["a", "b"]


@pytest.mark.parametrize("kind", KINDS)
def test_policies_are_attached_and_detached(
    administrator: LarumClient, account: str, kind: str
) -> None:
    """Twice is once, AWS's own can be attached too, and what is not attached is not detached."""
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    mine = made_policy(administrator, account, "Mine")
    for arn in (mine, READ, mine):
        call(administrator, f"attach_{low}_policy", **named, policyArn=arn)
    pages = administrator.get_paginator(f"list_attached_{low}_policies").paginate(
        **named, PaginationConfig={"PageSize": 1}
    )
    assert [each for page in pages for each in page["attachedPolicies"]] == [
        {"policyName": "Mine", "policyArn": mine},
        {"policyName": "AWSSecurityIncidentResponseReadOnlyAccess", "policyArn": READ},
    ]
    assert administrator.get_policy(policyArn=mine)["policy"]["attachmentCount"] == 1
    call(administrator, f"detach_{low}_policy", **named, policyArn=mine)
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        call(administrator, f"detach_{low}_policy", **named, policyArn=mine)
    left = call(administrator, f"list_attached_{low}_policies", **named)["attachedPolicies"]
    assert [each["policyArn"] for each in left] == [READ]


@pytest.mark.parametrize("kind", KINDS)
def test_ten_policies_are_attached_at_most(
    administrator: LarumClient, account: str, kind: str
) -> None:
    """The eleventh is refused by quota and not attached, until another one is detached."""
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    arns = [made_policy(administrator, account, f"p{number}") for number in range(11)]
    for arn in arns[:10]:
        call(administrator, f"attach_{low}_policy", **named, policyArn=arn)
    with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
        call(administrator, f"attach_{low}_policy", **named, policyArn=arns[10])
    refusal = refusal_of(caught.value)
    assert (refusal["quotaCode"], refusal["resourceType"]) == ("LARUM-ATTACHED-POLICIES", kind)
    call(administrator, f"attach_{low}_policy", **named, policyArn=arns[0])
    call(administrator, f"detach_{low}_policy", **named, policyArn=arns[0])
    call(administrator, f"attach_{low}_policy", **named, policyArn=arns[10])


@pytest.mark.parametrize("kind", IDENTITIES)
def test_boundaries_are_set_and_taken_away(
    administrator: LarumClient, account: str, kind: str
) -> None:
    """One at a time, told by Get; the policy knows whom it bounds, and cannot go before."""
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    arns = [made_policy(administrator, account, name) for name in "ab"]
    for arn in arns:
        call(administrator, f"put_{low}_permissions_boundary", **named, permissionsBoundary=arn)
        found = call(administrator, f"get_{low}", **named)[low]
        assert found["permissionsBoundary"] == {
            "permissionsBoundaryType": "Policy", "permissionsBoundaryArn": arn
        }  # fmt: skip
    uses = [administrator.get_policy(policyArn=each)["policy"] for each in arns]
    assert [each["permissionsBoundaryUsageCount"] for each in uses] == [0, 1]
    administrator.delete_policy(policyArn=arns[0])
    with pytest.raises(administrator.exceptions.ConflictException):
        administrator.delete_policy(policyArn=arns[1])
    for _ in "ab":
        call(administrator, f"delete_{low}_permissions_boundary", **named)
    assert "permissionsBoundary" not in call(administrator, f"get_{low}", **named)[low]
    administrator.delete_policy(policyArn=arns[1])


@pytest.mark.parametrize("kind", KINDS)
def test_another_account_s_policy_looks_like_none(
    connect: Instance, administrator: LarumClient, account: str, stranger: str, kind: str
) -> None:
    """Neither is attached, bounds or is read, and what is told differs in the ARN alone."""
    if isinstance(connect, larum.Service):
        connect.client(account=stranger).close()
    named, low = made_kinds(administrator, account)[kind], kind.lower()
    foreign = made_policy(administrator, stranger, "p")
    for arn in (foreign, foreign.replace("/p", "/none"), f"{READ}2"):
        acts = [(f"attach_{low}_policy", {**named, "policyArn": arn})]
        if kind != "Group":
            acts.append((f"put_{low}_permissions_boundary", {**named, "permissionsBoundary": arn}))
        reads = ("get_policy", "list_entities_for_policy")
        acts += [(name, {"accountId": account, "policyArn": arn}) for name in reads]
        for name, given in acts:
            with pytest.raises(administrator.exceptions.ResourceNotFoundException) as caught:
                call(administrator, name, **given)
            told = caught.value.response["Error"]["Message"]
            assert told == f"Policy {arn} does not exist."


def test_managed_policies_are_made_shown_and_removed(
    administrator: LarumClient, account: str
) -> None:
    """A policy is told as IAM tells it, its document as it was written, and one removed is gone."""
    document = f"\r\n{allowing('security-ir:Get*')} "
    policy = administrator.create_policy(
        accountId=account, policyName="Read", policyDocument=document, description="Reads."
    )["policy"]
    arn = f"arn:aws:iam::{account}:policy/Read"
    assert (policy["arn"], policy["policyName"], policy["path"]) == (arn, "Read", "/")
    assert (policy["policyId"][:4], policy["defaultVersionId"]) == ("ANPA", "v1")
    assert (policy["attachmentCount"], policy["isAttachable"]) == (0, True)
    assert administrator.get_policy(policyArn=arn)["policy"] == policy
    version = administrator.get_policy_version(policyArn=arn, versionId="v1")["policyVersion"]
    assert (version["document"], version["isDefaultVersion"]) == (document, True)
    with pytest.raises(administrator.exceptions.ConflictException):
        made_policy(administrator, account, "READ")
    administrator.delete_policy(policyArn=arn)
    for act in (administrator.get_policy, administrator.delete_policy):
        with pytest.raises(administrator.exceptions.ResourceNotFoundException):
            act(policyArn=arn)


def test_the_newest_version_alone_is_kept(administrator: LarumClient, account: str) -> None:
    """A version must be the default; it takes the place of the former one, which is gone."""
    arn = made_policy(administrator, account, "p")
    newer = {"policyArn": arn, "policyDocument": f"{allowing('larum:Get*')}\n"}
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.create_policy_version(**newer, setAsDefault=False)
    assert set(failed_fields(caught.value)) == {"setAsDefault"}
    given = {**newer, "setAsDefault": True, "clientToken": account}
    made = administrator.create_policy_version(**given)["policyVersion"]
    assert (made["versionId"], made["isDefaultVersion"]) == ("v2", True)
    assert administrator.create_policy_version(**given)["policyVersion"] == made
    found = administrator.get_policy_version(policyArn=arn, versionId="v2")["policyVersion"]
    assert found == made | {"document": newer["policyDocument"]}
    assert administrator.get_policy(policyArn=arn)["policy"]["defaultVersionId"] == "v2"
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.get_policy_version(policyArn=arn, versionId="v1")
    administrator.create_policy_version(**newer, setAsDefault=True)
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.create_policy_version(**given)


def test_the_policies_of_aws_are_every_account_s(administrator: LarumClient, account: str) -> None:
    """The five are listed and read by their ARN, and nobody changes or removes them."""
    listed = administrator.list_policies(accountId=account, scope="AWS")["policies"]
    assert [each["arn"] for each in listed] == sorted(MANAGED)
    assert len(listed) == 5
    for arn, document in MANAGED.items():
        policy = administrator.get_policy(accountId=account, policyArn=arn)["policy"]
        assert policy["policyName"] == arn.rpartition("/")[2]
        version = administrator.get_policy_version(
            policyArn=arn, versionId=policy["defaultVersionId"]
        )["policyVersion"]
        assert version["document"] == document
        for act, more in (
            (administrator.delete_policy, {}),
            (
                administrator.create_policy_version,
                {"policyDocument": document, "setAsDefault": True},
            ),
        ):
            with pytest.raises(administrator.exceptions.ValidationException) as caught:
                act(policyArn=arn, **more)
            assert set(failed_fields(caught.value)) == {"policyArn"}
    assert {each["path"] for each in listed} == {"/", "/aws-service-role/"}
    role = made_kinds(administrator, account)["Role"]
    for arn in MANAGED:
        administrator.attach_role_policy(**role, policyArn=arn)


def test_policies_are_listed_in_pages(administrator: LarumClient, account: str) -> None:
    """Those of AWS, then the account's by name; `scope` and `onlyAttached` leave some out."""
    named = made_kinds(administrator, account)["Role"]
    arns = {name: made_policy(administrator, account, name) for name in ("c", "B", "a")}
    expected = [*sorted(MANAGED), arns["a"], arns["B"], arns["c"]]
    for size in (1, 3, 5, 7, 8):
        pages = administrator.get_paginator("list_policies").paginate(
            accountId=account, PaginationConfig={"PageSize": size}
        )
        told = [[each["arn"] for each in page["policies"]] for page in pages]
        assert [arn for page in told for arn in page] == expected
        assert {len(page) for page in told[:-1]} <= {size}
    administrator.attach_role_policy(**named, policyArn=READ)
    administrator.attach_role_policy(**named, policyArn=arns["B"])
    for scope, expected in (
        ({}, [READ, arns["B"]]),
        ({"scope": "All"}, [READ, arns["B"]]),
        ({"scope": "AWS"}, [READ]),
        ({"scope": "Local"}, [arns["B"]]),
    ):
        found = administrator.list_policies(accountId=account, onlyAttached=True, **scope)
        assert [each["arn"] for each in found["policies"]] == expected


def test_whom_a_policy_reaches_is_told(administrator: LarumClient, account: str) -> None:
    """Users, groups and roles, in pages, by how they have it; of the one account alone."""
    named = made_kinds(administrator, account)
    administrator.create_user(userName=f"u-{account}")
    administrator.attach_user_policy(userName=f"u-{account}", policyArn=READ)
    for kind in KINDS:
        call(administrator, f"attach_{kind.lower()}_policy", **named[kind], policyArn=READ)
    administrator.put_role_permissions_boundary(**named["Role"], permissionsBoundary=READ)

    def told(size: int = 25, **given: str) -> dict[str, list[str]]:
        pages = administrator.get_paginator("list_entities_for_policy").paginate(
            accountId=account, policyArn=READ, PaginationConfig={"PageSize": size}, **given
        )
        found: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for page in pages:
            for kind in KINDS:
                found[kind] += [each[f"{kind.lower()}Name"] for each in page[f"policy{kind}s"]]
        return found

    everybody = {"User": ["analyst"], "Group": ["responders"], "Role": ["reader"]}
    nobody: dict[str, list[str]] = {kind: [] for kind in KINDS}
    assert told() == told(1) == told(policyUsageFilter="PermissionsPolicy") == everybody
    assert told(policyUsageFilter="PermissionsBoundary") == nobody | {"Role": ["reader"]}
    assert told(entityFilter="Group") == nobody | {"Group": ["responders"]}


def test_an_attached_policy_stays(administrator: LarumClient, account: str) -> None:
    """It cannot be removed before it is detached from each kind of principal."""
    named, arn = made_kinds(administrator, account), made_policy(administrator, account, "p")
    for kind in KINDS:
        call(administrator, f"attach_{kind.lower()}_policy", **named[kind], policyArn=arn)
    for kind in KINDS:
        with pytest.raises(administrator.exceptions.ConflictException):
            administrator.delete_policy(policyArn=arn)
        call(administrator, f"detach_{kind.lower()}_policy", **named[kind], policyArn=arn)
    administrator.delete_policy(policyArn=arn)


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ("", {""}),
        ("{", {""}),
        ("[]", {""}),
        ('{"Statement": []}', {".Statement"}),
        (
            '{"Version": "2013", "Statement": {"Effect": "allow", "Action": 7}}',
            {".Version", ".Statement[0].Effect", ".Statement[0].Action", ".Statement[0]"},
        ),
        (
            allowing("larum:*").replace('"Res', '"Condition": {"Looks": {"a:b": "c"}}, "Res'),
            {".Statement[0].Condition.Looks.a:b"},
        ),
        (trusting("111122223333"), {".Statement[0].Principal", ".Statement[0]"}),
        (allowing("larum:*").replace("{", '{"Version": "2012-10-17", ', 1), {".Version"}),
        (f"{allowing('larum:*')}\u0100", {""}),
    ],
)  # fmt: skip
def test_a_document_that_is_not_understood_is_refused(
    administrator: LarumClient, account: str, document: str, places: set[str]
) -> None:
    """Every way to write one tells the place of each fault, and keeps nothing."""
    named = made_kinds(administrator, account)
    arn = made_policy(administrator, account, "kept")
    ways: list[tuple[str, dict[str, Any]]]
    ways = [(f"put_{kind.lower()}_policy", {**named[kind], "policyName": "p"}) for kind in KINDS]
    ways.append(("create_policy", {"accountId": account, "policyName": "p"}))
    ways.append(("create_policy_version", {"policyArn": arn, "setAsDefault": True}))
    for name, given in ways:
        with pytest.raises(administrator.exceptions.ValidationException) as caught:
            call(administrator, name, **given, policyDocument=document)
        assert set(failed_fields(caught.value)) == {f"policyDocument{place}" for place in places}
    assert [
        call(administrator, f"list_{kind.lower()}_policies", **named[kind])["policyNames"]
        for kind in KINDS
    ] == [[], [], []]
    assert administrator.get_policy(policyArn=arn)["policy"]["defaultVersionId"] == "v1"


def test_a_managed_policy_has_a_size(administrator: LarumClient, account: str) -> None:
    """6,144 characters beside white space are kept, one more is refused by quota."""
    arn = made_policy(administrator, account, "p", of_size(6_144))
    for act, named in (
        (administrator.create_policy, {"accountId": account, "policyName": "q"}),
        (administrator.create_policy_version, {"policyArn": arn, "setAsDefault": True}),
    ):
        with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
            act(**named, policyDocument=of_size(6_145))
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-POLICY-SIZE"
    indented = json.dumps(json.loads(of_size(6_144)), indent=700)
    administrator.create_policy_version(policyArn=arn, policyDocument=indented, setAsDefault=True)
    found = administrator.get_policy_version(policyArn=arn, versionId="v2")["policyVersion"]
    assert found["document"] == indented


def test_a_repeated_creation_is_one_policy(administrator: LarumClient, account: str) -> None:
    """The same clientToken answers with the same policy; of one deleted since it finds none."""
    given = {"accountId": account, "policyName": "p", "policyDocument": allowing("larum:*")}
    first = administrator.create_policy(**given, clientToken=account)["policy"]
    assert administrator.create_policy(**given, clientToken=account)["policy"] == first
    administrator.delete_policy(policyArn=first["arn"])
    administrator.create_policy(**given)
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.create_policy(**given, clientToken=account)


def test_policies_of_an_account_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,500: the one beyond is refused by quota, and is not there."""
    assert policies.POLICIES_OF_AN_ACCOUNT == 1_500
    assert (policies.ATTACHED_POLICIES, policies.MANAGED_POLICY_SIZE) == (10, 6_144)
    monkeypatch.setattr("larum.operations.policies.POLICIES_OF_AN_ACCOUNT", 1)
    with larum.Service() as service:
        client = larum_client(service)
        made_policy(client, "123456789012", "a")
        with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
            made_policy(client, "123456789012", "b")
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-POLICIES"
        listed = client.list_policies(scope="Local")["policies"]
        assert [each["policyName"] for each in listed] == ["a"]
        client.close()


def test_a_user_with_policies_stays(administrator: LarumClient, account: str) -> None:
    """Attached and inline policies must go first; tags and boundary go with the user."""
    named = made_kinds(administrator, account)["User"]
    administrator.attach_user_policy(**named, policyArn=READ)
    administrator.put_user_policy(**named, policyName="p", policyDocument=allowing("larum:*"))
    administrator.put_user_permissions_boundary(**named, permissionsBoundary=READ)
    administrator.tag_user(**named, tags=[{"key": "team", "value": "blue"}])
    for told, act, more in (
        ("attached policies, inline", administrator.detach_user_policy, {"policyArn": READ}),
        ("inline", administrator.delete_user_policy, {"policyName": "p"}),
    ):
        with pytest.raises(administrator.exceptions.ConflictException) as caught:
            administrator.delete_user(**named)
        assert f"has {told} policies. Remove" in caught.value.response["Error"]["Message"]
        act(**named, **more)
    administrator.delete_user(**named)
    administrator.create_user(**named)
    assert not {"tags", "permissionsBoundary"} & set(administrator.get_user(**named)["user"])


def test_uses_in_one_account_are_not_those_of_another(
    connect: Instance, administrator: LarumClient, account: str
) -> None:
    """Who may see a policy of the service, and one account, learns of no other account's users."""
    key = user_key(administrator, ADMINISTRATOR, f"narrow{account}")
    document = allowing("larum:*", resource="arn:aws:iam::aws:policy/*")
    administrator.put_user_policy(
        userName=f"narrow{account}", policyName="p", policyDocument=document
    )
    named = made_kinds(administrator, account)["User"]
    administrator.attach_user_policy(**named, policyArn=READ)
    with user_client(connect, key, "larum") as narrow:
        for ask in (narrow.list_entities_for_policy, narrow.get_policy):
            ask(policyArn=READ)
            with pytest.raises(narrow.exceptions.AccessDeniedException):
                ask(policyArn=READ, accountId=account)
    found = administrator.list_entities_for_policy(policyArn=READ, accountId=account)
    assert [each["userName"] for each in found["policyUsers"]] == [named["userName"]]
