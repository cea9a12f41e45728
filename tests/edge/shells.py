"""A shell in a directory where `larum-data` lies, and what stands in it: people type there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import larum
from tests.conformance.page import smallest
from tests.edge.declared import type_larum

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

NAME: Final = "Example Corp"
CASE: Final[dict[str, Any]] = {
    "title": "Unusual sign-in",
    "description": "Seen at night.\nBy nobody we know.",
    "engagementType": "Security Incident",
    "reportedIncidentStartDate": 1793536496,
    "impactedAccounts": ["333333333333"],
    "watchers": [{"email": "carol@example.com", "name": "Carol", "jobTitle": "CISO"}],
    "tags": {"team": "shop"},
}


class Shell:
    """A directory; `larum` types a command on the data directory in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "larum-data"

    def larum(
        self, *words: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Type a command on the data directory."""
        return type_larum(
            *words, "--data", str(self.data), cwd=self.directory, environment=environment
        )

    def text(self, *words: str) -> str:
        """Return what a command says to people; it must succeed."""
        done = self.larum(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a command says in JSON; it must succeed."""
        return json.loads(self.text(*words, "--output", "json"))

    def open_membership(self, *kinds: str, **more: Any) -> tuple[str, list[str]]:
        """Open a membership with a case of each kind, `Self` or `AWS`; return all their ids."""
        with larum.Service(self.data) as service:
            client: Any = service.client()
            made = client.create_membership(**smallest(**more))["membershipId"]
            cases = [client.create_case(**CASE, resolverType=kind) for kind in kinds]
            client.close()
        return made, [each["caseId"] for each in cases]
