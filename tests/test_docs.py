"""The documentation tells the truth: every example runs and prints what its page shows.

How each kind of block is tested stands in KINDS; a block of another kind fails. That the pages are
complete and their links resolve is tested in tests/test_docs_are_complete.py.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import click
import pytest
from botocore import xform_name
from botocore.loaders import Loader

import larum
from larum import settings as settings_module
from larum.edge import directory_file, triage_rules_file
from larum.edge.cli import every_command
from larum.settings import FIELDS, SettingsError
from tests import documents
from tests.documents import ROOT, Block, blocks, of_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {
    "python": "run in one interpreter per page, in order; what it prints is compared",
    "python server": "the same, with the export lines of a `larum serve` applied",
    "python test": "run by pytest, with the plugin that Larum installs",
    "bash": "not run, as it would serve, install or test: parsed by the program that it calls",
    "bash administrator": "typed in order into one shell by tests/interop/test_least_privilege.py",
    "bash server": "curl only: fetched from a running `larum serve`",
    "bash data": "run where a stopped server left its larum-data",
    "bash aws": "checked against botocore's model here, run by tests/interop with the AWS CLI",
    "text": "shown, not run: the lines that `larum serve` prints, and diagrams",
    "text output": "what the block before it prints",
    "toml": "read as a settings file",
    "json": "read as JSON; that of an export is compared with one",
    "yaml": "read as a file of `larum apply`, and applied",
    "yaml rules": "read as a file of `larum findings apply-rules`",
    "mermaid": "generated",
    "": "a diagram or a layout in CONTRIBUTING.md",
}
ROUND = r"m-[a-z0-9]{30}"
# Runs blocks in one namespace and says what each printed.
RUNNER = """
import contextlib, io, json, sys
namespace = {"__name__": "__main__"}
printed = []
for source, place in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, place, "exec"), namespace)
    printed.append(out.getvalue())
print(json.dumps(printed))
"""


def without_ids(text: str | None) -> str:
    """Put one id in the place of every membership's."""
    return re.sub(ROUND, "m-ID", text or "")


def run_python(found: list[Block], directory: Path, environment: dict[str, str]) -> list[str]:
    """Run the blocks in a fresh interpreter and return what each printed; stderr must be empty."""
    sources = json.dumps([(each.text, f"{each.page.name}:{each.line}") for each in found])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER],
        input=sources,
        cwd=directory,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    printed: list[str] = json.loads(done.stdout)
    return printed


def differences(found: list[Block], printed: list[str]) -> list[str]:
    """Return which blocks print something else than their page shows."""
    return [
        f"{each.page.name}:{each.line} printed {given!r}"
        for each, given in zip(found, printed, strict=True)
        if without_ids(each.output) != without_ids(given)
    ]


@contextmanager
def served(directory: Path) -> Iterator[dict[str, str]]:
    """Run `larum serve` on `directory`/larum-data and give the variables that it exports."""
    larum = Path(sys.executable).with_name("larum")
    command = [str(larum), "serve", "--port", "0", "--data", "larum-data"]
    with subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        exported: dict[str, str] = {}
        for line in server.stdout:
            words = shlex.split(line)
            if words[0] == "listening":
                break
            variable, _, value = words[1].partition("=")
            exported[variable] = value
        try:
            yield exported
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=10) == 0


@pytest.mark.parametrize("page", documents.pages(), ids=documents.name)
def test_every_block_is_of_a_kind_that_is_tested(page: Path) -> None:
    """No example escapes: what follows a fence says how it is tested."""
    assert {each.kind for each in blocks(page)} <= KINDS.keys()


@pytest.mark.parametrize("page", of_kind("python"))
def test_python_runs_and_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    """Each Python example works as pasted, in process, and prints what follows it."""
    found = of_kind("python")[page]
    assert differences(found, run_python(found, tmp_path, {})) == []


@pytest.mark.parametrize("page", of_kind("python server"))
def test_python_runs_against_a_server(page: str, tmp_path: Path) -> None:
    """Each example for a server works with the export lines alone."""
    found = of_kind("python server")[page]
    with served(tmp_path) as exported:
        assert differences(found, run_python(found, tmp_path, exported)) == []


