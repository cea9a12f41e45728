"""What each action of the service can be allowed on, and which keys its conditions can ask for.

Source: service-behaviour §4, after the service authorization reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityincidentresponse.html
GetFindingMetrics is not in it yet; it reads a membership.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from larum.access.policy.wildcards import glob_of, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE = "security-ir"


class Level(StrEnum):
    """The access level of an action."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"


class TagKeys(StrEnum):
    """The condition keys that depend on the action."""

    REQUEST_TAG = "aws:RequestTag"
    RESOURCE_TAG = "aws:ResourceTag"
    TAG_KEYS = "aws:TagKeys"


class Action(msgspec.Struct, frozen=True):
    """A row: `resources` are the types it works on; with none it can only be asked on `*`.

    `creates` says that its resource has no tags yet: those of the request count as both.
    """

    level: Level
    resources: tuple[str, ...]
    keys: frozenset[TagKeys]
    creates: bool = False


_CASE, _MEMBERSHIP, _EITHER = ("case",), ("membership",), ("case", "membership")
_TAGS = frozenset({TagKeys.RESOURCE_TAG})
_ALL = frozenset(TagKeys)

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "BatchGetMemberAccountDetails": Action(Level.READ, _MEMBERSHIP, _TAGS),
        "CancelMembership": Action(Level.WRITE, _MEMBERSHIP, _TAGS),
        "CloseCase": Action(Level.WRITE, _CASE, _TAGS),
        "CreateCase": Action(Level.WRITE, _CASE, _ALL, creates=True),
        "CreateCaseComment": Action(Level.WRITE, _CASE, _TAGS),
        "CreateMembership": Action(Level.WRITE, _MEMBERSHIP, _ALL, creates=True),
        "GetCase": Action(Level.READ, _CASE, _TAGS),
        "GetCaseAttachmentDownloadUrl": Action(Level.READ, _CASE, _TAGS),
        "GetCaseAttachmentUploadUrl": Action(Level.WRITE, _CASE, _TAGS),
        "GetFindingMetrics": Action(Level.READ, _MEMBERSHIP, _TAGS),
        "GetMembership": Action(Level.READ, _MEMBERSHIP, _TAGS),
        "ListCaseEdits": Action(Level.READ, _CASE, _TAGS),
        "ListCases": Action(Level.LIST, (), frozenset()),
        "ListComments": Action(Level.READ, _CASE, _TAGS),
        "ListInvestigations": Action(Level.READ, _CASE, _TAGS),
        "ListMemberships": Action(Level.LIST, (), frozenset()),
        "ListTagsForResource": Action(
            Level.READ, _EITHER, frozenset({TagKeys.RESOURCE_TAG, TagKeys.TAG_KEYS})
        ),
        "SendFeedback": Action(Level.WRITE, _CASE, _TAGS),
        "TagResource": Action(Level.TAGGING, _EITHER, _ALL),
        "UntagResource": Action(
            Level.TAGGING, _EITHER, frozenset({TagKeys.RESOURCE_TAG, TagKeys.TAG_KEYS})
        ),
        "UpdateCase": Action(Level.WRITE, _CASE, _TAGS),
        "UpdateCaseComment": Action(Level.WRITE, _CASE, _TAGS),
        "UpdateCaseStatus": Action(Level.WRITE, _CASE, _TAGS),
        "UpdateMembership": Action(Level.WRITE, _MEMBERSHIP, _TAGS),
        "UpdateResolverType": Action(Level.WRITE, _CASE, _TAGS),
    }
)


def asked(name: str, *, tagged: bool) -> tuple[str, ...]:
    """Return the actions that a call of `name` must be allowed: creates with tags ask for two."""
    also = tagged and ACTIONS[name].creates
    return (f"{SERVICE}:{name}", f"{SERVICE}:TagResource") if also else (f"{SERVICE}:{name}",)


@lru_cache(maxsize=1024)
def names_nothing(pattern: str) -> bool:
    """Return whether `pattern` (`security-ir:Get*`) is of this service and matches no action."""
    service, _, name = pattern.lower().partition(":")
    if service != SERVICE:
        return False
    glob = glob_of(tokens_of(name))
    return not any(glob.matches(action.lower()) for action in ACTIONS)
