"""A second evaluator of policies, slow and literal, from IAM's documented rules alone.

It shares nothing with the product: it reads the JSON again for each question, expands each text
character by character and tries wildcards by trying all ways. Where the two differ, one is wrong.
Rules: reliability-and-security §5.
"""

from __future__ import annotations

import base64
import ipaddress
import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

Keys = dict[str, tuple[str, ...]]
Unit = tuple[str, str]  # ("char", "a"), ("star", ""), ("one", "")


class Unknown(Exception):  # noqa: N818 - no error: a variable has no value
    """A variable in a text has no value in this request."""


def literal_decision(
    action: str, resource: str, keys: Keys, layers: list[list[str]]
) -> tuple[str, int | None]:
    """Return the outcome, and for an implicit deny the number of the first layer without Allow."""
    found = [
        {
            statement["Effect"]
            for text in layer
            for version, statement in statements(text)
            if matches(statement, version, action, resource, keys)
        }
        for layer in layers
    ]
    if any("Deny" in effects for effects in found):
        return "ExplicitDeny", None
    for number, effects in enumerate(found):
        if "Allow" not in effects:
            return "ImplicitDeny", number
    return "Allow", None


def statements(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the statements of a document, each with the document's version."""
    document = json.loads(text)
    listed = as_list(document["Statement"])
    return [(document.get("Version", "2008-10-17"), statement) for statement in listed]


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """Return a list as it is, and everything else as a list of one."""
    return value if isinstance(value, list) else [value]


def matches(
    statement: dict[str, Any], version: str, action: str, resource: str, keys: Keys
) -> bool:
    """Return whether a statement is about the request."""
    patterns = as_list(statement.get("Action", statement.get("NotAction")))
    named = any(tries(expand(p.lower(), "none", {}), action.lower()) for p in patterns)
    if named == ("NotAction" in statement):
        return False
    try:
        if "NotResource" in statement:
            refused = as_list(statement["NotResource"])
            if any(is_resource(p, version, resource, keys) for p in refused):
                return False
        else:
            hits = [known(p, version, resource, keys) for p in as_list(statement["Resource"])]
            if True not in hits:
                return False
        return all(
            holds(
                name,
                key.lower(),
                [as_text(v) for v in as_list(values)],
                version,
                keys,
                statement["Effect"],
            )
            for name, block in statement.get("Condition", {}).items()
            for key, values in block.items()
        )
    except Unknown:
        return False


def as_text(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a condition's value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def known(pattern: str, version: str, resource: str, keys: Keys) -> bool:
    """Return whether a Resource names the resource; without a variable's value it does not."""
    try:
        return is_resource(pattern, version, resource, keys)
    except Unknown:
        return False


def expand(text: str, version: str, keys: Keys) -> list[Unit]:
    """Return the characters and wildcards of a text, with its variables replaced literally."""
    units: list[Unit] = []
    at = 0
    while at < len(text):
        if version == "2012-10-17" and text[at : at + 2] == "${":
            end = text.index("}", at)
            units.extend(("char", c) for c in variable(text[at + 2 : end], keys))
            at = end + 1
            continue
        kind = {"*": "star", "?": "one"}.get(text[at], "char")
        units.append((kind, text[at]))
        at += 1
    return units


def variable(inner: str, keys: Keys) -> str:
    """Return the value of what stands between the braces."""
    if inner in ("*", "?", "$"):
        return inner
    name, _, default = inner.partition(",")
    values = keys.get(name.strip().lower(), ())
    if len(values) == 1:
        return values[0]
    if default and not values:
        return default.strip()[1:-1]
    raise Unknown


def is_resource(pattern: str, version: str, resource: str, keys: Keys) -> bool:
    """Return whether a Resource names the resource by the rules for `:`."""
    if pattern == "*":
        return True
    units = expand(pattern, version, keys)
    for at, (kind, _) in enumerate(units):
        if kind == "star":
            rest = [unit for unit in units[at:] if unit[0] != "star"]
            units[at] = ("star" if not rest or rest[0] == ("char", ":") else "inner", "")
            # A star is the last of its segment also when more stars follow it.
        elif kind == "one":
            units[at] = ("inner-one", "")
    return tries(units, resource)


def tries(units: list[Unit], text: str) -> bool:
    """Return whether units match the whole text, by the set of places that can be reached."""
    places = {0}
    for kind, character in units:
        reached: set[int] = set()
        for place in places:
            if kind in ("star", "inner"):
                end = len(text)
                if kind == "inner" and ":" in text[place:]:
                    end = text.index(":", place)
                reached.update(range(place, end + 1))
            elif place < len(text) and (
                text[place] == character if kind == "char" else kind == "one" or text[place] != ":"
            ):
                reached.add(place + 1)
        places = reached
    return len(text) in places


def holds(name: str, key: str, wanted: list[str], version: str, keys: Keys, effect: str) -> bool:
    """Return whether one operator on one key holds."""
    values = keys.get(key, ())
    if name == "Null":
        return ("false" if values else "true") in [text.lower() for text in wanted]
    qualifier, _, operator = name.rpartition(":")
    if operator.endswith("IfExists"):
        operator = operator[: -len("IfExists")]
        if not values:
            return True
    negated = "Not" in operator
    positive = operator.replace("Not", "")
    if not values:
        return {"ForAllValues": True, "ForAnyValue": False, "": negated}[qualifier]
    answers = [one(positive, value, wanted, version, keys, negated=negated) for value in values]
    if qualifier == "ForAllValues" or (not qualifier and effect == "Allow"):
        return False not in answers
    return True in answers


def one(
    operator: str, value: str, wanted: list[str], version: str, keys: Keys, *, negated: bool
) -> bool:
    """Return whether one value of the request satisfies the operator."""
    hit = False
    for text in wanted:
        try:
            hit = compare(operator, value, text, version, keys) or hit
        except Unknown:
            if negated:
                return False
        except ValueError:
            continue
    return hit != negated


def compare(operator: str, value: str, text: str, version: str, keys: Keys) -> bool:
    """Return whether one value equals, is like, is within … one text of the policy."""
    if operator.startswith(("String", "Arn")):
        return compare_texts(operator, value, text, version, keys)
    if operator == "IpAddress":
        address, network = ip(value), ip(text)
        return address.version == network.version and address.subnet_of(network)  # type: ignore[arg-type]  # one version
    if operator == "Bool":
        return {"true": True, "false": False}.get(value.lower()) is (text.lower() == "true")
    if operator == "BinaryEquals":
        return base64.b64decode(value, validate=True) == base64.b64decode(text)
    kind = "Date" if operator.startswith("Date") else "Numeric"
    left, right = (instant(v) if kind == "Date" else Fraction(v) for v in (value, text))
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[operator.removeprefix(kind)]


def compare_texts(operator: str, value: str, text: str, version: str, keys: Keys) -> bool:
    """Return whether a text or ARN equals or is like that of the policy."""
    units = expand(text, version, keys)
    if operator.startswith("Arn"):
        if not value.startswith("arn:") or value.count(":") < 5:
            return False
        if text == "*":
            return True
        # Only the first five colons part an ARN; the wildcards stay within their part.
        parts = value.split(":", 5)
        pieces = pattern_parts(text, version, keys)
        return all(tries(piece, part) for piece, part in zip(pieces, parts, strict=True))
    plain = "".join(character for _, character in units)
    if operator == "StringEquals":
        return value == plain
    if operator == "StringEqualsIgnoreCase":
        return value.lower() == plain.lower()
    return tries(units, value)


def pattern_parts(text: str, version: str, keys: Keys) -> list[list[Unit]]:
    """Return the six parts of an ARN pattern; a colon within braces parts nothing."""
    pieces, depth = [""], 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ":" and not depth and len(pieces) < 6:
            pieces.append("")
        else:
            pieces[-1] += character
    return [expand(piece, version, keys) for piece in pieces]


def ip(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return a network, IPv4 wherever it is one."""
    network = ipaddress.ip_network(text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= 96:
        return ipaddress.IPv4Network(f"{mapped}/{network.prefixlen - 96}", strict=False)
    return network


def instant(text: str) -> Fraction:
    """Return the seconds since 1970 of a date or a number."""
    try:
        return Fraction(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Fraction(moment.timestamp())
