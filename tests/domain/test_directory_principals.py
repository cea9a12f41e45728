"""What `larum apply` does about policies, groups, users and roles: steps, or every fault."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from larum.domain.directory_principals import (
    Act,
    Document,
    Present,
    PresentHolder,
    Step,
    Wanted,
    WantedHolder,
    WantedPolicy,
    faults,
    steps,
)
from larum.domain.policies import policy_arn
from larum.domain.principals import PrincipalKind

ACCOUNT = "444444444444"
PLACE = "directory.accounts[0]"
AWS = "arn:aws:iam::aws:policy/ReadOnly"
OWN = policy_arn(ACCOUNT, "notes")
DOCUMENT = Document('{"a": 1}', '{"a":1}')
OTHER = Document('{"a": 2}', '{"a":2}')
USER = WantedHolder(f"{PLACE}.principals[0]", ACCOUNT, PrincipalKind.USER, "ana")
ROLE = WantedHolder(f"{PLACE}.principals[1]", ACCOUNT, PrincipalKind.ROLE, "ci", trust=DOCUMENT)
GROUP = WantedHolder(f"{PLACE}.groups[0]", ACCOUNT, PrincipalKind.GROUP, "analysts")
POLICY = WantedPolicy(f"{PLACE}.policies[0]", OWN, ACCOUNT, DOCUMENT)


def present(holder: WantedHolder, is_now: PresentHolder) -> Present:
    """Return what there is where `holder` is as given, with everything that files refer to."""
    known = frozenset({AWS, OWN})
    return Present({}, {holder.key: is_now}, known, frozenset({(ACCOUNT, "analysts")}))


def told(found: list[Step]) -> list[tuple[str, str, str]]:
    """Return the steps as the command tells them."""
    return [(each.action, each.resource, each.detail) for each in found]


def test_what_is_missing_is_made_before_it_is_used() -> None:
    """Policies come first, then groups and users, then what ties them, and keys at the end."""
    user = replace(USER, groups=("analysts",), policies=(OWN,), create_access_key=True)
    found = steps(Present(), Wanted((POLICY,), (GROUP, user, ROLE)))
    assert told(found) == [
        ("create-policy", f"notes@{ACCOUNT}", ""),
        ("create-group", f"analysts@{ACCOUNT}", ""),
        ("create-user", f"ana@{ACCOUNT}", ""),
        ("create-role", f"ci@{ACCOUNT}", ""),
        ("add-user-to-group", f"ana@{ACCOUNT}", "analysts"),
        ("attach-user-policy", f"ana@{ACCOUNT}", "notes"),
        ("create-access-key", f"ana@{ACCOUNT}", ""),
    ]
    assert found[3].text == DOCUMENT.text


# What is, what the file says, and the steps between: acts, what they are about.
DIFFERENCES: dict[str, tuple[PresentHolder, WantedHolder, list[tuple[Act, str]]]] = {
    "nothing is named": (
        PresentHolder("ana", frozenset({"x"}), frozenset({AWS}), {"p": DOCUMENT}, AWS, {"a": "1"}),
        USER,
        [],
    ),
    "all is as it is": (
        PresentHolder("ana", frozenset({"x"}), frozenset({AWS}), {"p": DOCUMENT}, AWS, {"a": "1"}),
        replace(
            USER,
            groups=("x",),
            policies=(AWS,),
            inline={"p": Document('{ "a" : 1 }', DOCUMENT.meaning)},
            boundary=AWS,
            tags={"a": "1"},
        ),
        [],
    ),
    "a list is the whole list": (
        PresentHolder("ana", frozenset({"x"}), frozenset({AWS}), {"p": DOCUMENT}),
        replace(USER, groups=("analysts",), policies=(OWN,), inline={"q": DOCUMENT}),
        [
            (Act.REMOVE_FROM_GROUP, "x"),
            (Act.ADD_TO_GROUP, "analysts"),
            (Act.DETACH, AWS),
            (Act.ATTACH, OWN),
            (Act.DELETE_INLINE, "p"),
            (Act.PUT_INLINE, "q"),
        ],
    ),
    "an empty list takes all away": (
        PresentHolder("ana", frozenset({"x"}), frozenset({AWS}), {"p": DOCUMENT}),
        replace(USER, groups=(), policies=(), inline={}),
        [(Act.REMOVE_FROM_GROUP, "x"), (Act.DETACH, AWS), (Act.DELETE_INLINE, "p")],
    ),
    "a document that says something else": (
        PresentHolder("ana", inline={"p": DOCUMENT}),
        replace(USER, inline={"p": OTHER}),
        [(Act.PUT_INLINE, "p")],
    ),
    "another boundary": (
        PresentHolder("ana", boundary=AWS),
        replace(USER, boundary=OWN),
        [(Act.PUT_BOUNDARY, OWN)],
    ),
    "no boundary": (
        PresentHolder("ana", boundary=AWS),
        replace(USER, boundary="none"),
        [(Act.DELETE_BOUNDARY, "")],
    ),
    "no boundary where there is none": (PresentHolder("ana"), replace(USER, boundary="none"), []),
    "tags": (
        PresentHolder("ana", tags={"gone": "1", "kept": "2", "changed": "3"}),
        replace(USER, tags={"kept": "2", "changed": "4"}),
        [(Act.UNTAG, ""), (Act.TAG, "")],
    ),
    "a key where there is one": (
        PresentHolder("ana", has_access_key=True),
        replace(USER, create_access_key=True),
        [],
    ),
    "another trust policy and session": (
        PresentHolder("ci", trust=OTHER, max_session=3_600),
        replace(ROLE, max_session=7_200),
        [(Act.UPDATE_TRUST, ""), (Act.UPDATE_ROLE, "")],
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_only_what_differs_is_changed(name: str) -> None:
    """What the file does not name stays, and a list or mapping that it gives is the whole one."""
    is_now, holder, expected = DIFFERENCES[name]
    found = steps(present(holder, is_now), Wanted(holders=(holder,)))
    assert [(each.act, each.what) for each in found] == expected


def test_tags_are_changed_by_what_differs_alone() -> None:
    """A tag whose key differs in case is replaced, not removed and added."""
    is_now = PresentHolder("ana", tags={"Team": "blue", "gone": "1", "kept": "2"})
    holder = replace(USER, tags={"team": "red", "kept": "2"})
    removed, put = steps(present(holder, is_now), Wanted(holders=(holder,)))
    assert (removed.tags, put.tags) == ({"gone": ""}, {"team": "red"})
    # Tags are nobody's business who reads what was changed.
    assert (removed.detail, put.detail) == ("", "")


def test_a_policy_is_replaced_where_it_says_something_else() -> None:
    """White space and the order of members are no difference."""
    key = POLICY.key
    same = Present({key: (OWN, Document('{ "a":1 }', DOCUMENT.meaning))})
    assert steps(same, Wanted((POLICY,))) == []
    (step,) = steps(Present({key: (OWN, OTHER)}), Wanted((POLICY,)))
    assert (step.action, step.text) == ("create-policy-version", DOCUMENT.text)


FAULTS: dict[str, tuple[Wanted, str, str]] = {
    "a user twice": (
        Wanted(holders=(USER, replace(USER, place=f"{PLACE}.principals[3]", name="Ana"))),
        f"{PLACE}.principals[3].userName",
        f"must not repeat {PLACE}.principals[0].userName",
    ),
    "a policy twice": (
        Wanted((POLICY, replace(POLICY, place=f"{PLACE}.policies[1]"))),
        f"{PLACE}.policies[1].policyName",
        "must not repeat",
    ),
    "a user in another case": (
        Wanted(holders=(replace(USER, name="BO"),)),
        f"{PLACE}.principals[0].userName",
        "must be written bo",
    ),
    "a group that there is not": (
        Wanted(holders=(replace(USER, groups=("analysts", "nobody")),)),
        f"{PLACE}.principals[0].groups[1]",
        "there is no nobody",
    ),
    "a policy that there is not": (
        Wanted(holders=(replace(GROUP, policies=(AWS, policy_arn(ACCOUNT, "x"))),)),
        f"{PLACE}.groups[0].policies[1]",
        f"there is no {policy_arn(ACCOUNT, 'x')}",
    ),
    "a boundary that there is not": (
        Wanted(holders=(replace(USER, boundary=policy_arn(ACCOUNT, "x")),)),
        f"{PLACE}.principals[0].permissionsBoundary",
        "there is no",
    ),
    "a new role that nobody may assume": (
        Wanted(holders=(replace(ROLE, trust=None),)),
        f"{PLACE}.principals[1].assumeRolePolicyDocument",
        "the role is new",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_at_its_place(name: str) -> None:
    """What cannot be made true is told with the path in the directory."""
    wanted, place, message = FAULTS[name]
    bo = replace(USER, name="bo")
    (fault,) = faults(present(bo, PresentHolder("bo")), wanted)
    assert fault.name == place
    assert message in fault.message


def test_what_the_file_makes_can_be_named_in_it() -> None:
    """A user can be in a group, and have a policy, that the same file adds."""
    user = replace(USER, groups=("analysts",), policies=(OWN,), boundary=OWN)
    assert faults(Present(), Wanted((POLICY,), (GROUP, user, ROLE))) == []


def test_users_and_roles_may_have_the_same_name() -> None:
    """As in IAM: each kind has its own names."""
    role = replace(ROLE, name=USER.name)
    assert faults(Present(), Wanted(holders=(USER, role))) == []
