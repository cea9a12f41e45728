"""ApplyDirectory on policies, groups, users and roles, as boto3 users call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_
from hypothesis import strategies as st

import larum
from tests.conformance.larum_clients import larum_client
from tests.conformance.page import failed_fields, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient

ACCOUNT = "300000000009"
AWS = "arn:aws:iam::aws:policy/AWSSecurityIncidentResponseCaseFullAccess"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/Notes"
PLACE = "directory.accounts[0]"


def document(action: str = "security-ir:GetCase") -> str:
    """Return a policy that allows one action."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(account: str = ACCOUNT) -> str:
    """Return a trust policy for the principals of an account."""
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def inline(name: str, action: str = "security-ir:GetCase") -> list[dict[str, str]]:
    """Return one policy as a list of them."""
    return [{"policyName": name, "policyDocument": document(action)}]


def given(**account: Any) -> dict[str, Any]:
    """Return a directory with the one account."""
    return {"accounts": [{"id": ACCOUNT, **account}]}


WHOLE = given(
    policies=inline("Notes"),
    groups=[{"groupName": "analysts", "policies": [AWS, "Notes"], "inlinePolicies": inline("p")}],
    principals=[
        {
            "userName": "ana",
            "groups": ["analysts"],
            "policies": [AWS],
            "inlinePolicies": inline("q"),
            "permissionsBoundary": "Notes",
            "tags": [{"key": "team", "value": "blue"}],
            "createAccessKey": True,
        },
        {
            "roleName": "ci",
            "assumeRolePolicyDocument": trust(),
            "policies": [OWN],
            "maxSessionDuration": 7_200,
        },
    ],
)
CHANGES = [
    ("create-account", ACCOUNT, "standalone, ACTIVE"),
    ("create-policy", f"Notes@{ACCOUNT}", None),
    ("create-group", f"analysts@{ACCOUNT}", None),
    ("create-user", f"ana@{ACCOUNT}", None),
    ("create-role", f"ci@{ACCOUNT}", None),
    ("attach-group-policy", f"analysts@{ACCOUNT}", "AWSSecurityIncidentResponseCaseFullAccess"),
    ("attach-group-policy", f"analysts@{ACCOUNT}", "Notes"),
    ("put-group-policy", f"analysts@{ACCOUNT}", "p"),
    ("add-user-to-group", f"ana@{ACCOUNT}", "analysts"),
    ("attach-user-policy", f"ana@{ACCOUNT}", "AWSSecurityIncidentResponseCaseFullAccess"),
    ("put-user-policy", f"ana@{ACCOUNT}", "q"),
    ("put-user-permissions-boundary", f"ana@{ACCOUNT}", "Notes"),
    ("tag-user", f"ana@{ACCOUNT}", None),
    ("attach-role-policy", f"ci@{ACCOUNT}", "Notes"),
    ("create-access-key", f"ana@{ACCOUNT}", None),
]


@pytest.fixture
def administrator() -> Iterator[LarumClient]:
    """A client of the administrator of an installation of its own."""
    with larum.Service() as service:
        client = larum_client(service)
        yield client
        client.close()


