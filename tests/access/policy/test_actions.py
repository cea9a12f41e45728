"""The table of actions, the keys that they have, and the managed policies."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from larum.access.policy import actions, managed
from larum.access.policy.actions import ACTIONS, Level, TagKeys
from larum.access.policy.document import parse
from larum.access.policy.evaluate import NamedPolicy, Policies, Question, decide
from larum.access.policy.keys import RequestFacts, global_keys, tag_keys
from larum.operations import OPERATIONS

# service-behaviour §4, row by row: actions, level, resources, condition keys.
REFERENCE = """
ListCases ListMemberships | List | |
BatchGetMemberAccountDetails GetMembership | Read | membership | ResourceTag
CancelMembership UpdateMembership | Write | membership | ResourceTag
CreateMembership | Write | membership | RequestTag ResourceTag TagKeys
GetCase GetCaseAttachmentDownloadUrl ListCaseEdits ListComments ListInvestigations \
| Read | case | ResourceTag
CloseCase CreateCaseComment GetCaseAttachmentUploadUrl SendFeedback UpdateCase UpdateCaseComment \
UpdateCaseStatus UpdateResolverType | Write | case | ResourceTag
CreateCase | Write | case | RequestTag ResourceTag TagKeys
ListTagsForResource | Read | case membership | ResourceTag TagKeys
TagResource | Tagging | case membership | RequestTag ResourceTag TagKeys
UntagResource | Tagging | case membership | ResourceTag TagKeys
GetFindingMetrics | Read | membership | ResourceTag
"""


def test_the_table_is_that_of_the_reference() -> None:
    """Every action of the service has its row, and no other."""
    expected = {}
    for line in REFERENCE.strip().splitlines():
        names, level, resources, keys = (cell.split() for cell in line.split("|"))
        for name in names:
            row = (
                Level(level[0]),
                tuple(resources),
                frozenset(TagKeys(f"aws:{key}") for key in keys),
            )
            expected[name] = row
    assert {name: (row.level, row.resources, row.keys) for name, row in ACTIONS.items()} == expected
    assert set(ACTIONS) == set(OPERATIONS)
    creates = {name for name, row in ACTIONS.items() if row.creates}
    assert creates == {"CreateCase", "CreateMembership"}


def test_creates_with_tags_ask_for_tagging_too() -> None:
    """A create with tags needs TagResource, without tags it does not, and no other action does."""
    assert actions.asked("CreateCase", tagged=True) == (
        "security-ir:CreateCase",
        "security-ir:TagResource",
    )
    assert actions.asked("CreateCase", tagged=False) == ("security-ir:CreateCase",)
    assert actions.asked("TagResource", tagged=True) == ("security-ir:TagResource",)


def test_what_is_created_has_the_tags_of_the_request() -> None:
    """On create the request's tags count as the resource's; elsewhere those of the store do."""
    new, old = {"Team": "blue"}, {"Team": "red"}
    made = tag_keys("security-ir:CreateCase", request_tags=new, resource_tags=old)
    assert made == {
        "aws:requesttag/team": ("blue",),
        "aws:resourcetag/team": ("blue",),
        "aws:tagkeys": ("Team",),
    }
    tagged = tag_keys("security-ir:TagResource", request_tags=new, resource_tags=old)
    assert tagged["aws:resourcetag/team"] == ("red",)
    untagged = tag_keys("security-ir:UntagResource", resource_tags=old, named=["b", "a"])
    assert untagged == {"aws:resourcetag/team": ("red",), "aws:tagkeys": ("a", "b")}
    assert tag_keys("security-ir:GetCase", request_tags=new, resource_tags=old) == {
        "aws:resourcetag/team": ("red",)
    }
    assert tag_keys("security-ir:ListCases", request_tags=new, resource_tags=old) == {}
    assert tag_keys("larum:GetCase", request_tags=new, resource_tags=old) == {}


def test_tag_keys_that_differ_in_case_are_one_key() -> None:
    """Neither value can hide behind the other."""
    found = tag_keys("security-ir:GetCase", resource_tags={"team": "a", "TEAM": "b"})
    assert found == {"aws:resourcetag/team": ("b", "a")}


def test_facts_that_a_request_has_not_are_absent_keys() -> None:
    """A long-lived key has no aws:MultiFactorAuthPresent; a session has it either way."""
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    facts = RequestFacts("arn:aws:iam::1:user/ann", "1", "AIDA", now, "us-east-1", is_secure=False)
    assert global_keys(facts) == {
        "aws:principalarn": ("arn:aws:iam::1:user/ann",),
        "aws:principalaccount": ("1",),
        "aws:userid": ("AIDA",),
        "aws:securetransport": ("false",),
        "aws:currenttime": ("2026-11-22T10:00:00Z",),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:requestedregion": ("us-east-1",),
    }
    session = RequestFacts(
        "a", "1", "u", now, "r", is_secure=True, user_name="ann", source_ip="10.0.0.1",
        user_agent="b", token_issued=now, multi_factor=True, principal_tags={"T": "v"},
    )  # fmt: skip
    more = global_keys(session)
    assert more["aws:multifactorauthpresent"] == ("true",)
    assert more["aws:tokenissuetime"] == ("2026-11-22T10:00:00Z",)
    assert more["aws:principaltag/t"] == ("v",)
    assert (more["aws:username"], more["aws:sourceip"]) == (("ann",), ("10.0.0.1",))
    assert (more["aws:useragent"], more["aws:securetransport"]) == (("b",), ("true",))


CASE, MEMBERSHIP = (
    f"arn:aws:security-ir:us-east-1:1:{kind}" for kind in ("case/1", "membership/m")
)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("AWSSecurityIncidentResponseFullAccess", 25),
        ("AWSSecurityIncidentResponseReadOnlyAccess", 10),
        ("AWSSecurityIncidentResponseCaseFullAccess", 18),
        ("aws-service-role/AWSSecurityIncidentResponseServiceRolePolicy", 5),
        ("aws-service-role/AWSSecurityIncidentResponseTriageServiceRolePolicy", 2),
    ],
)
def test_managed_policies_allow_what_their_facts_say(name: str, count: int) -> None:
    """Each parses without a warning, and allows as many actions of the service as it should."""
    policy = parse(managed.MANAGED[managed.PREFIX + name])
    assert not policy.warnings
    given = Policies((NamedPolicy(name, policy),))
    keys = {"aws:principalaccount": ("1",)}
    allowed = [
        action
        for action, row in ACTIONS.items()
        if decide(
            Question(
                f"security-ir:{action}",
                {(): "*", ("membership",): MEMBERSHIP}.get(row.resources, CASE),
                keys,
            ),
            given,
        ).allowed
    ]
    assert len(allowed) == count


def test_the_service_role_creates_managed_cases_only() -> None:
    """Both tags must be there: AWS conditions on the request's and the resource's."""
    arn = f"{managed.SERVICE_PREFIX}AWSSecurityIncidentResponseServiceRolePolicy"
    given = Policies((NamedPolicy(arn, parse(managed.MANAGED[arn])),))
    for value, allowed in (("true", True), ("false", False)):
        tags = {"SecurityIncidentResponseManaged": value}
        keys = tag_keys("security-ir:CreateCase", request_tags=tags)
        asked = Question("security-ir:CreateCase", f"{CASE[:-1]}*", keys)
        assert decide(asked, given).allowed is allowed
