"""Who can sign a request: principals and their access keys, in IAM's words."""

from __future__ import annotations

import base64
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
KEYS_OF_A_USER: Final = 2
USERS_OF_AN_ACCOUNT: Final = 5_000
UNIQUE_ID_BYTES: Final = 11


class AccessKeyStatus(StrEnum):
    """IAM's two states of an access key."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


class PrincipalKind(StrEnum):
    """What can hold policies, spelled as in its ARN."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"


class UniqueId(StrEnum):
    """How the unique id of each kind begins.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """

    USER = "AIDA"
    GROUP = "AGPA"
    ROLE = "AROA"
    POLICY = "ANPA"

    def of(self, random: bytes) -> str:
        """Return the prefix and seventeen letters and digits out of `random` (11 bytes)."""
        return self + base64.b32encode(random).decode()[:17]


class Principal(msgspec.Struct, frozen=True):
    """Somebody in an account: `arn:aws:iam::ACCOUNT:root`, or `…:user/NAME`, `…:role/NAME`.

    A group signs nothing, and has policies like the others.
    """

    account: str
    arn: str

    @classmethod
    def root(cls, account: str) -> Principal:
        """Return the root principal of `account` (12 digits)."""
        return cls(account, f"arn:aws:iam::{account}:root")

    @classmethod
    def user(cls, account: str, user_name: str) -> Principal:
        """Return the user of `account` with that name; `*` makes the pattern of all."""
        return cls.named(account, PrincipalKind.USER, user_name)

    @classmethod
    def group(cls, account: str, group_name: str) -> Principal:
        """Return the group of `account` with that name; `*` makes the pattern of all."""
        return cls.named(account, PrincipalKind.GROUP, group_name)

    @classmethod
    def role(cls, account: str, role_name: str) -> Principal:
        """Return the role of `account` with that name; `*` makes the pattern of all."""
        return cls.named(account, PrincipalKind.ROLE, role_name)

    @classmethod
    def named(cls, account: str, kind: PrincipalKind, name: str) -> Principal:
        """Return what is of that kind and name in `account`."""
        return cls(account, f"arn:aws:iam::{account}:{kind}/{name}")

    @property
    def is_root(self) -> bool:
        """Whether this is the account's root principal."""
        return self.arn == f"arn:aws:iam::{self.account}:root"


class AccessKey(msgspec.Struct, frozen=True):
    """A long-lived credential; the secret never appears in a repr."""

    access_key_id: str
    secret_access_key: str
    principal: Principal
    status: AccessKeyStatus = AccessKeyStatus.ACTIVE

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"AccessKey({self.access_key_id}, {self.principal.arn}, {self.status})"


class LastUse(msgspec.Struct, frozen=True):
    """When an access key was used last (UTC), for which service (its signing name) and Region."""

    at: datetime
    service: str
    region: str


class User(msgspec.Struct, frozen=True):
    """A user of an account, as IAM has them; all are in the path `/`.

    `boundary_arn` is the policy that bounds what it may do, None for no bound.
    """

    account: str
    user_name: str
    user_id: str
    created_at: datetime
    boundary_arn: str | None = None

    @property
    def principal(self) -> Principal:
        """Who signs with the user's keys."""
        return Principal.user(self.account, self.user_name)


def folded(name: str) -> str:
    """Return what two names of one kind and account must not have alike."""
    return name.lower()
