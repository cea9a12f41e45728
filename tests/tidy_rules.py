"""The house style as rules over text: `tests/test_tidy.py` applies them to the repository.

A rule takes a path and the text of that file and yields `line: what is wrong`. It reads nothing
else, so that each can be shown to fail on a planted sample, which stands beside it in RULES. Words
and hosts that must not occur anywhere end in a class of one letter here, or this file would break
its own rules.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODULE_LINES = 400
FUNCTION_LINES = 50
BANNED = frozenset(
    {"util", "helper", "manager", "common", "base", "handler", "processor", "info", "misc", "impl"}
)
MARKS = frozenset({"aws", "amazon"})
DRIVERS = frozenset({"apsw", "psycopg", "sqlite3"})
VALUES = frozenset({"Struct", "field", "replace"})

# base36 is a way to write numbers, not a base class.
WORD = re.compile(r"base[0-9]+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|NotImplementedErro[r])\b")
MACHINE = re.compile(
    r"""/(?:wor[k]|far[m]|roo[t]|hom[e])/ | \.librar[y]\b | /opt/(?:wheel[s]|pyp[i])
    | \bpypi\.(?:or[g]|python\.or[g]) | pythonhosted\.or[g] | registry\.npmjs\.or[g]
    | \b(?:deb|security|archive)\.(?:debian|ubuntu)\.(?:or[g]|co[m])
    | --(?:extra-)?index-ur[l] | --find-link[s]""",
    re.VERBOSE,
)
UNREASONED = re.compile(
    r"#\s*noqa(?!:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*\s+[-#]\s*\w)"
    r"|#\s*type:\s*ignore(?!\[[^\]]+\]\s+#\s*\w)"
)

Def = ast.FunctionDef | ast.AsyncFunctionDef
DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)


def words(name: str) -> set[str]:
    """Split a snake_case or CamelCase name into lower-case words, plurals also as singulars."""
    found = {word.lower() for word in WORD.findall(name)}
    return found | {word.removesuffix("s") for word in found}


def file_name(path: str) -> str:
    """Return the last part of a path, without its suffix."""
    return path.rpartition("/")[2].partition(".")[0]


def banned_names(path: str, text: str) -> Iterator[str]:
    """Refuse names that say nothing, of files, classes and functions."""
    if words(file_name(path)) & BANNED:
        yield "1: the file's name says nothing"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (*DEFS, ast.ClassDef)) and words(node.name) & BANNED:
            yield f"{node.lineno}: the name {node.name} says nothing"


def long_modules(_path: str, text: str) -> Iterator[str]:
    """Refuse modules that cannot be read in one sitting."""
    lines = text.count("\n")
    if lines > MODULE_LINES:
        yield f"{lines}: more than {MODULE_LINES} lines"


def long_functions(_path: str, text: str) -> Iterator[str]:
    """Refuse functions that do not fit on a screen."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DEFS):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {lines} lines, more than {FUNCTION_LINES}"


def public_nodes(module: ast.Module) -> Iterator[Def | ast.ClassDef]:
    """Give the public functions and classes of a module, and the public methods of those."""
    for node in module.body:
        if isinstance(node, (*DEFS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    method
                    for method in node.body
                    if isinstance(method, DEFS) and not method.name.startswith("_")
                )


def is_overload(node: Def | ast.ClassDef) -> bool:
    """Tell whether a definition is one of several signatures of one function."""
    return any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list)


def missing_docstrings(_path: str, text: str) -> Iterator[str]:
    """Refuse public things that do not say what they are for."""
    module = ast.parse(text)
    if not ast.get_docstring(module):
        yield "1: the module does not say what it is for"
    for node in public_nodes(module):
        if not ast.get_docstring(node) and not is_overload(node):
            yield f"{node.lineno}: {node.name} has no docstring"


