"""Secrets are compared in constant time, everywhere: a lint over the whole source (G18).

MinIO #5334 compared signatures with `!=`; so does more than one test server. Here `==` and `!=` may
not touch anything whose name says that it is a signature, digest, token or secret.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "larum"
SUSPECT = re.compile(r"(?:^|_)sig(?:nature)?s?(?:_|$)|digest|token|secret", re.IGNORECASE)

# "file: comparison" -> why it is no secret. Only ever shrink this.
ALLOWED: dict[str, str] = {
    "edge/cli/directory.py: name != 'secretAccessKey'": "the name of a member, not its value",
    "edge/audit_files.py: checkpoint.previous != before.signature": (
        "signatures of audit checkpoints are published, and checked before"
    ),
    "edge/export_check.py: digest.hexdigest() != entry['sha256']": (
        "the checksum of a file, which stands beside it in the export"
    ),
    "settings.py: (self.root_access_key_id is None) != (self.root_secret_access_key is None)": (
        "asks whether both are given, not what they are"
    ),
}


def suspicious(source: str) -> list[str]:
    """Return the comparisons by == and != in `source` that name something secret."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        if any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops) and any(
            SUSPECT.search(name) for each in (node.left, *node.comparators) for name in names(each)
        ):
            found.append(ast.unparse(node))
    return found


def names(node: ast.AST) -> list[str]:
    """Return the identifiers within `node`; texts too, as in `params["clientToken"]`."""
    found = []
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            found.append(each.id)
        elif isinstance(each, ast.Attribute):
            found.append(each.attr)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            found.append(each.value)
    return found


def test_no_secret_is_compared_by_its_bytes() -> None:
    """Every comparison of a secret uses hmac.compare_digest, or says here why it need not."""
    files = sorted(SOURCE.rglob("*.py"))
    assert len(files) > 10
    found = {
        f"{path.relative_to(SOURCE).as_posix()}: {each}"
        for path in files
        for each in suspicious(path.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "bug",
    [
        "if signature == expected: pass",
        "if claim.signature != mac.hexdigest(): pass",
        "ok = a == sha256(body).digest()",
        "assert row['clientToken'] == given",
        "x = key.secret_access_key == other",
        "y = 1 < 2 == sig",
        "z = TOKEN != t",
    ],
)
def test_the_lint_sees_the_bug(bug: str) -> None:
    """Each planted comparison is found."""
    assert suspicious(bug)


@pytest.mark.parametrize(
    "fine",
    [
        "hmac.compare_digest(signature, expected)",
        "signing_name == 'larum'",
        "token is None",
        "a == b",
    ],
)
def test_the_lint_leaves_the_rest_alone(fine: str) -> None:
    """Constant-time comparison, absence and names that only look alike pass."""
    assert not suspicious(fine)
