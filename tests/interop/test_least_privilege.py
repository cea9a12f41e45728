"""docs/least-privilege.md, typed from its first line to its last into one shell."""

from __future__ import annotations

import re
import shlex
import subprocess
from contextlib import contextmanager
from itertools import takewhile
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest

from tests.documents import ROOT, Block, blocks
from tests.interop.running import ENVIRONMENTS, LARUM, READY, STOP_SECONDS, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = ROOT / "docs" / "least-privilege.md"
KIND = "bash administrator"
AWS = ENVIRONMENTS / "interop-awscli" / "bin"
# What is another one each time.
VARIABLE = {
    r"\bLARU[A-Z0-9]{16}\b": "LARUEXAMPLEEXAMPLE00",
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)": "2026-11-01 12:00:00Z",
    r"\b(AIDA|AROA|AGPA|ANPA)[A-Z0-9]{17}\b": r"\1EXAMPLEEXAMPLE000",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b": "REQUEST-ID",
    r"\bm-[a-z0-9]{30}\b": "m-ID",
}
# Sources each block, so that what one exports holds for the next; says which commands failed.
DRIVER = """
for block in block-*.sh; do
    trap 'echo "$BASH_COMMAND" >> "$block.failed"' ERR
    . "./$block" > "$block.out" 2>&1
done
"""


def told(text: str) -> str:
    """Return what a command printed, with one id in the place of all."""
    for pattern, example in VARIABLE.items():
        text = re.sub(pattern, example, text)
    # How wide a column is follows from what is in it.
    return "\n".join(re.sub(" {2,}", "  ", line).rstrip() for line in text.splitlines())


def typed(found: list[Block], directory: Path, environment: dict[str, str]) -> None:
    """Run the blocks in one shell, in order."""
    for number, block in enumerate(found):
        (directory / f"block-{number:03}.sh").write_text(block.text, encoding="utf-8")
    search = f"{AWS}:{LARUM.parent}:{environment['PATH']}"
    subprocess.run(
        ["bash", "-c", DRIVER],
        cwd=directory,
        env=environment | {"PATH": search},
        timeout=240,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@contextmanager
def serving(words: list[str], directory: Path) -> Iterator[dict[str, str]]:
    """Run the page's own command on a free port; give the environment of a shell beside it."""
    environment = clean_environment() | {"HOME": str(directory), "LARUM_PORT": "0"}
    environment.pop("AWS_CONFIG_FILE")
    with (
        (directory / "serve.log").open("wb") as log,
        subprocess.Popen(
            [str(LARUM), *words[1:]], cwd=directory, env=environment, stdout=PIPE, stderr=log,
            text=True,
        ) as server,
    ):  # fmt: skip
        try:
            printed = iter(server.stdout or ())
            lines = list(takewhile(lambda line: not line.startswith(READY), printed))
            exported = dict(line.split()[1].split("=", 1) for line in lines)
            # The page's server listens where `larum` looks for one.
            url = exported["AWS_ENDPOINT_URL_SECURITY_IR"]
            yield environment | exported | {"LARUM_ENDPOINT_URL": url}
        finally:
            server.terminate()
            assert server.wait(STOP_SECONDS) == 0


@pytest.mark.timeout(300)
def test_every_command_of_the_page_does_what_the_page_says(tmp_path: Path) -> None:
    """Nothing but what is typed there is needed, and what it prints is what is printed."""
    serve, *found = [each for each in blocks(PAGE) if each.kind in {"bash", KIND}]
    assert (serve.kind, {each.kind for each in found}) == ("bash", {KIND})
    ((*words,),) = serve.commands
    with serving(words, tmp_path) as environment:
        typed(found, tmp_path, environment)
    for number, block in enumerate(found):
        script = tmp_path / f"block-{number:03}.sh"
        printed = script.with_suffix(".sh.out").read_text("utf-8")
        failed = script.with_suffix(".sh.failed")
        refused = failed.read_text("utf-8") if failed.exists() else ""
        place = f"{PAGE.name}:{block.line}"
        assert not refused or "Exception" in (block.output or ""), f"{place} {refused}{printed}"
        assert told(printed) == told(block.output or ""), place


def test_what_differs_each_time_is_told_alike() -> None:
    """Ids and times are put out of the comparison, and nothing else is."""
    first = told("LARUAAAAAAAAAAAAAAAA  made 2026-11-22 10:00:00Z\n")
    assert first == told(
        "LARUBBBBBBBBBBBBBBBB made 2026-11-23 11:00:00Z\n".replace(" made", "   made")
    )
    assert first != told("LARUBBBBBBBBBBBBBBBB  lost 2026-11-23 11:00:00Z\n")
    assert shlex.split(first)[1] == "made"