@pytest.mark.parametrize("page", of_kind("python test"))
def test_tests_that_are_shown_pass(page: str, tmp_path: Path) -> None:
    """Each test that is shown passes with the plugin that Larum installs."""
    for number, each in enumerate(of_kind("python test")[page]):
        (tmp_path / f"test_shown_{number}.py").write_text(each.text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_readme_begins_with_an_example_that_works_as_a_program(tmp_path: Path) -> None:
    """README's first block, pasted into a file of its own, prints what README says."""
    first = blocks(ROOT / "README.md")[0]
    program = tmp_path / "example.py"
    program.write_text(first.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=50, check=False
    )
    assert (first.kind, first.line < 12) == ("python", True)
    assert (without_ids(done.stdout), done.stderr) == (without_ids(first.output), "")
    assert re.search(ROUND, done.stdout)


def larum_faults(words: list[str]) -> list[str]:
    """Return what `larum` would not accept of its arguments; nothing is started."""
    command: click.Command | None = every_command().get(words[0])
    if isinstance(command, click.Group):
        words = words[1:]
        command = command.commands.get(words[0]) if words else None
    if command is None:
        return [f"there is no command {' '.join(words)}"]
    try:
        given = command.make_context(words[0], words[1:]).params
        if words[0] == "serve":
            config = given.pop("config")
            settings_module.load(given, environment={}, config=config)
    except (click.ClickException, SettingsError) as error:
        return [str(error)]
    return []


def aws_faults(words: list[str]) -> list[str]:
    """Return what of an AWS CLI command is not in botocore's model."""
    described = Loader().load_service_model("security-ir", "service-2")
    by_name = {xform_name(each, "-"): entry for each, entry in described["operations"].items()}
    if words[:1] != ["security-ir"] or words[1:2] == [] or words[1] not in by_name:
        return [f"there is no {' '.join(words[:2])}"]
    shape = described["shapes"][by_name[words[1]]["input"]["shape"]]
    known = {"--" + xform_name(member, "-") for member in shape["members"]}
    return [word for word in words[2:] if word.startswith("--") and word not in known]


def make_faults(words: list[str]) -> list[str]:
    """Return what of a `make` command is not in the Makefile's help."""
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return [word for word in words if "=" not in word and word not in targets]


def export_faults(words: list[str]) -> list[str]:
    """Return variables that no setting has."""
    known = {each.variable for each in FIELDS}
    return [word for word in words if word.partition("=")[0] not in known]


def python_faults(words: list[str]) -> list[str]:
    """Return modules of this repository that are not there."""
    return (
        [] if words[0] == "-m" and (ROOT / f"{words[1].replace('.', '/')}.py").exists() else words
    )


PROGRAMS = {
    "larum": larum_faults,
    "aws": aws_faults,
    "make": make_faults,
    "export": export_faults,
    ".venv/bin/python": python_faults,
}


def shell_faults(words: list[str]) -> list[str]:
    """Return what is wrong with one command."""
    if words[0] not in PROGRAMS:
        return [f"nothing here tests {words[0]}"]
    return PROGRAMS[words[0]](words[1:])


@pytest.mark.parametrize("kind", ["bash", "bash aws"])
def test_shell_commands_are_ones_that_exist(kind: str) -> None:
    """Each command that is shown is taken by the program that it calls."""
    shown = [
        (page, words)
        for page, found in of_kind(kind).items()
        for b in found
        for words in b.commands
    ]
    assert shown
    assert [
        (page, words, shell_faults(words)) for page, words in shown if shell_faults(words)
    ] == []


@pytest.mark.parametrize(
    "command",
    [
        "larum sevre",
        "larum serve --prot 1",
        "larum serve --host 0.0.0.0",
        "make tset",
        "export LARUM_HOTS=a",
        "aws security-ir list-membership",
        "aws security-ir get-membership --id m-1",
        ".venv/bin/python -m scripts.nothing",
        "rm -rf larum-data",
    ],
)
def test_shell_commands_that_do_not_exist_are_found(command: str) -> None:
    """A command, an option, a value, a target or a variable that is not there is a fault."""
    assert shell_faults(shlex.split(command))


def test_health_answers_what_the_page_shows(tmp_path: Path) -> None:
    """The health checks answer what the guide shows, word for word."""
    ((block,),) = of_kind("bash server").values()
    answers = []
    with served(tmp_path) as exported:
        for words in block.commands:
            assert words[:2] == ["curl", "-s"]
            url = exported["AWS_ENDPOINT_URL_SECURITY_IR"] + urlsplit(words[2]).path
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
                answers.append(answer.read().decode() + "\n")
    assert "".join(answers) == block.output


def test_backup_and_recovery_work_as_the_guide_says(tmp_path: Path) -> None:
    """A copy made by the guide serves what was written; a replaced root key ends the old one."""
    team = [
        {"name": f"Person {n}", "jobTitle": "CISO", "email": f"p{n}@example.com"} for n in (1, 2)
    ]
    with served(tmp_path) as first:
        client = client_of(first)
        made = client.create_membership(membershipName="Kept", incidentResponseTeam=team)
        client.close()
    script = "".join(each.text for each in of_kind("bash data")["docs/serving.md"])
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["sh", "-euc", script], cwd=tmp_path, env=os.environ | {"PATH": search}, check=True
    )
    with served(tmp_path) as replaced:
        client = client_of(first | replaced)
        with pytest.raises(client.exceptions.ClientError, match="UnrecognizedClientException"):
            client.list_memberships()
        client.close()
    (tmp_path / "larum-data").rename(tmp_path / "lost")
    (tmp_path / "backup").rename(tmp_path / "larum-data")
    with served(tmp_path) as restored:
        client = client_of(first | restored)
        assert client.list_memberships()["items"][0]["membershipId"] == made["membershipId"]
        client.close()


