"""The nodes of a YAML file read by tables of keys, with the line and path of every fault.

The file is composed to nodes and not to Python values: a node knows its line, and still has the
digits that YAML would make a number of.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING: Final = "tag:yaml.org,2002:null"


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong: on which line, at which path of the file, and what."""

    line: int
    path: str
    message: str

    @property
    def text(self) -> str:
        """The fault in one line that a terminal can be given, without the line's number."""
        told = f"{self.path}: {self.message}" if self.path else self.message
        return "".join(each if each.isprintable() else "?" for each in told)


class Findings(msgspec.Struct):
    """What a file was found to say beside its values.

    `lines` are those of the paths, `names` the keys of a mapping that the API takes as a list, in
    its order, by the mapping's path. `rest_stands` says that what is faulty does not decide whether
    the rest is right, so that the service can be asked about the rest.
    """

    faults: list[Fault] = []
    lines: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    rest_stands: bool = True


class Faulty:
    """What is read in the place of a value that is wrong."""


FAULTY: Final = Faulty()
Read = Callable[["Reader", yaml.Node, str], object]


class Key(msgspec.Struct, frozen=True):
    """A key of the file: the API's name for it and how its value is read."""

    name: str
    read: Read


class Reader:
    """Walks the nodes of one document and notes every fault in `found`."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._seen: set[int] = set()

    def fault(self, node: yaml.Node, path: str, message: str, *, stands: bool = True) -> Faulty:
        """Note a fault; `stands` says whether the rest of the file can be judged without it."""
        line = node.start_mark.line + 1
        self._found.lines.setdefault(path, line)
        self._found.faults.append(Fault(line, path, message))
        self._found.rest_stands = self._found.rest_stands and stands
        return FAULTY

    def mapping(self, node: yaml.Node, path: str, keys: Mapping[str, Key]) -> object:
        """Return the values of a mapping by the API's names, without the faulty ones."""
        values: dict[str, object] = {}
        for name, child in self.entries(node, path):
            place = f"{path}.{name}" if path else name
            key = keys.get(name)
            if key is None:
                self.fault(child, place, _unknown(name, keys))
            elif child.tag != NOTHING:
                self._found.lines[place] = child.start_mark.line + 1
                value = key.read(self, child, place)
                if value is not FAULTY:
                    values[key.name] = value
        return values

    def entries(self, node: yaml.Node, path: str) -> Iterable[tuple[str, yaml.Node]]:
        """Return the keys of a mapping with their values; of one that is given twice the first."""
        if node.tag == NOTHING:
            return []
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, path, "must be a mapping: names with values", stands=False)
            return []
        if not self._once(node, path):
            return []
        entries: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name in entries:
                place = f"{path}.{name}" if path else name
                first = entries[name].start_mark.line + 1
                self.fault(key, place, f"is given twice, first on line {first}", stands=False)
            else:
                entries[name] = value
        return entries.items()

    def items(self, node: yaml.Node, path: str) -> Iterable[tuple[str, yaml.Node]]:
        """Return the items of a list with their paths."""
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, path, "must be a list", stands=False)
            return []
        if not self._once(node, path):
            return []
        return [(f"{path}[{index}]", item) for index, item in enumerate(node.value)]

    def note(self, path: str, node: yaml.Node) -> None:
        """Remember on which line `path` is."""
        self._found.lines[path] = node.start_mark.line + 1

    def named(self, path: str, name: str) -> None:
        """Remember the next key of the mapping at `path`, which the API takes as a list."""
        self._found.names.setdefault(path, []).append(name)

    def _once(self, node: yaml.Node, path: str) -> bool:
        # An alias is its anchor's node again; followed, a few lines could become millions.
        if id(node) in self._seen:
            self.fault(node, path, "must be written out: aliases are not followed", stands=False)
            return False
        self._seen.add(id(node))
        return True


def _unknown(name: str, keys: Mapping[str, Key]) -> str:
    near = difflib.get_close_matches(name, keys, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(keys)}"
    return f"is not known here; {hint}"
