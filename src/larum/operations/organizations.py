"""The organization itself and who acts for it: operations named as those of AWS Organizations.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.directory import NO_ADMINISTRATOR, Plan
from larum.errors import ConflictException, FieldFailure, ValidationException
from larum.operations.directory_changes import apply_plan, organization_of
from larum.operations.organization_tree import account_out, member_of, page_of
from larum.operations.organizational_units import CONTROL_POLICIES
from larum.store import accounts

if TYPE_CHECKING:
    from larum.context import Context

SERVICE_PRINCIPAL: Final = "security-ir.amazonaws.com"


def describe_organization(context: Context, _params: dict[str, Any]) -> dict[str, Any]:
    """Return the organization; raises ResourceNotFoundException."""
    organization = organization_of(context)
    management_account = organization.management_account
    told = {
        "id": organization.organization_id,
        "arn": organization.arn,
        "featureSet": "ALL",
        "masterAccountArn": organization.arn_of("account", management_account),
        "masterAccountId": management_account,
        "availablePolicyTypes": [CONTROL_POLICIES],
    }
    management = accounts.get(context.tx, management_account)
    if management is not None and management.email:
        told["masterAccountEmail"] = management.email
    return {"organization": told}


def register_delegated_administrator(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let an ACTIVE account of the organization hold its membership too; once is enough.

    Raises ResourceNotFoundException, ConflictException while another account is registered, and
    ValidationException for the management account or one that is not ACTIVE.
    """
    organization = organization_of(context)
    account = member_of(context, organization, params["accountId"])
    named = organization.delegated_administrator
    if named == account.account:
        return {}
    if account.account == organization.management_account:
        raise _not("must not be the management account")
    if not account.is_active:
        raise _not(f"must be ACTIVE; {account.account} is not")
    if named is not None:
        message = f"Account {named} is the delegated administrator. Deregister it first."
        raise ConflictException(message, resource_id=named, resource_type="Account")
    apply_plan(context, organization, {}, Plan(delegated_administrator=account.account))
    return {}


def deregister_delegated_administrator(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let an account no longer be the delegated administrator; one that is not is no change.

    A membership that it holds is Terminated. Raises ResourceNotFoundException.
    """
    organization = organization_of(context)
    account = member_of(context, organization, params["accountId"])
    if organization.delegated_administrator == account.account:
        apply_plan(context, organization, {}, Plan(delegated_administrator=NO_ADMINISTRATOR))
    return {}


def list_delegated_administrators(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return the delegated administrator, if there is one."""
    organization = organization_of(context)
    named = organization.delegated_administrator
    found = None if named is None else accounts.get(context.tx, named)
    told = [] if found is None else [account_out(organization, found)]
    return page_of(context, params, "delegatedAdministrators", told)


def enable_aws_service_access(context: Context, _params: dict[str, Any]) -> dict[str, Any]:
    """Let the service act in the organization; once is enough."""
    return _trust(context, trusted=True)


def disable_aws_service_access(context: Context, _params: dict[str, Any]) -> dict[str, Any]:
    """Let the service act no longer: the organization's membership is Terminated."""
    return _trust(context, trusted=False)


def list_aws_service_access_for_organization(
    context: Context, _params: dict[str, Any]
) -> dict[str, Any]:
    """Return the service, if it may act in the organization."""
    trusted = organization_of(context).trusted_access
    return {
        "enabledServicePrincipals": [{"servicePrincipal": SERVICE_PRINCIPAL}] if trusted else []
    }


def _trust(context: Context, *, trusted: bool) -> dict[str, Any]:
    organization = organization_of(context)
    if organization.trusted_access != trusted:
        apply_plan(context, organization, {}, Plan(trusted_access=trusted))
    return {}


def _not(message: str) -> ValidationException:
    return ValidationException.of_fields((FieldFailure("accountId", f"Member {message}"),))
