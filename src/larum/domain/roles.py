"""Roles: who may be assumed, by whom (the trust policy) and for how long, in IAM's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain.principals import Principal

if TYPE_CHECKING:
    from datetime import datetime

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLES_OF_AN_ACCOUNT: Final = 1_000
TRUST_POLICY_SIZE: Final = 2_048
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, in seconds
SHORTEST_SESSION: Final = 3_600


class Role(msgspec.Struct, frozen=True):
    """A role of an account; all are in the path `/`.

    `trust_policy` is the document as it was written, `max_session_seconds` the longest session that
    may be asked for, `boundary_arn` the policy that bounds what it may do (None for no bound).
    """

    account: str
    role_name: str
    role_id: str
    created_at: datetime
    trust_policy: str
    description: str = ""
    max_session_seconds: int = SHORTEST_SESSION
    boundary_arn: str | None = None

    @property
    def principal(self) -> Principal:
        """Whose policies a session of the role has."""
        return Principal.role(self.account, self.role_name)
