"""What a principal would be allowed, asked beforehand, in the words of IAM's policy simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.domain.principals import Principal


class Simulation(msgspec.Struct, frozen=True):
    """Whether `principal` might do each of `actions` to each of `resources`.

    `entries` are the values of condition keys, by names in lower case; `policies` are documents
    that count as if they were attached to it as well.
    """

    principal: Principal
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    entries: Mapping[str, tuple[str, ...]]
    policies: tuple[str, ...]


class Simulated(msgspec.Struct, frozen=True):
    """The decision about one action and one resource, with what an administrator may know of it.

    `outcome` is `Allow`, `ImplicitDeny` or `ExplicitDeny`; `policy` and `statement` are empty where
    nothing matched; `missing` are condition keys that were asked for and had no value.
    """

    action: str
    resource: str
    outcome: str
    layer: str
    policy: str
    statement: str
    reason: str
    missing: tuple[str, ...]
