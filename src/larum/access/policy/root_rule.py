"""Root may do everything in its own account: the rule that holds before any policy is looked at.

The administrator account's root may also do everything of the `larum` model, and nobody else
anything: policies of other principals are not asked yet (docs/decisions/0008). `decide` is where
`evaluate.decide` will be asked; callers depend on `authorize` alone.

Texts: reliability-and-security §5.3.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from larum.access.policy.outcomes import Outcome
from larum.errors import AccessDeniedException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.context import Caller

_NO_TAGS: Mapping[str, str] = MappingProxyType({})


class PolicySettings(msgspec.Struct, frozen=True):
    """What the decision needs to know about the instance; None: no account administers it."""

    administrator_account: str | None = None


_NO_ADMINISTRATOR = PolicySettings()


class Question(msgspec.Struct, frozen=True):
    """What is asked: `action` (`security-ir:GetCase`) on `resource` (an ARN, or `*`).

    The tags are those of the request and those of the resource as the transaction sees them.
    """

    action: str
    resource: str
    request_tags: Mapping[str, str] = _NO_TAGS
    resource_tags: Mapping[str, str] = _NO_TAGS


def decide(caller: Caller, question: Question, settings: PolicySettings) -> Outcome:
    """Return whether `caller` may do what `question` asks."""
    if not caller.principal.is_root:
        return Outcome.IMPLICIT_DENY
    service = question.action.partition(":")[0]
    if service == "larum":
        allowed = caller.account == settings.administrator_account
    else:
        allowed = service == "security-ir" and _is_own(question.resource, caller.account)
    return Outcome.ALLOW if allowed else Outcome.IMPLICIT_DENY


def _is_own(resource: str, account: str) -> bool:
    if resource == "*":
        return True
    parts = resource.split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and parts[4] == account  # noqa: PLR2004 - an ARN


def authorize(
    caller: Caller,
    *,
    action: str,
    resource: str,
    request_tags: Mapping[str, str] = _NO_TAGS,
    resource_tags: Mapping[str, str] = _NO_TAGS,
    settings: PolicySettings = _NO_ADMINISTRATOR,
) -> None:
    """Return if `caller` may do `action` on `resource`; both as in `Question`.

    Raises:
        AccessDeniedException: it may not.

    """
    question = Question(action, resource, request_tags, resource_tags)
    decision = decide(caller, question, settings)
    if decision is not Outcome.ALLOW:
        raise access_denied(caller, action=action, resource=resource, decision=decision)


def access_denied(
    caller: Caller,
    *,
    action: str,
    resource: str,
    decision: Outcome = Outcome.IMPLICIT_DENY,
) -> AccessDeniedException:
    """Return AWS's refusal, which tells nothing that the caller did not say itself."""
    return AccessDeniedException.of(
        caller.principal.arn, action, resource, explicit=decision is Outcome.EXPLICIT_DENY
    )
