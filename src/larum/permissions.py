"""The answer to "may this caller do this?" by the policies that hold in this transaction.

    Call, tx ──> who it is now (cached by the store's numbers) ──> policies ──┐
                 what a condition asks for, read when it asks ──> Question ───┴─> evaluate.decide

Every decision comes from `judge`, simulated ones too (simulations.py). What an account cannot reach
(reach.py) no policy grants. Root needs no identity policy; service control policies bind it in
member accounts.
A refusal carries its Decision as `AccessDeniedException.decision`, which never reaches the wire.

Only what is committed is kept: the numbers of a transaction that fails are given again to others.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from larum.access.authorization import unknown_key
from larum.access.policy import actions, document, evaluate, keys, reach
from larum.access.policy.evaluate import Decision, Layer, NamedPolicy, Policies, Question
from larum.access.policy.managed import MANAGED
from larum.access.policy.outcomes import Outcome
from larum.domain.control_policies import FULL_ACCESS
from larum.domain.principals import AccessKeyStatus
from larum.errors import AccessDeniedException
from larum.store import control_policies, effective_policies, principal_tags, tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from larum.calls import Call
    from larum.context import Caller
    from larum.domain.principals import Principal
    from larum.domain.sessions import Session
    from larum.installation import Installation
    from larum.settings import Settings
    from larum.store.effective_policies import Document
    from larum.store.engine import Transaction

log = logging.getLogger(__name__)

KEPT: Final = 2_000
KEPT_STATEMENTS: Final = 50_000
_ALLOW_ALL: Final = document.parse(FULL_ACCESS.document)
_DENY_ALL: Final = document.parse(FULL_ACCESS.document.replace("Allow", "Deny"))
_OF_ROOT: Final = (NamedPolicy("root of the account", _ALLOW_ALL),)
_ROOT_ALLOWED: Final = Decision(Outcome.ALLOW, Layer.IDENTITY, _OF_ROOT[0].name, "Statement[0]")
_NOT_REACHED: Final = Decision(Outcome.IMPLICIT_DENY, Layer.REACH)
# Whoever has credentials may ask who they are, and have temporary ones of the same rights:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE: Final = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
_EVERYBODY: Final = Decision(Outcome.ALLOW, Layer.IDENTITY, "nobody needs a permission for it")
# What makes users, keys and policies by another name than IAM's.
_OF_IAM: Final = frozenset({"larum:ApplyDirectory"})
_PLACE: Final = 4  # the columns of `standing` that say what the policies were read at
OWN_SERVICE: Final = "larum"
_ACCOUNT_PART: Final = 4  # of an ARN
_NOWHERE: Final = (None, None, 0, 0, None)


class Holding(msgspec.Struct, frozen=True):
    """What an identity holds at `place` (account's place and numbers); `unique_id` None: gone."""

    place: tuple[object, ...]
    unique_id: str | None
    policies: Policies
    tags: Mapping[str, str]

    @property
    def size(self) -> int:
        """How many statements it keeps alive."""
        return sum(len(each.policy.statements) for _, of in self.policies.layers() for each in of)


_UNBOUND_ROOT: Final = Holding((), None, Policies(identity=_OF_ROOT), {})


class Permissions:
    """Decides for the calls of one instance."""

    def __init__(self, installation: Installation, settings: Settings) -> None:
        self._engine = installation.engine
        self._administrator = installation.administrator_account
        # What callers of the relaxed mode claim to have signed with need not be in the store.
        self._keys_are_checked = settings.auth != "relaxed"
        self._kept: OrderedDict[str, Holding] = OrderedDict()
        self._statements = 0
        self._lock = Lock()

    def prepare(self, caller: Caller) -> None:
        """Let what `caller` holds be known before its transaction, where that may be kept."""
        identity = caller.identity
        if not identity.is_root and identity.arn not in self._kept:
            self._engine.read(partial(self._holding, caller, keep=True))

    def authorize(self, call: Call, resource: str, tx: Transaction) -> None:
        """Return if the caller may do what `call` asks to `resource` (an ARN, or `*`).

        Raises:
            AccessDeniedException: it may not; with the Decision.
            UnrecognizedClientException: its key, user or role is not there any more.

        """
        holding = self._holding(call.caller, tx, keep=not call.writes)
        for action in _asked(call):
            decision = self._decide(call, holding, action, resource, tx)
            if not decision.allowed:
                raise denied(call.caller, action, resource, decision)

    def decide(
        self,
        call: Call,
        action: str,
        resource: str,
        tx: Transaction,
        more: Mapping[str, tuple[str, ...]] = keys.NO_KEYS,
    ) -> Decision:
        """Return whether the caller of `call` may do `action` to `resource`; raises as above.

        `more` are keys that the request has beside those of every one, and before them.
        """
        holding = self._holding(call.caller, tx, keep=not call.writes)
        return self._decide(call, holding, action, resource, tx, more)

    def keys_of(
        self, call: Call, tx: Transaction, more: Mapping[str, tuple[str, ...]]
    ) -> keys.RequestKeys:
        """Return the keys that every request of the caller has, and `more`; raises as above."""
        holding = self._holding(call.caller, tx, keep=not call.writes)
        return keys.RequestKeys(partial(_facts, call, holding), dict, more)

    def judge(
        self,
        account: str,
        policies: Policies,
        question: Question,
        *,
        params: Mapping[str, object],
        own_account: bool,
    ) -> Decision:
        """Return the decision: how far `account` reaches, then what its principal's policies say.

        `params` and `own_account` are as for `reaches`. Every decision is made here.
        """
        reached = reach.reaches(
            account,
            service=question.action.partition(":")[0],
            resource=question.resource,
            params=params,
            own_account=own_account,
            administrator=self._administrator,
        )
        if not reached:
            return _NOT_REACHED
        if question.action in _FREE:
            return _EVERYBODY
        if policies is _UNBOUND_ROOT.policies:
            return _ROOT_ALLOWED
        return evaluate.decide(question, policies)

    def _decide(
        self,
        call: Call,
        holding: Holding,
        action: str,
        resource: str,
        tx: Transaction,
        more: Mapping[str, tuple[str, ...]] = keys.NO_KEYS,
    ) -> Decision:
        if _lacks_code(call):
            return _NOT_REACHED
        session, policies = call.caller.session, holding.policies
        if session is not None and session.policies is not None:
            policies = replace(policies, session=_session_policies(session, tx))
        asked = keys.RequestKeys(
            partial(_facts, call, holding), partial(_tag_keys, call, action, resource, tx), more
        )
        return self.judge(
            call.caller.account,
            policies,
            Question(action, resource, asked),
            params=call.params,
            own_account=call.entry.own_account,
        )

    def _holding(self, caller: Caller, tx: Transaction, *, keep: bool) -> Holding:
        """Return what `caller` holds as the transaction sees it; kept for others if `keep`.

        Raises UnrecognizedClientException where its key, user or role is gone or was disabled.
        """
        identity, session = caller.identity, caller.session
        row = effective_policies.standing(tx, caller.principal, caller.access_key_id)
        place = (row or _NOWHERE)[:_PLACE]
        if self._keys_are_checked and (
            row is None or (session is None and row[_PLACE] != AccessKeyStatus.ACTIVE)
        ):
            raise unknown_key()
        if identity.is_root and place[0] in {None, identity.account}:
            return _UNBOUND_ROOT
        holding = self._kept.get(identity.arn)
        if holding is None or holding.place != place:
            holding = holding_of(tx, identity, place)
            self._keep(identity.arn, holding if keep else None)
        if not identity.is_root and (
            holding.unique_id is None
            or (session is not None and session.identity_id != holding.unique_id)
        ):
            raise unknown_key()
        return holding

    def _keep(self, arn: str, holding: Holding | None) -> None:
        """Remember `holding`, or for None only that what is remembered is out of date."""
        with self._lock:
            old = self._kept.pop(arn, None)
            self._statements -= 0 if old is None else old.size
            if holding is None:
                return
            self._kept[arn] = holding
            self._statements += holding.size
            while len(self._kept) > KEPT or self._statements > KEPT_STATEMENTS:
                _, oldest = self._kept.popitem(last=False)
                self._statements -= oldest.size


def holding_of(tx: Transaction, identity: Principal, place: tuple[object, ...]) -> Holding:
    """Return what the user, role or root holds, read and compiled anew."""
    levels = tuple(
        tuple(named(*policy) for policy in level)
        for level in control_policies.levels(tx, identity.account)
        if any(text != FULL_ACCESS.document for _, text in level)
    )
    if identity.is_root:
        return Holding(place, None, Policies(identity=_OF_ROOT, control=levels), {})
    found = effective_policies.holder(tx, identity)
    if found is None:
        return Holding(place, None, Policies(), {})
    policies = Policies(
        identity=_compiled(found.policies),
        boundary=None if found.boundary is None else _compiled([found.boundary]),
        control=levels,
    )
    return Holding(place, found.unique_id, policies, found.tags)


def holding_now(tx: Transaction, principal: Principal) -> Holding | None:
    """Return what the user, role or root holds, or None where there is no such principal."""
    holding = holding_of(tx, principal, ())
    return holding if principal.is_root or holding.unique_id is not None else None


def named(name: str, text: str | None) -> NamedPolicy:
    """Return the policy; one that is missing or cannot be understood denies, and is logged."""
    try:
        if text is not None:
            return NamedPolicy(name, document.parse(text))
    except document.PolicyRefused:
        # Its text tells who may do what, and is not for the log.
        pass
    log.error("the policy %s is missing or cannot be understood: it denies everything", name)
    return NamedPolicy(name, _DENY_ALL)


def denied(caller: Caller, action: str, resource: str, decision: Decision) -> AccessDeniedException:
    """Return AWS's refusal, which tells nothing that the caller did not say itself."""
    layer = Layer.IDENTITY if decision.layer is Layer.REACH else decision.layer
    error = AccessDeniedException.of(
        caller.principal.arn,
        action,
        resource,
        explicit=decision.outcome is Outcome.EXPLICIT_DENY,
        policy=layer,
    )
    error.decision = decision
    return error


def _compiled(documents: Iterable[Document]) -> tuple[NamedPolicy, ...]:
    return tuple(named(each.name, each.text or MANAGED.get(each.name)) for each in documents)


def _session_policies(session: Session, tx: Transaction) -> tuple[NamedPolicy, ...]:
    texts = enumerate(session.policies or (), 1)
    account = session.principal.account
    managed = (effective_policies.managed(tx, account, arn) for arn in session.policy_arns)
    return (*(named(f"session policy {place}", text) for place, text in texts), *_compiled(managed))


def _lacks_code(call: Call) -> bool:
    """Whether IAM is closed to the caller: a user's own session that was made without MFA code.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    session = call.caller.session
    without = session is not None and not session.is_of_role and not session.multi_factor
    return without and (call.entry.own_account or call.operation.key in _OF_IAM)


def _asked(call: Call) -> tuple[str, ...]:
    """Return the actions that `call` must be allowed: creating with tags is tagging too."""
    name, tagged = call.operation.name, bool(call.params.get("tags"))
    if call.service == actions.SERVICE:
        return actions.asked(name, tagged=tagged)
    tagging = (f"{call.service}:Tag{call.entry.makes}",) if tagged and call.entry.makes else ()
    return (f"{call.service}:{name}", *tagging)


def principal_facts(principal: Principal, holding: Holding, now: datetime) -> keys.RequestFacts:
    """Return what is known of a principal without a request."""
    kind, name, user_id = _named(principal, holding)
    return keys.RequestFacts(
        principal_arn=principal.arn,
        account=principal.account,
        user_id=user_id,
        now=now,
        region="",
        is_secure=False,
        user_name=name if kind == "user" else None,
        principal_tags=holding.tags,
    )


def _facts(call: Call, holding: Holding) -> keys.RequestFacts:
    caller, session = call.caller, call.caller.session
    kind, name, user_id = _named(caller.identity, holding)
    # A role's sessions are told apart by their names; a user's session is the user.
    if session is not None and kind == "role":
        user_id += f":{session.principal.arn.rpartition('/')[2]}"
    return keys.RequestFacts(
        principal_arn=caller.identity.arn,
        account=caller.account,
        user_id=user_id,
        now=call.now,
        region=caller.region,
        is_secure=call.secure,
        user_name=name if kind == "user" else None,
        source_ip=call.source_ip or None,
        user_agent=call.user_agent,
        token_issued=None if session is None else session.issued_at,
        multi_factor=None if session is None else session.multi_factor,
        principal_tags=holding.tags if session is None else {**holding.tags, **session.tags},
    )


def _named(principal: Principal, holding: Holding) -> tuple[str, str, str]:
    kind, _, name = principal.arn.rpartition(":")[2].partition("/")
    return kind, name, holding.unique_id or principal.account


def _tag_keys(call: Call, action: str, resource: str, tx: Transaction) -> keys.Keys:
    given = call.params.get("tags", {})
    if call.service == OWN_SERVICE:
        return _own_tag_keys(call, resource, tx)
    row = actions.ACTIONS.get(call.operation.name) if call.service == actions.SERVICE else None
    if row is None:
        return {}
    # What is being created has the tags that it gets, for TagResource too.
    present = given if row.creates else tags.get(tx, call.caller.account, resource)
    return keys.tag_keys(
        action,
        request_tags=given,
        resource_tags=present,
        named=call.params.get("tagKeys", ()),
    )


def _own_tag_keys(call: Call, resource: str, tx: Transaction) -> keys.Keys:
    """Return the keys of a `larum` request as IAM has them, whatever the action."""
    given = {each["key"]: each["value"] for each in call.params.get("tags", ())}
    # What is being created has the tags that it gets.
    present = {**resource_tags(tx, resource), **(given if call.entry.makes else {})}
    return keys.every_tag_key(
        request_tags=given, resource_tags=present, named=call.params.get("tagKeys", ())
    )


def resource_tags(tx: Transaction, resource: str) -> Mapping[str, str]:
    """Return the tags of whatever has that ARN: a user, a role, a case or a membership."""
    parts = resource.split(":")
    if len(parts) <= _ACCOUNT_PART:
        return {}
    read = principal_tags.get if parts[2] == "iam" else tags.get
    return read(tx, parts[_ACCOUNT_PART], resource)
