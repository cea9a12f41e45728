"""aiobotocore, boto3's calls for asyncio: the same service model over another HTTP client."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.interop.journey import PARAMETERS
from tests.interop.running import ENVIRONMENTS, running

JOURNEY = Path(__file__).with_name("async_journey.py")
PYTHON = ENVIRONMENTS / "interop-aiobotocore" / "bin" / "python"


def test_many_tasks_with_one_token_make_one_membership(tmp_path: Path) -> None:
    """Calls at once with one clientToken are one membership; errors and pages are boto3's."""
    parameters = tmp_path / "parameters.json"
    parameters.write_text(json.dumps(PARAMETERS), "utf-8")
    with running(tmp_path / "data") as server:
        done = subprocess.run(
            [PYTHON, JOURNEY, parameters],
            env=server.environment | {"PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=50,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    went = json.loads(done.stdout)
    (only,) = went["ids"]
    assert set(went["statuses"]) == {201}
    assert set(went["names"]) == {PARAMETERS["membershipName"]}
    assert (went["listed"], went["conflict"]) == ([only], only)
    assert went["tags"] == PARAMETERS["tags"] | {"by": "asyncio"}
