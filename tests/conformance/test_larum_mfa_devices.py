"""Virtual MFA devices: made with a seed that is told once, enabled by two codes, and ended."""

from __future__ import annotations

import time
from base64 import b32decode
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import larum
from larum.access import totp
from larum.domain import mfa_devices
from tests.conformance import page
from tests.conformance.larum_clients import larum_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.larum_clients import LarumClient


def made(administrator: LarumClient, account: str, name: str = "phone") -> tuple[str, bytes]:
    """Return serial number and seed of a new device."""
    device = administrator.create_virtual_mfa_device(accountId=account, virtualMFADeviceName=name)
    told = device["virtualMFADevice"]
    return told["serialNumber"], b32decode(told["base32StringSeed"])


def codes(seed: bytes, first: int = -1, second: int = 0) -> dict[str, str]:
    """Return the codes of two steps of time, counted from now."""
    step = int(time.time()) // totp.STEP_SECONDS
    return {
        "authenticationCode1": totp.code(seed, step + first),
        "authenticationCode2": totp.code(seed, step + second),
    }


def user(administrator: LarumClient, account: str, name: str = "ann") -> dict[str, Any]:
    """Add a user; return the members that name it."""
    administrator.create_user(accountId=account, userName=name)
    return {"accountId": account, "userName": name}


