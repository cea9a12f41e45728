"""Schemas of earlier releases are brought up to date with what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from larum.store import migrations
from larum.store.engine import APPLICATION_ID, Engine

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNTS = """
INSERT INTO organizations VALUES ('111111111111', 'o-1', 'r-1');
INSERT INTO accounts VALUES ('111111111111', 'ACTIVE', '111111111111', 1);
INSERT INTO accounts VALUES ('222222222222', 'ACTIVE', '111111111111', 1);
INSERT INTO accounts VALUES ('333333333333', 'SUSPENDED', '111111111111', 1);
INSERT INTO accounts VALUES ('444444444444', 'ACTIVE', NULL, 1);
INSERT INTO memberships VALUES ('111111111111', 'us-east-1', 'm-whole', 'a', 'Active', 'o-1',
    'Organization', 1, NULL, '[]', NULL, 1);
INSERT INTO memberships VALUES ('444444444444', 'us-east-1', 'm-alone', 'b', 'Active',
    '444444444444', 'Standalone', 1, NULL, '[]', NULL, 0);
"""


@pytest.fixture
def first_schema(tmp_path: Path) -> Path:
    """Give a database of the first schema with two memberships in it."""
    path = tmp_path / "larum.db"
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    version, name, text = migrations.scripts()[0]
    connection.execute(migrations.TABLE)
    connection.execute(text)
    connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", (version, name))
    connection.execute(ACCOUNTS)
    connection.close()
    return path


def test_first_schema_is_brought_up_to_date(first_schema: Path) -> None:
    """Coverage and counts that the first schema did not write down are filled in."""
    engine = Engine(first_schema)
    rules = "SELECT membership_id, kind, target, since FROM coverage_rules ORDER BY membership_id"
    numbers = "SELECT value FROM counters WHERE name = 'active-memberships'"
    active = "SELECT active_accounts FROM organizations"
    try:
        assert engine.read(lambda tx: tx.rows(rules, {})) == [
            ("m-alone", "account", "444444444444", 0),
            ("m-whole", "organization", "", 0),
        ]
        assert engine.read(lambda tx: tx.rows(numbers, {})) == [(2,)]
        assert engine.read(lambda tx: tx.rows(active, {})) == [(2,)]
    finally:
        engine.close()


def test_migrating_again_changes_nothing(first_schema: Path) -> None:
    """A database that is up to date is opened as it is."""
    Engine(first_schema).close()
    engine = Engine(first_schema)
    try:
        applied = engine.read(lambda tx: tx.rows("SELECT version FROM schema_migrations", {}))
        assert [row[0] for row in applied] == [each[0] for each in migrations.scripts()]
    finally:
        engine.close()


def test_none_is_left_out(tmp_path: Path) -> None:
    """A migration that the database lacks is applied though a younger one was before."""
    path = tmp_path / "larum.db"
    Engine(path).close()
    connection = apsw.Connection(str(path))
    assert migrations.scripts()[-1][0] > 9
    connection.execute("DROP TABLE users; DELETE FROM schema_migrations WHERE version = 9")
    connection.close()
    engine = Engine(path)
    try:
        assert engine.read(lambda tx: tx.rows("SELECT * FROM users", {})) == []
    finally:
        engine.close()
