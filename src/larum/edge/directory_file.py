"""The YAML file of `larum apply`, read into what the API takes, with every fault by its place.

What the file may say stands in directory_keys.py; how its nodes are walked in directory_nodes.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
import yaml

from larum.edge import yaml_nodes
from larum.edge.directory_keys import FILE, FILE_NAMES, UNNAMED
from larum.edge.directory_nodes import Fault, Findings, Reader
from larum.errors import ValidationException
from larum.wire import model
from larum.wire.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.errors import FieldFailure

PLACE: Final = re.compile(r"directory(?:\.[A-Za-z]+|\[[0-9]+\])+")
TOKEN: Final = re.compile(r"([A-Za-z]+)|\[([0-9]+)\]")
# What others may refer to, or what nothing stands without.
DECISIVE: Final = frozenset(
    {
        "accounts",
        "assumeRolePolicyDocument",
        "groupName",
        "groups",
        "id",
        "inlinePolicies",
        "key",
        "organizationalUnits",
        "policies",
        "policyDocument",
        "policyName",
        "principals",
        "roleName",
        "userName",
        "value",
    }
)
# What is in a policy is named as in the policy.
DOCUMENT: Final = re.compile(r"(.*?(?:policyDocument|assumeRolePolicyDocument))\.?(.*)", re.DOTALL)


class DirectoryFile(Findings):
    """What a file says: `directory` as ApplyDirectory takes it, without what is faulty."""

    directory: dict[str, Any] = msgspec.field(default_factory=dict)

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
        match = DOCUMENT.fullmatch(name)
        member, inside = match.groups() if match else (name, "")
        path = ""
        for word, index in TOKEN.findall(member.removeprefix("directory")):
            if index:
                names = self.names.get(path)
                path += f"[{index}]" if names is None else f".{names[int(index)]}"
            elif word not in UNNAMED:
                path += f".{FILE_NAMES.get(word, word)}" if path else FILE_NAMES.get(word, word)
        return f"{path}.{inside}" if inside else path

    def _line(self, path: str) -> int:
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)


def read(content: bytes) -> DirectoryFile:
    """Return what the file with that content says, and everything that is wrong with it."""
    found = DirectoryFile()
    try:
        document = yaml_nodes.compose(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        found.faults.append(Fault(content.count(b"\n", 0, error.start) + 1, "", "It is not UTF-8."))
        return _given_up(found)
    except yaml.YAMLError as error:
        found.faults.append(_not_yaml(error))
        return _given_up(found)
    if document is None:
        found.faults.append(Fault(1, "", "It says nothing."))
        return _given_up(found)
    directory = Reader(found).mapping(document, "", FILE)
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
    if not name or name in DECISIVE:
        return False
    part: Any = directory
    for word, index in before:
        part = part[word] if word else part[int(index)]
    part.pop(name, None)
    return True
