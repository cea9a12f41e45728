"""Temporary credentials: who signs with them, whose policies count, and until when."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from larum.domain.principals import Principal

NO_TAGS: Mapping[str, str] = MappingProxyType({})


class Session(msgspec.Struct, frozen=True):
    """A session of a role, or of a user (GetSessionToken); times are UTC.

    `principal` is who signs (`arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME`, or the user),
    `identity` the role or user whose policies count, `identity_id` its unique id: another one of
    the same name is somebody else. `policies` are the session policies' documents, None where there
    are none; `multi_factor` is whether an MFA code was given when it was made.
    """

    principal: Principal
    identity: Principal
    identity_id: str
    issued_at: datetime
    expires_at: datetime
    multi_factor: bool
    policies: tuple[str, ...] | None = None
    tags: Mapping[str, str] = NO_TAGS
