"""Accounts and the organizations that they belong to, in AWS Organizations' words."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from larum.errors import (
    AccessDeniedException,
    ResourceNotFoundException,
    SecurityIncidentResponseNotActiveException,
)


class AccountStatus(StrEnum):
    """AWS Organizations' states of an account."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class CustomerType(StrEnum):
    """The model's kinds of customer."""

    STANDALONE = "Standalone"
    ORGANIZATION = "Organization"


class Organization(msgspec.Struct, frozen=True):
    """One organization: its ids and who may act for it."""

    organization_id: str
    root_id: str
    management_account: str
    delegated_administrator: str | None = None
    trusted_access: bool = True

    def arn_of(self, kind: str, identifier: str) -> str:
        """Return the ARN of a part of it: `kind` is `account`, `ou` or `root`."""
        return (
            f"arn:aws:organizations::{self.management_account}:{kind}/{self.organization_id}/"
            f"{identifier}"
        )

    @property
    def arn(self) -> str:
        """Its own ARN, as AWS Organizations writes it."""
        owner = self.management_account
        return f"arn:aws:organizations::{owner}:organization/{self.organization_id}"


class Account(msgspec.Struct, frozen=True):
    """One account of this installation; standalone when it is in no organization.

    `unit_id` is the organizational unit that it is in, None directly beneath the root; `service_on`
    says whether the account may use the service at all.
    """

    account: str
    status: AccountStatus = AccountStatus.ACTIVE
    organization: Organization | None = None
    unit_id: str | None = None
    name: str = ""
    email: str = ""
    service_on: bool = True

    @property
    def customer_type(self) -> CustomerType:
        """Whether a membership of this account is an organization's or its own."""
        if self.organization is None:
            return CustomerType.STANDALONE
        return CustomerType.ORGANIZATION

    @property
    def customer(self) -> str:
        """Whom one Active membership is allowed: the organization, or the account itself.

        Source: service-behaviour §11 row 6.
        """
        return self.account if self.organization is None else self.organization.organization_id

    @property
    def is_active(self) -> bool:
        """Whether a rule of coverage can cover it (service-behaviour §11 row 33)."""
        return self.status is AccountStatus.ACTIVE

    def check_service_on(self) -> None:
        """Raise SecurityIncidentResponseNotActiveException where the service is switched off."""
        if not self.service_on:
            message = (
                f"Security incident response is switched off for account {self.account}. "
                "The administrator of this installation can switch it on."
            )
            raise SecurityIncidentResponseNotActiveException(message)

    def check_may_hold_membership(self, *, cover_entire_organization: bool) -> None:
        """Raise unless this account may create a membership with that coverage.

        Raises AccessDeniedException for a plain member account or without trusted access, and
        ResourceNotFoundException where there is no organization to cover (service-behaviour §11
        rows 1, 5 and 44).
        """
        organization = self.organization
        if organization is None:
            if cover_entire_organization:
                message = (
                    f"Account {self.account} is in no organization, so coverEntireOrganization "
                    "cannot be true. Leave it out, or call from the management account."
                )
                raise ResourceNotFoundException(message)
            return
        if self.account not in {
            organization.management_account,
            organization.delegated_administrator,
        }:
            message = (
                f"Account {self.account} is a member of organization "
                f"{organization.organization_id}: its management account or its delegated "
                "administrator creates the membership."
            )
            raise AccessDeniedException(message)
        if not organization.trusted_access:
            message = (
                f"Trusted access is off in organization {organization.organization_id}. Its "
                "management account has to enable it for security-ir.amazonaws.com first."
            )
            raise AccessDeniedException(message)
