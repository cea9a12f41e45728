"""Anything that can happen to an organization, against the plain sets of organization_model.py.

After every step each membership's numberOfAccountsCovered, membershipAccountsConfigurations and
status, and how each account stands to it, must be what the sets say. The calls of `security-ir` go
through boto3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import larum
from larum.errors import ServiceError
from larum.operations import LARUM_OPERATIONS, specified_accounts
from larum.store import accounts
from tests.conformance.organization_changes import CHANGES, params_of
from tests.conformance.organization_model import (
    MANAGEMENT,
    OrganizationModel,
    SetMembership,
    Standing,
    Update,
)
from tests.conformance.organization_steps import (
    MEMBERS,
    NEVER,
    PATHS,
    UNKNOWN_UNIT,
    Step,
    steps,
)
from tests.conformance.page import smallest
from tests.operations.directories import Directory, apply, context_of, describe, sweep, unit_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

# What one change may write, beside the accounts that it is about.
WRITES = 40
WRITES_PER_ACCOUNT = 8
MOST_MEMBERSHIPS = 5


def error_of(call: Callable[[], object]) -> str | None:
    """Return the name of the exception that `call` raises, None for none."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    except ServiceError as error:
        return error.code
    return None


class OrganizationMachine(RuleBasedStateMachine):
    """One installation: its administrator's organization and the accounts around it."""

    crowd: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.service = larum.Service()
        self.clients: dict[str, SecurityIncidentResponseClient] = {}
        self.model = OrganizationModel({MANAGEMENT: Standing(inside=True)})
        self.ids: dict[str, str] = {}
        self.moved = 0
        self._seed()
        self.written = self.writes()

    def _seed(self) -> None:
        """Start with every unit, two accounts inside, and a crowd spread over all units."""
        draft = self.model.draft()
        draft.units = set(PATHS)
        places = ("", *PATHS)
        for account, unit in zip(MEMBERS, ("", "a/b"), strict=False):
            draft.accounts[account] = Standing(inside=True, unit=unit)
        for number in range(self.crowd):
            unit = places[number % len(places)]
            draft.accounts[f"7{number:011d}"] = Standing(inside=True, unit=unit)
        self._apply(draft, omit=False)

    def teardown(self) -> None:
        """Close everything."""
        for client in self.clients.values():
            client.close()
        self.service.close()

    def client(self, account: str) -> SecurityIncidentResponseClient:
        """Return the client of an account; one never seen appears by that as a standalone one."""
        if account not in self.clients:
            self.clients[account] = self.service.client(account=account)
            self.model.accounts.setdefault(account, Standing())
        return self.clients[account]

    def follow(self, path: Iterable[Step]) -> None:
        """Take these steps, looking at everything after each."""
        for name, arguments in path:
            getattr(self, name)(**arguments)
            self.agrees()

    def membership(self, number: int) -> SetMembership:
        """Return one of the memberships; for 0 an Active one where there is one."""
        active = [each for each in self.model.memberships if each.status == "Active"]
        if number == 0 and active:
            return active[0]
        return self.model.memberships[-1 - number % len(self.model.memberships)]

    @initialize(whole=st.booleans(), by_administrator=st.booleans())
    def begin(self, whole: bool, by_administrator: bool) -> None:  # noqa: FBT001 - drawn
        """There is a membership to begin with, or most steps would find none."""
        holder = MANAGEMENT
        if by_administrator:
            draft = self.model.draft()
            holder = draft.administrator = MEMBERS[0]
            self._apply(draft, omit=False)
        self.create(holder, whole)

    @rule(step=steps)
    def take(self, step: Step) -> None:
        """Something happens: a method of this class, and what it is called with."""
        name, arguments = step
        if name != "create" or len(self.model.memberships) < MOST_MEMBERSHIPS:
            getattr(self, name)(**arguments)

    # The directory: what `larum apply` does.

    def join_or_move(self, account: str, unit: str, status: str) -> None:
        """An account joins, moves or changes its status, into a unit that may be new with it."""
        draft = self.model.draft()
        draft.accounts[account] = Standing(inside=True, unit=unit, status=status)
        draft.units |= {unit[:end] for end in (1, 3, 5) if unit}
        self._apply(draft, omit=False)

    def leave(self, account: str, omit: bool) -> None:  # noqa: FBT001 - drawn
        """An account leaves: named as standalone, or no longer in the list."""
        draft = self.model.draft()
        draft.accounts[account] = replace(self.model.standing(account), inside=False, unit="")
        self._apply(draft, omit=omit)

    def set_status(self, account: str, status: str, service_on: bool) -> None:  # noqa: FBT001 - drawn
        """An account is suspended, closed or active again, and the service on or off for it."""
        draft = self.model.draft()
        standing = self.model.standing(account)
        draft.accounts[account] = replace(standing, status=status, service_on=service_on)
        self._apply(draft, omit=False)

    def change_units(self, how: str, path: str) -> None:
        """A unit appears, or goes: its accounts move to the root, or nothing is said of them."""
        draft = self.model.draft()
        if how == "add":
            draft.units |= {path[:end] for end in (1, 3, 5)}
        else:
            draft.units = {each for each in draft.units if not (each + "/").startswith(path + "/")}
        if how == "remove alone":
            self._apply_units_alone(draft)
            return
        for account, standing in self.model.accounts.items():
            if standing.unit and standing.unit not in draft.units:
                draft.accounts[account] = replace(standing, unit="")
        self._apply(draft, omit=False)

    def change_organization(
        self,
        administrator: str | None,
        trusted: bool,  # noqa: FBT001 - drawn
        joining: str | None,
    ) -> None:
        """One file says who may act for the organization; an account may join by it too."""
        draft = self.model.draft()
        draft.administrator, draft.trusted = administrator, trusted
        if joining is not None:
            draft.accounts[joining] = Standing(inside=True)
        self._apply(draft, omit=False)

    def set_trusted_access(self, trusted: bool) -> None:  # noqa: FBT001 - drawn
        """Trusted access goes on or off, and nothing else is said."""
        apply(self.service, {"organization": {"trustedAccess": trusted}})
        draft = self.model.draft()
        draft.trusted = trusted
        self._become(draft)

    def change_alone(self, what: str, account: str, path: str) -> None:
        """One account, unit or registration changes by an operation of its own."""
        path = path if path in self.model.units else ""
        if what == "delete unit" and not path:
            return
        operation, change = CHANGES[what]
        root: str = describe(self.service)["rootId"]
        source = self.ids.get(self.model.standing(account).unit, root)
        parents = {"source": source, "destination": self.ids.get(path, root)}
        params = params_of(operation, account, parents)
        draft = self.model.draft()
        refusal = change(draft, account, path)
        function = LARUM_OPERATIONS[operation].function
        error = error_of(
            lambda: self.service.engine.write(
                lambda tx: function(context_of(self.service, tx, operation), params)
            )
        )
        assert error == refusal
        if error is None:
            self._become(draft)
        found = self.service.engine.read(lambda tx: accounts.get(tx, account))
        assert (found is None) == (account not in self.model.accounts)
        if found is not None:
            assert found.unit_id == self.ids.get(self.model.standing(account).unit)

    # Memberships: what their holders do.

    def create(self, holder: str, whole: bool) -> None:  # noqa: FBT001 - drawn
        """An account asks for a membership."""
        client = self.client(holder)
        made: list[str] = []

        def call() -> None:
            params = smallest(coverEntireOrganization=whole)
            made.append(client.create_membership(**params)["membershipId"])

        refusals = self.model.refusals_of_create(holder, whole=whole)
        self._check(error_of(call), refusals)
        if made:
            named = set() if whole else {holder}
            inside = self.model.standing(holder).inside
            membership = SetMembership(made[0], holder, inside, whole, named=named)
            self.model.memberships.append(membership)

    def update(self, number: int, update: Update, undo: bool) -> None:  # noqa: FBT001 - drawn
        """A holder changes what is covered, perhaps in the call that undoes a cancellation."""
        membership = self.membership(number)
        wire: dict[str, Any] = {}
        if update.whole is not None:
            wire["coverEntireOrganization"] = update.whole
        for name, paths in (("ToAdd", update.to_add), ("ToRemove", update.to_remove)):
            if paths:
                ids = [self.ids.get(path, UNKNOWN_UNIT) for path in sorted(paths)]
                wire[f"organizationalUnits{name}"] = list(dict.fromkeys(ids))
        more: dict[str, Any] = {"undoMembershipCancellation": True} if undo else {}
        client = self.client(membership.holder)
        refusals = self.model.refusals_of_update(membership, update, undo=undo)
        if update.to_add - self.ids.keys() and update.to_remove - self.ids.keys():
            # Units that do not exist share one id: the same is added and removed.
            refusals.add("ValidationException")
        error = error_of(
            lambda: client.update_membership(
                membershipId=membership.membership_id,
                membershipAccountsConfigurationsUpdate=wire,  # type: ignore[arg-type]  # made above
                **more,
            )
        )
        self._check(error, refusals)
        if error is None:
            membership.status = "Active"
            self.model.update(membership, update)

    def cover_units(self, number: int, paths: frozenset[str]) -> None:
        """A holder covers units, of those that there are."""
        self.update(number, Update(whole=False, to_add=paths & self.model.units), undo=False)

    def cancel(self, number: int) -> None:
        """A holder cancels, once or again."""
        membership = self.membership(number)
        client = self.client(membership.holder)
        client.cancel_membership(membershipId=membership.membership_id)
        if membership.status == "Active":
            membership.status = "Cancelled"

    def undo(self, number: int) -> None:
        """A holder takes a cancellation back."""
        membership = self.membership(number)
        client = self.client(membership.holder)
        error = error_of(
            lambda: client.update_membership(
                membershipId=membership.membership_id, undoMembershipCancellation=True
            )
        )
        self._check(error, self.model.refusals_of_undo(membership))
        if error is None:
            membership.status = "Active"

    def wait(self) -> None:
        """Time passes, and the sweep terminates what was cancelled long ago."""
        cancelled = [each for each in self.model.memberships if each.status == "Cancelled"]
        assert sweep(self.service) == len(cancelled)
        for membership in cancelled:
            membership.status = "Terminated"

    def name_account(self, number: int, account: str) -> None:
        """The administrator names an account that a membership covers."""
        membership = self.membership(number)
        refusals = self._refusals_of_naming(membership)
        standing = self.model.accounts.get(account)
        if standing is None or not self._belongs(membership, account):
            refusals.add("ResourceNotFoundException")
        operation = specified_accounts.associate_member_accounts
        error = error_of(lambda: self._name(operation, membership, account))
        self._check(error, refusals)
        if error is None:
            membership.named.add(account)

    def unname_account(self, number: int, account: str) -> None:
        """The administrator takes a name back; who has left can still be un-named."""
        membership = self.membership(number)
        refusals = self._refusals_of_naming(membership)
        if account not in membership.named and not self._belongs(membership, account):
            refusals.add("ResourceNotFoundException")
        if not membership.is_of_organization and account == membership.holder:
            refusals.add("ValidationException")
        operation = specified_accounts.disassociate_member_accounts
        error = error_of(lambda: self._name(operation, membership, account))
        self._check(error, refusals)
        if error is None:
            membership.named.discard(account)

    # What must hold after every step.

    @invariant()
    def agrees(self) -> None:
        """Every membership and every account stand as the sets say."""
        written = self.writes()
        assert written - self.written <= WRITES + WRITES_PER_ACCOUNT * self.moved
        self.moved = 0
        self.model.note()
        for membership in self.model.memberships:
            self._check_membership(membership)
            self.check_accounts(membership, self._asked())
        self.written = self.writes()

    def _asked(self) -> list[str]:
        return [*self.model.accounts, NEVER][:100] if not self.crowd else self._sample()

    def _sample(self) -> list[str]:
        crowd = [f"7{number * 97 % self.crowd:011d}" for number in range(90)]
        return [*(each for each in (MANAGEMENT, *MEMBERS) if each in self.model.accounts), *crowd]

    def _check_membership(self, membership: SetMembership) -> None:
        client = self.client(membership.holder)
        got = client.get_membership(membershipId=membership.membership_id)
        assert got["membershipStatus"] == membership.status
        assert got["numberOfAccountsCovered"] == len(self.model.covered(membership))
        assert got["membershipAccountsConfigurations"] == {
            "coverEntireOrganization": membership.whole,
            "organizationalUnits": sorted(self.ids[path] for path in membership.units),
        }

    def check_accounts(self, membership: SetMembership, asked: list[str]) -> None:
        """Check how each of these accounts stands to the membership."""
        client = self.client(membership.holder)
        got = client.batch_get_member_account_details(
            membershipId=membership.membership_id, accountIds=asked
        )
        told = {
            item["accountId"]: (item["relationshipStatus"], item["relationshipType"])
            for item in got["items"]
        }
        known = [each for each in asked if each in self.model.accounts]
        assert told == {each: self.model.relationship(membership, each) for each in known}
        errors = [each["accountId"] for each in got.get("errors", [])]
        assert errors == [each for each in asked if each not in self.model.accounts]

    # How the steps are taken.

    def _check(self, error: str | None, refusals: set[str]) -> None:
        """Compare what was raised with what had to be; several causes leave the choice open."""
        assert error in refusals if refusals else error is None

    def _belongs(self, membership: SetMembership, account: str) -> bool:
        inside = self.model.standing(account).inside
        return inside if membership.is_of_organization else account == membership.holder

    def _refusals_of_naming(self, membership: SetMembership) -> set[str]:
        found = set()
        if membership.status != "Active":
            found.add("ConflictException")
        if membership.whole:
            found.add("ValidationException")
        return found

    def _name(self, operation: Any, membership: SetMembership, account: str) -> None:  # noqa: ANN401 - either of two
        params = {
            "accountId": membership.holder,
            "region": "us-east-1",
            "membershipId": membership.membership_id,
            "accountIds": [account],
        }
        self.service.engine.write(lambda tx: operation(context_of(self.service, tx), params))

    def _apply(self, draft: OrganizationModel, *, omit: bool) -> None:
        """Apply the whole directory; `omit` leaves out who stands alone as before or now leaves."""
        inside, alone = [], []
        for account, standing in draft.accounts.items():
            entry = {
                "id": account,
                "status": standing.status,
                "serviceOn": standing.service_on,
                **({"organizationalUnit": standing.unit} if standing.unit else {}),
            }
            if standing.inside:
                inside.append(entry)
            elif not omit or account not in self.model.accounts:
                alone.append(entry)
        wanted: Directory = {
            "organization": {
                "accounts": inside,
                "organizationalUnits": sorted(draft.units),
                "delegatedAdministrator": draft.administrator or "none",
                "trustedAccess": draft.trusted,
            },
            "accounts": alone,
        }
        # Who is not named at all and manages the organization stays, so that is no fault.
        has_faults = self.model.has_faults(draft)
        if omit and not draft.accounts[MANAGEMENT].inside:
            draft.accounts[MANAGEMENT] = self.model.accounts[MANAGEMENT]
            has_faults = self.model.has_faults(draft)
        error = error_of(lambda: apply(self.service, wanted))
        assert error == ("ValidationException" if has_faults else None)
        if not has_faults:
            self._become(draft)

    def _apply_units_alone(self, draft: OrganizationModel) -> None:
        wanted: Directory = {"organization": {"organizationalUnits": sorted(draft.units)}}
        error = error_of(lambda: apply(self.service, wanted))
        units = {each.unit for each in self.model.accounts.values() if each.unit}
        is_occupied = not units <= draft.units
        assert error == ("ValidationException" if is_occupied else None)
        if error is None:
            self._become(draft)

    def _become(self, draft: OrganizationModel) -> None:
        before = self.model.accounts
        self.moved = sum(before.get(each) != now for each, now in draft.accounts.items())
        self.model.become(draft)
        # A unit that goes and comes again is another one, with another id.
        self.ids = unit_ids(self.service)
        assert self.ids.keys() == draft.units

    def writes(self) -> int:
        """Return how many rows have been written so far."""
        return self.service.engine._writer.total_changes()


def follow(path: Iterable[Step]) -> None:
    """Take these steps on an installation of its own."""
    machine = OrganizationMachine()
    try:
        machine.follow(path)
    finally:
        machine.teardown()
