"""Virtual MFA devices: what proves, by a code of six digits, that a user is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
DEVICES_OF_A_USER: Final = 8
# Ours: twice as many as all users of an account can have enabled would need.
DEVICES_OF_AN_ACCOUNT: Final = 10_000


class MfaDevice(msgspec.Struct, frozen=True):
    """A device of an account, and the user who has enabled it; the seed is of no use as it is.

    `last_step` is the step of time whose code was taken last: none is taken twice, or later.
    """

    account: str
    device_name: str
    sealed_seed: bytes
    created_at: datetime
    folded_user: str | None = None
    enabled_at: datetime | None = None
    last_step: int = 0

    @property
    def serial_number(self) -> str:
        """By what it is named: its ARN."""
        return serial_number(self.account, self.device_name)

    def takes(self, step: int | None) -> bool:
        """Whether the code of that step may be taken: newer than any that was."""
        return step is not None and step > self.last_step


def serial_number(account: str, device_name: str) -> str:
    """Return the ARN of an account's device; `*` makes the pattern of all."""
    return f"arn:aws:iam::{account}:mfa/{device_name}"


def device_name(account: str, serial: str) -> str | None:
    """Return the name of the account's device that a serial number names, None for no such ARN."""
    prefix = serial_number(account, "")
    return serial.removeprefix(prefix) if serial.startswith(prefix) else None
