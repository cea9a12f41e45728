"""Temporary credentials: who signs with them, whose policies count, and until when.

Rules of durations:
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and API_GetSessionToken.html
"""

from __future__ import annotations

import re
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from larum.domain.principals import Principal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from larum.domain.principals import AccessKey

NO_TAGS: Mapping[str, str] = MappingProxyType({})
TAGS_OF_A_SESSION: Final = 50

ROLE_DEFAULT: Final = timedelta(hours=1)
# A session that was made by a session of a role lasts an hour at most.
CHAINED_LONGEST: Final = timedelta(hours=1)
_ROLE_ARN: Final = re.compile(r"arn:aws:iam::([0-9]{12}):role/([A-Za-z0-9+=,.@_-]{1,64})")
USER_DEFAULT: Final = timedelta(hours=12)
ROOT_LONGEST: Final = timedelta(hours=1)


class Session(msgspec.Struct, frozen=True):
    """A session of a role, or of a user (GetSessionToken); times are UTC.

    `principal` is who signs (`arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME`, or the user),
    `identity` the role or user whose policies count, `identity_id` its unique id: another one of
    the same name is somebody else. `policies` are the session policies' documents, None where there
    are none; `policy_arns` name those that were given by their ARN, and are looked up for each
    request. `multi_factor` is whether an MFA code was given when it was made. Of `tags`, those with
    `transitive_keys` go on to the sessions that this one makes.
    """

    principal: Principal
    identity: Principal
    identity_id: str
    issued_at: datetime
    expires_at: datetime
    multi_factor: bool
    policies: tuple[str, ...] | None = None
    tags: Mapping[str, str] = NO_TAGS
    policy_arns: tuple[str, ...] = ()
    transitive_keys: frozenset[str] = frozenset()

    @property
    def is_of_role(self) -> bool:
        """Whether a role was assumed; otherwise a user or root asked for it."""
        return self.principal != self.identity

    @property
    def name(self) -> str:
        """What a role's session was called; empty for a user's."""
        return self.principal.arn.rpartition("/")[2] if self.is_of_role else ""

    def has_expired(self, now: datetime) -> bool:
        """Whether it has come to its end at `now`: the moment itself is over already."""
        return now >= self.expires_at


class SessionKey(msgspec.Struct, frozen=True):
    """The credentials of a session; `token` goes with each request that the key signs."""

    access_key: AccessKey
    token: str
    session: Session

    def __repr__(self) -> str:
        """Leave the secret and the token out."""
        return f"SessionKey({self.access_key!r})"


def assumed_role(account: str, role_name: str, session_name: str) -> Principal:
    """Return who signs in a session of a role."""
    return Principal(account, f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}")


def role_named(arn: str) -> tuple[str, str] | None:
    """Return the account and the name of the role that `arn` is of; None for no such ARN."""
    found = _ROLE_ARN.fullmatch(arn)
    return None if found is None else (found[1], found[2])


def inherited_tags(session: Session | None) -> dict[str, str]:
    """Return the tags that a caller's session hands on to those that it makes."""
    tags = {} if session is None else session.tags
    handed_on = frozenset() if session is None else session.transitive_keys
    return {key: value for key, value in tags.items() if key.lower() in handed_on}
