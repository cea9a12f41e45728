"""The schema's versions: SQL files, applied in the order of their numbers, each once.

Not a framework: a migration is a file `NNNN_name.sql`, and a database that is newer than this
release is refused instead of guessed at. What came to be written side by side may be applied in
another order than that of the numbers; none is ever left out.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.store.engine import Transaction

TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL PRIMARY KEY,
    name    TEXT NOT NULL
)
"""


class SchemaRefused(Exception):  # noqa: N818 - it is a refusal, told to whoever starts the server
    """The database cannot be used; the message says why and what to do."""


@cache
def scripts() -> tuple[tuple[int, str, str], ...]:
    """Return (version, file name, SQL text) of every migration, oldest first."""
    files = sorted(
        (each for each in resources.files(__package__).iterdir() if each.name.endswith(".sql")),
        key=lambda each: each.name,
    )
    return tuple((int(each.name[:4]), each.name, each.read_text("utf-8")) for each in files)


def pending(tx: Transaction) -> Iterator[str]:
    """Yield the SQL texts that the database still lacks, recording each after it ran.

    Raises SchemaRefused when the database has migrations that this release does not know.
    """
    tx.change(TABLE, {})
    applied = {row[0] for row in tx.rows("SELECT version FROM schema_migrations", {})}
    known = scripts()[-1][0]
    newest = max(applied, default=0)
    if newest > known:
        message = (
            f"The data was written by a newer release (schema {newest}; this one knows {known}). "
            "Install that release, or restore a backup from before the upgrade."
        )
        raise SchemaRefused(message)
    for version, name, text in scripts():
        if version not in applied:
            yield text
            insert = "INSERT INTO schema_migrations (version, name) VALUES (:version, :name)"
            tx.change(insert, {"version": version, "name": name})
