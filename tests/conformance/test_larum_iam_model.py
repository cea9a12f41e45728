"""Whatever is called in whatever order, an account holds what plain dictionaries say."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings

import larum
from larum.store import iam_versions
from tests.conformance.iam_model import AWS, PATCHES, IamModel
from tests.conformance.iam_steps import SEQUENCES, in_boto3, in_model
from tests.conformance.larum_clients import larum_client
from tests.edge.larum_servers import UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.iam_steps import Step
    from tests.conformance.larum_clients import LarumClient

KINDS = ("user", "group", "role")


@pytest.fixture(scope="module")
def service() -> Iterator[larum.Service]:
    """A service whose quotas a short sequence reaches."""
    with pytest.MonkeyPatch.context() as patch, larum.Service() as made:
        for name, value in PATCHES.items():
            patch.setattr(name, value)
        yield made


@pytest.fixture(scope="module")
def client(service: larum.Service) -> Iterator[LarumClient]:
    """A client of the administrator account's root."""
    made = larum_client(service, config=UNCHECKED)
    yield made
    made.close()


_numbers = count()


def refusal(client: LarumClient, account: str, step: Step) -> str | None:
    """Do a step; return the code of its refusal."""
    name, arguments = in_boto3(account, step)
    try:
        getattr(client, name)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def names(client: LarumClient, operation: str, member: str, **given_: Any) -> list[Any]:
    """Return what a list gives, in pages of two."""
    pages = client.get_paginator(operation).paginate(**given_, PaginationConfig={"PageSize": 2})
    return [each for page in pages for each in page[member]]


def told_of(client: LarumClient, account: str, kind: str, name: str) -> dict[str, Any]:
    """Return what the service tells of a principal, in the words of the model."""
    who = {"accountId": account, f"{kind}Name": name}
    read = f"get_{kind}_policy"
    inside = names(client, f"list_{kind}_policies", "policyNames", **who)
    attached = names(client, f"list_attached_{kind}_policies", "attachedPolicies", **who)
    told: dict[str, Any] = {
        "inline": {
            each: getattr(client, read)(**who, policyName=each)["policyDocument"] for each in inside
        },
        "attached": {each["policyArn"] for each in attached},
    }
    if kind == "group":
        return told | {
            "users": {each["userName"] for each in names(client, "get_group", "users", **who)}
        }
    tags = names(client, f"list_{kind}_tags", "tags", **who)
    bound = getattr(client, f"get_{kind}")(**who)[kind].get("permissionsBoundary", {})
    told["tags"] = {each["key"].lower(): (each["key"], each["value"]) for each in tags}
    told["boundary"] = bound.get("permissionsBoundaryArn")
    if kind == "user":
        groups = names(client, "list_groups_for_user", "groups", **who)
        told["groups"] = {each["groupName"] for each in groups}
    return told


def expected_of(model: IamModel, kind: str, name: str) -> dict[str, Any]:
    """Return what the model says of a principal, in the same form."""
    holder = model.holders[kind][name]
    expected: dict[str, Any] = {"inline": holder.inline, "attached": holder.attached}
    if kind == "group":
        users = model.holders["user"].items()
        return expected | {"users": {user for user, each in users if name in each.groups}}
    expected |= {"tags": holder.tags, "boundary": holder.boundary}
    return expected | {"groups": holder.groups} if kind == "user" else expected


def check(client: LarumClient, model: IamModel) -> None:
    """Compare everything that can be read of the account with the model."""
    account = model.account
    for kind in KINDS:
        listed = names(client, f"list_{kind}s", f"{kind}s", accountId=account)
        assert [each[f"{kind}Name"] for each in listed] == sorted(
            model.holders[kind], key=str.lower
        )
        for name in model.holders[kind]:
            assert told_of(client, account, kind, name) == expected_of(model, kind, name)
    policies = names(client, "list_policies", "policies", accountId=account, scope="Local")
    assert [each["policyName"] for each in policies] == sorted(model.policies, key=str.lower)
    aws = client.get_policy(accountId=account, policyArn=AWS)["policy"]
    for policy in [*policies, aws]:
        uses = (policy["attachmentCount"], policy["permissionsBoundaryUsageCount"])
        assert uses == model.uses(policy["arn"])
    for name, (version, document) in model.policies.items():
        found = client.get_policy_version(policyArn=model.arn(name), versionId=f"v{version}")
        assert found["policyVersion"]["document"] == document


@settings(max_examples=60)
@given(steps=SEQUENCES)
def test_any_sequence_of_calls_does_what_the_model_does(
    service: larum.Service, client: LarumClient, steps: list[Step]
) -> None:
    """Each call is refused as the model refuses it; what changed something grew the number."""
    account = f"4{next(_numbers):011d}"
    service.client(account=account).close()
    model = IamModel(account)
    for step in steps:
        before = service.engine.read(lambda tx: iam_versions.get(tx, account))
        state = repr(vars(model))
        assert refusal(client, account, step) == in_model(model, step), step
        after = service.engine.read(lambda tx: iam_versions.get(tx, account))
        assert after > before or repr(vars(model)) == state, step
    check(client, model)
