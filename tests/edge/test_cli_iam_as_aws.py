"""`larum iam` is typed and read as `aws iam` is; botocore's model of IAM is the judge."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import botocore.session
import click
import pytest
from botocore import xform_name

from larum.edge.cli.iam import VERBS, iam
from larum.edge.cli.verb_values import aws_name
from larum.wire import model
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel, ServiceModel
    from botocore.model import Shape as AwsShape

    from larum.wire.model import Shape

# All pages are fetched; `larum iam` takes no part of a list.
PAGING = {"marker", "max-items"}
PATHS = "everything is in the path /"
# Options of `aws iam` that there are not, of all verbs or of one, and why.
LEFT_OUT = {
    "path": PATHS,
    "path-prefix": PATHS,
    "create-policy tags": "managed policies have no tags",
    "create-virtual-mfa-device tags": "devices have no tags",
    "list-policies policy-usage-filter": "list-entities-for-policy tells how one is used",
}
# Options that `aws iam` does not have, and why.
ADDED = {"account": "the AWS CLI acts on the account of its credentials alone"}
# Members of answers that IAM does not have, and why.
TOLD_BESIDE: dict[str, str] = {}


@cache
def aws() -> ServiceModel:
    """Return botocore's model of IAM."""
    return botocore.session.get_session().get_service_model("iam")


def operation_of(verb: str) -> OperationModel:
    """Return the operation that `aws iam VERB` calls; KeyError where there is none."""
    names = {xform_name(name, "-"): name for name in aws().operation_names}
    return aws().operation_model(names[verb])


def options(verb: str) -> dict[str, bool]:
    """Return the options of `larum iam VERB` without dashes, and whether each is required."""
    shared = {"endpoint-url", "profile", "region", "data", "output"}
    found = {
        each.opts[0].removeprefix("--"): each.required
        for each in iam.commands[verb].params
        if isinstance(each, click.Option)
    }
    return {name: required for name, required in found.items() if name not in shared}


def lacking(verb: str) -> set[str]:
    """Return the options of `aws iam VERB` that `larum iam VERB` has not."""
    shape = operation_of(verb).input_shape
    theirs = {xform_name(each, "-") for each in (shape.members if shape else ())}
    return theirs - PAGING - options(verb).keys()


@pytest.mark.parametrize("verb", [each.name for each in VERBS])
def test_options_are_those_of_the_aws_cli(verb: str) -> None:
    """The same names, and what IAM requires is required; every difference is listed above."""
    shape = operation_of(verb).input_shape
    theirs = {xform_name(each, "-") for each in (shape.members if shape else ())}
    ours = options(verb)
    assert ours.keys() - theirs - ADDED.keys() == set()
    unexplained = lacking(verb) - LEFT_OUT.keys()
    assert {f"{verb} {each}" for each in unexplained} - LEFT_OUT.keys() == set()
    required = {xform_name(each, "-") for each in (shape.required_members if shape else ())}
    assert required <= {name for name, is_required in ours.items() if is_required}


@pytest.mark.parametrize("verb", VERBS, ids=[each.name for each in VERBS])
def test_each_verb_calls_what_its_name_says(verb: object) -> None:
    """`create-user` is CreateUser, as in IAM."""
    assert isinstance(verb, type(VERBS[0]))
    assert operation_of(verb.name).name == verb.operation


def members(shape: Shape | None, above: str = "") -> Iterator[str]:
    """Give the paths of all members of our answers, as the AWS CLI would spell them."""
    for each in shape.members if shape is not None else ():
        if each.name == "nextToken":
            continue
        path = f"{above}{aws_name(each.name)}"
        yield path
        yield from members(each.shape.item or each.shape, f"{path}.")


def aws_members(shape: AwsShape | None, above: str = "") -> Iterator[str]:
    """Give the paths of all members of IAM's answers."""
    for name, each in getattr(shape, "members", {}).items():
        yield f"{above}{name}"
        yield from aws_members(getattr(each, "member", each), f"{above}{name}.")


@pytest.mark.parametrize("verb", [each.name for each in VERBS])
def test_answers_are_those_of_the_aws_cli(verb: str) -> None:
    """What a script reads has IAM's members at IAM's places and of IAM's kind."""
    theirs = operation_of(verb)
    ours = model.load("larum").operations[theirs.name]
    told = set(members(ours.output))
    assert told - set(aws_members(theirs.output_shape)) - TOLD_BESIDE.keys() == set()


def test_every_difference_is_one() -> None:
    """The lists above are of what differs now: what they need not say is taken out of them."""
    lack = {verb.name: lacking(verb.name) for verb in VERBS}
    differ = {each for lacks in lack.values() for each in lacks}
    differ |= {f"{verb} {each}" for verb, lacks in lack.items() for each in lacks}
    assert LEFT_OUT.keys() <= differ
    outputs = [model.load("larum").operations[each.operation].output for each in VERBS]
    told = {path for each in outputs for path in members(each)}
    assert TOLD_BESIDE.keys() <= told
    assert all(each.type is ShapeType.STRUCTURE for each in outputs if each is not None)
