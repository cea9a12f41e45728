"""The verbs of `larum iam` on virtual MFA devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.verbs import Verb, facts, sentence, table

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN_ONCE: Final = "Keep the seed now: it can never be read again."


def _warn_of_seed(_given: Mapping[str, Any], _answer: Mapping[str, Any]) -> None:
    click.echo(SHOWN_ONCE, err=True)


VERBS: Final = (
    Verb(
        "create-virtual-mfa-device",
        "CreateVirtualMFADevice",
        "Make an MFA device for an authenticator app; its seed is shown this once.",
        facts("virtualMFADevice", ("device", "serialNumber"), ("seed", "base32StringSeed")),
        always=_warn_of_seed,
    ),
    Verb(
        "enable-mfa-device",
        "EnableMFADevice",
        "Give a device to a user, proved by two codes that follow each other.",
        sentence("{userName} has {serialNumber}."),
    ),
    Verb(
        "list-mfa-devices",
        "ListMFADevices",
        "List the MFA devices of a user.",
        table("mfaDevices", ("DEVICE", "serialNumber"), ("ENABLED", "enableDate")),
    ),
    Verb(
        "list-virtual-mfa-devices",
        "ListVirtualMFADevices",
        "List the MFA devices of an account, and who has them.",
        table(
            "virtualMFADevices",
            ("DEVICE", "serialNumber"),
            ("USER", "user.userName"),
            ("ENABLED", "enableDate"),
        ),
    ),
    Verb(
        "deactivate-mfa-device",
        "DeactivateMFADevice",
        "Take a device from its user.",
        sentence("{userName} has {serialNumber} no more."),
    ),
    Verb(
        "delete-virtual-mfa-device",
        "DeleteVirtualMFADevice",
        "Delete a device that nobody has.",
        sentence("{serialNumber} is deleted."),
    ),
)
