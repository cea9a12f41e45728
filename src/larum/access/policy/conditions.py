"""The condition operators: a table of names, and how each compares one value of the request.

A comparison answers True, False, or None where the policy's value cannot be known (a variable
without a value): then neither the operator nor its negation holds. Rules:
reliability-and-security §5.2 and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

import msgspec

from larum.access.policy.templates import Template, segments_of, template_of
from larum.access.policy.wildcards import ARN_COLONS, Glob, Wild, glob_of

Keys = Mapping[str, tuple[str, ...]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Comparison = Callable[[str, Keys], bool | None]
# From a policy's text and whether it may have variables; ValueError says why it is no such value.
Reader = Callable[[str, bool], Comparison]


class Qualifier(StrEnum):
    """How an operator treats a key with several values."""

    ALL = "ForAllValues"
    ANY = "ForAnyValue"


class Operator(msgspec.Struct, frozen=True):
    """An operator; `negated` turns the comparison of all values together round."""

    read: Reader
    negated: bool = False


class Condition(msgspec.Struct, frozen=True):
    """One key of one operator's block, with what its value is compared with.

    `texts` are the values of StringEquals and StringNotEquals where none has a variable: a request
    with one value, by far the most usual case, needs no more.
    """

    key: str
    negated: bool
    if_exists: bool
    qualifier: Qualifier | None
    comparisons: tuple[Comparison, ...]
    presence: tuple[bool, ...] | None = None
    texts: frozenset[str] | None = None

    @property
    def needs_text(self) -> bool:
        """Whether it can only hold for a request of which a value is among `texts`."""
        return self.texts is not None and not (self.negated or self.if_exists or self.qualifier)

    def holds(self, keys: Keys, *, cautious: bool) -> bool:
        """Return whether the request satisfies it.

        Several values without a qualifier are left open by IAM: `cautious` (an Allow) then asks
        for each of them, a Deny is content with one, so that neither can be slipped past.
        """
        values = keys.get(self.key, ())
        if self.texts is not None and len(values) == 1:
            return (values[0] in self.texts) is not self.negated
        if self.presence is not None:
            return bool(values) in self.presence
        if not values:
            missing = self.qualifier is Qualifier.ALL if self.qualifier else self.negated
            return self.if_exists or missing
        each = self.qualifier is Qualifier.ALL or (self.qualifier is None and cautious)
        found = (self._holds_for(value, keys) for value in values)
        return all(found) if each else any(found)

    def _holds_for(self, value: str, keys: Keys) -> bool:
        if self.negated:
            return all(compare(value, keys) is False for compare in self.comparisons)
        return any(compare(value, keys) is True for compare in self.comparisons)


def _literal(template: Template, keys: Keys) -> str | None:
    tokens = template.tokens(keys)
    if tokens is None:
        return None
    return "".join(token.value if isinstance(token, Wild) else token for token in tokens)


def _read_text(
    same: Callable[[str, str], bool],
    text: str,
    variables: bool,  # noqa: FBT001 - a Reader
) -> Comparison:
    template = template_of(text, variables=variables)

    def compare(value: str, keys: Keys) -> bool | None:
        wanted = _literal(template, keys)
        return None if wanted is None else same(value, wanted)

    return compare


def _same_ignoring_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _read_like(text: str, variables: bool) -> Comparison:  # noqa: FBT001 - a Reader
    template = template_of(text, variables=variables)
    fixed = None if template.has_variables else glob_of(template.tokens({}) or ())

    def compare(value: str, keys: Keys) -> bool | None:
        if fixed is not None:
            return fixed.matches(value)
        tokens = template.tokens(keys)
        return None if tokens is None else glob_of(tokens).matches(value)

    return compare


def _read_arn(text: str, variables: bool) -> Comparison:  # noqa: FBT001 - a Reader
    """Compare the six parts of two ARNs one by one; `*` alone and a lone variable are whole ARNs.

    Raises:
        ValueError: `text` is no ARN.

    """
    template = template_of(text, variables=variables)
    start = template.parts[0] if template.parts else ""
    lone = len(template.parts) == 1 and not isinstance(start, str)
    segments = segments_of(template)
    if not lone and (not str(start).startswith("arn:") or len(segments) != ARN_COLONS + 1):
        raise ValueError(f"{text!r} is not an ARN of six parts")

    def compare(value: str, keys: Keys) -> bool | None:
        wanted = template.tokens(keys)
        if wanted is None:
            return None
        parts = value.split(":", ARN_COLONS)
        if len(parts) != ARN_COLONS + 1 or parts[0] != "arn":
            return False
        if lone:
            return wanted in ((Wild.MANY,), (value,))
        globs = (glob_of(segment.tokens(keys) or ()) for segment in segments)
        return all(map(Glob.matches, globs, parts))

    return compare


_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2}))?",
    re.ASCII,
)
_NETWORK = re.compile(r"[0-9A-Fa-f.:]{2,45}(/[0-9]{1,3})?", re.ASCII)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def number_of(text: str) -> Decimal:
    """Return the number in `text`; ValueError if it is none."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    return Decimal(text)


