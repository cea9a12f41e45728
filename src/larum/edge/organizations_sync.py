"""An organization as AWS Organizations tells it, made a directory that ApplyDirectory makes true.

It is read whole or not at all: what an error or a change in the middle would leave half is never
applied, as whoever is missing from it would leave.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.wire import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

READINGS: Final = 3
LONGEST_NAME: Final = 50
LONGEST_UNIT_NAME: Final = 128
# What divides the names of a path, and what stands for it in a name.
SLASH, SLASH_IN_A_NAME = "/", "\N{DIVISION SLASH}"
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
STATUSES: Final[Mapping[str, str]] = {
    "PENDING_ACTIVATION": "SUSPENDED",
    "ACTIVE": "ACTIVE",
    "SUSPENDED": "SUSPENDED",
    "PENDING_CLOSURE": "SUSPENDED",
    "CLOSED": "CLOSED",
}
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class CannotSync(Exception):  # noqa: N818 - it reads as what happened
    """Nothing was applied, and why."""


class Unit(msgspec.Struct, frozen=True):
    """A unit with its id in AWS and its path here, such as `workloads/prod`."""

    unit_id: str
    path: str


class Read(msgspec.Struct, frozen=True):
    """An organization, whole: accounts in AWS's words by id, and the path of the unit of each."""

    management_account: str
    units: Sequence[Unit]
    accounts: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, str]
    administrators: Sequence[str]

    def directory(self, *, with_administrator: bool = True) -> dict[str, Any]:
        """Return what ApplyDirectory takes; raises CannotSync for what cannot be told there."""
        if with_administrator and len(self.administrators) > 1:
            named = ", ".join(self.administrators)
            message = f"There is more than one delegated administrator for the service: {named}."
            raise CannotSync(message)
        organization: dict[str, Any] = {
            "identifiedUnits": [
                {"organizationalUnitId": each.unit_id, "path": each.path} for each in self.units
            ],
            "accounts": [
                _account(each, self.places[account]) for account, each in self.accounts.items()
            ],
        }
        if with_administrator:
            organization["delegatedAdministrator"] = next(iter(self.administrators), "none")
        return {"organization": organization}


class Leaving(msgspec.Struct, frozen=True):
    """How many of how many accounts and units a sync would take out of the organization."""

    accounts: int
    accounts_before: int
    units: int
    units_before: int

    def exceeds(self, percent: int) -> bool:
        """Whether more than `percent` of either would go; a single one may always."""
        pairs = ((self.accounts, self.accounts_before), (self.units, self.units_before))
        return any(gone > 1 and gone * 100 > percent * before for gone, before in pairs)


def read(client: Any, service_principal: str) -> Read:  # noqa: ANN401 - boto3's
    """Return the organization that a boto3 client of `organizations` sees.

    It is read again where it changed in between. Raises CannotSync where it never stood still, and
    what boto3 raises.
    """
    for _ in range(READINGS):
        found = _read_once(client, service_principal)
        if found is not None:
            return found
    message = f"The organization changed while it was read, {READINGS} times. Try again."
    raise CannotSync(message)


def leaving(directory: Mapping[str, Any], changes: Iterable[Mapping[str, str]]) -> Leaving:
    """Return what would go by the `changes` that make `directory` true."""
    count = dict.fromkeys(_COUNTED, 0)
    for each in changes:
        if each["action"] in count:
            count[each["action"]] += 1
    organization = directory["organization"]
    left, gone = count["leave-organization"], count["remove-organizational-unit"]
    joined = count["create-account"] + count["join-organization"]
    made = count["create-organizational-unit"]
    return Leaving(
        left,
        len(organization["accounts"]) - joined + left,
        gone,
        len(organization["identifiedUnits"]) - made + gone,
    )


_COUNTED: Final = (
    "leave-organization",
    "remove-organizational-unit",
    "create-account",
    "join-organization",
    "create-organizational-unit",
)


def _read_once(client: Any, service_principal: str) -> Read | None:  # noqa: ANN401 - boto3's
    """Return the organization, or None where the parts of what was read do not fit together."""
    management_account = client.describe_organization()["Organization"]["MasterAccountId"]
    (root,) = _all(client, "list_roots", "Roots")
    units: list[Unit] = []
    places: dict[str, str] = {}
    seen = 0
    waiting = [(root["Id"], "")]
    while waiting:
        parent, path = waiting.pop(0)
        for each in _all(client, "list_accounts_for_parent", "Accounts", ParentId=parent):
            places[each["Id"]] = path
            seen += 1
        children = "list_organizational_units_for_parent"
        for each in _all(client, children, "OrganizationalUnits", ParentId=parent):
            beneath = f"{path}/{unit_name(each['Name'])}" if path else unit_name(each["Name"])
            units.append(Unit(each["Id"], beneath))
            waiting.append((each["Id"], beneath))
    accounts = {each["Id"]: each for each in _all(client, "list_accounts", "Accounts")}
    # Who moved in between is seen twice or nowhere, and must not be taken for one who left.
    if accounts.keys() != places.keys() or seen != len(places):
        return None
    if len({each.unit_id for each in units}) != len(units) or management_account not in accounts:
        return None
    named = _all(
        client,
        "list_delegated_administrators",
        "DelegatedAdministrators",
        ServicePrincipal=service_principal,
    )
    administrators = [each["Id"] for each in named]
    return Read(management_account, units, accounts, places, administrators)


def _all(
    client: Any,  # noqa: ANN401 - boto3's
    operation: str,
    member: str,
    **given: str,
) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(operation).paginate(**given):
        yield from page[member]


def unit_name(name: str) -> str:
    """Return a unit's name as a part of a path: without what divides paths, on one line."""
    return _printable(name).replace(SLASH, SLASH_IN_A_NAME)[:LONGEST_UNIT_NAME]


def _account(told: Mapping[str, Any], path: str) -> dict[str, Any]:
    state = told.get("State") or told["Status"]
    if state not in STATUSES:
        message = f"Account {told['Id']} is {state}, which is not known here."
        raise CannotSync(message)
    account = {"id": told["Id"], "status": STATUSES[state]}
    name, email = _printable(told.get("Name", ""))[:LONGEST_NAME], told.get("Email", "")
    if name:
        account["name"] = name
    if _is_address(email):
        account["email"] = email
    return account | ({"organizationalUnit": path} if path else {})


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)


def _is_address(text: str) -> bool:
    """Whether ApplyDirectory takes an address: AWS takes some that it does not."""
    described = model.load("larum").operations["CreateAccount"].input
    shape = None if described is None else described.member("email").shape
    if shape is None or shape.pattern is None or shape.maximum is None:
        return False
    return len(text) <= shape.maximum and re.fullmatch(shape.pattern, text) is not None
