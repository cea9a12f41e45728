"""The decision: an explicit Deny anywhere, else an Allow in every layer that is present.

    service control policies (each level)  ∩  permissions boundary  ∩  session  ∩  identity

Within a layer the policies add up. What nobody allows is denied. Pure: the question holds all that
the answer depends on. Rules: reliability-and-security §5.1 and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from larum.access.policy.index import index_of, is_about
from larum.access.policy.outcomes import Outcome
from larum.access.policy.wildcards import MANY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from larum.access.policy.document import Policy, Statement
    from larum.access.policy.index import Index


class Layer(StrEnum):
    """Where a policy stands; in the order in which a missing Allow is told."""

    CONTROL = "service control policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    IDENTITY = "identity-based policy"
    TRUST = "role trust policy"
    REACH = "rule of accounts"  # reach.py: no policy is asked


class NamedPolicy(msgspec.Struct, frozen=True):
    """A policy and the name or ARN by which an administrator knows it."""

    name: str
    policy: Policy


class Policies(msgspec.Struct, frozen=True):
    """All that applies to a principal. None: the layer is absent; (): present, allowing nothing.

    `identity` are those of a user and its groups, or of a role. `control` has one tuple for each
    level of the organization, from the root to the account; each level must allow. `indexes` keeps
    what was found out about their statements.
    """

    identity: tuple[NamedPolicy, ...] = ()
    boundary: tuple[NamedPolicy, ...] | None = None
    session: tuple[NamedPolicy, ...] | None = None
    control: tuple[tuple[NamedPolicy, ...], ...] = ()
    indexes: dict[tuple[str, int, str], Index] = msgspec.field(default_factory=dict)

    def layers(self) -> Iterator[tuple[Layer, tuple[NamedPolicy, ...]]]:
        """Give the layers that are present."""
        for level in self.control:
            yield Layer.CONTROL, level
        if self.boundary is not None:
            yield Layer.BOUNDARY, self.boundary
        if self.session is not None:
            yield Layer.SESSION, self.session
        yield Layer.IDENTITY, self.identity


class Question(msgspec.Struct, frozen=True):
    """`action` (`security-ir:GetCase`) on `resource` (an ARN, or `*`), in a request's `keys`.

    `keys` are those of `keys.py`, in lower case. `principals` are the names by which a trust policy
    can mean the caller: `AWS:` and its ARN, `AWS:` and its account's root.
    """

    action: str
    resource: str
    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    principals: frozenset[str] = frozenset()


class Decision(msgspec.Struct, frozen=True):
    """The outcome, and what decided: for administrators only, the wire tells less.

    `layer` is where the deciding statement stands, or where an Allow is missing; `policy` and
    `statement` (its Sid, else its place) are empty where nothing matched.
    """

    outcome: Outcome
    layer: Layer
    policy: str = ""
    statement: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the request may pass."""
        return self.outcome is Outcome.ALLOW

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        if self.outcome is Outcome.IMPLICIT_DENY:
            return f"no {self.layer} allows it"
        verb = "allows" if self.allowed else "denies"
        return f"{self.statement} of {self.layer} {self.policy} {verb} it"


def decide(question: Question, policies: Policies) -> Decision:
    """Return whether `policies` let the principal do what `question` asks."""
    return _decide(question, tuple(policies.layers()), policies.indexes)


def condition_keys(action: str, policies: Policies) -> frozenset[str]:
    """Return the keys that conditions on `action` ask for anywhere, in lower case."""
    return frozenset(
        condition.key
        for _, layer in policies.layers()
        for named in layer
        for statement in named.policy.statements
        if is_about(statement, action.lower())
        for condition in statement.conditions
    )


def decide_trust(question: Question, policy: NamedPolicy) -> Decision:
    """Return whether a role's trust policy lets the caller assume it; `principals` must be set."""
    return _decide(question, ((Layer.TRUST, (policy,)),), {})


def _decide(
    question: Question,
    layers: tuple[tuple[Layer, tuple[NamedPolicy, ...]], ...],
    indexes: dict[tuple[str, int, str], Index],
) -> Decision:
    asking = _Asking(question)
    allows: list[Decision] = []
    missing: Decision | None = None
    for place, (layer, policies) in enumerate(layers):
        allowed: Decision | None = None
        index = index_of(indexes, layer, place, policies, asking.action)
        for _, named, statement in index.candidates(asking.parts, asking.keys):
            # One Allow of a layer is enough; every Deny has to be looked at.
            if (allowed is None or statement.denies) and asking.matches(statement):
                outcome = Outcome.EXPLICIT_DENY if statement.denies else Outcome.ALLOW
                found = Decision(outcome, layer, named.name, _name(statement))
                if statement.denies:
                    return found
                allowed = found
        if allowed is not None:
            allows.append(allowed)
        elif missing is None:
            missing = Decision(Outcome.IMPLICIT_DENY, layer)
    return missing or allows[-1]


def _name(statement: Statement) -> str:
    return statement.sid or f"Statement[{statement.index}]"


class _Asking:
    """A question, with what every statement would work out again."""

    __slots__ = ("action", "keys", "parts", "principals", "resource")

    def __init__(self, question: Question) -> None:
        self.action = question.action.lower()
        self.resource = question.resource
        self.parts = question.resource.split(":")
        self.keys = question.keys
        self.principals = question.principals | {MANY}

    def matches(self, statement: Statement) -> bool:
        """Return whether a statement about the action is about this request.

        It runs for each statement of each request: the usual kinds of resource come first, and a
        loop is twice as fast as a generator.
        """
        if statement.one_pattern is not None:
            if not statement.one_pattern.matches(self.resource, self.parts):
                return False
        elif not (statement.everywhere or self._is_meant(statement)):
            return False
        cautious = not statement.denies
        for condition in statement.conditions:
            if not condition.holds(self.keys, cautious=cautious):
                return False
        return True

    def _is_meant(self, statement: Statement) -> bool:
        if statement.principals is not None:
            return not self.principals.isdisjoint(statement.principals)
        return self._has_resource(statement)

    def _has_resource(self, statement: Statement) -> bool:
        for pattern in statement.resources:
            found = pattern.matches(self.resource, self.parts, self.keys)
            # A variable without a value: nothing is known to be, or not to be, the resource.
            if found or (found is None and statement.not_resource):
                return found is True and not statement.not_resource
        return statement.not_resource
