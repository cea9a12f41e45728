"""Who a membership covers, as sets: the words of service-behaviour §1, §6 and §11, nothing clever.

After every change `note` adds who is covered now to who was ever covered. No spans, no versions, no
counters: this is what the product is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

MANAGEMENT = "123456789012"


@dataclass(frozen=True)
class Standing:
    """Where an account stands: in the organization or alone, its unit's path, its status."""

    inside: bool = False
    unit: str = ""
    status: str = "ACTIVE"
    service_on: bool = True


@dataclass
class SetMembership:
    """A membership and the sets of what it covers by unit, by name, and ever did."""

    membership_id: str
    holder: str
    is_of_organization: bool
    whole: bool
    status: str = "Active"
    units: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)


@dataclass
class OrganizationModel:
    """The directory and every membership."""

    accounts: dict[str, Standing]
    units: set[str] = field(default_factory=set)
    administrator: str | None = None
    trusted: bool = True
    memberships: list[SetMembership] = field(default_factory=list)

    def draft(self) -> OrganizationModel:
        """Return a copy of the directory to change; the memberships stay the same ones."""
        return replace(self, accounts=dict(self.accounts), units=set(self.units))

    def standing(self, account: str) -> Standing:
        """Return where an account stands; one never seen stands alone (§11 row 36)."""
        return self.accounts.get(account, Standing())

    def covered(self, membership: SetMembership) -> set[str]:
        """Return who is covered now (§1.3, §11 rows 32, 33 and 45)."""
        if membership.status != "Active":
            return set()
        active = {each for each, standing in self.accounts.items() if standing.status == "ACTIVE"}
        if not membership.is_of_organization:
            # A standalone membership covers its own account, which cannot be un-named.
            return {membership.holder} & membership.named & active
        inside = {each for each in active if self.accounts[each].inside}
        if membership.whole:
            return inside
        by_unit = {each for each in inside if self._is_beneath(each, membership.units)}
        return by_unit | (inside & membership.named)

    def _is_beneath(self, account: str, units: set[str]) -> bool:
        unit = self.accounts[account].unit
        return any(unit == each or unit.startswith(each + "/") for each in units)

    def note(self) -> None:
        """Remember who is covered now as covered once."""
        for membership in self.memberships:
            membership.ever |= self.covered(membership)

    def relationship(self, membership: SetMembership, account: str) -> tuple[str, str]:
        """Return relationshipStatus and relationshipType (§11 row 46)."""
        inside = self.accounts[account].inside
        belongs = inside if membership.is_of_organization else account == membership.holder
        if not membership.is_of_organization and inside:
            belongs = False
        kind = "Organization" if belongs else "Unrelated"
        if account in self.covered(membership):
            return "Associated", kind
        return "Disassociated" if account in membership.ever else "Unassociated", kind

    def active_membership(self, holder: str) -> SetMembership | None:
        """Return the Active membership of the holder's customer (§11 row 6)."""
        inside = self.standing(holder).inside
        for each in self.memberships:
            same = each.is_of_organization if inside else each.holder == holder
            if each.status == "Active" and same and each.is_of_organization == inside:
                return each
        return None

    def refusals_of_create(self, holder: str, *, whole: bool) -> set[str]:
        """Return the exceptions of which CreateMembership must raise one; none: it must work."""
        found = set()
        standing = self.standing(holder)
        if not standing.service_on:
            found.add("SecurityIncidentResponseNotActiveException")
        if not standing.inside and whole:
            found.add("ResourceNotFoundException")
        if standing.inside and (holder not in {MANAGEMENT, self.administrator} or not self.trusted):
            found.add("AccessDeniedException")
        if self.active_membership(holder) is not None:
            found.add("ConflictException")
        return found

    def refusals_of_undo(self, membership: SetMembership) -> set[str]:
        """Return the exceptions of which an undo must raise one (§11 rows 7 and 42)."""
        if membership.status == "Active":
            return set()
        if membership.status == "Terminated":
            return {"ConflictException"}
        if self.standing(membership.holder).inside != membership.is_of_organization:
            return {"ConflictException"}
        return self.refusals_of_create(membership.holder, whole=membership.whole)

    def refusals_of_update(
        self, membership: SetMembership, update: Update, *, undo: bool
    ) -> set[str]:
        """Return the exceptions of which an update of the accounts must raise one (§11 row 20)."""
        found = self.refusals_of_undo(membership) if undo else set()
        if membership.status != "Active" and not undo:
            found.add("ConflictException")
        whole = membership.whole if update.whole is None else update.whole
        if update.to_add & update.to_remove or (whole and (update.to_add or update.to_remove)):
            found.add("ValidationException")
        named = update.to_add | update.to_remove
        if named - self.units or (not membership.is_of_organization and (whole or named)):
            found.add("ResourceNotFoundException")
        return found

    def update(self, membership: SetMembership, update: Update) -> None:
        """Change what the membership covers (§11 rows 20 and 32)."""
        if update.whole is not None and update.whole != membership.whole:
            membership.whole = update.whole
            membership.units.clear()
            membership.named = set() if membership.whole else {membership.holder}
        membership.units |= update.to_add
        membership.units -= update.to_remove

    def has_faults(self, draft: OrganizationModel) -> bool:
        """Return whether a directory like `draft` must be refused."""
        management = draft.accounts[MANAGEMENT]
        if not management.inside or management.status != "ACTIVE":
            return True
        administrator = draft.administrator
        if administrator is not None:
            standing = draft.standing(administrator)
            is_new = administrator != self.administrator
            suspended = standing.status != "ACTIVE"
            if administrator == MANAGEMENT or not standing.inside or (is_new and suspended):
                return True
        return any(
            standing.inside
            and not self.standing(account).inside
            and self.active_membership(account) is not None
            for account, standing in draft.accounts.items()
        )

    def become(self, draft: OrganizationModel) -> None:
        """Let the directory be the draft's; with what that does to memberships (§1.6, §6)."""
        for each in self.memberships:
            each.units &= draft.units
            if each.status != "Active" or not each.is_of_organization:
                continue
            loses_holder = (
                each.holder == self.administrator and draft.administrator != self.administrator
            )
            if loses_holder or (self.trusted and not draft.trusted):
                each.status = "Terminated"
        self.accounts, self.units = draft.accounts, draft.units
        self.administrator, self.trusted = draft.administrator, draft.trusted


@dataclass(frozen=True)
class Update:
    """A membershipAccountsConfigurationsUpdate, with units by path; None: not given."""

    whole: bool | None = None
    to_add: frozenset[str] = frozenset()
    to_remove: frozenset[str] = frozenset()
