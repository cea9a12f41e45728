"""The pytest plugin, as a project that has installed larum uses it: in a pytest run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

TWO_TESTS = """
import pytest

TEAM = [
    {"name": "Ana", "jobTitle": "Engineer", "email": "ana@example.com"},
    {"name": "Bob", "jobTitle": "On call", "email": "bob@example.com"},
]

@pytest.mark.parametrize("time", [1, 2])
def test_fresh_state(security_ir, time):
    assert security_ir.list_memberships()["items"] == []
    security_ir.create_membership(membershipName="Example", incidentResponseTeam=TEAM)
    assert len(security_ir.list_memberships()["items"]) == 1

def test_errors(security_ir):
    with pytest.raises(security_ir.exceptions.AccessDeniedException):
        security_ir.get_membership(membershipId="m-aaaaaaaaaaaaaaaaaaaa")
"""
NOT_USED = """
import sys

def test_nothing_is_imported():
    assert not {"boto3", "apsw", "larum.service", "larum.edge.embedded"} & set(sys.modules)
"""


def test_security_ir_has_fresh_state_for_each_test(pytester: pytest.Pytester) -> None:
    """The fixture is there without an import, works as a boto3 client, and shares nothing."""
    pytester.makepyfile(TWO_TESTS)
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)


def test_plugin_is_listed_with_its_fixture(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` tells what security_ir is."""
    result = pytester.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["security_ir*", "*boto3 client*"])
    assert result.ret == 0


def test_plugin_costs_nothing_until_it_is_used(pytester: pytest.Pytester) -> None:
    """A test run that does not ask for the fixture imports neither boto3 nor the service."""
    pytester.makepyfile(NOT_USED)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
