"""What a file of `larum apply` may say: its keys, the API's names for them, how values are read.

Names and shape of the file: contracts, "Instance, accounts, Regions"; what a value may be is the
word of the service model.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import yaml

from larum.domain.directory import NO_ADMINISTRATOR
from larum.edge.directory_nodes import FAULTY, Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.edge.directory_nodes import Read, Reader

TEXT: Final = "tag:yaml.org,2002:str"
TRUTH: Final = "tag:yaml.org,2002:bool"
NUMBER: Final = "tag:yaml.org,2002:int"
DATE: Final = "tag:yaml.org,2002:timestamp"
QUOTED: Final = frozenset({"'", '"'})
ACCOUNT_ID: Final = re.compile("[0-9]{12}")
WHOLE: Final = re.compile("0|-?[1-9][0-9_]{0,18}")
TRUTHS: Final = {"true": True, "false": False}


def _text(reader: Reader, node: yaml.Node, path: str) -> object:
    if not isinstance(node, yaml.ScalarNode):
        return reader.fault(node, path, "must be text")
    if node.tag != TEXT:
        return reader.fault(node, path, f'must be text: write it quoted, "{node.value}"')
    return node.value


def _account_id(reader: Reader, node: yaml.Node, path: str) -> object:
    if not isinstance(node, yaml.ScalarNode):
        return reader.fault(node, path, "must be twelve digits, quoted", stands=False)
    if node.style in QUOTED:
        return node.value
    # YAML takes most for numbers: zeros in front are lost, or make an octal number of it.
    whole = ACCOUNT_ID.fullmatch(node.value) is not None
    advice = f'write "{node.value}"' if whole else "twelve digits"
    reader.fault(node, path, f"must be quoted: {advice}", stands=whole)
    return node.value if whole else FAULTY


def _administrator(reader: Reader, node: yaml.Node, path: str) -> object:
    is_none = isinstance(node, yaml.ScalarNode) and node.value == NO_ADMINISTRATOR
    return node.value if is_none else _account_id(reader, node, path)


def _truth(reader: Reader, node: yaml.Node, path: str) -> object:
    if node.tag != TRUTH:
        return reader.fault(node, path, "must be true or false")
    return node.value.lower() in {"true", "yes", "on"}


def _on_off(reader: Reader, node: yaml.Node, path: str) -> object:
    if node.tag == TEXT and node.value in {"on", "off"}:
        return bool(node.value == "on")
    if node.tag != TRUTH:
        return reader.fault(node, path, "must be on or off")
    return node.value.lower() in {"true", "yes", "on"}


def _whole(reader: Reader, node: yaml.Node, path: str) -> object:
    if node.tag != NUMBER or not WHOLE.fullmatch(node.value):
        return reader.fault(node, path, "must be a whole number")
    return int(node.value)


def _create(reader: Reader, node: yaml.Node, path: str) -> object:
    if node.tag != TEXT or node.value != "create":
        return reader.fault(node, path, "must be create, or left out")
    return True


def _mapping_of(keys: Mapping[str, Key]) -> Read:
    return lambda reader, node, path: reader.mapping(node, path, keys)


def _list_of(keys: Mapping[str, Key]) -> Read:
    def read_list(reader: Reader, node: yaml.Node, path: str) -> object:
        read_items = []
        for place, item in reader.items(node, path):
            reader.note(place, item)
            read_items.append(reader.mapping(item, place, keys))
        return read_items

    return read_list


def _units(reader: Reader, node: yaml.Node, path: str) -> object:
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
            reader.named(path, unit.replace("/", "."))
            found.append(unit)
            walk(child, here, unit)

    walk(node, path, "")
    return found


def _document(reader: Reader, node: yaml.Node, path: str) -> object:
    """Read a policy: its text, or the mapping that it is, as JSON."""
    if isinstance(node, yaml.ScalarNode):
        return _text(reader, node, path)
    value = _json(reader, node, path)
    return FAULTY if value is FAULTY else json.dumps(value)


def _json(reader: Reader, node: yaml.Node, path: str) -> object:
    """Return a node as a value of JSON; FAULTY where YAML's value is none that was written."""
    reader.note(path, node)
    if isinstance(node, yaml.MappingNode):
        entries = reader.entries(node, path)
        members = {name: _json(reader, child, f"{path}.{name}") for name, child in entries}
        return FAULTY if FAULTY in members.values() else members
    if isinstance(node, yaml.SequenceNode):
        items = [_json(reader, child, place) for place, child in reader.items(node, path)]
        return FAULTY if FAULTY in items else items
    return _json_scalar(reader, node, path)


