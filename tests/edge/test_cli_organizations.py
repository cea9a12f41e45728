"""`larum organizations`: what an administrator types, and what the AWS CLI's users know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.settings import ROOT_ACCOUNT
from tests.documents import ROOT, blocks
from tests.edge.declared import type_larum

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

SHOP = "333333333333"
UNIT = "ou-abcd-11111111"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that no server has open."""
    path = tmp_path / "larum-data"
    larum.Service(path).close()
    return path


def typed(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `larum organizations …` on the data directory."""
    return type_larum("organizations", *words, "--data", str(data), cwd=data.parent)


def told(data: Path, *words: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a command tells a script."""
    done = typed(data, *words, "--output", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def test_a_script_is_told_what_the_aws_cli_would_tell(data: Path) -> None:
    """Members are spelled as AWS Organizations spells them; what says nothing prints nothing."""
    organization = told(data, "describe-organization")["Organization"]
    assert organization["MasterAccountId"] == ROOT_ACCOUNT
    (root,) = told(data, "list-roots")["Roots"]
    assert root["Name"] == "Root"
    created = ("--account-name", "Shop", "--email", "shop@example.com", "--account-id", SHOP)
    status = told(data, "create-account", *created)["CreateAccountStatus"]
    assert (status["State"], status["AccountId"]) == ("SUCCEEDED", SHOP)
    unit = ("--parent-id", root["Id"], "--name", "prod", "--organizational-unit-id", UNIT)
    assert told(data, "create-organizational-unit", *unit)["OrganizationalUnit"]["Id"] == UNIT
    moved = ("--source-parent-id", root["Id"], "--destination-parent-id", UNIT)
    assert told(data, "move-account", "--account-id", SHOP, *moved) is None
    account = {
        "Id": SHOP,
        "Arn": f"arn:aws:organizations::{ROOT_ACCOUNT}:account/{organization['Id']}/{SHOP}",
        "Email": "shop@example.com",
        "Name": "Shop",
        "Status": "ACTIVE",
    }
    assert told(data, "list-accounts-for-parent", "--parent-id", UNIT) == {"Accounts": [account]}
    assert account in told(data, "list-accounts")["Accounts"]
    assert told(data, "describe-account", "--account-id", SHOP) == {"Account": account}


def test_only_accounts_of_the_organization_are_listed(data: Path) -> None:
    """A standalone account is in `larum accounts`, and here once it is invited."""
    with larum.Service(data) as service:
        service.client(account=SHOP).close()
    assert [each["Id"] for each in told(data, "list-accounts")["Accounts"]] == [ROOT_ACCOUNT]
    target = ("--target", f"Id={SHOP},Type=ACCOUNT")
    told(data, "invite-account-to-organization", *target)
    ids = [each["Id"] for each in told(data, "list-accounts")["Accounts"]]
    assert ids == [ROOT_ACCOUNT, SHOP]
    assert SHOP in typed(data, "list-accounts").stdout


def test_a_policy_is_written_from_a_file(data: Path) -> None:
    """A document of `file://` is kept as it stands there; one with faults is refused by place."""
    file = data.parent / "policy.json"
    statement = {"Effect": "Deny", "Action": "security-ir:*", "Resource": "*"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    given = ("--name", "Deny", "--type", "SERVICE_CONTROL_POLICY", "--content", f"file://{file}")
    made = told(data, "create-policy", *given)["Policy"]
    assert made["Content"] == file.read_text()
    named = ("--policy-id", made["PolicySummary"]["Id"])
    assert told(data, "describe-policy", *named)["Policy"] == made
    (root,) = told(data, "list-roots")["Roots"]
    assert told(data, "attach-policy", *named, "--target-id", root["Id"]) is None
    (target,) = told(data, "list-targets-for-policy", *named)["Targets"]
    assert target["TargetId"] == root["Id"]
    file.write_text(json.dumps({"Statement": [statement | {"Effect": "Denie"}]}))
    done = typed(data, "update-policy", *named, "--content", f"file://{file}")
    assert done.returncode == 1
    assert "content.Statement[0].Effect" in done.stderr


def test_the_commands_of_the_page_work_in_their_order(data: Path) -> None:
    """What docs/organizations.md shows does what it says, with the ids that there are."""
    (root,) = told(data, "list-roots")["Roots"]
    ids = {"r-abcd": root["Id"]}
    shown = [each for each in blocks(ROOT / "docs/organizations.md") if each.kind == "bash"]
    commands = [words for block in shown for words in block.commands if words[2] != "sync"]
    assert len(commands) > 10
    for words in commands:
        done = typed(data, *(ids.get(word, word) for word in words[2:]))
        assert done.returncode == 0, (words, done.stderr)
        if words[2] == "create-policy":
            listed = told(data, "list-policies")["Policies"]
            (made,) = (each["Id"] for each in listed if not each["AwsManaged"])
            ids["p-0123456789"] = made
    (shop,) = told(data, "list-accounts-for-parent", "--parent-id", UNIT)["Accounts"]
    assert shop["Id"] == SHOP