def told(answer: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    """Return what was changed."""
    return [(each["action"], each["resource"], each.get("detail")) for each in answer["changes"]]


def acts(answer: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Return what was changed, without on whom."""
    return [(each["action"], each.get("detail")) for each in answer["changes"]]


def test_what_is_declared_is_what_iams_operations_tell(first_start: Instance) -> None:
    """Everything that the directory says is there, and a second run finds nothing to do."""
    client = larum_client(first_start)
    assert told(client.apply_directory(directory=WHOLE, dryRun=True)) == CHANGES
    answer = client.apply_directory(directory=WHOLE)
    assert told(answer) == CHANGES
    (key,) = answer["createdAccessKeys"]
    assert (key["accountId"], key["userName"]) == (ACCOUNT, "ana")
    of_ana: Any = {"accountId": ACCOUNT, "userName": "ana"}
    user = client.get_user(**of_ana)["user"]
    assert user["permissionsBoundary"]["permissionsBoundaryArn"] == OWN
    assert user["tags"] == [{"key": "team", "value": "blue"}]
    (group,) = client.list_groups_for_user(**of_ana)["groups"]
    assert group["groupName"] == "analysts"
    told_policy = client.get_user_policy(**of_ana, policyName="q")
    assert told_policy["policyDocument"] == document()
    (attached,) = client.list_attached_role_policies(accountId=ACCOUNT, roleName="ci")[
        "attachedPolicies"
    ]
    assert attached == {"policyName": "Notes", "policyArn": OWN}
    role = client.get_role(accountId=ACCOUNT, roleName="ci")["role"]
    assert (role["assumeRolePolicyDocument"], role["maxSessionDuration"]) == (trust(), 7_200)
    assert client.apply_directory(directory=WHOLE)["changes"] == []
    client.close()


def test_what_is_not_named_stays(administrator: LarumClient) -> None:
    """Neither who is left out nor what is left out of somebody is touched."""
    administrator.apply_directory(directory=WHOLE)
    less = given(
        policies=[],
        groups=[{"groupName": "analysts"}],
        principals=[{"userName": "ana"}, {"roleName": "ci"}],
    )
    for directory in (given(), less, {}):
        assert administrator.apply_directory(directory=directory)["changes"] == []


def test_a_list_is_the_whole_list(administrator: LarumClient) -> None:
    """What a list of somebody lacks is taken away from them, and what differs is replaced."""
    administrator.apply_directory(directory=WHOLE)
    other = given(
        policies=inline("Notes", "security-ir:*"),
        groups=[{"groupName": "analysts", "policies": ["Notes"], "inlinePolicies": []}],
        principals=[
            {
                "userName": "ana",
                "groups": [],
                "inlinePolicies": inline("q", "security-ir:ListCases"),
                "permissionsBoundary": "none",
                "tags": [],
                "createAccessKey": True,
            },
            {
                "roleName": "ci",
                "assumeRolePolicyDocument": trust("300000000008"),
                "maxSessionDuration": 3_600,
            },
        ],
    )
    answer = administrator.apply_directory(directory=other)
    assert acts(answer) == [
        ("create-policy-version", None),
        ("detach-group-policy", "AWSSecurityIncidentResponseCaseFullAccess"),
        ("delete-group-policy", "p"),
        ("remove-user-from-group", "analysts"),
        ("put-user-policy", "q"),
        ("delete-user-permissions-boundary", None),
        ("untag-user", None),
        ("update-assume-role-policy", None),
        ("update-role", None),
    ]
    assert administrator.apply_directory(directory=other)["changes"] == []
    version = administrator.get_policy(policyArn=OWN)["policy"]["defaultVersionId"]
    shown = administrator.get_policy_version(policyArn=OWN, versionId=version)
    assert shown["policyVersion"]["document"] == document("security-ir:*")


def test_how_a_document_is_written_is_no_difference(administrator: LarumClient) -> None:
    """White space and the order of members change nothing."""
    administrator.apply_directory(directory=WHOLE)
    other = json.dumps(json.loads(document()), sort_keys=True, indent=4)
    same = given(policies=[{"policyName": "Notes", "policyDocument": other}])
    assert administrator.apply_directory(directory=same)["changes"] == []


BROKEN = '{"Version": "2012-10-17", "Statement": [{"Effect": "Alow", "Action": "*"}]}'
FAULTY = given(
    policies=[{"policyName": "Notes", "policyDocument": BROKEN}],
    groups=[{"groupName": "analysts", "policies": ["Absent"]}],
    principals=[
        {"userName": "ana", "roleName": "ana"},
        {},
        {"userName": "bo", "groups": ["nobody"], "assumeRolePolicyDocument": trust()},
        {"roleName": "ci", "createAccessKey": True},
        {"userName": "BO", "inlinePolicies": [*inline("p"), *inline("p")]},
    ],
)


def test_every_fault_is_told_at_its_place_and_nothing_is_made(administrator: LarumClient) -> None:
    """Faults inside a policy are named by their place in it."""
    administrator.apply_directory(directory=given())
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.apply_directory(directory=FAULTY)
    assert set(failed_fields(caught.value)) == {
        f"{PLACE}.policies[0].policyDocument.Statement[0].Effect",
        f"{PLACE}.policies[0].policyDocument.Statement[0]",
        f"{PLACE}.groups[0].policies[0]",
        f"{PLACE}.principals[0].userName",
        f"{PLACE}.principals[1].userName",
        f"{PLACE}.principals[2].groups[0]",
        f"{PLACE}.principals[2].assumeRolePolicyDocument",
        f"{PLACE}.principals[3].createAccessKey",
        f"{PLACE}.principals[3].assumeRolePolicyDocument",
        f"{PLACE}.principals[4].userName",
        f"{PLACE}.principals[4].inlinePolicies[1].policyName",
    }
    assert administrator.list_users(accountId=ACCOUNT)["users"] == []
    assert administrator.list_groups(accountId=ACCOUNT)["groups"] == []


def test_names_are_written_as_they_are_there(administrator: LarumClient) -> None:
    """A policy, group, user or role in another case is told to be there, and how it is written."""
    administrator.apply_directory(directory=WHOLE)
    other = given(
        policies=inline("notes"),
        groups=[{"groupName": "Analysts"}],
        principals=[{"userName": "Ana"}, {"roleName": "CI"}],
    )
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.apply_directory(directory=other)
    assert {
        each["name"]: each["message"].split(":")[0]
        for each in refusal_of(caught.value)["fieldList"]
    } == {
        f"{PLACE}.policies[0].policyName": "Member must be written Notes",
        f"{PLACE}.groups[0].groupName": "Member must be written analysts",
        f"{PLACE}.principals[0].userName": "Member must be written ana",
        f"{PLACE}.principals[1].roleName": "Member must be written ci",
    }


BODIES = st.sampled_from(["security-ir:GetCase", "security-ir:ListCases"])
INLINE = st.dictionaries(st.sampled_from(["p", "q"]), BODIES).map(
    lambda each: [inline(name, action)[0] for name, action in each.items()]
)
HELD: dict[str, st.SearchStrategy[Any]] = {
    "policies": st.lists(st.sampled_from([AWS, "one"]), unique=True),
    "inlinePolicies": INLINE,
}
BOUND: dict[str, st.SearchStrategy[Any]] = {
    "permissionsBoundary": st.sampled_from(["none", AWS, "one"]),
    "tags": st.dictionaries(
        st.sampled_from(["a", "A", "b"]), st.sampled_from("xy"), max_size=1
    ).map(lambda each: [{"key": key, "value": value} for key, value in each.items()]),
}
USERS = st.fixed_dictionaries(
    {"userName": st.just("ana")},
    optional={
        **HELD,
        **BOUND,
        "groups": st.lists(st.sampled_from(["g", "h"]), unique=True),
        "createAccessKey": st.booleans(),
    },
)
ROLES = st.fixed_dictionaries(
    {
        "roleName": st.just("ci"),
        "assumeRolePolicyDocument": st.sampled_from([trust(), trust("300000000008")]),
    },
    optional={**HELD, **BOUND, "maxSessionDuration": st.sampled_from([3_600, 7_200])},
)
GROUPS = st.tuples(
    st.fixed_dictionaries({"groupName": st.just("g")}, optional=HELD),
    st.just({"groupName": "h"}),
).map(list)
DIRECTORIES = st.builds(
    lambda action, groups, principals: given(
        policies=inline("one", action), groups=groups, principals=principals
    ),
    BODIES,
    GROUPS,
    st.tuples(USERS, ROLES).map(list),
)


def is_true(client: LarumClient, user: dict[str, Any]) -> dict[str, Any]:
    """Return what IAM's operations tell of all that the file says of a user."""
    of: Any = {"accountId": ACCOUNT, "userName": user["userName"]}
    attached = client.list_attached_user_policies(**of)["attachedPolicies"]
    inside = client.list_user_policies(**of)["policyNames"]
    shown = client.get_user(**of)["user"]
    bound = shown.get("permissionsBoundary", {}).get("permissionsBoundaryArn", "none")
    facts = {
        "policies": {each["policyArn"] for each in attached},
        "inlinePolicies": {
            name: client.get_user_policy(**of, policyName=name)["policyDocument"] for name in inside
        },
        "permissionsBoundary": bound,
        "tags": {each["key"]: each["value"] for each in shown.get("tags", [])},
        "groups": {each["groupName"] for each in client.list_groups_for_user(**of)["groups"]},
    }
    return {name: value for name, value in facts.items() if name in user}


def as_declared(user: dict[str, Any]) -> dict[str, Any]:
    """Return the same of a user in a file."""
    arn = {"one": f"arn:aws:iam::{ACCOUNT}:policy/one"}
    told_as: dict[str, Callable[[Any], Any]] = {
        "policies": lambda found: {arn.get(each, each) for each in found},
        "inlinePolicies": lambda found: {
            each["policyName"]: each["policyDocument"] for each in found
        },
        "permissionsBoundary": lambda found: arn.get(found, found),
        "tags": lambda found: {each["key"]: each["value"] for each in found},
        "groups": set,
    }
    return {name: told_as[name](value) for name, value in user.items() if name in told_as}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given_(st.lists(DIRECTORIES, min_size=1, max_size=3))
def test_the_second_run_of_any_file_changes_nothing(
    administrator: LarumClient, files: list[dict[str, Any]]
) -> None:
    """Whatever was there before, a file is true once it was applied, and a dry run had said how."""
    for file in files:
        rehearsed = administrator.apply_directory(directory=file, dryRun=True)
        assert told(administrator.apply_directory(directory=file)) == told(rehearsed)
        assert administrator.apply_directory(directory=file)["changes"] == []
        (user, _role) = file["accounts"][0]["principals"]
        assert is_true(administrator, user) == as_declared(user)


def test_a_limit_of_iam_is_one_here(administrator: LarumClient) -> None:
    """What the operations refuse is refused as a whole, by a dry run too."""
    longest = document("security-ir:" + "x" * 2_000)
    user = {
        "userName": "ana",
        "inlinePolicies": [{"policyName": "long", "policyDocument": longest}],
    }
    administrator.apply_directory(directory=given())
    for dry_run in (True, False):
        with pytest.raises(administrator.exceptions.ServiceQuotaExceededException) as caught:
            administrator.apply_directory(directory=given(principals=[user]), dryRun=dry_run)
        assert refusal_of(caught.value)["quotaCode"] == "LARUM-INLINE-POLICY-SIZE"
    assert administrator.list_users(accountId=ACCOUNT)["users"] == []


def test_a_document_of_any_depth_is_refused_by_its_place(administrator: LarumClient) -> None:
    """Brackets without end are a fault of the file, as they are of CreatePolicy's document."""
    account = {
        "id": ACCOUNT,
        "policies": [{"policyName": "Deep", "policyDocument": "[" * 3_000 + "]" * 3_000}],
    }
    with pytest.raises(administrator.exceptions.ValidationException) as caught:
        administrator.apply_directory(directory={"accounts": [account]})
    assert set(failed_fields(caught.value)) == {
        "directory.accounts[0].policies[0].policyDocument",
    }
