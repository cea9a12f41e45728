"""The YAML file of `larum apply`, read into what the API takes, with every fault by its place.

The file is composed to nodes and not to Python values: a node knows its line, and still has the
digits that YAML would make a number of. Names and shape of the file: contracts, "Instance,
accounts, Regions"; what a value may be is the word of the service model.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import yaml

from larum.domain.directory import NO_ADMINISTRATOR
from larum.errors import ValidationException
from larum.wire import model
from larum.wire.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larum.errors import FieldFailure

# The parser in C is some ten times faster; PyYAML lacks it where its wheel does.
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TEXT: Final = "tag:yaml.org,2002:str"
TRUTH: Final = "tag:yaml.org,2002:bool"
NUMBER: Final = "tag:yaml.org,2002:int"
NOTHING: Final = "tag:yaml.org,2002:null"
UNITS: Final = "organization.organizational-units"
QUOTED: Final = frozenset({"'", '"'})
ACCOUNT_ID: Final = re.compile("[0-9]{12}")
WHOLE: Final = re.compile("0|-?[1-9][0-9_]{0,18}")
PLACE: Final = re.compile(r"directory(?:\.[A-Za-z]+|\[[0-9]+\])+")
TOKEN: Final = re.compile(r"([A-Za-z]+)|\[([0-9]+)\]")


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


class DirectoryFile(msgspec.Struct):
    """What a file says: `directory` as ApplyDirectory takes it, without what is faulty.

    `rest_stands` says that what is faulty does not decide whether the rest is right, so that the
    service can be asked about the rest.
    """

    directory: dict[str, Any] = msgspec.field(default_factory=dict)
    faults: list[Fault] = msgspec.field(default_factory=list)
    lines: dict[str, int] = msgspec.field(default_factory=dict)
    units: list[str] = msgspec.field(default_factory=list)
    rest_stands: bool = True

    @property
    def asks_for_keys(self) -> bool:
        """Whether the file asks for an access key of any account."""
        listed = [
            *self.directory.get("organization", {}).get("accounts", ()),
            *self.directory.get("accounts", ()),
        ]
        users = [user for each in listed for user in each.get("principals", ())]
        return any(
            {"createRootAccessKey", "createAccessKey"} & each.keys() for each in listed + users
        )

    def faults_from(self, answer: Mapping[str, Any]) -> list[Fault]:
        """Return the failures of a ValidationException's answer in the words of the file."""
        return [
            self.fault(each["name"], each["message"])
            for each in answer.get("fieldList", ())
            if each["name"].startswith("directory")
        ]

    def fault(self, name: str, message: str) -> Fault:
        """Return the fault at the member `name` of the API, such as `directory.accounts[0].id`."""
        path = self.in_file(name)
        told = PLACE.sub(lambda match: self.in_file(match[0]), message)
        return Fault(self._line(path), path, told.removeprefix("Member "))

    def in_file(self, name: str) -> str:
        """Return the path in the file of a member of the API."""
        path = ""
        for word, index in TOKEN.findall(name.removeprefix("directory")):
            if path == UNITS and index:
                path = f"{UNITS}.{self.units[int(index)].replace('/', '.')}"
            elif index:
                path += f"[{index}]"
            else:
                path += f".{FILE_NAMES.get(word, word)}" if path else FILE_NAMES.get(word, word)
        return path

    def _line(self, path: str) -> int:
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)


def read(content: bytes) -> DirectoryFile:
    """Return what the file with that content says, and everything that is wrong with it."""
    found = DirectoryFile()
    try:
        document = yaml.compose(content.decode("utf-8-sig"), Loader=LOADER)
    except UnicodeDecodeError as error:
        found.faults.append(Fault(content.count(b"\n", 0, error.start) + 1, "", "It is not UTF-8."))
        return _given_up(found)
    except yaml.YAMLError as error:
        found.faults.append(_not_yaml(error))
        return _given_up(found)
    if document is None:
        found.faults.append(Fault(1, "", "It says nothing."))
        return _given_up(found)
    directory = _Reader(found).mapping(document, "", FILE)
    found.directory = directory if isinstance(directory, dict) else {}
    _check_by_model(found)
    return found


