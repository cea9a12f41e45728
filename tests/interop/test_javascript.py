"""The AWS SDK for JavaScript, versions 3 and 2, on node.

Version 3 has a package for each service, but not every index has the package of this one; what goes
over the wire is made by the runtime below them all, which is what runs here (javascript/).
"""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.interop.journey import PARAMETERS, told
from tests.interop.lost_answers import losing_the_first_answer
from tests.interop.running import ENVIRONMENTS, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
MODELS = "lib/python*/site-packages/botocore/data/security-ir/2018-05-10/service-2.json.gz"
BOTH = pytest.mark.parametrize("version", ["v3", "v2"])
ID: Final = "membershipId"
WITHOUT_TOKEN = {name: each for name, each in PARAMETERS.items() if name != "clientToken"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """Give a server with an empty store."""
    with running(tmp_path / "data") as started:
        yield started


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Give the path of the newest botocore's service model, as JSON."""
    (packed,) = (ENVIRONMENTS / "interop-newest").glob(MODELS)
    path = tmp_path / "model.json"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return str(path)


@pytest.fixture
def files(tmp_path: Path, model: str) -> list[str]:
    """Give the paths of the model and of the parameters, both as JSON."""
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(PARAMETERS), "utf-8")
    return [model, str(path)]


def node(script: str, *arguments: str, environment: dict[str, str]) -> dict[str, Any]:
    """Run a script of javascript/; return the JSON that it prints."""
    region = {"AWS_REGION": environment["AWS_DEFAULT_REGION"]}
    done = subprocess.run(
        ["node", str(HERE / "javascript" / script), *arguments],
        env=environment | region | {"NODE_NO_WARNINGS": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@BOTH
def test_the_journey_is_that_of_boto3(version: str, server: Running, files: list[str]) -> None:
    """Create, replay, get, list, tags with the ARN in the path: boto3 reads the same afterwards."""
    went = node("journey.mjs", version, *files, environment=server.environment)
    created, membership, tags = went["create"], went["get"], went["tags"]
    assert created["status"] == 201
    assert went["replay"] == created
    with server.client() as client:
        by_boto3: dict[str, Any] = told(client.get_membership(membershipId=created[ID]))
        activated = by_boto3["membershipActivationTimestamp"].timestamp()
        assert membership == by_boto3 | {"membershipActivationTimestamp": activated}
        assert went["list"] == client.list_memberships()["items"]
        arn = membership["membershipArn"]
        assert tags["after"] == told(client.list_tags_for_resource(resourceArn=arn))
    assert tags["before"]["tags"] == PARAMETERS["tags"]
    assert tags["after"]["tags"] == {"team": "red", "später": "ja"}
    assert (tags["tag"], tags["untag"]) == ({"status": 204}, {"status": 200})


@BOTH
def test_errors_are_caught_by_name_with_their_members(
    version: str, server: Running, files: list[str]
) -> None:
    """Conflict, Validation and AccessDenied arrive as errors of the SDK, with their members."""
    went = node("journey.mjs", version, *files, environment=server.environment)
    refusals = went["refusals"]
    assert {name: each["status"] for name, each in refusals.items()} == {
        "second": 409,
        "invalid": 400,
        "foreign": 403,
    }
    assert refusals["second"]["resourceId"] == went["create"][ID]
    assert refusals["second"]["resourceType"] == "Membership"
    assert refusals["invalid"]["reason"] == "FIELD_VALIDATION_FAILED"
    assert [each["name"] for each in refusals["invalid"]["fieldList"]] == ["membershipName"]
    assert "security-ir:GetMembership" in refusals["foreign"]["message"]


@BOTH
def test_a_lost_answer_is_asked_for_again(version: str, server: Running, model: str) -> None:
    """The SDK fills in clientToken, repeats it when the answer is lost, and gets the first one."""
    with losing_the_first_answer(server.url) as proxy:
        to_proxy = {"AWS_ENDPOINT_URL_SECURITY_IR": proxy.url}
        created = node(
            "call.mjs",
            version,
            model,
            "CreateMembership",
            json.dumps(WITHOUT_TOKEN),
            environment=server.environment | to_proxy,
        )
    assert proxy.statuses == [201, 201]
    assert proxy.tokens[0]
    assert proxy.tokens == [proxy.tokens[0]] * 2
    with server.client() as client:
        assert [item[ID] for item in client.list_memberships()["items"]] == [created[ID]]


@BOTH
def test_an_operation_without_a_body_works(version: str, server: Running, model: str) -> None:
    """CancelMembership, all of whose input is in the path, works with no body and with `{}`."""
    with server.client() as client:
        membership_id = client.create_membership(**PARAMETERS)[ID]
        given = json.dumps({ID: membership_id})
        environment = server.environment
        arguments = [version, model, "CancelMembership", given]
        assert node("call.mjs", *arguments, environment=environment) == {
            "status": 200,
            ID: membership_id,
        }
        membership = client.get_membership(membershipId=membership_id)
        assert membership["membershipStatus"] == "Cancelled"
