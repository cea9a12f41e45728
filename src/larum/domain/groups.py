"""Groups: users of an account that share policies, in IAM's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain.principals import Principal

if TYPE_CHECKING:
    from datetime import datetime

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
GROUPS_OF_AN_ACCOUNT: Final = 300
GROUPS_OF_A_USER: Final = 10


class Group(msgspec.Struct, frozen=True):
    """A group of an account; all are in the path `/`."""

    account: str
    group_name: str
    group_id: str
    created_at: datetime

    @property
    def principal(self) -> Principal:
        """What its policies are attached to."""
        return Principal.group(self.account, self.group_name)
