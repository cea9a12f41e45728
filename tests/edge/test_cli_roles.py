"""`larum --profile`: a profile with a role assumes it where the command goes, and nowhere else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.page import smallest
from tests.edge.declared import type_larum
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer

if TYPE_CHECKING:
    from pathlib import Path

ROLE = f"arn:aws:iam::{ADMINISTRATOR}:role/lister"


def lend(data: Path) -> dict[str, str]:
    """Make a user and a role that lists memberships; return what their profiles are found by."""
    trusted = {"AWS": f"arn:aws:iam::{ADMINISTRATOR}:user/ann"}
    with larum.Service(data) as service:
        client = service.client("larum")
        client.create_user(userName="ann")
        key = client.create_access_key(userName="ann")["accessKey"]
        client.create_role(
            roleName="lister",
            assumeRolePolicyDocument=_policy(Principal=trusted, Action="sts:AssumeRole"),
        )
        client.put_role_policy(
            roleName="lister",
            policyName="list",
            policyDocument=_policy(Action="security-ir:*", Resource="*"),
        )
        client.close()
        service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
        security_ir = service.client()
        security_ir.create_membership(**smallest())
        security_ir.close()
    config, credentials = data.parent / "config", data.parent / "aws-credentials"
    config.write_text(f"[profile lister]\nrole_arn = {ROLE}\nsource_profile = ann\n")
    credentials.write_text(
        f"[ann]\naws_access_key_id = {key['accessKeyId']}\n"
        f"aws_secret_access_key = {key['secretAccessKey']}\n"
    )
    return {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}


def _policy(**statement: object) -> str:
    whole = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    return json.dumps(whole)


@pytest.mark.parametrize("served", [True, False])
def test_a_profile_with_a_role(tmp_path: Path, *, served: bool) -> None:
    """The role's policies count, over HTTP and on a data directory alike; the user has none."""
    data = tmp_path / "larum-data"
    environment = lend(data)
    listing = ("memberships", "list", "--region", "us-east-1", "--output", "json")

    def both(*where: str) -> None:
        done = type_larum(
            *listing, *where, "--profile", "lister", cwd=tmp_path, environment=environment
        )
        assert done.returncode == 0, done.stderr
        assert "Example Corp" in done.stdout
        refused = type_larum(
            *listing, *where, "--profile", "ann", cwd=tmp_path, environment=environment
        )
        assert refused.returncode == 1
        assert "AccessDenied" in refused.stderr

    if served:
        with LarumServer(data) as server:
            both("--endpoint-url", server.url)
    else:
        both("--data", str(data))
