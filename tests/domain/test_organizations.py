"""Who may hold a membership, and whose it is (service-behaviour §11 rows 1, 4 to 6 and 44)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from larum.domain.organizations import Account, AccountStatus, CustomerType, Organization
from larum.errors import (
    AccessDeniedException,
    ResourceNotFoundException,
    SecurityIncidentResponseNotActiveException,
)

MANAGEMENT, ADMINISTRATOR, MEMBER = "111111111111", "222222222222", "333333333333"
ORGANIZATION = Organization("o-0123456789", "r-abcd", MANAGEMENT, ADMINISTRATOR)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("account", [MANAGEMENT, ADMINISTRATOR])
def test_two_accounts_of_an_organization_may_hold(account: str, whole: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """The management account and the delegated administrator may, whatever is to be covered."""
    holder = Account(account, organization=ORGANIZATION)
    holder.check_may_hold_membership(cover_entire_organization=whole)
    assert holder.customer == "o-0123456789"
    assert holder.customer_type is CustomerType.ORGANIZATION


@pytest.mark.parametrize("administrator", [ADMINISTRATOR, None])
def test_a_member_may_not_hold(administrator: str | None) -> None:
    """A plain member account is refused and told who could."""
    organization = replace(ORGANIZATION, delegated_administrator=administrator)
    with pytest.raises(AccessDeniedException, match="management account or its delegated"):
        Account(MEMBER, organization=organization).check_may_hold_membership(
            cover_entire_organization=False
        )


@pytest.mark.parametrize("account", [MANAGEMENT, ADMINISTRATOR])
def test_nobody_may_hold_without_trusted_access(account: str) -> None:
    """With trusted access off, both are refused and told what to do."""
    organization = replace(ORGANIZATION, trusted_access=False)
    with pytest.raises(AccessDeniedException, match="Trusted access is off"):
        Account(account, organization=organization).check_may_hold_membership(
            cover_entire_organization=True
        )


def test_a_standalone_account_holds_its_own() -> None:
    """It is its own customer, and there is no organization that it could cover."""
    alone = Account(MEMBER)
    alone.check_may_hold_membership(cover_entire_organization=False)
    assert (alone.customer, alone.customer_type) == (MEMBER, CustomerType.STANDALONE)
    with pytest.raises(ResourceNotFoundException, match="in no organization"):
        alone.check_may_hold_membership(cover_entire_organization=True)


def test_service_can_be_switched_off() -> None:
    """An account for which the service is off is told so, and who can switch it on."""
    Account(MEMBER).check_service_on()
    with pytest.raises(SecurityIncidentResponseNotActiveException, match="administrator"):
        Account(MEMBER, service_on=False).check_service_on()


@pytest.mark.parametrize("status", AccountStatus)
def test_only_active_accounts_count(status: AccountStatus) -> None:
    """SUSPENDED and CLOSED accounts are covered by nothing."""
    assert Account(MEMBER, status).is_active is (status == "ACTIVE")
