"""Users, groups, roles and policies straight into a store, and callers that sign as them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from larum.context import Caller
from larum.domain.principals import Principal, User
from larum.domain.sessions import Session
from larum.store import iam_versions, principals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import larum
    from larum.domain.principals import AccessKey
    from larum.store.engine import Transaction

T = TypeVar("T")
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
NO_TAGS: Mapping[str, str] = {}
GROUP = "INSERT INTO groups VALUES (:account, :name, :name, 'AGPA', 0) ON CONFLICT DO NOTHING"
JOIN = "INSERT INTO group_members VALUES (:account, :group, :user)"
LEAVE = """
DELETE FROM group_members
WHERE account = :account AND folded_group = :group AND folded_user = :user
"""
ROLE = "INSERT INTO roles VALUES (:account, :name, :name, :role_id, '', '{}', 3600, NULL, 0)"
PUT = """
INSERT INTO inline_policies VALUES (:account, :arn, :name, :document)
ON CONFLICT (account, principal_arn, policy_name) DO UPDATE SET document = :document
"""
DELETE = "DELETE FROM inline_policies WHERE account = :account AND principal_arn = :arn"
MANAGED = """
INSERT INTO managed_policies VALUES (:account, :folded, :name, 'ANPA', '', 1, :document, 0, 0)
ON CONFLICT (account, folded_name) DO UPDATE SET document = :document
"""
ATTACH = "INSERT INTO attached_policies VALUES (:account, :arn, :policy) ON CONFLICT DO NOTHING"
DETACH = "DELETE FROM attached_policies WHERE account = :account AND principal_arn = :arn"
BOUND = {
    "user": "UPDATE users SET boundary_arn = :policy WHERE account = :account",
    "role": "UPDATE roles SET boundary_arn = :policy WHERE account = :account",
}
TAG = """
INSERT INTO principal_tags VALUES (:account, :arn, lower(:key), :key, :value)
ON CONFLICT (account, principal_arn, folded_key) DO UPDATE SET tag_value = :value
"""
CONTROL = """
INSERT INTO control_policies VALUES (:account, :name, :name, '', :document)
ON CONFLICT (account, policy_id) DO UPDATE SET document = :document
"""
AIM = "INSERT INTO control_policy_targets VALUES (:account, :target, :name) ON CONFLICT DO NOTHING"
UNAIM = "DELETE FROM control_policy_targets WHERE account = :account AND target_id = :target"


def statement(
    effect: str = "Allow",
    action: str | list[str] = "*",
    resource: str | list[str] = "*",
    **more: Any,
) -> dict[str, Any]:
    """Return a statement."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: Any) -> str:
    """Return a document of these statements; of one that allows everything for none."""
    listed = list(statements) or [statement()]
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


@dataclass(frozen=True)
class Iam:
    """Writes into the store of `service` what an account's administrator would, `account`'s."""

    service: larum.Service
    account: str

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a user, group, role or policy of the account."""
        return f"arn:aws:iam::{self.account}:{kind}/{name}"

    def user(self, name: str) -> Caller:
        """Add a user with an access key; return the caller that its requests have."""
        key = self.user_key(name)
        return Caller(key.principal, key.access_key_id, "us-east-1")

    def user_key(self, name: str) -> AccessKey:
        """Add a user; return its new access key."""
        made = User(self.account, name, f"AIDA{name}", NOW)

        def work(tx: Transaction) -> AccessKey:
            principals.insert(tx, made)
            return self.service.installation.credentials.issue(tx, made.principal, NOW)

        return self.write(work)

    def role(self, name: str, *policies: str, tags: Mapping[str, str] = NO_TAGS) -> Caller:
        """Add a role; return the caller of a session of it with these session policies."""
        self.change(ROLE, name=name, role_id=f"AROA{name}")
        arn = f"arn:aws:sts::{self.account}:assumed-role/{name}/work"
        session = Session(
            Principal(self.account, arn),
            Principal(self.account, self.arn("role", name)),
            f"AROA{name}",
            NOW,
            NOW + timedelta(hours=1),
            multi_factor=False,
            policies=policies or None,
            tags=tags,
        )
        return Caller(session.principal, "ASIA", "us-east-1", session)

    def group(self, name: str, *users: str) -> str:
        """Add a group, and these users to it; return its ARN."""
        self.change(GROUP, name=name)
        for user in users:
            self.change(JOIN, group=name, user=user)
        return self.arn("group", name)

    def leave(self, group: str, user: str) -> None:
        """Take a user out of a group."""
        self.change(LEAVE, group=group, user=user)

    def put(self, arn: str, document: str, name: str = "inline") -> None:
        """Give a principal an inline policy."""
        self.change(PUT, arn=arn, name=name, document=document)

    def delete(self, arn: str) -> None:
        """Take a principal's inline policies away."""
        self.change(DELETE, arn=arn)

    def managed(self, name: str, document: str) -> str:
        """Write a managed policy; return its ARN."""
        self.change(MANAGED, name=name, folded=name.lower(), document=document)
        return self.arn("policy", name)

    def attach(self, arn: str, policy_arn: str) -> None:
        """Attach a managed policy to a principal."""
        self.change(ATTACH, arn=arn, policy=policy_arn)

    def detach(self, arn: str) -> None:
        """Detach all managed policies of a principal."""
        self.change(DETACH, arn=arn)

    def bound(self, kind: str, policy_arn: str | None) -> None:
        """Bound all users, or all roles, of the account by a policy."""
        self.change(BOUND[kind], policy=policy_arn)

    def tag(self, arn: str, key: str, value: str) -> None:
        """Tag a principal."""
        self.change(TAG, arn=arn, key=key, value=value)

    def control(self, target: str, document: str | None, name: str = "p-1") -> None:
        """Let a target have one service control policy alone, or FullAWSAccess again for None."""
        self.change(UNAIM, target=target)
        if document is not None:
            self.change(CONTROL, name=name, document=document)
            self.change(AIM, target=target, name=name)

    def change(self, sql: str, **parameters: Any) -> None:
        """Run a statement, and say that what decides has changed."""

        def work(tx: Transaction) -> None:
            tx.change(sql, {"account": self.account} | parameters)
            iam_versions.grow(tx, self.account)

        self.write(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do `work` in a transaction of its own."""
        return self.service.engine.write(work)
