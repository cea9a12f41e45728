"""Accounts and the organizations that they belong to, in AWS Organizations' words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from larum.errors import AccessDeniedException, ResourceNotFoundException


class AccountStatus(StrEnum):
    """AWS Organizations' states of an account."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class CustomerType(StrEnum):
    """The model's kinds of customer."""

    STANDALONE = "Standalone"
    ORGANIZATION = "Organization"


@dataclass(frozen=True, slots=True)
class Account:
    """One account of this installation; standalone when it is in no organization."""

    account: str
    status: AccountStatus
    organization_id: str | None
    management_account: str | None

    @classmethod
    def standalone(cls, account: str) -> Account:
        """Return the account that an undeclared 12-digit id is (service-behaviour §11 row 36)."""
        return cls(account, AccountStatus.ACTIVE, None, None)

    @property
    def customer_type(self) -> CustomerType:
        """Whether a membership of this account is an organization's or its own."""
        if self.organization_id is None:
            return CustomerType.STANDALONE
        return CustomerType.ORGANIZATION

    @property
    def customer(self) -> str:
        """Whom one Active membership is allowed: the organization, or the account itself.

        Source: service-behaviour §11 row 6.
        """
        return self.organization_id or self.account

    def check_may_hold_membership(self, *, cover_entire_organization: bool) -> None:
        """Raise unless this account may create a membership with that coverage.

        Raises AccessDeniedException for a plain member account and ResourceNotFoundException where
        there is no organization to cover (service-behaviour §11 rows 1 and 5).
        """
        if self.organization_id is None:
            if cover_entire_organization:
                message = (
                    f"Account {self.account} is in no organization, so coverEntireOrganization "
                    "cannot be true. Leave it out, or call from the management account."
                )
                raise ResourceNotFoundException(message)
            return
        if self.account != self.management_account:
            message = (
                f"Account {self.account} is a member of organization {self.organization_id}: "
                "its management account creates the membership."
            )
            raise AccessDeniedException(message)
