"""sts in this process: a service's own clients, and those of code that knows nothing of Larum."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

import larum
from tests.edge.larum_servers import ADMINISTRATOR, ONE_ATTEMPT
from tests.sessions.stage import HOME, allow, document, opened, trust

if TYPE_CHECKING:
    from tests.sessions.stage import Clock


def own_client(keys: dict[str, Any]) -> Any:  # noqa: ANN401 - botocore makes its methods
    """Return an STS client as somebody's code makes it."""
    return boto3.client(
        "sts",
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        endpoint_url="http://127.0.0.1:9",
        config=ONE_ATTEMPT,
    )


def test_a_service_gives_sts_clients() -> None:
    """As the root of any account, and an account that was never seen is there at once."""
    with larum.Service() as service:
        for account in (ADMINISTRATOR, HOME):
            with closing(service.client("sts", account=account)) as sts:
                assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"


def test_embedded_answers_for_keys_that_were_made_here(clock: Clock) -> None:
    """Users' keys and sessions of the service are its own, in clients that nobody attached."""
    with larum.Service(clock=clock) as service, opened(service, clock, None) as stage:
        ann = stage.user("ann", allow("sts:AssumeRole"))
        role = stage.role("r", document(trust(HOME)))
        keys = {"AccessKeyId": ann["accessKeyId"], "SecretAccessKey": ann["secretAccessKey"]}
        with larum.embedded(service), closing(own_client(keys)) as sts:
            lent = sts.assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
            with closing(own_client(lent)) as session:
                assert session.get_caller_identity()["Arn"].endswith(":assumed-role/r/work")


def test_embedded_leaves_other_sts_clients_alone() -> None:
    """A key that was made elsewhere goes where it went: to AWS, or to what stands in for it."""
    elsewhere = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}
    with (
        larum.embedded(),
        closing(own_client(elsewhere)) as sts,
        pytest.raises(EndpointConnectionError),
    ):
        sts.get_caller_identity()


def test_relaxed_checks_no_token() -> None:
    """With `--auth relaxed` the access key id alone says who it is, whatever token comes along."""
    settings = larum.Settings(auth="relaxed")
    with larum.Service(settings=settings) as service:
        for keys, account in (
            ({"AccessKeyId": HOME, "SessionToken": "anything"}, HOME),
            ({"AccessKeyId": "ASIAEXAMPLE", "SessionToken": "anything"}, ADMINISTRATOR),
            ({"AccessKeyId": HOME}, HOME),
        ):
            with closing(own_client(keys | {"SecretAccessKey": "x"})) as sts:
                service.attach(sts)
                assert sts.get_caller_identity()["Account"] == account
