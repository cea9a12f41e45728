"""A role of one account, assumed by unchanged SDKs through the profiles of an `~/.aws/config`.

Acceptance line 4 of the access issue, and the same by boto3, aiobotocore and JavaScript: the role
creates a case in the account that it belongs to, and is refused everything else.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import time
from base64 import b32decode
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError

from larum.access import totp
from larum.edge import api_client
from tests.interop.running import ENVIRONMENTS, ROOT, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME, AWAY = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{AWAY}:role/case-opener"
STRONG_ROLE = f"arn:aws:iam::{AWAY}:role/with-code"
CASE = json.loads((ROOT / "tests" / "interop" / "case.json").read_text("utf-8"))
AWS = ENVIRONMENTS / "interop-awscli" / "bin" / "aws"
MODELS = "lib/python*/site-packages/botocore/data/security-ir/2018-05-10/service-2.json.gz"
ASYNC = """
import asyncio, json, sys
from aiobotocore.session import AioSession
async def main():
    async with AioSession(profile="opener").create_client("security-ir") as client:
        made = await client.create_case(**json.loads(sys.argv[1]))
        try:
            await client.list_cases()
        except client.exceptions.AccessDeniedException as error:
            print(json.dumps({"caseId": made["caseId"], "error": error.response["Error"]["Code"]}))
asyncio.run(main())
"""
SYNC = """
import boto3, json, sys
client = boto3.Session(profile_name="opener").client("security-ir")
made = client.create_case(**json.loads(sys.argv[1]))
try:
    client.list_cases()
except client.exceptions.AccessDeniedException as error:
    print(json.dumps({"caseId": made["caseId"], "error": error.response["Error"]["Code"]}))
"""
PYTHONS = {"oldest": SYNC, "newest": SYNC, "aiobotocore": ASYNC}
DENIED = "AccessDeniedException"


def policy(*statements: dict[str, Any]) -> str:
    """Return a document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(condition: dict[str, Any] | None = None) -> str:
    """Return a trust policy for the account of the user."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
            "Action": "sts:AssumeRole",
            "Condition": condition or {},
        }
    )


@dataclass(frozen=True)
class Lent:
    """A server, the environment of a shell whose HOME has the profiles, and the MFA seed."""

    server: Running
    environment: dict[str, str]
    root: Any
    seed: bytes


@contextmanager
def administered(server: Running) -> Iterator[Any]:
    """Give a client of the second model as the administrator."""
    access_key_id, secret = server.root_access_key()
    session: Any = api_client.session()
    with closing(
        session.client(
            "larum",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret,
        )
    ) as client:
        yield client


def lend(administrator: Any) -> tuple[dict[str, Any], dict[str, Any], str, bytes]:  # noqa: ANN401 - botocore makes it
    """Declare both accounts, a user with a device in one, and two roles in the other."""
    made = administrator.apply_directory(
        directory={"accounts": [{"id": HOME}, {"id": AWAY, "createRootAccessKey": True}]}
    )
    (root,) = made["createdAccessKeys"]
    named = {"accountId": HOME, "userName": "analyst"}
    administrator.create_user(**named)
    administrator.put_user_policy(
        **named,
        policyName="assume",
        policyDocument=policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": [ROLE, STRONG_ROLE]}
        ),
    )
    device = administrator.create_virtual_mfa_device(accountId=HOME, virtualMFADeviceName="phone")
    seed = b32decode(device["virtualMFADevice"]["base32StringSeed"])
    serial = device["virtualMFADevice"]["serialNumber"]
    step = int(time.time()) // totp.STEP_SECONDS
    administrator.enable_mfa_device(
        **named,
        serialNumber=serial,
        authenticationCode1=totp.code(seed, step - 1),
        authenticationCode2=totp.code(seed, step),
    )
    present = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    for arn, trusted in ((ROLE, trust()), (STRONG_ROLE, trust(present))):
        role = {"accountId": AWAY, "roleName": arn.rpartition("/")[2]}
        administrator.create_role(**role, assumeRolePolicyDocument=trusted)
        administrator.put_role_policy(
            **role,
            policyName="open",
            policyDocument=policy(
                {
                    "Effect": "Allow",
                    "Action": ["security-ir:CreateCase", "security-ir:TagResource"],
                    "Resource": f"arn:aws:security-ir:*:{AWAY}:case/*",
                }
            ),
        )
    return root, administrator.create_access_key(**named)["accessKey"], serial, seed


@pytest.fixture
def lent(tmp_path: Path) -> Iterator[Lent]:
    """Give a server with the accounts, and a HOME with the profiles."""
    with running(tmp_path / "data") as server, administered(server) as administrator:
        root, key, serial, seed = lend(administrator)
        home = tmp_path / "home"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "credentials").write_text(
            f"[analyst]\naws_access_key_id = {key['accessKeyId']}\n"
            f"aws_secret_access_key = {key['secretAccessKey']}\n"
        )
        end = f"region = us-east-1\nendpoint_url = {server.url}\n"
        (home / ".aws" / "config").write_text(
            f"[profile analyst]\n{end}\n"
            f"[profile opener]\nrole_arn = {ROLE}\nsource_profile = analyst\n{end}\n"
            f"[profile strong]\nrole_arn = {STRONG_ROLE}\nsource_profile = analyst\n"
            f"mfa_serial = {serial}\n{end}"
        )
        kept = {k: v for k, v in server.environment.items() if not k.startswith("AWS_")}
        environment = kept | {"HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}
        owner = boto3.client(
            "security-ir",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=root["accessKeyId"],
            aws_secret_access_key=root["secretAccessKey"],
        )
        owner.create_membership(
            membershipName="away",
            incidentResponseTeam=[
                {"name": name, "jobTitle": "Lead", "email": f"{name}@example.com"}
                for name in ("ann", "bob")
            ],
        )
        yield Lent(server, environment, owner, seed)
        owner.close()


def run(lent: Lent, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a shell with the profiles."""
    return subprocess.run(
        words,
        env=lent.environment | {"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"} | more,
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )


def opened_by(lent: Lent) -> list[str]:
    """Return by whom the account's cases were opened, by their first edits."""
    cases = lent.root.list_cases()["items"]
    edits = [lent.root.list_case_edits(caseId=each["caseId"])["items"][0] for each in cases]
    return [each["principal"] for each in edits]


def test_a_role_through_a_profile_of_the_aws_cli(lent: Lent) -> None:
    """Line 4: it creates a case in the role's account, and everything else is refused."""
    aws = (str(AWS), "--profile", "opener", "--output", "json")
    made = run(lent, *aws, "security-ir", "create-case", "--cli-input-json", json.dumps(CASE))
    assert made.returncode == 0, made.stderr
    case_id = json.loads(made.stdout)["caseId"]
    assert lent.root.get_case(caseId=case_id)["title"] == CASE["title"]
    (opener,) = opened_by(lent)
    assert opener.startswith(f"arn:aws:sts::{AWAY}:assumed-role/case-opener/")
    for words in (
        ("get-case", "--case-id", case_id),
        ("list-cases",),
        ("list-memberships",),
        ("close-case", "--case-id", case_id),
        ("update-case", "--case-id", case_id, "--title", "Another"),
        ("create-case-comment", "--case-id", case_id, "--body", "x"),
    ):
        refused = run(lent, *aws, "security-ir", *words)
        assert refused.returncode != 0, words
        assert f"({DENIED})" in refused.stderr, words
    who = run(lent, *aws, "sts", "get-caller-identity")
    assert json.loads(who.stdout)["Arn"].startswith(f"arn:aws:sts::{AWAY}:assumed-role/")
    onward = ("--role-arn", STRONG_ROLE, "--role-session-name", "on")
    refused = run(lent, *aws, "sts", "assume-role", *onward)
    assert "(AccessDenied)" in refused.stderr


def test_a_user_without_the_role_may_nothing(lent: Lent) -> None:
    """What the role may, its borrower may not: the case is the role's to open."""
    aws = (str(AWS), "--profile", "analyst", "security-ir")
    for words in (("create-case", "--cli-input-json", json.dumps(CASE)), ("list-cases",)):
        assert f"({DENIED})" in run(lent, *aws, *words).stderr


@pytest.mark.parametrize("profile", ["opener", "strong"])
def test_a_role_through_a_profile_of_boto3(
    lent: Lent, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `mfa_serial`, botocore asks for the code that the role's trust policy asks for."""
    home = Path(lent.environment["HOME"]) / ".aws"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
    next_step = int(time.time()) // totp.STEP_SECONDS + 1
    session = botocore.session.Session(profile=profile)
    provider: Any = session.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = lambda _: totp.code(lent.seed, next_step)
    with closing(boto3.Session(botocore_session=session).client("security-ir")) as client:
        case_id = client.create_case(**CASE)["caseId"]
        with pytest.raises(ClientError, match=DENIED):
            client.get_case(caseId=case_id)
    assert lent.root.get_case(caseId=case_id)["title"] == CASE["title"]


@pytest.mark.parametrize("version", PYTHONS)
def test_a_role_through_a_profile_of_other_versions(lent: Lent, version: str) -> None:
    """The oldest and the newest boto3, and aiobotocore, read the same profile and assume it."""
    python = ENVIRONMENTS / f"interop-{version}" / "bin" / "python"
    done = run(lent, str(python), "-c", PYTHONS[version], json.dumps(CASE))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["error"] == DENIED
    assert lent.root.get_case(caseId=answer["caseId"])["title"] == CASE["title"]


@pytest.mark.parametrize("version", ["v3", "v2"])
def test_a_role_through_a_profile_of_javascript(lent: Lent, version: str, tmp_path: Path) -> None:
    """The SDKs' own assume-role providers find the role and sign with what they are given."""
    (packed,) = (ENVIRONMENTS / "interop-newest").glob(MODELS)
    model = tmp_path / "model.json"
    model.write_bytes(gzip.decompress(packed.read_bytes()))
    script = str(ROOT / "tests" / "interop" / "javascript" / "call.mjs")
    more = {
        "AWS_PROFILE": "opener",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_SDK_LOAD_CONFIG": "1",
        "AWS_ENDPOINT_URL_STS": lent.server.url,
        "AWS_ENDPOINT_URL_SECURITY_IR": lent.server.url,
        "NODE_NO_WARNINGS": "1",
    }
    if version == "v2":
        more |= {"AWS_PROFILE": "analyst", "ROLE_ARN": ROLE}
    node = ("node", script, version, str(model))
    done = run(lent, *node, "CreateCase", json.dumps(CASE), **more)
    assert done.returncode == 0, done.stderr
    case_id = json.loads(done.stdout)["caseId"]
    assert lent.root.get_case(caseId=case_id)["title"] == CASE["title"]
    refused = run(lent, *node, "GetCase", json.dumps({"caseId": case_id}), **more)
    assert DENIED in refused.stderr