def client_of(exported: dict[str, str]):  # type: ignore[no-untyped-def]  # noqa: ANN201 - as boto3
    """Return a boto3 client made from export lines."""
    return boto3.client(
        "security-ir",
        endpoint_url=exported["AWS_ENDPOINT_URL_SECURITY_IR"],
        region_name=exported["AWS_DEFAULT_REGION"],
        aws_access_key_id=exported["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exported["AWS_SECRET_ACCESS_KEY"],
    )


def test_first_start_prints_the_lines_that_the_pages_show(tmp_path: Path) -> None:
    """The export lines in the pages are those of a first start, in their order."""
    shown = [each for found in of_kind("text").values() for each in found if "export" in each.text]
    with served(tmp_path) as exported:
        names = list(exported)
    assert len(shown) == 2
    for each in shown:
        assert re.findall(r"^export (\w+)=", each.text, re.MULTILINE) == names


def test_settings_files_that_are_shown_are_read(tmp_path: Path) -> None:
    """Each TOML file in the pages is one that `larum serve` takes."""
    found = [each for shown in of_kind("toml").values() for each in shown]
    assert found
    empty = tmp_path / "empty.toml"
    empty.touch()
    for each in found:
        file = tmp_path / "larum.toml"
        file.write_text(each.text, encoding="utf-8")
        loaded = settings_module.load({}, environment={}, config=file)
        assert loaded != settings_module.load({}, environment={}, config=empty)


@pytest.mark.parametrize("page", of_kind("json"))
def test_json_that_is_shown_is_json(page: str) -> None:
    """Each JSON document in the pages can be read; see tests/edge/test_export.py too."""
    for each in of_kind("json")[page]:
        assert json.loads(each.text)


@pytest.mark.parametrize("page", of_kind("yaml"))
def test_directories_that_are_shown_can_be_applied(page: str) -> None:
    """Each file of `larum apply` in the pages reads without a fault and is made true."""
    for each in of_kind("yaml")[page]:
        found = directory_file.read(each.text.encode())
        assert found.faults == []
        with larum.Service() as service:
            client = service.client("larum")
            assert client.apply_directory(directory=found.directory)["changes"]
            assert client.apply_directory(directory=found.directory)["changes"] == []
            client.close()


def test_triage_rules_that_are_shown_can_be_applied() -> None:
    """Each file of `larum findings apply-rules` in the pages reads without a fault."""
    shown = [each for found in of_kind("yaml rules").values() for each in found]
    assert shown
    for each in shown:
        found = triage_rules_file.read(each.text.encode())
        assert found.faults == []
        assert found.rules


def test_wrong_output_is_found(tmp_path: Path) -> None:
    """An example that prints something else than its page shows is a fault."""
    block = Block(ROOT / "README.md", 1, "python", "print(2)", "1\n")
    assert differences([block], run_python([block], tmp_path, {})) == ["README.md:1 printed '2\\n'"]
