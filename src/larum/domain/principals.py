"""Who can sign a request: principals and their access keys, in IAM's words."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
KEYS_OF_A_USER: Final = 2
USERS_OF_AN_ACCOUNT: Final = 5_000
USER_ID_BYTES: Final = 11


class AccessKeyStatus(StrEnum):
    """IAM's two states of an access key."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody in an account: `arn:aws:iam::ACCOUNT:root`, or `…:user/NAME`."""

    account: str
    arn: str

    @classmethod
    def root(cls, account: str) -> Principal:
        """Return the root principal of `account` (12 digits)."""
        return cls(account, f"arn:aws:iam::{account}:root")

    @classmethod
    def user(cls, account: str, user_name: str) -> Principal:
        """Return the user of `account` with that name; `*` makes the pattern of all."""
        return cls(account, f"arn:aws:iam::{account}:user/{user_name}")

    @property
    def is_root(self) -> bool:
        """Whether this is the account's root principal."""
        return self.arn == f"arn:aws:iam::{self.account}:root"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A long-lived credential; the secret never appears in a repr."""

    access_key_id: str
    secret_access_key: str
    principal: Principal
    status: AccessKeyStatus = AccessKeyStatus.ACTIVE

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"AccessKey({self.access_key_id}, {self.principal.arn}, {self.status})"


@dataclass(frozen=True, slots=True)
class User:
    """A user of an account, as IAM has them; all are in the path `/`."""

    account: str
    user_name: str
    user_id: str
    created_at: datetime

    @property
    def principal(self) -> Principal:
        """Who signs with the user's keys."""
        return Principal.user(self.account, self.user_name)


def user_id(random: bytes) -> str:
    """Return `AIDA` and seventeen letters and digits out of `random` (11 bytes), as IAM's ids are.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    return "AIDA" + base64.b32encode(random).decode()[:17]


def folded(user_name: str) -> str:
    """Return what two names of one account must not have alike."""
    return user_name.lower()
