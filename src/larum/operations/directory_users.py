"""Users and their keys in ApplyDirectory: made where they are missing, and never taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from larum.domain import directory_users
from larum.domain.directory import ACCOUNTS, STANDALONE
from larum.domain.directory_users import WantedUser
from larum.domain.principals import Principal
from larum.operations.access_keys import issue_key
from larum.operations.principals import add_user
from larum.store import access_keys
from larum.store import principals as rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from larum.context import Context
    from larum.domain.principals import AccessKey, User
    from larum.errors import FieldFailure


class MissingUsers(msgspec.Struct, frozen=True):
    """What is to be made: users that are not there, and keys of users that have none."""

    users: tuple[WantedUser, ...]
    keys: tuple[WantedUser, ...]
    faults: tuple[FieldFailure, ...]

    def changes(self) -> list[dict[str, Any]]:
        """Return the changes as ApplyDirectory tells them."""
        return [
            *({"action": "create-user", "resource": _named(each)} for each in self.users),
            *({"action": "create-access-key", "resource": _named(each)} for each in self.keys),
        ]

    def make(self, context: Context) -> list[tuple[WantedUser, AccessKey]]:
        """Make them; raises ServiceQuotaExceededException."""
        for each in self.users:
            add_user(context, each.account, each.user_name)
        return [(each, issue_key(context, _user(context, each))) for each in self.keys]


def missing(context: Context, given: Mapping[str, Any]) -> MissingUsers:
    """Return what lacks of the users in a directory, given in wire names.

    A user that has a key gets no other one, though it be Inactive: who disabled it meant to.
    """
    wanted = list(_wanted(given))
    found = ((each.key, rows.get(context.tx, each.account, each.user_name)) for each in wanted)
    present = {key: user.user_name for key, user in found if user is not None}
    users = tuple(each for each in wanted if each.key not in present)
    keys = tuple(
        each
        for each in wanted
        if each.create_access_key
        and not access_keys.count(context.tx, Principal.user(each.account, each.user_name))
    )
    return MissingUsers(users, keys, tuple(directory_users.faults(wanted, present)))


def _wanted(given: Mapping[str, Any]) -> Iterator[WantedUser]:
    inside = given.get("organization", {}).get("accounts", ())
    yield from _of_accounts(ACCOUNTS, inside)
    yield from _of_accounts(STANDALONE, given.get("accounts", ()))


def _of_accounts(place: str, given: Iterable[Mapping[str, Any]]) -> Iterator[WantedUser]:
    for number, account in enumerate(given):
        for index, each in enumerate(account.get("principals", ())):
            yield WantedUser(
                f"{place}[{number}].principals[{index}]",
                account["id"],
                each["userName"],
                each.get("createAccessKey", False),
            )


def _named(user: WantedUser) -> str:
    return f"{user.user_name}@{user.account}"


def _user(context: Context, wanted: WantedUser) -> User:
    user = rows.get(context.tx, wanted.account, wanted.user_name)
    if user is None:
        message = "a user vanished inside its own transaction"
        raise LookupError(message)
    return user
