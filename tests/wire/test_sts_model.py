"""The facts of the three operations of sts are botocore's, and each difference has its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from larum.operations import STS_OPERATIONS
from larum.operations.sessions import UNBUILT
from larum.wire.model import ShapeType, TextRule, load

if TYPE_CHECKING:
    from larum.wire.model import Shape

MODEL = load("sts")
THEIRS: Any = botocore.session.Session().get_service_model("sts")
# What the public documentation says and botocore's model leaves out.
ADDED = {
    "AssumeRole.Policy": {"max": 2048},
    "AssumeRole.PolicyArns": {"max": 10},
}
# Members that newer models have and nothing here fills in.
NOT_ANSWERED = {"SourceIdentity", "SessionTokenUtilization", "SessionTokenSize"}


def facts(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - botocore's shapes have no common type
    """Return the constraints of a shape of botocore's."""
    return {name: shape.metadata[name] for name in ("min", "max") if name in shape.metadata}


def differences(path: str, ours: Shape, theirs: Any) -> list[str]:  # noqa: ANN401 - as `facts`
    """Return where our shape says something else than botocore's, by its path."""
    bounds = {
        name: value for name, value in (("min", ours.minimum), ("max", ours.maximum))
        if value is not None
    }  # fmt: skip
    found = [] if bounds == facts(theirs) | ADDED.get(path, {}) else [f"{path}: {bounds}"]
    if ours.type.value != theirs.type_name:
        found.append(f"{path}: {ours.type}")
    for member in ours.members:
        inner = theirs.members[member.name]
        found += differences(f"{path}.{member.name}", member.shape, inner)
        if member.required != (member.name in theirs.required_members):
            found.append(f"{path}.{member.name}: required")
    if ours.item is not None:
        found += differences(f"{path}[]", ours.item, theirs.member)
    pattern = theirs.metadata.get("pattern")
    known = ours.pattern == pattern or path == "AssumeRole.Policy" or ours.name == "Arn"
    tags = ours.text in {TextRule.TAG_KEY, TextRule.TAG_VALUE} and "p{L}" in (pattern or "")
    return found if known or tags else [*found, f"{path}: {ours.pattern}"]


@pytest.mark.parametrize("name", sorted(STS_OPERATIONS))
def test_inputs_are_constrained_as_aws_does(name: str) -> None:
    """Lengths, ranges, patterns and required members of every member, and no member is missing."""
    ours, theirs = MODEL.operations[name], THEIRS.operation_model(name)
    assert (ours.method, ours.uri) == ("POST", "/")
    assert ours.input is not None
    assert {each.name for each in ours.input.members} == set(theirs.input_shape.members)
    assert differences(name, ours.input, theirs.input_shape) == []


@pytest.mark.parametrize("name", sorted(STS_OPERATIONS))
def test_outputs_are_those_of_aws(name: str) -> None:
    """What is answered has botocore's names and nesting."""
    ours, theirs = MODEL.operations[name].output, THEIRS.operation_model(name).output_shape
    assert ours is not None
    assert set(theirs.members) - {each.name for each in ours.members} <= NOT_ANSWERED
    for member in ours.members:
        inner = theirs.members[member.name]
        assert member.shape.type.value == inner.type_name
        if member.shape.type is ShapeType.STRUCTURE:
            assert {each.name for each in member.shape.members} == set(inner.members)


def test_three_operations_and_no_more() -> None:
    """The model, the table and the protocol know the same three; each is of every Region."""
    assert set(MODEL.operations) == set(STS_OPERATIONS)
    assert set(STS_OPERATIONS) == {"AssumeRole", "GetCallerIdentity", "GetSessionToken"}
    assert all(each.everywhere for each in STS_OPERATIONS.values())
    assert (MODEL.name, MODEL.protocol, MODEL.api_version) == ("sts", "query", "2011-06-15")
    assert MODEL.namespace == THEIRS.metadata["xmlNamespace"]


def test_what_is_not_built_is_in_the_model() -> None:
    """A parameter that is refused by its name is validated like the others first."""
    members = MODEL.operations["AssumeRole"].input
    assert members is not None
    assert set(UNBUILT) <= {each.name for each in members.members}


def test_secrets_are_sensitive() -> None:
    """No audit record can hold a secret, a token, a code or an external id."""
    sensitive = {
        name
        for operation in MODEL.operations.values()
        for shape in (operation.input, operation.output)
        if shape is not None
        for name in _sensitive(shape)
    }
    assert sensitive == {
        "ContextAssertion", "ExternalId", "SecretAccessKey", "SessionToken", "TokenCode"
    }  # fmt: skip


def _sensitive(shape: Shape) -> set[str]:
    found = {each.name for each in shape.members if each.shape.sensitive}
    for each in shape.members:
        found |= _sensitive(each.shape)
    return found | (_sensitive(shape.item) if shape.item else set())
