"""Who can sign a request: principals and their access keys, in IAM's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccessKeyStatus(StrEnum):
    """IAM's two states of an access key."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody in an account: `arn:aws:iam::ACCOUNT:root` in this release."""

    account: str
    arn: str

    @classmethod
    def root(cls, account: str) -> Principal:
        """Return the root principal of `account` (12 digits)."""
        return cls(account, f"arn:aws:iam::{account}:root")

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
