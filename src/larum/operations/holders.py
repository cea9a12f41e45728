"""The three kinds of principals that hold policies: what tells their operations apart.

IAM has each operation on policies three times (PutUserPolicy, PutGroupPolicy, PutRolePolicy); here
each is one function that takes the kind first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.domain.principals import PrincipalKind
from larum.operations.groups import group_of
from larum.operations.principals import user_of
from larum.operations.roles import role_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from larum.context import Context
    from larum.domain.groups import Group
    from larum.domain.principals import Principal, User
    from larum.domain.roles import Role


class Holder(msgspec.Struct, frozen=True):
    """A kind: `name` stands in names of operations, `member` is the one that names who is meant.

    `find` gives whom params name, and raises ResourceNotFoundException.
    """

    name: str
    kind: PrincipalKind
    member: str
    find: Callable[[Context, Mapping[str, Any]], User | Group | Role]

    def principal(self, context: Context, params: Mapping[str, Any]) -> Principal:
        """Return whom params name; raises ResourceNotFoundException."""
        return self.find(context, params).principal


USER: Final = Holder("User", PrincipalKind.USER, "userName", user_of)
GROUP: Final = Holder("Group", PrincipalKind.GROUP, "groupName", group_of)
ROLE: Final = Holder("Role", PrincipalKind.ROLE, "roleName", role_of)
