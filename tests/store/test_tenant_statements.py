"""A statement on a tenant's rows names the account, or says here why it may not: a lint over SQL.

Every statement stands in a module of `larum.store` as a constant, so all of them can be read. Of
each table whose key begins with an account, the statement must ask for that account's rows alone,
by a parameter or by joining a table of which it does. What reads across accounts is listed, with
who may call it; the list only shrinks.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import larum
from larum import store

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(larum.__file__).parent
STATEMENT = re.compile(r"\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s", re.ASCII)
MENTIONED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE(?! SET))\s+([a-z_]+)", re.ASCII)
OWNER = r"(?:[a-z_]+\.)?(?:management_)?account"
# By a parameter, or by being equal to the account of what is joined.
NAMED = re.compile(rf"\b{OWNER}\s*=\s*(?::|(?:[a-z_]+\.){OWNER}\b|\(\s*SELECT)", re.ASCII)
INSERTED = re.compile(
    r"INSERT INTO [a-z_]+\s*\([^)]*\b(?:management_)?account\b[^)]*\)\s*VALUES\s*"
    r"\([^)]*:(?:management_)?account\b",
    re.ASCII,
)
FRAGMENT = re.compile(r"WHERE\s*\Z", re.ASCII)

SWEEP = "the sweep, which nobody calls: it goes on by the account of each row that it finds"
OPERATOR = "the operator's operations, which the administrator account is asked for"
ACROSS: dict[str, str] = {
    "access_keys.GET": "an access key id comes before anybody knows whose it is",
    "access_keys.SET_LAST_USE": "a key that has just been authenticated, by its own id",
    "accounts.COUNT": "how many accounts there are, for their bound",
    "accounts.PAGE": OPERATOR,
    "accounts.FIRST_MANAGEMENT_ACCOUNT": "the administrator's, the first of them",
    "attachments.BY_BLOB_KEY": "a signed URL names 192 random bits, and its row names the account",
    "attachments.EXPIRED": SWEEP,
    "attachments.AWAITING_BYTES": SWEEP,
    "attachments.AWAITING_VERDICT": SWEEP,
    "attachments.CLOSED_CASES": SWEEP,
    "attachments.DUE_DELETIONS": SWEEP,
    "audit.NEXT_ACCOUNT": "checkpoints of every chain, and the list of chains for the operator",
    "case_places.PURGE": SWEEP,
    "coverage.CLOSE_UNIT": "a unit's id is drawn for one organization, whose directory changes",
    "findings.WITH_WAITING": SWEEP,
    "idempotency.PURGE": SWEEP,
    "memberships.ACTIVE_ID": "an organization has one Active membership, whichever account's it is",
    "memberships.PAGE_OF_ALL": OPERATOR,
    "memberships.OF_CUSTOMER": "the same, when its directory changes",
    "memberships.DUE_OF": SWEEP,
    "memberships.DUE": SWEEP,
    "memberships.COUNT_DUE": SWEEP,
    "memberships.LONG_CANCELLED": SWEEP,
    "outbox.LAST": "the outbox is read in the order of time, by whoever delivers it",
    "outbox.PAGE": OPERATOR,
}


def tenant_tables(schema: list[tuple[str, str]]) -> set[str]:
    """Return the tables of a schema (name and SQL of each) that have a column with an account."""
    owned = re.compile(r"^\s*(?:management_)?account\s+TEXT", re.MULTILINE)
    return {name for name, sql in schema if owned.search(sql)}


def statements() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each statement in the store."""
    for found in pkgutil.iter_modules(store.__path__):
        module = importlib.import_module(f"larum.store.{found.name}")
        for name, text in vars(module).items():
            if isinstance(text, str) and STATEMENT.match(text) and not FRAGMENT.search(text):
                yield f"{found.name}.{name}", text


def names_an_account(text: str, tables: set[str]) -> bool:
    """Whether a statement on these tables is about one account's rows."""
    if not set(MENTIONED.findall(text)) & tables:
        return True
    return bool(NAMED.search(text) or INSERTED.search(text))


@pytest.fixture(scope="module")
def tables() -> set[str]:
    """The tables of a new database whose rows are somebody's."""
    with larum.Service() as service:
        schema = service.engine.read(
            lambda tx: tx.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'", {})
        )
    found = tenant_tables([(str(name), str(sql)) for name, sql in schema])
    assert {"memberships", "cases", "audit_records", "users", "outbox"} <= found
    return found


def test_every_statement_names_its_account(tables: set[str]) -> None:
    """Whoever writes a query without its account has to say why, here, where it is reviewed."""
    found = dict(statements())
    assert len(found) > 100
    without = {name for name, text in found.items() if not names_an_account(text, tables)}
    assert without - set(ACROSS) == set(), "no account in these"
    assert set(ACROSS) - without == set(), "these have left the list"


def test_every_statement_is_a_constant_of_the_store() -> None:
    """No SQL is put together elsewhere, or in a function where nobody would look for it."""
    inside = []
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        tree = ast.parse(path.read_text("utf-8"))
        functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
        roots: list[ast.AST] = list(functions) if name.startswith("store/") else [tree]
        for root in roots:
            for node in ast.walk(root):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and re.match(
                    r"\s*(?:SELECT|INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM) ", text
                ):
                    inside.append(name)
    # Of SQLite's own tables; and the page of findings, whose constant has the account.
    assert set(inside) == {"store/engine.py", "store/findings.py", "store/migrations/__init__.py"}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT title FROM cases WHERE case_id = :case_id",
        "SELECT title FROM cases JOIN tags ON tags.resource_arn = :arn WHERE region = :region",
        "UPDATE cases SET title = :title WHERE case_id = :case_id",
        "DELETE FROM cases",
        "INSERT INTO cases (region, case_id) VALUES (:region, :case_id)",
        "SELECT account FROM cases WHERE account > :after",
    ],
)
def test_the_lint_sees_a_statement_without_its_account(text: str) -> None:
    """Each planted statement is found."""
    assert STATEMENT.match(text)
    assert not names_an_account(text, {"cases", "tags"})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT title FROM cases WHERE account = :account AND case_id = :case_id",
        "INSERT INTO cases (account, region) VALUES (:account, :region)",
        "SELECT value FROM counters WHERE name = :name",
        "DELETE FROM units WHERE management_account = :management_account",
    ],
)
def test_the_lint_leaves_the_others_alone(text: str) -> None:
    """What names its account, or has none to name, passes."""
    assert names_an_account(text, {"cases", "units"})