def tests_in(text: str) -> Iterator[Def]:
    """Give the test functions and test methods of a test file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DEFS) and node.name.startswith("test_"):
            yield node


def tests_without_promise(_path: str, text: str) -> Iterator[str]:
    """Refuse tests that do not say what they promise."""
    for node in tests_in(text):
        if not ast.get_docstring(node):
            yield f"{node.lineno}: {node.name} does not say what it promises"


def hollow_tests(_path: str, text: str) -> Iterator[str]:
    """Refuse tests that assert nothing, by themselves or by a function that says it does."""
    for node in tests_in(text):
        body = ast.dump(node)
        if not re.search(r"Assert\(|raises|assert_|check", body):
            yield f"{node.lineno}: {node.name} asserts nothing"


def imports_in(text: str) -> Iterator[tuple[int, str]]:
    """Give the line and the top-level package of each absolute import."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


def drivers(path: str, text: str) -> Iterator[str]:
    """Refuse database drivers outside the engine, and Python's own SQLite everywhere.

    Two copies of SQLite in one process break each other's locks and have corrupted a database.
    """
    product = path.startswith("src/") and path != "src/larum/store/engine.py"
    refused = DRIVERS if product else {"sqlite3"}
    for line, package in imports_in(text):
        if package in refused:
            yield f"{line}: imports {package}"


def more_than_values(_path: str, text: str) -> Iterator[str]:
    """Refuse what msgspec has beside values: the domain reads and writes no format."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "msgspec":
            named = {node.attr}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("msgspec"):
            named = {alias.name for alias in node.names}
        else:
            continue
        if named - VALUES:
            yield f"{node.lineno}: takes {', '.join(sorted(named - VALUES))} from msgspec"


def names_the_environment(node: ast.AST) -> bool:
    """Tell whether a node is `os.environ` or `os.getenv`, or imports one of them."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and bool({a.name for a in node.names} & {"environ", "getenv"})
    return isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}


def environment(_path: str, text: str) -> Iterator[str]:
    """Refuse readers of the environment."""
    for node in ast.walk(ast.parse(text)):
        if names_the_environment(node):
            line = getattr(node, "lineno", 1)
            yield f"{line}: reads the environment: settings.py does that, once"


def prints(_path: str, text: str) -> Iterator[str]:
    """Refuse print: standard output belongs to the command line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            yield f"{node.lineno}: prints"


def swallowed_errors(_path: str, text: str) -> Iterator[str]:
    """Refuse handlers that catch everything and say nothing."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            if broad and all(isinstance(line, (ast.Pass, ast.Continue)) for line in node.body):
                yield f"{node.lineno}: swallows every error in silence"


def unreasoned_exceptions(_path: str, text: str) -> Iterator[str]:
    """Refuse `noqa` and `type: ignore` that do not name the rule and the reason."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and UNREASONED.search(token.string):
            yield f"{token.start[0]}: an exception from a rule names the rule and the reason"


def lines_with(pattern: re.Pattern[str], text: str, message: str) -> Iterator[str]:
    """Give each line in which the pattern occurs."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := pattern.search(line):
            yield f"{number}: {message}: {found.group().strip()}"


def unfinished(_path: str, text: str) -> Iterator[str]:
    """Refuse notes to finish later: an issue keeps them, the code does not."""
    yield from lines_with(UNFINISHED, text, "left unfinished")


def machine_words(_path: str, text: str) -> Iterator[str]:
    """Refuse paths of somebody's machine, and package indexes: both differ where this is read."""
    yield from lines_with(MACHINE, text, "holds on one machine only")


def marks(path: str, _text: str) -> Iterator[str]:
    """Refuse somebody else's mark in the name of a package or module."""
    if words(path.replace("/", "_")) & MARKS:
        yield "1: another company's mark in a name of ours"


