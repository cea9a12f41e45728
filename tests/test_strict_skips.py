"""The guard that refuses skips can itself fail a run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.strict_skips import parse_allowed, refused

ROOT = Path(__file__).parent.parent
SKIPPING = 'import pytest\n\n\ndef test_lazy():\n    pytest.skip("no time")\n'
SKIPPING_MODULE = 'import pytest\n\npytest.skip("no time", allow_module_level=True)\n'


def test_listed_skip_is_accepted() -> None:
    """A skip on the list passes, by name or by wildcard."""
    allowed = parse_allowed("# comment\n\ntests/a.py::* -- needs Windows\n")
    assert refused(["tests/a.py::test_x"], allowed) == []
    assert refused(["tests/b.py::test_x"], allowed) == ["tests/b.py::test_x"]


def test_reason_is_required() -> None:
    """A line of the list without a reason is an error, not a licence."""
    with pytest.raises(ValueError, match="no reason"):
        parse_allowed("tests/a.py::test_x\n")


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize("source", [SKIPPING, SKIPPING_MODULE], ids=["test", "module"])
def test_unlisted_skip_fails_the_run(tmp_path: Path, source: str, workers: str) -> None:
    """An unlisted skip of a test or a module fails the run, in one process and spread over more."""
    (tmp_path / "test_planted.py").write_text(source)
    (tmp_path / "test_sound.py").write_text("def test_sound():\n    assert True\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.strict_skips", "--strict-skips"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "-n", workers, "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
        timeout=50,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "skips that are not on tests/skips.txt" in done.stdout
    assert "test_planted.py" in done.stdout.split("skips.txt")[1]
