"""Whatever changes, and in whatever order: a decision is that of somebody who remembers nothing.

A machine changes policies, groups, boundaries, tags and service control policies of an account,
also in transactions that fail, and asks in between. Its own Permissions keep what they compiled;
the judge has read everything anew. Bugs that are planted must be found.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import larum
from larum.domain.organizations import Account
from larum.errors import AccessDeniedException
from larum.permissions import Permissions
from larum.settings import ROOT_ACCOUNT
from larum.store import accounts, effective_policies, iam_versions
from tests.operations.directories import describe, organize, unit_ids
from tests.permissions import iam as statements
from tests.permissions.asking import call_of
from tests.permissions.iam import NOW, Iam, policy, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.calls import Call
    from larum.store.engine import Transaction

MEMBER = "222222222222"
USERS, ROLE = ("ann", "bob"), "responder"
DOCUMENTS = (
    policy(),
    policy(statement(action="security-ir:Get*")),
    policy(statement("Deny", "security-ir:GetMembership")),
    policy(statement(action=["security-ir:CancelMembership", "security-ir:GetMembership"])),
    policy(statement(Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})),
    policy(statement(Condition={"StringEquals": {"aws:username": "ann"}})),
)
MANAGED = ("One", "Two")
LEVELS = ("root", "unit", "account")

document = st.sampled_from(DOCUMENTS)
user = st.sampled_from(USERS)
managed = st.sampled_from(MANAGED)


class FailedError(Exception):
    """A transaction that is given up."""


def add_member(account: str, unit_id: str, tx: Transaction) -> None:
    """Let an account join the organization."""
    chief = accounts.get(tx, ROOT_ACCOUNT)
    assert chief is not None
    member = Account(account, organization=chief.organization, unit_id=unit_id)
    assert accounts.insert(tx, member, NOW)


class Changes(RuleBasedStateMachine):
    """An account of an organization, whose administrator cannot decide."""

    service: ClassVar[larum.Service]
    numbers: ClassVar[Iterator[int]]

    @initialize()
    def begin(self) -> None:
        """Make an account with two users, a group, a role and two managed policies."""
        account = str(next(self.numbers))
        units, root = unit_ids(self.service), describe(self.service)["rootId"]
        self.service.engine.write(partial(add_member, account, units["workloads"]))
        self.iam, self.chief = Iam(self.service, account), Iam(self.service, ROOT_ACCOUNT)
        self.callers = [self.iam.user(name) for name in USERS]
        self.callers.append(self.iam.role(ROLE))
        self.principals = [each.identity.arn for each in self.callers]
        self.principals.append(self.iam.group("responders"))
        for name in MANAGED:
            self.iam.managed(name, policy())
        self.targets = dict(zip(LEVELS, (root, units["workloads"], account), strict=True))
        for level in LEVELS:
            self.control(level, None)

    @rule(who=st.integers(0, 3), text=document)
    def put(self, who: int, text: str) -> None:
        """Put an inline policy."""
        self.iam.put(self.principals[who], text)

    @rule(who=st.integers(0, 3))
    def delete(self, who: int) -> None:
        """Delete the inline policies."""
        self.iam.delete(self.principals[who])

    @rule(name=managed, text=document)
    def write(self, name: str, text: str) -> None:
        """Write a managed policy anew."""
        self.iam.managed(name, text)

    @rule(who=st.integers(0, 3), name=managed)
    def attach(self, who: int, name: str) -> None:
        """Attach a managed policy."""
        self.iam.attach(self.principals[who], self.iam.arn("policy", name))

    @rule(who=st.integers(0, 3))
    def detach(self, who: int) -> None:
        """Detach the managed policies."""
        self.iam.detach(self.principals[who])

    @rule(name=user, inside=st.booleans())
    def join(self, name: str, *, inside: bool) -> None:
        """Let a user join or leave the group."""
        self.iam.leave("responders", name)
        if inside:
            self.iam.group("responders", name)

    @rule(kind=st.sampled_from(("user", "role")), name=st.sampled_from((None, *MANAGED)))
    def bound(self, kind: str, name: str | None) -> None:
        """Bound users or roles, or let them be unbound."""
        self.iam.bound(kind, None if name is None else self.iam.arn("policy", name))

    @rule(who=st.integers(0, 2), value=st.sampled_from(("blue", "red")))
    def tag(self, who: int, value: str) -> None:
        """Tag a principal."""
        self.iam.tag(self.principals[who], "team", value)

    @rule(level=st.sampled_from(LEVELS), text=st.none() | document)
    def control(self, level: str, text: str | None) -> None:
        """Write a service control policy, or take it away."""
        self.chief.control(self.targets[level], text, f"p-{level}")

    @invariant()
    def ask(self) -> None:
        """Ask for each caller, in a read and in a transaction that may write."""
        for caller in self.callers:
            for name in ("GetMembership", "CancelMembership"):
                call = call_of(caller, name, membershipId="m-" + "0" * 30)
                self.service._permissions.prepare(caller)
                run = self.service.engine.write if call.writes else self.service.engine.read
                run(partial(self.compare, call))

    @rule(who=st.integers(0, 2), text=document, then=document)
    def fail(self, who: int, text: str, then: str) -> None:
        """Change a policy, ask in the same transaction, let it fail, and make another change.

        That gets the number that the first one had.
        """
        call = call_of(self.callers[who], "CancelMembership", membershipId="m-" + "0" * 30)
        row = {"account": self.iam.account, "arn": self.principals[who], "name": "x"}

        def work(tx: Transaction) -> None:
            tx.change(statements.PUT, row | {"document": text})
            iam_versions.grow(tx, self.iam.account)
            self.compare(call, tx)
            raise FailedError

        with pytest.raises(FailedError):
            self.service.engine.write(work)
        self.iam.put(self.principals[who], then, "x")

    def compare(self, call: Call, tx: Transaction) -> None:
        """Ask those who remember, and those who cannot."""
        judge = Permissions(self.service.installation, self.service.settings)
        mine, fresh = (decision(each, call, tx) for each in (self.service._permissions, judge))
        assert mine == fresh


def decision(permissions: Permissions, call: Call, tx: Transaction) -> object:
    """Return the decision that refuses the call, or None."""
    try:
        permissions.authorize(call, call.entry.resource(call.caller, call.params), tx)
    except AccessDeniedException as error:
        return error.decision
    return None


def check_decisions(examples: int) -> None:
    """Run the machine; what it finds needs no shrinking to be understood."""
    limits = settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        database=None,
    )
    run_state_machine_as_test(Changes, settings=limits)


@pytest.fixture(autouse=True)
def organization() -> Iterator[None]:
    """A service that the examples share, each with an account of its own."""
    with larum.Service() as service:
        organize(service, {MEMBER: "workloads"})
        Changes.service, Changes.numbers = service, count(300_000_000_000)
        yield


def test_what_is_kept_is_never_stale() -> None:
    """Hundreds of changes and questions: no decision differs from one that was made anew."""
    check_decisions(25)


def never_changed(
    tx: Transaction, *arguments: Any, real: Callable[..., Any] = effective_policies.standing
) -> Any:  # noqa: ANN401 - a row
    """Return where the account is as if nothing had ever changed there."""
    row = real(tx, *arguments)
    return None if row is None else (*row[:2], 0, 0, row[4])


def always_kept(
    self: Permissions,
    *arguments: Any,
    real: Callable[..., Any] = Permissions._holding,
    **given: Any,
) -> Any:  # noqa: ANN401 - a Holding
    """Keep what was read in a transaction that may fail yet."""
    return real(self, *arguments, **{**given, "keep": True})


@pytest.mark.parametrize("bug", ["stale", "not committed", "control policies"])
def test_planted_bugs_are_found(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    """Numbers that are not asked, kept work of a failed transaction, and a forgotten number."""
    if bug == "stale":
        monkeypatch.setattr(effective_policies, "standing", never_changed)
    elif bug == "not committed":
        monkeypatch.setattr(Permissions, "_holding", always_kept)
    else:
        real = effective_policies.standing

        def without_management(tx: Transaction, *arguments: Any) -> Any:  # noqa: ANN401 - a row
            row = real(tx, *arguments)
            return None if row is None else (*row[:3], 0, row[4])

        monkeypatch.setattr(effective_policies, "standing", without_management)
    with pytest.raises(AssertionError):
        check_decisions(60)