def refusal(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    """Return what a refused call tells, its code among it."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    return page.refusal_of(caught.value) | {"Code": caught.value.response["Error"]["Code"]}


def test_a_device_is_made_enabled_listed_and_ended(
    administrator: LarumClient, account: str
) -> None:
    """It is told as IAM tells it, its seed once, and each step undoes the one before."""
    named = user(administrator, account)
    serial, seed = made(administrator, account)
    assert serial == f"arn:aws:iam::{account}:mfa/phone"
    assert len(seed) == totp.SEED_BYTES
    free = administrator.list_virtual_mfa_devices(accountId=account)["virtualMFADevices"]
    assert free == [{"serialNumber": serial}]
    administrator.enable_mfa_device(**named, serialNumber=serial, **codes(seed))
    (mine,) = administrator.list_mfa_devices(**named)["mfaDevices"]
    assert (mine["userName"], mine["serialNumber"]) == ("ann", serial)
    (device,) = administrator.list_virtual_mfa_devices(accountId=account)["virtualMFADevices"]
    assert device["user"]["arn"] == f"arn:aws:iam::{account}:user/ann"
    assert device["enableDate"] == mine["enableDate"]
    error = refusal(administrator.delete_user, **named)
    assert error["Code"] == "ConflictException"
    error = refusal(administrator.delete_virtual_mfa_device, accountId=account, serialNumber=serial)
    assert error["Code"] == "ConflictException"
    administrator.deactivate_mfa_device(**named, serialNumber=serial)
    assert administrator.list_mfa_devices(**named)["mfaDevices"] == []
    administrator.delete_virtual_mfa_device(accountId=account, serialNumber=serial)
    assert administrator.list_virtual_mfa_devices(accountId=account)["virtualMFADevices"] == []
    administrator.delete_user(**named)


def test_pages_and_who_is_assigned(administrator: LarumClient, account: str) -> None:
    """Devices come by name in pages, all of them, or those with or without a user."""
    named = user(administrator, account)
    for name in ("b", "a", "C"):
        serial, seed = made(administrator, account, name)
    administrator.enable_mfa_device(**named, serialNumber=serial, **codes(seed))
    for status, expected in (("Any", "Cab"), ("Assigned", "C"), ("Unassigned", "ab")):
        pages = administrator.get_paginator("list_virtual_mfa_devices").paginate(
            accountId=account, assignmentStatus=status, PaginationConfig={"PageSize": 2}
        )
        found = [each for page in pages for each in page["virtualMFADevices"]]
        assert [each["serialNumber"][-1] for each in found] == list(expected)


def test_two_codes_that_follow_each_other(administrator: LarumClient, account: str) -> None:
    """The same one twice, the wrong order, a wrong one: refused; the device stays free."""
    named = user(administrator, account)
    serial, seed = made(administrator, account)
    for pair in (codes(seed, 0, 0), codes(seed, 0, -1)):
        error = refusal(administrator.enable_mfa_device, **named, serialNumber=serial, **pair)
        assert error["Code"] == "ValidationException"
    administrator.enable_mfa_device(**named, serialNumber=serial, **codes(seed))
    other = user(administrator, account, "bob")
    error = refusal(administrator.enable_mfa_device, **other, serialNumber=serial, **codes(seed))
    assert error["Code"] == "ConflictException"
    error = refusal(administrator.deactivate_mfa_device, **other, serialNumber=serial)
    assert error["Code"] == "ResourceNotFoundException"


def test_codes_of_before_are_not_taken_again(administrator: LarumClient, account: str) -> None:
    """A device that was taken away does not come back by the codes that enabled it."""
    named = user(administrator, account)
    serial, seed = made(administrator, account)
    pair = codes(seed)
    administrator.enable_mfa_device(**named, serialNumber=serial, **pair)
    administrator.deactivate_mfa_device(**named, serialNumber=serial)
    error = refusal(administrator.enable_mfa_device, **named, serialNumber=serial, **pair)
    assert error["Code"] == "ValidationException"


def test_what_is_not_there(administrator: LarumClient, account: str, stranger: str) -> None:
    """Unknown devices, users and accounts are not found, another account's device included."""
    named = user(administrator, account)
    serial, seed = made(administrator, account)
    others = serial.replace(account, stranger)
    for number in (others, serial + "x", "arn:aws:iam::1:mfa"):
        for call, more in (
            (administrator.enable_mfa_device, named | codes(seed)),
            (administrator.deactivate_mfa_device, named),
            (administrator.delete_virtual_mfa_device, {"accountId": account}),
        ):
            error = refusal(call, **more, serialNumber=number)
            assert error["Code"] == "ResourceNotFoundException"
    error = refusal(administrator.list_mfa_devices, accountId=account, userName="nobody")
    assert error["Code"] == "ResourceNotFoundException"
    error = refusal(
        administrator.create_virtual_mfa_device, accountId=account, virtualMFADeviceName="phone"
    )
    assert error["Code"] == "ConflictException"


def test_faults_are_told_by_member(administrator: LarumClient, account: str) -> None:
    """Every member that breaks its constraint is named, and no code is repeated."""
    params = {
        "accountId": account,
        "userName": "a b",
        "serialNumber": "x",
        "authenticationCode1": "12345",
        "authenticationCode2": "12345x",
    }
    told = refusal(administrator.enable_mfa_device, **params)["fieldList"]
    assert {each["name"] for each in told} == {
        "userName", "serialNumber", "authenticationCode1", "authenticationCode2"
    }  # fmt: skip
    assert "12345x" not in str(told)


def test_a_seed_is_kept_sealed() -> None:
    """Neither the seed nor its base32 lies in the store or in the audit."""
    with larum.Service() as service:
        client = larum_client(service)
        told = client.create_virtual_mfa_device(virtualMFADeviceName="phone")["virtualMFADevice"]
        client.close()
        seed = told["base32StringSeed"]
        rows = service.engine.read(
            lambda tx: (
                tx.rows("SELECT sealed_seed FROM mfa_devices", {}),
                tx.rows("SELECT record FROM audit_records", {}),
            )
        )
    ((sealed,),), records = rows
    assert b32decode(seed) not in bytes(sealed)
    assert records
    assert seed not in str(records)


def test_devices_have_a_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many for a user is refused, and is not enabled."""
    monkeypatch.setattr("larum.operations.mfa_devices.DEVICES_OF_A_USER", 1)
    monkeypatch.setattr("larum.operations.mfa_devices.DEVICES_OF_AN_ACCOUNT", 2)
    with larum.Service() as service:
        client = larum_client(service)
        client.create_user(userName="ann")
        for name in ("one", "two"):
            told = client.create_virtual_mfa_device(virtualMFADeviceName=name)["virtualMFADevice"]
            enabling = {
                "userName": "ann",
                "serialNumber": told["serialNumber"],
                **codes(b32decode(told["base32StringSeed"])),
            }
            if name == "one":
                client.enable_mfa_device(**enabling)
        error = refusal(client.enable_mfa_device, **enabling)
        assert error["Code"] == "ServiceQuotaExceededException"
        assert len(client.list_mfa_devices(userName="ann")["mfaDevices"]) == 1
        error = refusal(client.create_virtual_mfa_device, virtualMFADeviceName="three")
        assert error["Code"] == "ServiceQuotaExceededException"
        client.close()
    assert mfa_devices.DEVICES_OF_A_USER == 8