def unreasoned_ignores(_path: str, text: str) -> Iterator[str]:
    """Refuse entries of ruff's ignore lists that do not say why."""
    ruff = text[text.index("[tool.ruff") :] if "[tool.ruff" in text else ""
    before = text[: len(text) - len(ruff)].count("\n")
    for number, line in enumerate(ruff.splitlines(), before + 1):
        if re.match(r'\s*"[A-Z]+[0-9]*",', line) and not re.search(r"#\s*\w", line):
            yield f"{number}: ignored without a reason: {line.strip()}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where it holds (shell wildcards), where not, and a sample that breaks it."""

    find: Callable[[str, str], Iterator[str]]
    where: tuple[str, ...]
    planted: tuple[str, str]
    but: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The rule's name: that of its function."""
        return self.find.__name__

    def holds_for(self, path: str) -> bool:
        """Tell whether the file at this path must keep the rule."""
        return any(fnmatchcase(path, pattern) for pattern in self.where) and not any(
            fnmatchcase(path, pattern) for pattern in self.but
        )

    def faults(self, path: str, text: str) -> list[str]:
        """Return `path:line: what is wrong` for each fault."""
        return [f"{path}:{fault}" for fault in self.find(path, text)]


SOURCE = ("src/*.py",)
PYTHON = ("src/*.py", "tests/*.py", "scripts/*.py", "bench/*.py")
TESTS = ("tests/test_*.py", "tests/*/test_*.py")
SILENT = "try:\n    go()\nexcept Exception:\n    pass\n"

RULES = (
    Rule(banned_names, PYTHON, ("src/larum/domain/cases.py", "class CaseManager: ...\n")),
    Rule(banned_names, PYTHON, ("src/larum/store/utils.py", "")),
    Rule(long_modules, SOURCE, ("src/larum/a.py", "a = 1\n" * 401)),
    Rule(long_functions, SOURCE, ("src/larum/a.py", "def a():\n" + "    b()\n" * 50)),
    Rule(missing_docstrings, SOURCE, ("src/larum/a.py", '"""A."""\ndef a(): ...\n')),
    Rule(missing_docstrings, SOURCE, ("src/larum/a.py", "a = 1\n")),
    Rule(tests_without_promise, TESTS, ("tests/test_a.py", "def test_a():\n    assert a\n")),
    Rule(hollow_tests, TESTS, ("tests/test_a.py", 'def test_a():\n    """A."""\n    go()\n')),
    Rule(drivers, PYTHON, ("src/larum/store/cases.py", "import apsw\n")),
    Rule(drivers, PYTHON, ("tests/test_a.py", "from sqlite3 import connect\n")),
    Rule(
        more_than_values,
        ("src/larum/domain/*.py",),
        ("src/larum/domain/a.py", "import msgspec\na = msgspec.json.decode(b)\n"),
    ),
    Rule(
        environment, SOURCE, ("src/larum/a.py", "a = os.environ['A']\n"), ("src/larum/settings.py",)
    ),
    Rule(
        environment,
        SOURCE,
        ("src/larum/a.py", "from os import getenv\n"),
        ("src/larum/settings.py",),
    ),
    Rule(prints, SOURCE, ("src/larum/service.py", "print(1)\n"), ("src/larum/edge/cli*",)),
    Rule(swallowed_errors, SOURCE, ("src/larum/a.py", SILENT)),
    Rule(unreasoned_exceptions, PYTHON, ("src/larum/a.py", "a = 1  # noqa: E501\n")),
    Rule(unreasoned_exceptions, PYTHON, ("tests/a.py", "a = 1  # type: ignore[misc]\n")),
    Rule(unfinished, ("*",), ("docs/a.md", "todo: write\n".upper())),
    Rule(machine_words, ("*",), ("requirements/run.txt", "--INDEX-URL https://a/\n".lower())),
    Rule(machine_words, ("*",), ("README.md", "cd /HOME/me/larum\n".lower())),
    Rule(marks, ("src/*",), ("src/larum/aws_client.py", "")),
    Rule(unreasoned_ignores, ("pyproject.toml",), ("pyproject.toml", '[tool.ruff]\n  "E501",\n')),
)
