"""`larum iam`, and the users of `larum apply`: what an administrator types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.store import credentials_file
from tests.edge.declared import type_larum, write

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PARTNER = "444444444444"
FILE = f"""\
accounts:
  - {{id: "{PARTNER}", name: partner, principals: [{{user: analyst, access-key: create}}]}}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that no server has open, with one standalone account."""
    path = tmp_path / "larum-data"
    with larum.Service(path) as service:
        client = service.client("larum")
        client.apply_directory(directory={"accounts": [{"id": PARTNER}]})
        client.close()
    return path


def typed(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `larum iam …` for the account in the data directory."""
    return type_larum("iam", *words, "--account", PARTNER, "--data", str(data), cwd=data.parent)


def told(data: Path, *words: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a command tells a script."""
    done = typed(data, *words, "--output", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


ANALYST = ("--user-name", "analyst")


def test_a_script_is_told_what_the_aws_cli_would_tell(data: Path) -> None:
    """The JSON of every command has IAM's shape; what changes and says nothing prints nothing."""
    user = told(data, "create-user", *ANALYST)["User"]
    assert user.keys() == {"Path", "UserName", "UserId", "Arn", "CreateDate"}
    assert user["Arn"] == f"arn:aws:iam::{PARTNER}:user/analyst"
    assert told(data, "get-user", *ANALYST) == {"User": user}
    assert told(data, "list-users") == {"Users": [user]}
    key = told(data, "create-access-key", *ANALYST)["AccessKey"]
    names = {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"}
    assert key.keys() == names
    (listed,) = told(data, "list-access-keys", *ANALYST)["AccessKeyMetadata"]
    assert listed == {name: key[name] for name in names - {"SecretAccessKey"}}
    named = (*ANALYST, "--access-key-id", key["AccessKeyId"])
    assert told(data, "update-access-key", *named, "--status", "Inactive") is None
    (listed,) = told(data, "list-access-keys", *ANALYST)["AccessKeyMetadata"]
    assert listed["Status"] == "Inactive"
    assert told(data, "delete-access-key", *named) is None
    assert told(data, "delete-user", *ANALYST) is None
    assert told(data, "list-users") == {"Users": []}


def test_people_are_told_in_lines(data: Path) -> None:
    """A new key is two lines to paste, with a word that its secret is shown once."""
    assert f"arn:aws:iam::{PARTNER}:user/analyst" in typed(data, "create-user", *ANALYST).stdout
    made = typed(data, "create-access-key", *ANALYST)
    first, second = made.stdout.splitlines()
    assert first.startswith("export AWS_ACCESS_KEY_ID=LARU")
    assert second.startswith("export AWS_SECRET_ACCESS_KEY=")
    assert "can never be read again" in made.stderr
    key = first.partition("=")[2]
    assert key in typed(data, "list-access-keys", *ANALYST).stdout
    assert "analyst" in typed(data, "list-users").stdout
    assert "AIDA" in typed(data, "get-user", *ANALYST).stdout
    named = (*ANALYST, "--access-key-id", key)
    done = typed(data, "update-access-key", *named, "--status", "Inactive")
    assert (done.stdout, done.stderr) == ("", f"{key} is Inactive.\n")
    refused = typed(data, "delete-user", *ANALYST)
    assert (refused.returncode, "ConflictException" in refused.stderr) == (1, True)
    assert typed(data, "delete-access-key", *named).stderr == f"{key} is deleted.\n"
    assert typed(data, "delete-user", *ANALYST).stderr == "analyst is deleted.\n"


def applied(data: Path, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Type `larum apply`."""
    return type_larum("apply", str(file), "--data", str(data), *options, cwd=data.parent)


def test_a_file_makes_users_and_their_keys(data: Path) -> None:
    """A dry run says so, the run makes them, the next one finds nothing to do."""
    file = write(data.parent, FILE)
    rehearsed = applied(data, file, "--dry-run").stdout
    assert told(data, "list-users") == {"Users": []}
    done = applied(data, file)
    assert done.stdout == rehearsed
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["update-account", PARTNER],
        ["create-user", f"analyst@{PARTNER}"],
        ["create-access-key", f"analyst@{PARTNER}"],
    ]
    (listed,) = told(data, "list-access-keys", *ANALYST)["AccessKeyMetadata"]
    kept = credentials_file.key_ids(data / "credentials")
    assert kept[f"analyst@{PARTNER}"] == listed["AccessKeyId"]
    again = applied(data, file)
    assert (again.stdout, again.stderr) == ("", "Nothing to change.\n")


def test_a_disabled_key_is_not_replaced_by_the_next_run(data: Path) -> None:
    """Who disabled a key meant to: the file asks for a key only where there is none."""
    file = write(data.parent, FILE)
    assert applied(data, file).returncode == 0
    (listed,) = told(data, "list-access-keys", *ANALYST)["AccessKeyMetadata"]
    named = (*ANALYST, "--access-key-id", listed["AccessKeyId"])
    told(data, "update-access-key", *named, "--status", "Inactive")
    assert applied(data, file).stderr == "Nothing to change.\n"


TEAM = f"""\
accounts:
  - id: "{PARTNER}"
    policies:
      Notes:
        Version: 2012-10-17
        Statement: [{{Effect: Allow, Action: "security-ir:GetCase", Resource: "*"}}]
    groups: [{{group: analysts, policies: [Notes]}}]
    principals:
      - {{user: analyst, groups: [analysts], tags: {{team: blue}}}}
      - role: ci
        trust-policy:
          Version: 2012-10-17
          Statement: [{{Effect: Allow, Principal: {{AWS: "{PARTNER}"}}, Action: "sts:AssumeRole"}}]
"""


def test_a_file_makes_a_team_with_its_policies(data: Path) -> None:
    """Policies, groups, users and roles are made as the file has them, once."""
    file = write(data.parent, TEAM)
    rehearsed = applied(data, file, "--dry-run").stdout
    done = applied(data, file)
    assert (done.stdout, done.returncode) == (rehearsed, 0)
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == [
        f"create-policy Notes@{PARTNER}",
        f"create-group analysts@{PARTNER}",
        f"create-user analyst@{PARTNER}",
        f"create-role ci@{PARTNER}",
        f"attach-group-policy analysts@{PARTNER} Notes",
        f"add-user-to-group analyst@{PARTNER} analysts",
        f"tag-user analyst@{PARTNER}",
    ]
    assert applied(data, file).stderr == "Nothing to change.\n"
    (group,) = told(data, "list-groups-for-user", *ANALYST)["Groups"]
    assert group["GroupName"] == "analysts"
    role = told(data, "get-role", "--role-name", "ci")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": PARTNER}


def test_a_fault_inside_a_policy_is_told_with_its_line(data: Path) -> None:
    """Whoever writes the file is led to the line of each fault, and nothing is made."""
    broken = TEAM.replace('Effect: Allow, Action: "security', 'Effect: Alow, Action: "security')
    file = write(data.parent, broken.replace("groups: [analysts]", "groups: [analyst]"))
    done = applied(data, file)
    assert done.returncode == 1
    first, second, last = done.stderr.splitlines()
    place = "accounts[0].policies.Notes.Statement[0].Effect"
    assert first == f"larum: {file}:6: {place}: must be exactly Allow or Deny"
    place = "accounts[0].principals[0].groups[0]"
    message = "must be a group of the account; there is no analyst"
    assert second == f"larum: {file}:9: {place}: {message}"
    assert last == f"larum: 2 faults in {file}; nothing was changed."
    assert told(data, "list-policies", "--scope", "Local")["Policies"] == []


DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "security-ir:GetCase", "Resource": "*"}],
}


def test_policies_are_given_as_files_and_told_as_json(data: Path) -> None:
    """As with the AWS CLI: file:// in, and the policy itself out."""
    file = write(data.parent, json.dumps(DOCUMENT, indent=2), "p.json")
    typed(data, "create-user", *ANALYST)
    named = (*ANALYST, "--policy-name", "p")
    done = typed(data, "put-user-policy", *named, "--policy-document", f"file://{file}")
    assert (done.returncode, done.stderr) == (0, "p is a policy of analyst.\n")
    answer = {"UserName": "analyst", "PolicyName": "p", "PolicyDocument": DOCUMENT}
    assert told(data, "get-user-policy", *named) == answer
    assert json.loads(typed(data, "get-user-policy", *named).stdout) == DOCUMENT
    assert typed(data, "list-user-policies", *ANALYST).stdout == "POLICY\np\n"
    assert typed(data, "delete-user-policy", *named).returncode == 0
    refused = typed(data, "put-user-policy", *named, "--policy-document", "{}")
    assert (refused.returncode, "ValidationException" in refused.stderr) == (1, True)
    assert "policyDocument" in refused.stderr
    missing = typed(data, "put-user-policy", *named, "--policy-document", "file://absent.json")
    assert missing.returncode == 3
    assert missing.stderr == "larum: absent.json cannot be read: No such file or directory.\n"


def test_every_fault_of_a_policy_is_a_line_of_its_own(data: Path) -> None:
    """Whoever writes a policy reads at which places it is wrong, one below the other."""
    typed(data, "create-user", *ANALYST)
    broken = '{"Version": "2012-10-17", "Statement": [{"Effect": "Alow", "Action": "*"}]}'
    named = (*ANALYST, "--policy-name", "p")
    done = typed(data, "put-user-policy", *named, "--policy-document", broken)
    assert done.returncode == 1
    first, *faults = done.stderr.splitlines()
    assert first == "larum: ValidationException: 2 faults:"
    assert "larum:   policyDocument.Statement[0].Effect: must be exactly Allow or Deny" in faults


def test_what_is_required_is_asked_for_before_the_service_is(data: Path) -> None:
    """A call without a required option is a wrong call that names it, whatever its kind."""
    for words, option in (
        (("create-user",), "--user-name"),
        (("update-access-key", *ANALYST, "--access-key-id", "LARU1"), "--status"),
        (("untag-user", *ANALYST), "--tag-keys"),
        (
            ("create-policy-version", "--policy-arn", "arn", "--policy-document", "{}"),
            "--set-as-default",
        ),
    ):
        done = typed(data, *words)
        assert (done.returncode, f"Missing option '{option}'" in done.stderr) == (2, True), done


def test_tags_and_their_keys_are_words_one_after_the_other(data: Path) -> None:
    """Key=…,Value=… and lists as the AWS CLI has them; what cannot be read is a wrong call."""
    typed(data, "create-user", *ANALYST)
    tags = ("Key=team,Value=blue", "Key=stage,Value=")
    assert typed(data, "tag-user", *ANALYST, "--tags", *tags).returncode == 0
    listed = told(data, "list-user-tags", *ANALYST)["Tags"]
    assert listed == [{"Key": "stage", "Value": ""}, {"Key": "team", "Value": "blue"}]
    assert "team=blue" in typed(data, "get-user", *ANALYST).stdout
    assert typed(data, "untag-user", *ANALYST, "--tag-keys", "team", "stage").returncode == 0
    assert told(data, "list-user-tags", *ANALYST) == {"Tags": []}
    wrong = typed(data, "tag-user", *ANALYST, "--tags", "team=blue")
    assert (wrong.returncode, "Key=…,Value=…" in wrong.stderr) == (2, True)


def test_a_group_shows_who_is_in_it(data: Path) -> None:
    """A group is told with its users, in lines and as the AWS CLI does."""
    group = ("--group-name", "analysts")
    typed(data, "create-group", *group)
    typed(data, "create-user", *ANALYST)
    assert typed(data, "add-user-to-group", *group, *ANALYST).stderr == "analyst is in analysts.\n"
    assert told(data, "get-group", *group)["Users"][0]["UserName"] == "analyst"
    shown = typed(data, "get-group", *group).stdout
    assert f"arn:aws:iam::{PARTNER}:group/analysts" in shown
    assert "analyst" in shown.splitlines()[-1]


@pytest.mark.parametrize(
    ("users", "fault"),
    [
        ("[{user: analyst}, {user: Analyst}]", "principals[1].user: must not repeat accounts[0]"),
        ("[{access-key: create}]", "principals[0].user"),
        ("[{user: ANALYST}]", "principals[0].user: must be written analyst"),
        ("[{user: a/b}]", "principals[0].user"),
        ("{user: analyst}", "principals: must be a list"),
        ("[{user: analyst, access-key: yes}]", "principals[0].access-key: must be create"),
    ],
)
def test_a_faulty_user_changes_nothing(data: Path, users: str, fault: str) -> None:
    """Each fault is told at its place in the file, and nothing is made."""
    typed(data, "create-user", *ANALYST)
    file = write(data.parent, f'accounts: [{{id: "{PARTNER}", name: new, principals: {users}}}]\n')
    done = applied(data, file)
    assert done.returncode in {1, 2}
    assert fault in done.stderr
    assert "nothing was changed" in done.stderr
    assert len(told(data, "list-users")["Users"]) == 1
