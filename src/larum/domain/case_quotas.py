"""How many cases a membership may have: the published quotas (service-behaviour §3.1).

An administrator changes the numbers for the whole installation (docs/directory.md).
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from larum.errors import ServiceQuotaExceededException

if TYPE_CHECKING:
    from collections.abc import Mapping


class CaseQuota(StrEnum):
    """What is limited; spelled as in the file of `larum apply`."""

    ACTIVE_SELF_MANAGED = "active-self-managed-cases"
    ACTIVE_SERVICE_MANAGED = "active-service-managed-cases"
    SERVICE_MANAGED_PER_DAY = "service-managed-cases-per-day"


class Quota(msgspec.Struct, frozen=True):
    """A quota's code, its number unless an administrator sets another one, and its words."""

    code: str
    default: int
    words: str


# https://docs.aws.amazon.com/general/latest/gr/securityir.html
QUOTAS: Final[Mapping[CaseQuota, Quota]] = {
    CaseQuota.ACTIVE_SELF_MANAGED: Quota("L-87F7FF63", 100, "active self-managed cases"),
    CaseQuota.ACTIVE_SERVICE_MANAGED: Quota("L-A44E2290", 50, "active AWS-supported cases"),
    CaseQuota.SERVICE_MANAGED_PER_DAY: Quota(
        "L-5052B1EE", 50, "AWS-supported cases created in the last day"
    ),
}
LAST_DAY: Final = timedelta(days=1)


def exceeded(quota: CaseQuota, account: str, most: int) -> ServiceQuotaExceededException:
    """Return the refusal of one more case of `account`, which may have `most` and has them.

    Source of its members: service-behaviour §11 row 23.
    """
    found = QUOTAS[quota]
    return ServiceQuotaExceededException(
        f"Account {account} may have {most} {found.words} in this Region and has them.",
        resource_id=account,
        resource_type="Case",
        quota_code=found.code,
    )
