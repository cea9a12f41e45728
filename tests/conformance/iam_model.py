"""What the operations on principals and policies of one account do, in plain dictionaries.

It knows names, sets and counts, and nothing of stores or documents: a document is one of three
texts, of which one is never understood.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.conformance.iam_documents import allowing

NOT_FOUND = "ResourceNotFoundException"
CONFLICT = "ConflictException"
QUOTA = "ServiceQuotaExceededException"
INVALID = "ValidationException"

SHORT, LONG, WRONG = allowing("a:b"), allowing("a:b", "security-ir:GetCase"), "{"
AWS = "arn:aws:iam::aws:policy/AWSSecurityIncidentResponseReadOnlyAccess"
# Quotas that a short sequence reaches; `patches` makes them the service's.
MOST = {"user": 2, "group": 2, "role": 2, "policy": 2}
MOST_GROUPS_OF_A_USER, MOST_ATTACHED, MOST_TAGS = 1, 2, 2
INLINE_SIZE = {"user": 200, "group": 300, "role": 400}
PATCHES: dict[str, Any] = {
    "larum.operations.principals.USERS_OF_AN_ACCOUNT": MOST["user"],
    "larum.operations.groups.GROUPS_OF_AN_ACCOUNT": MOST["group"],
    "larum.operations.groups.GROUPS_OF_A_USER": MOST_GROUPS_OF_A_USER,
    "larum.operations.roles.ROLES_OF_AN_ACCOUNT": MOST["role"],
    "larum.operations.policies.POLICIES_OF_AN_ACCOUNT": MOST["policy"],
    "larum.operations.attached_policies.ATTACHED_POLICIES": MOST_ATTACHED,
    "larum.operations.inline_policies.INLINE_POLICIES_SIZE": INLINE_SIZE,
    "larum.domain.principal_tags.MOST_TAGS": MOST_TAGS,
}


class Refused(Exception):  # noqa: N818 - it reads as what happened
    """The code with which a call is refused."""


@dataclass
class Holder:
    """A user, group or role; `tags` by their keys in lower case, `groups` of a user."""

    inline: dict[str, str] = field(default_factory=dict)
    attached: set[str] = field(default_factory=set)
    boundary: str | None = None
    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)


def size(document: str) -> int:
    """Return how much of a document counts."""
    return len("".join(document.split()))


class IamModel:
    """One account; `call` does what the operation would."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.holders: dict[str, dict[str, Holder]] = {"user": {}, "group": {}, "role": {}}
        self.policies: dict[str, tuple[int, str]] = {}

    def call(self, operation: str, given: dict[str, Any]) -> str | None:
        """Do `operation`, a method here, with `given`; return the code of its refusal."""
        try:
            getattr(self, operation)(**given)
        except Refused as refused:
            return str(refused)
        return None

    def arn(self, policy: str) -> str:
        """Return the ARN of a policy of the account."""
        return f"arn:aws:iam::{self.account}:policy/{policy}"

    def uses(self, arn: str) -> tuple[int, int]:
        """Return to how many a policy is attached, and how many it bounds."""
        everybody = [each for kind in self.holders.values() for each in kind.values()]
        return (
            sum(arn in each.attached for each in everybody),
            sum(arn == each.boundary for each in everybody),
        )

    def find(self, kind: str, name: str) -> Holder:
        """Return the principal of that kind and name, as it was written."""
        if name not in self.holders[kind]:
            raise Refused(NOT_FOUND)
        return self.holders[kind][name]

    def known(self, arn: str) -> None:
        """Refuse a policy that is not there."""
        if arn != AWS and arn not in map(self.arn, self.policies):
            raise Refused(NOT_FOUND)

    def create_holder(self, kind: str, name: str, trust: str = SHORT) -> None:
        """CreateUser, CreateGroup and CreateRole."""
        if trust == WRONG:
            raise Refused(INVALID)
        self._add(self.holders[kind], kind, name, Holder())

    def _add(self, there: dict[str, Any], kind: str, name: str, value: object) -> None:
        if name.lower() in map(str.lower, there):
            raise Refused(CONFLICT)
        if len(there) == MOST[kind]:
            raise Refused(QUOTA)
        there[name] = value

    def delete_holder(self, kind: str, name: str) -> None:
        """DeleteUser, DeleteGroup and DeleteRole."""
        holder = self.find(kind, name)
        members = [each for each in self.holders["user"].values() if name in each.groups]
        if holder.inline or holder.attached or holder.groups or (kind == "group" and members):
            raise Refused(CONFLICT)
        del self.holders[kind][name]

    def add_user_to_group(self, group: str, user: str) -> None:
        """AddUserToGroup."""
        self.find("group", group)
        groups = self.find("user", user).groups
        if group not in groups and len(groups) == MOST_GROUPS_OF_A_USER:
            raise Refused(QUOTA)
        groups.add(group)

    def remove_user_from_group(self, group: str, user: str) -> None:
        """RemoveUserFromGroup."""
        self.find("group", group)
        groups = self.find("user", user).groups
        if group not in groups:
            raise Refused(NOT_FOUND)
        groups.remove(group)

    def put_inline(self, kind: str, name: str, policy: str, document: str) -> None:
        """PutUserPolicy and its like."""
        inline = self.find(kind, name).inline
        if sum(map(size, (inline | {policy: document}).values())) > INLINE_SIZE[kind]:
            raise Refused(QUOTA)
        if document == WRONG:
            raise Refused(INVALID)
        inline[policy] = document

    def delete_inline(self, kind: str, name: str, policy: str) -> None:
        """DeleteUserPolicy and its like."""
        if self.find(kind, name).inline.pop(policy, None) is None:
            raise Refused(NOT_FOUND)

    def attach(self, kind: str, name: str, arn: str) -> None:
        """AttachUserPolicy and its like."""
        attached = self.find(kind, name).attached
        self.known(arn)
        if arn not in attached and len(attached) == MOST_ATTACHED:
            raise Refused(QUOTA)
        attached.add(arn)

    def detach(self, kind: str, name: str, arn: str) -> None:
        """DetachUserPolicy and its like."""
        attached = self.find(kind, name).attached
        if arn not in attached:
            raise Refused(NOT_FOUND)
        attached.remove(arn)

    def bound(self, kind: str, name: str, arn: str | None) -> None:
        """PutUserPermissionsBoundary, DeleteUserPermissionsBoundary and their like."""
        holder = self.find(kind, name)
        if arn is not None:
            self.known(arn)
        holder.boundary = arn

    def tag(self, kind: str, name: str, tags: dict[str, str]) -> None:
        """TagUser and TagRole."""
        holder = self.find(kind, name)
        folded = {key.lower(): (key, value) for key, value in tags.items()}
        if len(folded) < len(tags):
            raise Refused(INVALID)
        if len(holder.tags | folded) > MOST_TAGS:
            raise Refused(QUOTA)
        holder.tags |= folded

    def untag(self, kind: str, name: str, keys: list[str]) -> None:
        """UntagUser and UntagRole."""
        holder = self.find(kind, name)
        for key in keys:
            holder.tags.pop(key.lower(), None)

    def create_policy(self, policy: str, document: str) -> None:
        """CreatePolicy."""
        if document == WRONG:
            raise Refused(INVALID)
        self._add(self.policies, "policy", policy, (1, document))

    def create_policy_version(self, policy: str, document: str) -> None:
        """CreatePolicyVersion."""
        if policy not in self.policies:
            raise Refused(NOT_FOUND)
        if document == WRONG:
            raise Refused(INVALID)
        self.policies[policy] = (self.policies[policy][0] + 1, document)

    def delete_policy(self, policy: str) -> None:
        """DeletePolicy."""
        if policy not in self.policies:
            raise Refused(NOT_FOUND)
        if any(self.uses(self.arn(policy))):
            raise Refused(CONFLICT)
        del self.policies[policy]