def _given_up(found: DirectoryFile) -> DirectoryFile:
    found.rest_stands = False
    return found


def _not_yaml(error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it has a character that YAML does not allow"
    return Fault(1 if mark is None else mark.line + 1, "", f"It is not YAML: {problem}.")


def _check_by_model(found: DirectoryFile) -> None:
    """Find what the service model refuses, and leave it out of the directory."""
    operation = model.load("larum").operations["ApplyDirectory"]
    try:
        Validator(model.load("larum")).validate(operation, {"directory": found.directory})
    except ValidationException as error:
        known = tuple(each.path for each in found.faults)
        for failure in error.field_list:
            fault = found.fault(failure.name, failure.message)
            if not fault.path.startswith(known):
                found.faults.append(fault)
            if not _leave_out(found.directory, failure):
                found.rest_stands = False


def _leave_out(directory: dict[str, Any], failure: FieldFailure) -> bool:
    """Leave the member of a failure out; return whether the rest can stand without it."""
    *before, (name, _index) = TOKEN.findall(failure.name.removeprefix("directory"))
    if not name or name in {"id", "accounts", "organizationalUnits", "userName", "principals"}:
        return False
    part: Any = directory
    for word, index in before:
        part = part[word] if word else part[int(index)]
    part.pop(name, None)
    return True


class _Faulty:
    """What is read in the place of a value that is wrong."""


FAULTY: Final = _Faulty()
Read = Callable[["_Reader", yaml.Node, str], object]


class _Key(msgspec.Struct, frozen=True):
    """A key of the file: the API's name for it and how its value is read."""

    name: str
    read: Read


class _Reader:
    """Walks the nodes of one document and notes every fault in `found`."""

    def __init__(self, found: DirectoryFile) -> None:
        self._found = found
        self._seen: set[int] = set()

    def fault(self, node: yaml.Node, path: str, message: str, *, stands: bool = True) -> _Faulty:
        """Note a fault; `stands` says whether the rest of the file can be judged without it."""
        line = node.start_mark.line + 1
        self._found.lines.setdefault(path, line)
        self._found.faults.append(Fault(line, path, message))
        self._found.rest_stands = self._found.rest_stands and stands
        return FAULTY

    def mapping(self, node: yaml.Node, path: str, keys: Mapping[str, _Key]) -> object:
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

    def unit(self, path: str) -> None:
        """Remember the next organizational unit of the list that the API takes."""
        self._found.units.append(path)

    def _once(self, node: yaml.Node, path: str) -> bool:
        # An alias is its anchor's node again; followed, a few lines could become millions.
        if id(node) in self._seen:
            self.fault(node, path, "must be written out: aliases are not followed", stands=False)
            return False
        self._seen.add(id(node))
        return True


def _unknown(name: str, keys: Mapping[str, _Key]) -> str:
    near = difflib.get_close_matches(name, keys, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(keys)}"
    return f"is not known here; {hint}"


def _text(reader: _Reader, node: yaml.Node, path: str) -> object:
    if not isinstance(node, yaml.ScalarNode):
        return reader.fault(node, path, "must be text")
    if node.tag != TEXT:
        return reader.fault(node, path, f'must be text: write it quoted, "{node.value}"')
    return node.value


def _account_id(reader: _Reader, node: yaml.Node, path: str) -> object:
    if not isinstance(node, yaml.ScalarNode):
        return reader.fault(node, path, "must be twelve digits, quoted", stands=False)
    if node.style in QUOTED:
        return node.value
    # YAML takes most for numbers: zeros in front are lost, or make an octal number of it.
    whole = ACCOUNT_ID.fullmatch(node.value) is not None
    advice = f'write "{node.value}"' if whole else "twelve digits"
    reader.fault(node, path, f"must be quoted: {advice}", stands=whole)
    return node.value if whole else FAULTY


def _administrator(reader: _Reader, node: yaml.Node, path: str) -> object:
    is_none = isinstance(node, yaml.ScalarNode) and node.value == NO_ADMINISTRATOR
    return node.value if is_none else _account_id(reader, node, path)


def _truth(reader: _Reader, node: yaml.Node, path: str) -> object:
    if node.tag != TRUTH:
        return reader.fault(node, path, "must be true or false")
    return node.value.lower() in {"true", "yes", "on"}


def _on_off(reader: _Reader, node: yaml.Node, path: str) -> object:
    if node.tag == TEXT and node.value in {"on", "off"}:
        return bool(node.value == "on")
    if node.tag != TRUTH:
        return reader.fault(node, path, "must be on or off")
    return node.value.lower() in {"true", "yes", "on"}


def _whole(reader: _Reader, node: yaml.Node, path: str) -> object:
    if node.tag != NUMBER or not WHOLE.fullmatch(node.value):
        return reader.fault(node, path, "must be a whole number")
    return int(node.value)


def _create(reader: _Reader, node: yaml.Node, path: str) -> object:
    if node.tag != TEXT or node.value != "create":
        return reader.fault(node, path, "must be create, or left out")
    return True


def _mapping_of(keys: Mapping[str, _Key]) -> Read:
    return lambda reader, node, path: reader.mapping(node, path, keys)


def _list_of(keys: Mapping[str, _Key]) -> Read:
    def read_list(reader: _Reader, node: yaml.Node, path: str) -> object:
        read_items = []
        for place, item in reader.items(node, path):
            reader.note(place, item)
            read_items.append(reader.mapping(item, place, keys))
        return read_items

    return read_list


def _units(reader: _Reader, node: yaml.Node, path: str) -> object:
    found: list[str] = []

    def walk(inner: yaml.Node, place: str, above: str) -> None:
        for name, child in reader.entries(inner, place):
            here = f"{place}.{name}"
            if not name or "/" in name:
                message = "must be a name without /: nest units instead"
                reader.fault(child, here, message, stands=False)
                continue
            unit = f"{above}/{name}" if above else name
            reader.note(here, child)
            reader.unit(unit)
            found.append(unit)
            walk(child, here, unit)

    walk(node, path, "")
    return found


PRINCIPAL: Final = {
    "user": _Key("userName", _text),
    "access-key": _Key("createAccessKey", _create),
}
STANDALONE: Final = {
    "id": _Key("id", _account_id),
    "name": _Key("name", _text),
    "email": _Key("email", _text),
    "status": _Key("status", _text),
    "service": _Key("serviceOn", _on_off),
    "root-access-key": _Key("createRootAccessKey", _create),
    "principals": _Key("principals", _list_of(PRINCIPAL)),
}
MEMBER: Final = STANDALONE | {"ou": _Key("organizationalUnit", _text)}
ORGANIZATION: Final = {
    "trusted-access": _Key("trustedAccess", _truth),
    "delegated-administrator": _Key("delegatedAdministrator", _administrator),
    "accounts": _Key("accounts", _list_of(MEMBER)),
    "organizational-units": _Key("organizationalUnits", _units),
}
LIMITS: Final = {
    "memberships": _Key("memberships", _whole),
    "covered-accounts-per-membership": _Key("coveredAccountsPerMembership", _whole),
    "active-self-managed-cases": _Key("activeSelfManagedCases", _whole),
    "active-service-managed-cases": _Key("activeServiceManagedCases", _whole),
    "service-managed-cases-per-day": _Key("serviceManagedCasesPerDay", _whole),
}
FILE: Final = {
    "organization": _Key("organization", _mapping_of(ORGANIZATION)),
    "accounts": _Key("accounts", _list_of(STANDALONE)),
    "limits": _Key("limits", _mapping_of(LIMITS)),
}
# The file's word for each name of the API that it writes otherwise.
FILE_NAMES: Final = {
    key.name: name
    for keys in (MEMBER, PRINCIPAL, ORGANIZATION, LIMITS)
    for name, key in keys.items()
}