def instant_of(text: str) -> Decimal:
    """Return the seconds since 1970 of an ISO 8601 date or time, or of such a number itself.

    Raises:
        ValueError: it is neither; a time without its offset is not.

    """
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a date")
    day, minute, second, fraction, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z") else zone
    moment = datetime.fromisoformat(f"{day}T{minute or '00:00'}{second or ':00'}{offset}")
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _SECOND
    return Decimal(whole) + Decimal(fraction or 0)


_SECOND = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)


def network_of(text: str) -> Network:
    """Return the addresses that `text` (an address or CIDR range) stands for.

    IPv4 addresses that are written as IPv6 are IPv4 addresses.

    Raises:
        ValueError: it is no range.

    """
    if not _NETWORK.fullmatch(text):
        raise ValueError(f"{text!r} is not an IP address or CIDR range")
    network = ipaddress.ip_network(text, strict=False)
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        low = int(network.network_address) - int(_MAPPED.network_address)
        return ipaddress.IPv4Network((low, network.prefixlen - 96))
    return network


def bytes_of(text: str) -> bytes:
    """Return what the base64 `text` stands for; ValueError if it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{text!r} is not base64") from error


def bool_of(text: str) -> bool:
    """Return the truth that `text` names, in any case of letters; ValueError if it is none."""
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is not true or false")
    return text.lower() == "true"


def _within(value: Network, wanted: Network) -> bool:
    if isinstance(value, ipaddress.IPv4Network):
        return isinstance(wanted, ipaddress.IPv4Network) and value.subnet_of(wanted)
    return isinstance(wanted, ipaddress.IPv6Network) and value.subnet_of(wanted)


def _read_typed(
    parse: Callable[[str], Any],
    holds: Callable[[Any, Any], bool],
    text: str,
    _variables: bool,  # noqa: FBT001 - a Reader
) -> Comparison:
    wanted = parse(text)

    def compare(value: str, _keys: Keys) -> bool | None:
        try:
            return holds(parse(value), wanted)
        except ValueError:
            return False

    return compare


_ORDERS: Mapping[str, tuple[Callable[[Any, Any], bool], bool]] = {
    "Equals": (operator.eq, False),
    "NotEquals": (operator.eq, True),
    "LessThan": (operator.lt, False),
    "LessThanEquals": (operator.le, False),
    "GreaterThan": (operator.gt, False),
    "GreaterThanEquals": (operator.ge, False),
}
NULL = "Null"
OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(partial(_read_text, operator.eq)),
    "StringNotEquals": Operator(partial(_read_text, operator.eq), negated=True),
    "StringEqualsIgnoreCase": Operator(partial(_read_text, _same_ignoring_case)),
    "StringNotEqualsIgnoreCase": Operator(partial(_read_text, _same_ignoring_case), negated=True),
    "StringLike": Operator(_read_like),
    "StringNotLike": Operator(_read_like, negated=True),
    **{
        kind + name: Operator(partial(_read_typed, parse, holds), negated)
        for kind, parse in (("Numeric", number_of), ("Date", instant_of))
        for name, (holds, negated) in _ORDERS.items()
    },
    "Bool": Operator(partial(_read_typed, bool_of, operator.eq)),
    "BinaryEquals": Operator(partial(_read_typed, bytes_of, operator.eq)),
    "IpAddress": Operator(partial(_read_typed, network_of, _within)),
    "NotIpAddress": Operator(partial(_read_typed, network_of, _within), negated=True),
    "ArnEquals": Operator(_read_arn),
    "ArnLike": Operator(_read_arn),
    "ArnNotEquals": Operator(_read_arn, negated=True),
    "ArnNotLike": Operator(_read_arn, negated=True),
}


def condition_of(name: str, key: str, texts: list[str], *, variables: bool) -> Condition:
    """Return the condition `name` (with its qualifier and IfExists) on `key` with `texts`.

    Raises:
        ValueError: the operator or a value is unknown; the message says which.

    """
    if name == NULL:
        presence = tuple(not bool_of(text) for text in texts)
        return Condition(
            key.lower(),
            negated=False,
            if_exists=False,
            qualifier=None,
            comparisons=(),
            presence=presence,
        )
    before, colon, bare = name.rpartition(":")
    known = OPERATORS.get(bare.removesuffix("IfExists"))
    if known is None or (colon and before not in list(Qualifier)):
        raise ValueError(f"{name!r} is not a condition operator")
    return Condition(
        key.lower(),
        known.negated,
        bare.endswith("IfExists"),
        Qualifier(before) if colon else None,
        tuple(known.read(text, variables) for text in texts),
        texts=_plain(bare.removesuffix("IfExists"), texts),
    )


def _plain(bare: str, texts: list[str]) -> frozenset[str] | None:
    """Return the texts that are compared as they stand, None where more than that is to be done."""
    plain = bare in _PLAIN and not any("${" in text for text in texts)
    return frozenset(texts) if plain else None


_PLAIN = frozenset({"StringEquals", "StringNotEquals"})
