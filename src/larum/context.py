"""What an operation knows beside its parameters: complete at birth, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larum.domain.principals import Principal


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request and for which Region: the verifier's only product.

    Authorization takes nothing else about the caller, so a claim that was not verified cannot reach
    it (reliability-and-security §4.1 rule 13).
    """

    principal: Principal
    access_key_id: str
    region: str

    @property
    def account(self) -> str:
        """The twelve digits of the calling account: the tenant."""
        return self.principal.account
