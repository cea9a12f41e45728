"""The sessions of one request: may the caller assume the role, and the credentials if so.

    trust policy of the role ──┐
    caller's own policies ─────┴─> may assume ──> Session ──> sealed session token

In one account, a trust policy that names the caller is enough; one that names the account leaves
it to the caller's own policies, and across accounts both must allow. A Deny anywhere denies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-cross-account.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.access.policy import document, evaluate
from larum.access.policy.document import PolicyRefused
from larum.access.policy.evaluate import Layer, NamedPolicy, Question
from larum.access.policy.managed import MANAGED
from larum.access.policy.outcomes import Outcome
from larum.domain.policies import PolicyKind
from larum.errors import (
    AccessDeniedException,
    MalformedPolicyDocumentException,
    PackedPolicyTooLargeException,
)
from larum.operations.sessions import not_authorized
from larum.store import effective_policies, policies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.access.policy.evaluate import Decision
    from larum.access.policy.keys import Keys
    from larum.access.session_tokens import SessionTokens
    from larum.calls import Call
    from larum.context import Caller
    from larum.domain.principals import Principal
    from larum.domain.roles import Role
    from larum.domain.sessions import Session, SessionKey
    from larum.permissions import Permissions
    from larum.store.engine import Transaction

# Bytes that policies and tags may have in a token, packed: AWS keeps its own figure to itself.
PACKED: Final = 2_048
ROOT: Final = "Roles may not be assumed by root accounts."


class RoleSessions(msgspec.Struct, frozen=True):
    """Makes the sessions that one call asks for, as its transaction sees roles and policies."""

    tokens: SessionTokens
    permissions: Permissions
    call: Call
    tx: Transaction

    def check_trust(self, role: Role, params: Mapping[str, Any], *, multi_factor: bool) -> None:
        """Return if the caller may assume `role` as `params` (of AssumeRole) ask.

        Raises AccessDeniedException, with the Decision that an administrator may see.
        """
        caller = self.call.caller
        if caller.principal.is_root:
            raise AccessDeniedException(ROOT)
        more = _keys(params, multi_factor=multi_factor)
        more |= _tags("aws:resourcetag", self._tags_of(role.principal))
        for action in ("sts:AssumeRole", "sts:TagSession")[: 2 if params.get("Tags") else 1]:
            decision = self._decide(role, action, more)
            if not decision.allowed:
                error = not_authorized(caller.principal, role.principal.arn)
                error.decision = decision
                raise error

    def check_policy(self, text: str) -> None:
        """Return if `text` is a session policy that is understood whole.

        Raises MalformedPolicyDocumentException, with every fault and its place.
        """
        try:
            document.parse(text)
        except PolicyRefused as error:
            raise MalformedPolicyDocumentException(str(error)) from error

    def has_policy(self, policy_arn: str) -> bool:
        """Return whether there is a managed policy of that ARN."""
        return policy_arn in MANAGED or policies.get(self.tx, policy_arn) is not None

    def packed_percentage(self, session: Session) -> int:
        """Return how full policies and tags make a session, 100 at most.

        Raises PackedPolicyTooLargeException where they do not fit.
        """
        percentage = -(-100 * self.tokens.packed_size(session) // PACKED)
        if percentage > 100:  # noqa: PLR2004 - that is full
            raise PackedPolicyTooLargeException(
                f"Packed size of session policies and tags consumes {percentage}% of allotted "
                "space."
            )
        return percentage

    def issue(self, session: Session) -> SessionKey:
        """Return credentials of the session."""
        return self.tokens.issue(session)

    def _decide(self, role: Role, action: str, more: Keys) -> Decision:
        caller, resource = self.call.caller, role.principal.arn
        own = self.permissions.decide(self.call, action, resource, self.tx, more)
        if own.outcome is Outcome.EXPLICIT_DENY:
            return own
        asked = self.permissions.keys_of(self.call, self.tx, more)
        named = names_of(caller)
        account = frozenset({f"AWS:arn:aws:iam::{caller.account}:root"})
        trust = NamedPolicy(resource, document.parse(role.trust_policy, PolicyKind.TRUST))
        trusted = evaluate.decide_trust(Question(action, resource, asked, named | account), trust)
        if not trusted.allowed or own.allowed:
            return trusted
        by_name = evaluate.decide_trust(Question(action, resource, asked, named), trust)
        # What bounds the caller still bounds it: only the Allow of its own policies is not needed.
        enough = caller.account == role.account and own.layer is Layer.IDENTITY
        return by_name if by_name.allowed and enough else own

    def _tags_of(self, principal: Principal) -> Mapping[str, str]:
        found = effective_policies.holder(self.tx, principal)
        return {} if found is None else found.tags


def names_of(caller: Caller) -> frozenset[str]:
    """Return the names by which a trust policy can mean `caller` alone: itself, and its role."""
    return frozenset({f"AWS:{caller.principal.arn}", f"AWS:{caller.identity.arn}"})


def _keys(params: Mapping[str, Any], *, multi_factor: bool) -> Keys:
    """Return the condition keys that AssumeRole has beside those of every request."""
    given = {each["Key"]: each["Value"] for each in params.get("Tags", ())}
    found: Keys = {
        "sts:rolesessionname": (params["RoleSessionName"],),
        "sts:externalid": tuple(params[name] for name in ("ExternalId",) if name in params),
        "sts:transitivetagkeys": tuple(params.get("TransitiveTagKeys", ())),
        "aws:tagkeys": tuple(sorted(given)),
        "aws:multifactorauthpresent": ("true",) if multi_factor else (),
    }
    return {key: each for key, each in found.items() if each} | _tags("aws:requesttag", given)


def _tags(prefix: str, tags: Mapping[str, str]) -> Keys:
    return {f"{prefix}/{key}".lower(): (value,) for key, value in tags.items()}
