"""Policies as things that are named, kept, attached and counted; what they say is not read here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain.principals import PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# Those that come with the service, not with an account.
OF_AWS: Final = "arn:aws:iam::aws:policy/"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; sizes in characters
# without white space, those of inline policies for all of one principal together.
POLICIES_OF_AN_ACCOUNT: Final = 1_500
ATTACHED_POLICIES: Final = 10
MANAGED_POLICY_SIZE: Final = 6_144
INLINE_POLICIES_SIZE: Final[Mapping[PrincipalKind, int]] = {
    PrincipalKind.USER: 2_048,
    PrincipalKind.GROUP: 5_120,
    PrincipalKind.ROLE: 10_240,
}
# What IAM calls white space in a document.
_WHITE: Final = dict.fromkeys(map(ord, " \t\n\r"))


class PolicyKind(StrEnum):
    """What a document is for: a trust policy names principals, all others resources."""

    PERMISSIONS = "permissions"
    TRUST = "trust"


class ManagedPolicy(msgspec.Struct, frozen=True):
    """A policy of an account that can be attached; `document` is its newest version as written.

    `version` counts from 1. Earlier versions are not kept.
    """

    account: str
    policy_name: str
    policy_id: str
    document: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    description: str = ""

    @property
    def arn(self) -> str:
        """By which it is attached and found."""
        return policy_arn(self.account, self.policy_name)


def policy_arn(account: str, policy_name: str) -> str:
    """Return the ARN of a managed policy of an account; `*` makes the pattern of all."""
    return f"arn:aws:iam::{account}:policy/{policy_name}"


def account_of(arn: str) -> str:
    """Return the account that a managed policy's ARN names; `aws` for those of the service."""
    return arn.split(":", 5)[4]


def name_of(arn: str) -> str:
    """Return the name in a managed policy's ARN, without any path."""
    return arn.rpartition("/")[2]


def size(document: str) -> int:
    """Return how many characters of a document count: IAM does not count white space."""
    return len(document.translate(_WHITE))
