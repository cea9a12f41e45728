"""Each operation of the installed botocore works whole, or says by name that it does not yet.

Whole means: a row in OPERATIONS, a boto3 journey in tests/conformance through both doors, its
constraints violated, its exceptions reached, a row in docs/coverage.md, and the resource that its
caller must be allowed to touch. The failures here say what is missing.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

import larum
from larum.context import Caller
from larum.domain.principals import Principal
from larum.operations import OPERATIONS
from scripts import docs_of_errors
from tests.edge.larum_servers import UNCHECKED
from tests.errors.causes import CAUSES
from tests.wire.examples import example
from tests.wire.services import MODEL
from tests.wire.violations import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wire.violations import Violation

ROOT = Path(__file__).parent.parent
ACCOUNT = "123456789012"
KNOWN = sorted(botocore.session.Session().get_service_model("security-ir").operation_names)
ROW = re.compile(
    r"^\|\s*`?(?P<name>[A-Z][A-Za-z]+)`?\s*\|\s*(?P<works>yes|not yet)\s*\|", re.MULTILINE
)
# The operations whose actions have no resource type: a policy can only say `*`.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityincidentresponse.html
ON_ANY_RESOURCE = {"ListCases", "ListMemberships"}


@pytest.fixture(scope="module")
def service() -> Iterator[larum.Service]:
    """A service of its own."""
    with larum.Service() as made:
        yield made


def coverage() -> dict[str, str]:
    """Return what docs/coverage.md says of each operation: yes, or not yet."""
    text = (ROOT / "docs/coverage.md").read_text("utf-8")
    return {row["name"]: row["works"] for row in ROW.finditer(text)}


def journeys(method: str) -> list[str]:
    """Return the tests of tests/conformance/test_METHOD.py that call `.METHOD(…)` of a client."""
    file = ROOT / "tests" / "conformance" / f"test_{method}.py"
    if not file.exists():
        return []
    module = ast.parse(file.read_text("utf-8"))
    return [
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and {"connect", "first_start"} & {each.arg for each in node.args.args}
        and any(isinstance(each, ast.Attribute) and each.attr == method for each in ast.walk(node))
    ]


def found(operation: str) -> list[Violation]:
    """Return every violation of an operation's constraints."""
    return list(violations(MODEL.operations[operation]))


def test_the_model_is_that_of_the_installed_botocore() -> None:
    """Our model has the operations of botocore's, and nothing works that is in neither."""
    assert sorted(MODEL.operations) == KNOWN
    assert set(OPERATIONS) <= set(KNOWN)


def test_coverage_lists_every_operation_once() -> None:
    """docs/coverage.md has one row for each operation, and none for anything else."""
    assert sorted(coverage()) == KNOWN


@pytest.mark.parametrize("operation", KNOWN)
def test_documentation_tells_the_truth(operation: str) -> None:
    """An operation is documented as working exactly when it works."""
    assert coverage()[operation] == ("yes" if operation in OPERATIONS else "not yet")


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_works_has_a_boto3_journey(operation: str) -> None:
    """A working operation is called with boto3 in its own module of the conformance suite."""
    method = xform_name(operation)
    assert journeys(method), f"add tests/conformance/test_{method}.py with a test of {method}"


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_works_is_violated(operation: str) -> None:
    """A working operation has an example, and a violation of each of its members but nextToken."""
    given = example(operation)
    shape = MODEL.operations[operation].input
    assert shape is not None
    assert given.keys() == {each.name for each in shape.members}
    broken = {re.split(r"[.\[]", path)[0] for each in found(operation) for path in each.fields}
    assert given.keys() - broken <= {"nextToken"}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_works_has_its_errors_reached(operation: str) -> None:
    """A working operation has a row of causes in tests/errors for each exception of its page."""
    reached = {each.exception for each in CAUSES if operation in each.operations}
    documented = set(docs_of_errors.causes(operation))
    of_the_server = {"InternalServerException", "InvalidTokenException", "ThrottlingException"}
    assert documented - reached <= of_the_server
    assert "ValidationException" in reached


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_works_is_authorized_by_a_resource(operation: str) -> None:
    """A working operation names the ARN that is authorized, in the caller's account and Region."""
    caller = Caller(Principal.root(ACCOUNT), "LARUEXAMPLE", "us-east-1")
    resource = OPERATIONS[operation].resource(caller, example(operation))
    if operation in ON_ANY_RESOURCE:
        assert resource == "*"
        return
    assert re.fullmatch(
        rf"arn:aws:security-ir:us-east-1:{ACCOUNT}:(membership|case)/([a-z0-9-]+|\*)", resource
    )


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_makes_something_is_idempotent(operation: str) -> None:
    """Exactly the operations with a clientToken say what they make: a replay names it."""
    entry, model = OPERATIONS[operation], MODEL.operations[operation]
    assert bool(entry.makes) == bool(entry.identifier) == bool(model.token)
    if entry.identifier:
        assert model.output is not None
        assert entry.identifier in {member.name for member in model.output.members}
    if model.method in {"PUT", "DELETE"} or model.token:
        assert entry.writes


def test_what_does_not_work_says_so_by_name(
    service: larum.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation without a row is UnknownOperationException with its name, from boto3 too."""
    monkeypatch.delitem(OPERATIONS, "ListCases")
    with pytest.raises(ClientError) as caught:
        service.client(config=UNCHECKED).list_cases()
    error = caught.value.response["Error"]
    assert error["Code"] == "UnknownOperationException"
    assert "ListCases" in error["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
