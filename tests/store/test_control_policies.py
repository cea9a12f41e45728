"""Service control policies in the store: what bounds an account, level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import larum
from larum.domain.control_policies import FULL_ACCESS, ControlPolicy
from larum.settings import ROOT_ACCOUNT
from larum.store import control_policies
from tests.operations.directories import describe, organize, unit_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEP, FLAT = "222222222222", "333333333333"
FULL = (FULL_ACCESS.name, FULL_ACCESS.document)
BOUNDS = ControlPolicy("p-12345678", "Bounds", "", '{"Statement": []}')


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """An organization with one account in a unit of a unit, and one beneath the root."""
    with larum.Service() as made:
        organize(made, {DEEP: "workloads/prod", FLAT: ""})
        yield made


def levels(service: larum.Service, account: str) -> list[list[str]]:
    """Return the names of the policies at each level of an account."""
    found = service.engine.read(lambda tx: control_policies.levels(tx, account))
    return [[name for name, _ in level] for level in found]


def attach(service: larum.Service, target: str) -> None:
    """Attach BOUNDS, which exists, to a target."""
    service.engine.write(
        lambda tx: control_policies.attach(tx, ROOT_ACCOUNT, target, BOUNDS.policy_id)
    )


def test_an_account_has_a_level_for_each_unit_from_the_root_down(service: larum.Service) -> None:
    """Root, units in their order and the account itself, each with FullAWSAccess at first."""
    assert service.engine.read(lambda tx: control_policies.levels(tx, DEEP)) == ((FULL,),) * 4
    assert service.engine.read(lambda tx: control_policies.levels(tx, FLAT)) == ((FULL,),) * 2
    service.engine.write(lambda tx: control_policies.insert(tx, ROOT_ACCOUNT, BOUNDS))
    full, both = ["FullAWSAccess"], ["Bounds", "FullAWSAccess"]
    units = unit_ids(service)
    targets = [describe(service)["rootId"], units["workloads"], units["workloads/prod"], DEEP]
    for depth, target in enumerate(targets):
        attach(service, target)
        assert levels(service, DEEP) == [both] * (depth + 1) + [full] * (3 - depth)
    assert levels(service, FLAT) == [both, full]


def test_nothing_bounds_the_management_account_or_who_is_in_no_organization(
    service: larum.Service,
) -> None:
    """Neither has a level, whatever is attached to the root; nor has an unknown account."""
    service.engine.write(lambda tx: control_policies.insert(tx, ROOT_ACCOUNT, BOUNDS))
    attach(service, describe(service)["rootId"])
    attach(service, ROOT_ACCOUNT)
    service.client(account="444444444444").close()
    for account in (ROOT_ACCOUNT, "444444444444", "555555555555"):
        assert levels(service, account) == []


def test_what_takes_the_place_of_full_access_stands_alone(service: larum.Service) -> None:
    """A target whose FullAWSAccess was detached has what was attached, and nothing else."""
    service.engine.write(lambda tx: control_policies.insert(tx, ROOT_ACCOUNT, BOUNDS))
    attach(service, FLAT)
    service.engine.write(
        lambda tx: control_policies.detach(tx, ROOT_ACCOUNT, FLAT, FULL_ACCESS.policy_id)
    )
    assert levels(service, FLAT) == [["FullAWSAccess"], ["Bounds"]]
    service.engine.write(lambda tx: control_policies.forget_target(tx, ROOT_ACCOUNT, FLAT))
    assert levels(service, FLAT) == [["FullAWSAccess"], ["FullAWSAccess"]]
