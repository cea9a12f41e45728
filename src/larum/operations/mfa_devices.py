"""The operations of the `larum` model on virtual MFA devices, named as IAM names them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain import mfa_devices
from larum.domain.mfa_devices import DEVICES_OF_A_USER, DEVICES_OF_AN_ACCOUNT, MfaDevice
from larum.domain.principals import folded
from larum.errors import (
    AccessDeniedException,
    ConflictException,
    FieldFailure,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)
from larum.operations.principals import account_of, user_of, user_out
from larum.store import mfa_devices as rows
from larum.store import principals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Context

PAGE_SIZE: Final = 25
RESOURCE_TYPE: Final = "MFADevice"
QUOTA: Final = "LARUM-MFA-DEVICES"
_ASSIGNED: Final = {"Assigned": True, "Unassigned": False, "Any": None}
_BOTH: Final = (
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)
_INVALID: Final = "MultiFactorAuthentication failed with invalid MFA one time pass code."


def create_virtual_mfa_device(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add a device that nobody has enabled yet; the only answer that has its seed.

    Raises ResourceNotFoundException, ConflictException and ServiceQuotaExceededException.
    """
    account, name = account_of(context, params), params["virtualMFADeviceName"]
    serial = mfa_devices.serial_number(account, name)
    sealed, seed = context.mfa_codes.new_seed(serial)
    if not rows.insert(context.tx, MfaDevice(account, name, sealed, context.now)):
        message = f"Account {account} has an MFA device of that name."
        raise ConflictException(message, resource_id=serial, resource_type=RESOURCE_TYPE)
    _check_quota(rows.count(context.tx, account), DEVICES_OF_AN_ACCOUNT, account)
    return {"virtualMFADevice": {"serialNumber": serial, "base32StringSeed": seed}}


def enable_mfa_device(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a device to a user, proved by two codes that follow each other.

    Raises ResourceNotFoundException, ConflictException where somebody has it,
    ValidationException for codes that are none, ServiceQuotaExceededException and
    ThrottlingException.
    """
    user, device = user_of(context, params), _device_of(context, params)
    if device.folded_user is not None:
        message = "The MFA device is enabled for a user."
        serial = device.serial_number
        raise ConflictException(message, resource_id=serial, resource_type=RESOURCE_TYPE)
    first, second = (
        context.mfa_codes.step(device, params[name], context.now)
        for name in ("authenticationCode1", "authenticationCode2")
    )
    if first is None or second != first + 1 or not device.takes(first):
        failure = FieldFailure("authenticationCode2", "Member must follow authenticationCode1")
        raise ValidationException.of_fields((failure,))
    rows.enable(context.tx, device, user.user_name, context.now, second)
    count = rows.count_of_user(context.tx, user.account, user.user_name)
    _check_quota(count, DEVICES_OF_A_USER, user.user_name)
    return {}


def deactivate_mfa_device(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a device from its user; raises ResourceNotFoundException where it has not it."""
    user, device = user_of(context, params), _device_of(context, params)
    if device.folded_user != folded(user.user_name):
        raise _no_device()
    rows.deactivate(context.tx, device)
    return {}


def delete_virtual_mfa_device(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a device; raises ResourceNotFoundException, and ConflictException while enabled."""
    device = _device_of(context, params)
    if device.folded_user is not None:
        message = "The MFA device is enabled for a user. Deactivate it first."
        serial = device.serial_number
        raise ConflictException(message, resource_id=serial, resource_type=RESOURCE_TYPE)
    rows.delete(context.tx, device)
    return {}


def list_mfa_devices(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a user's devices by name; raises ResourceNotFoundException."""
    user, limit = user_of(context, params), params.get("maxResults", PAGE_SIZE)
    after = context.cursor or ""
    found = rows.of_user(context.tx, user.account, user.user_name, after, limit + 1)
    devices = [
        {
            "userName": user.user_name,
            "serialNumber": each.serial_number,
            "enableDate": each.enabled_at,
        }
        for each in found[:limit]
    ]
    return {"mfaDevices": devices} | _next(found, limit)


def list_virtual_mfa_devices(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an account's devices by name; raises ResourceNotFoundException."""
    account, limit = account_of(context, params), params.get("maxResults", PAGE_SIZE)
    assigned = _ASSIGNED[params.get("assignmentStatus", "Any")]
    after = context.cursor or ""
    found = rows.page(context.tx, account, after, limit + 1, assigned=assigned)
    devices = [_device_out(context, each) for each in found[:limit]]
    return {"virtualMFADevices": devices} | _next(found, limit)


def given_code(context: Context, params: Mapping[str, Any]) -> bool:
    """Take the MFA code that SerialNumber and TokenCode give; return whether there was one.

    Raises AccessDeniedException for half of it, for a device that is not the caller's, and for a
    code that is wrong or was taken before; ThrottlingException for too many of them.
    """
    serial, code = params.get("SerialNumber"), params.get("TokenCode")
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise AccessDeniedException(_BOTH)
    device = _device_of_caller(context, serial)
    step = None if device is None else context.mfa_codes.step(device, code, context.now)
    if device is None or step is None or not context.mfa_codes.spend(device, step):
        raise AccessDeniedException(_INVALID)
    if not rows.take(context.tx, device, step):
        raise AccessDeniedException(_INVALID)
    return True


def _device_of_caller(context: Context, serial: str) -> MfaDevice | None:
    identity = context.caller.identity
    name = mfa_devices.device_name(identity.account, serial)
    kind, _, user_name = identity.arn.rpartition(":")[2].partition("/")
    if name is None or kind != "user":
        return None
    device = rows.get(context.tx, identity.account, name)
    has_it = device is not None and device.folded_user == folded(user_name)
    return device if has_it else None


def _device_of(context: Context, params: Mapping[str, Any]) -> MfaDevice:
    """Return the device of the account that is meant; raises ResourceNotFoundException."""
    account = account_of(context, params)
    name = mfa_devices.device_name(account, params["serialNumber"])
    device = None if name is None else rows.get(context.tx, account, name)
    if device is None:
        raise _no_device()
    return device


def _no_device() -> ResourceNotFoundException:
    return ResourceNotFoundException("There is no such MFA device.")


def _check_quota(count: int, most: int, whose: str) -> None:
    if count > most:
        raise ServiceQuotaExceededException(
            f"There may be {most:,} MFA devices, and {whose} has them.",
            resource_id=whose,
            resource_type=RESOURCE_TYPE,
            quota_code=QUOTA,
        )


def _next(found: list[MfaDevice], limit: int) -> dict[str, Any]:
    return {"nextToken": found[limit - 1].device_name} if len(found) > limit else {}


def _device_out(context: Context, device: MfaDevice) -> dict[str, Any]:
    output: dict[str, Any] = {"serialNumber": device.serial_number}
    if device.folded_user is not None:
        user = principals.get(context.tx, device.account, device.folded_user)
        output["user"] = None if user is None else user_out(user)
        output["enableDate"] = device.enabled_at
    return output
