"""Service control policies: what an organization's accounts may do at most.

A target is the organization's root, one of its units or accounts. Rules and quotas:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from larum.domain.organizations import Organization

POLICIES_OF_A_TARGET: Final = 5
POLICIES_OF_AN_ORGANIZATION: Final = 1_000
FULL_ACCESS_ID: Final = "p-FullAWSAccess"


class TargetType(StrEnum):
    """AWS Organizations' kinds of a policy's target."""

    ROOT = "ROOT"
    UNIT = "ORGANIZATIONAL_UNIT"
    ACCOUNT = "ACCOUNT"


class ControlPolicy(msgspec.Struct, frozen=True):
    """A service control policy; `document` is kept as it was written."""

    policy_id: str
    name: str
    description: str
    document: str

    @property
    def aws_managed(self) -> bool:
        """Whether it is the one that AWS Organizations brings and nobody changes."""
        return self.policy_id == FULL_ACCESS_ID


FULL_ACCESS: Final = ControlPolicy(
    FULL_ACCESS_ID,
    "FullAWSAccess",
    "Allows access to every operation",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
)
"""What a target has while nobody attached anything to it."""


def policy_arn(organization: Organization, policy_id: str) -> str:
    """Return a service control policy's ARN, as AWS Organizations writes it."""
    if policy_id == FULL_ACCESS_ID:
        return f"arn:aws:organizations::aws:policy/service_control_policy/{policy_id}"
    owner, organization_id = organization.management_account, organization.organization_id
    return (
        f"arn:aws:organizations::{owner}:policy/{organization_id}/service_control_policy/"
        f"{policy_id}"
    )