def _json_scalar(reader: Reader, node: yaml.Node, path: str) -> object:
    # A Version is a date in YAML, unless it is quoted.
    if node.tag in {TEXT, DATE}:
        return node.value
    if node.tag == NUMBER and WHOLE.fullmatch(node.value):
        return int(node.value)
    if node.tag == TRUTH and node.value.lower() in TRUTHS:
        return TRUTHS[node.value.lower()]
    return reader.fault(node, path, f'must be quoted, "{node.value}"')


def _named(key: str, value: str, read: Read) -> Read:
    """Return what reads a mapping as the API's list of structures with a `key` and a `value`."""

    def read_named(reader: Reader, node: yaml.Node, path: str) -> object:
        found = []
        for name, child in reader.entries(node, path):
            place = f"{path}.{name}"
            reader.note(place, child)
            inner = read(reader, child, place)
            if inner is not FAULTY:
                reader.named(path, name)
                found.append({key: name, value: inner})
        return found

    return read_named


def _texts(reader: Reader, node: yaml.Node, path: str) -> object:
    found = []
    for place, item in reader.items(node, path):
        reader.note(place, item)
        found.append(_text(reader, item, place))
    return FAULTY if FAULTY in found else found


def _principals(reader: Reader, node: yaml.Node, path: str) -> object:
    found = []
    for place, item in reader.items(node, path):
        reader.note(place, item)
        given = _keys_of(item)
        if given and not given & {"user", "role"}:
            reader.fault(item, f"{place}.user", "must be given, or role", stands=False)
        keys = ROLE if "role" in given and "user" not in given else USER
        found.append(reader.mapping(item, place, keys))
    return found


def _keys_of(node: yaml.Node) -> set[str]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value for key, _ in pairs if isinstance(key, yaml.ScalarNode)}


DOCUMENTS: Final = _named("policyName", "policyDocument", _document)
TAGS: Final = _named("key", "value", _text)
GROUP: Final = {
    "group": Key("groupName", _text),
    "policies": Key("policies", _texts),
    "inline-policies": Key("inlinePolicies", DOCUMENTS),
}
USER: Final = {
    "user": Key("userName", _text),
    "groups": Key("groups", _texts),
    "policies": Key("policies", _texts),
    "inline-policies": Key("inlinePolicies", DOCUMENTS),
    "permissions-boundary": Key("permissionsBoundary", _text),
    "tags": Key("tags", TAGS),
    "access-key": Key("createAccessKey", _create),
}
ROLE: Final = {
    "role": Key("roleName", _text),
    "trust-policy": Key("assumeRolePolicyDocument", _document),
    "policies": Key("policies", _texts),
    "inline-policies": Key("inlinePolicies", DOCUMENTS),
    "permissions-boundary": Key("permissionsBoundary", _text),
    "max-session-duration": Key("maxSessionDuration", _whole),
    "tags": Key("tags", TAGS),
}
STANDALONE: Final = {
    "id": Key("id", _account_id),
    "name": Key("name", _text),
    "email": Key("email", _text),
    "status": Key("status", _text),
    "service": Key("serviceOn", _on_off),
    "root-access-key": Key("createRootAccessKey", _create),
    "policies": Key("policies", DOCUMENTS),
    "groups": Key("groups", _list_of(GROUP)),
    "principals": Key("principals", _principals),
}
MEMBER: Final = STANDALONE | {"ou": Key("organizationalUnit", _text)}
ORGANIZATION: Final = {
    "trusted-access": Key("trustedAccess", _truth),
    "delegated-administrator": Key("delegatedAdministrator", _administrator),
    "accounts": Key("accounts", _list_of(MEMBER)),
    "organizational-units": Key("organizationalUnits", _units),
}
LIMITS: Final = {
    "memberships": Key("memberships", _whole),
    "covered-accounts-per-membership": Key("coveredAccountsPerMembership", _whole),
    "active-self-managed-cases": Key("activeSelfManagedCases", _whole),
    "active-service-managed-cases": Key("activeServiceManagedCases", _whole),
    "service-managed-cases-per-day": Key("serviceManagedCasesPerDay", _whole),
}
FILE: Final = {
    "organization": Key("organization", _mapping_of(ORGANIZATION)),
    "accounts": Key("accounts", _list_of(STANDALONE)),
    "limits": Key("limits", _mapping_of(LIMITS)),
}
# The file's word for each name of the API that it writes otherwise.
FILE_NAMES: Final = {
    key.name: name
    for keys in (MEMBER, GROUP, ROLE, USER, ORGANIZATION, LIMITS)
    for name, key in keys.items()
}
# Members of the structures that the file writes as a mapping: their place is the key itself.
UNNAMED: Final = frozenset({"policyName", "policyDocument", "key", "value"})
