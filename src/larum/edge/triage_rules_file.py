"""The YAML file of `larum findings apply-rules`, read into what PutTriageRule takes.

    rules:
      - name: our scanner
        priority: 10
        outcome: suppress
        match: {types: ["Recon:EC2/*"], ip-ranges: [203.0.113.0/24]}
        expires-at: 2027-01-01T00:00:00Z

Every scalar is read as the text that it is written as: an account needs no quotes. What a value may
be is the word of the service model.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import yaml

from larum.edge import yaml_nodes
from larum.errors import ValidationException
from larum.wire import model
from larum.wire.validator import Validator

RULE: Final = {
    "name": "name",
    "priority": "priority",
    "outcome": "outcome",
    "match": "match",
    "expires-at": "expiresAt",
}
MATCH: Final = {
    "sources": "sources",
    "types": "types",
    "minimum-severity": "minimumSeverity",
    "maximum-severity": "maximumSeverity",
    "accounts": "accounts",
    "regions": "regions",
    "resources": "resources",
    "ip-ranges": "ipRanges",
}
FILE_NAMES: Final = {wire: name for names in (RULE, MATCH) for name, wire in names.items()}
WHOLE: Final = re.compile("[0-9]{1,9}")


class _Faulty(Exception):  # noqa: N818 - collected into the faults of the file
    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(f"line {node.start_mark.line + 1}: {message}")


class TriageRulesFile(msgspec.Struct):
    """What a file says: rules as PutTriageRule takes them, and what is wrong with it."""

    rules: list[dict[str, Any]] = msgspec.field(default_factory=list)
    faults: list[str] = msgspec.field(default_factory=list)


def read(content: bytes) -> TriageRulesFile:
    """Return what the file with that content says, and everything that is wrong with it."""
    found = TriageRulesFile()
    try:
        nodes = _nodes(yaml_nodes.compose(content.decode("utf-8-sig")))
    except (yaml.YAMLError, UnicodeDecodeError):
        found.faults.append("it is not YAML in UTF-8")
        return found
    except _Faulty as error:
        found.faults.append(str(error))
        return found
    for node in nodes:
        try:
            rule = _rule(node)
            found.faults += _refused(node, rule, found.rules)
            found.rules.append(rule)
        except _Faulty as error:
            found.faults.append(str(error))
    return found


def _nodes(document: yaml.Node | None) -> list[yaml.Node]:
    """Return the nodes of the rules."""
    if document is None:
        return []
    found = _mapping(document, {"rules": "rules"})
    return _items(found["rules"]) if found else []


def _rule(node: yaml.Node) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    for name, value in _mapping(node, RULE).items():
        match name:
            case "match":
                rule[name] = {
                    member: _text(each) if member.endswith("Severity") else _texts(each)
                    for member, each in _mapping(value, MATCH).items()
                }
            case "priority":
                rule[name] = _whole(value)
            case "expiresAt":
                rule[name] = _moment(value)
            case _:
                rule[name] = _text(value)
    return rule


def _refused(node: yaml.Node, rule: dict[str, Any], before: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with a rule by the service model, or beside those `before` it."""
    line = node.start_mark.line + 1
    if any(each.get("name") == rule.get("name") for each in before):
        return [f"line {line}: the name is that of an earlier rule"]
    service = model.load("larum")
    given = {"accountId": "0" * 12, "region": "us-east-1"} | rule
    if "expiresAt" in rule:
        given["expiresAt"] = rule["expiresAt"].timestamp()
    try:
        Validator(service).validate(service.operations["PutTriageRule"], given)
    except ValidationException as error:
        return [f"line {line}: {_place(each.name)}: {each.message}" for each in error.field_list]
    return []


def _place(name: str) -> str:
    words = name.removeprefix("match.")
    bare = words.partition("[")[0]
    return words.replace(bare, FILE_NAMES.get(bare, bare), 1)


def _mapping(node: yaml.Node, names: dict[str, str]) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _Faulty(node, "must be a mapping: names with values")
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name not in names:
            raise _Faulty(key, f"there is no such name; there is {', '.join(names)}")
        if names[name] in found:
            raise _Faulty(key, f"{name} is given twice")
        found[names[name]] = value
    return found


def _items(node: yaml.Node) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise _Faulty(node, "must be a list")
    return list(node.value)


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _Faulty(node, "must be text")
    return str(node.value)


def _texts(node: yaml.Node) -> list[str]:
    return [_text(each) for each in _items(node)]


def _whole(node: yaml.Node) -> int:
    text = _text(node)
    if WHOLE.fullmatch(text) is None:
        raise _Faulty(node, "must be a whole number")
    return int(text)


def _moment(node: yaml.Node) -> datetime:
    try:
        found = datetime.fromisoformat(_text(node))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Faulty(node, "must be a time, such as 2027-01-01T00:00:00Z") from None
