"""What the store keeps of groups, roles and policies, and how it finds them again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from larum.domain.groups import Group
from larum.domain.organizations import Account
from larum.domain.policies import ManagedPolicy
from larum.domain.principals import Principal, User
from larum.domain.roles import Role
from larum.store import (
    accounts,
    groups,
    permissions_boundaries,
    policies,
    policy_entities,
    principal_tags,
    principals,
    roles,
)
from larum.store.engine import Engine
from larum.store.policy_entities import Sought

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.store.engine import Transaction

ACCOUNT, OTHER = "222222222222", "333333333333"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANA = User(ACCOUNT, "Ana", "AIDA1", NOW)
TEAM = Group(ACCOUNT, "Team", "AGPA1", NOW)
ROLE = Role(ACCOUNT, "Reader", "AROA1", NOW, '{"a": 1}', "reads", 7_200)
POLICY = ManagedPolicy(ACCOUNT, "Read", "ANPA1", '{ "b":2 }', NOW, NOW, description="d")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A store with two accounts, a user, a group, a role and a policy."""
    made = Engine(None)

    def fill(tx: Transaction) -> None:
        for account in (ACCOUNT, OTHER):
            accounts.insert(tx, Account(account), NOW)
        assert principals.insert(tx, ANA)
        assert groups.insert(tx, TEAM)
        assert roles.insert(tx, ROLE)
        assert policies.insert(tx, POLICY)

    made.write(fill)
    yield made
    made.close()


def read(engine: Engine, function: Callable[..., Any], *arguments: object) -> object:
    """Return what `function` gives in a transaction that only reads."""
    return engine.read(lambda tx: function(tx, *arguments))


def test_what_was_kept_comes_back(engine: Engine) -> None:
    """Each comes back whole, by its name in any case, and to its own account alone."""
    for get, name, kept in ((groups.get, "tEAM", TEAM), (roles.get, "rEADER", ROLE)):
        assert read(engine, get, ACCOUNT, name) == kept
        assert read(engine, get, OTHER, name) is None
    assert engine.read(lambda tx: policies.get(tx, POLICY.arn)) == POLICY
    assert engine.read(lambda tx: policies.document(tx, POLICY.arn)) == '{ "b":2 }'
    for arn in (POLICY.arn.lower(), POLICY.arn.replace(ACCOUNT, OTHER)):
        assert read(engine, policies.document, arn) is None


def test_a_user_is_in_the_groups_it_was_put_into(engine: Engine) -> None:
    """Twice is once, both sides tell the same, and who was taken out is out."""
    assert [engine.write(lambda tx: groups.add_user(tx, TEAM, ANA)) for _ in "ab"] == [True, False]
    assert engine.read(lambda tx: groups.of_user(tx, ACCOUNT, "ana")) == [TEAM]
    assert engine.read(lambda tx: groups.users(tx, TEAM, "", 9)) == [ANA]
    assert engine.read(lambda tx: groups.count_of_user(tx, ANA)) == 1
    assert engine.write(lambda tx: groups.remove_user(tx, TEAM, ANA))
    assert engine.read(lambda tx: groups.of_user(tx, ACCOUNT, "ana")) == []


def test_policies_of_a_principal(engine: Engine) -> None:
    """Attached ones are ARNs, inline ones documents as written; another principal has neither."""

    def work(tx: Transaction) -> None:
        policies.attach(tx, ANA.principal, POLICY.arn)
        policies.put_inline(tx, ANA.principal, "p", "1")
        policies.put_inline(tx, ANA.principal, "p", " 2 ")
        policies.put_inline(tx, ANA.principal, "P", "3")

    engine.write(work)
    arn = ANA.principal.arn
    assert engine.read(lambda tx: policies.attached(tx, ACCOUNT, arn)) == [POLICY.arn]
    assert engine.read(lambda tx: policies.inline(tx, ACCOUNT, arn)) == {"P": "3", "p": " 2 "}
    for account, other in ((OTHER, arn), (ACCOUNT, ROLE.principal.arn)):
        assert read(engine, policies.attached, account, other) == []
        assert read(engine, policies.inline, account, other) == {}


def test_whom_a_policy_reaches(engine: Engine) -> None:
    """Attached and bounded principals are told once each, in pages, by their kind."""

    def work(tx: Transaction) -> None:
        policies.attach(tx, ANA.principal, POLICY.arn)
        policies.attach(tx, TEAM.principal, POLICY.arn)
        for each in (ANA.principal, ROLE.principal):
            permissions_boundaries.put(tx, each, POLICY.arn)

    engine.write(work)
    everybody = Sought(ACCOUNT, POLICY.arn)
    arns = [each.principal.arn for each in (TEAM, ROLE, ANA)]
    assert engine.read(lambda tx: policy_entities.page(tx, everybody, "", 9)) == arns
    assert engine.read(lambda tx: policy_entities.page(tx, everybody, arns[0], 1)) == arns[1:2]
    users = Sought(ACCOUNT, POLICY.arn, prefix=Principal.user(ACCOUNT, "").arn)
    assert engine.read(lambda tx: policy_entities.page(tx, users, "", 9)) == arns[2:]
    bounded = Sought(ACCOUNT, POLICY.arn, attached=False)
    assert engine.read(lambda tx: policy_entities.page(tx, bounded, "", 9)) == arns[1:]
    assert engine.read(lambda tx: permissions_boundaries.count(tx, ACCOUNT, POLICY.arn)) == 2
    assert engine.read(lambda tx: permissions_boundaries.count(tx, OTHER, POLICY.arn)) == 0
    user = engine.read(lambda tx: principals.get(tx, ACCOUNT, "Ana"))
    assert user is not None
    assert user.boundary_arn == POLICY.arn


def test_keys_of_tags_differ_in_more_than_case(engine: Engine) -> None:
    """The last spelling is kept, and a tag is removed by any."""
    engine.write(lambda tx: principal_tags.put(tx, ANA.principal, {"Team": "a", "env": ""}))
    engine.write(lambda tx: principal_tags.put(tx, ANA.principal, {"tEAM": "b"}))
    arn = ANA.principal.arn
    found = engine.read(lambda tx: principal_tags.get(tx, ACCOUNT, arn))
    assert found == {"env": "", "tEAM": "b"}
    engine.write(lambda tx: principal_tags.delete(tx, ANA.principal, ["TEAM", "none"]))
    assert engine.read(lambda tx: principal_tags.get(tx, ACCOUNT, arn)) == {"env": ""}
