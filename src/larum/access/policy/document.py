"""A policy as IAM writes it, read strictly: whatever is not understood is refused, with its place.

Nothing is ignored: an element, operator or effect that this file does not know would otherwise
grant or deny something else than its author meant. All faults are told at once. Rules:
reliability-and-security §5.2 and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from larum.access.policy import json_text
from larum.access.policy.actions import names_nothing
from larum.access.policy.conditions import Condition, Qualifier, condition_of
from larum.access.policy.json_text import Members, NumberText
from larum.access.policy.templates import Template, segments_of, template_of
from larum.access.policy.wildcards import (
    ARN_COLONS,
    MANY,
    ArnGlob,
    Glob,
    Wild,
    arn_glob_of,
    glob_of,
    tokens_of,
)
from larum.domain.policies import PolicyKind

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = ("2012-10-17", "2008-10-17")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9-]+:[\w .:/=+@-]{1,200}")
_TAG_KEYS = ("aws:requesttag", "aws:resourcetag", "aws:principaltag")
_SERVICE = 2  # the third part of an ARN
_AWS_PRINCIPAL = re.compile(r"[0-9]{12}|arn:[a-z-]+:(?:iam|sts)::[0-9]{12}:[^*?\s]+", re.ASCII)


class Effect(StrEnum):
    """What a statement that matches does."""

    ALLOW = "Allow"
    DENY = "Deny"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong (or, as a warning, risky) and where: `Statement[0].Condition.Bool`."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class PolicyRefused(ValueError):  # noqa: N818 - it reads as what happened
    """A document that cannot be understood whole; `faults` are all that is wrong with it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class ResourcePattern(msgspec.Struct, frozen=True):
    """One value of Resource; `fixed` is compiled already where no variable is in it."""

    template: Template
    fixed: ArnGlob | None
    is_any: bool

    def matches(
        self, resource: str, parts: list[str], keys: Mapping[str, tuple[str, ...]]
    ) -> bool | None:
        """Return whether it names `resource`; None if a variable in it has no value."""
        if self.is_any:
            return True
        if self.fixed is not None:
            return self.fixed.matches(resource, parts)
        tokens = self.template.tokens(keys)
        return None if tokens is None else arn_glob_of(tokens).matches(resource, parts)


class Statement(msgspec.Struct, frozen=True, eq=False):
    """A statement, compiled; the names of actions are in lower case.

    `resources` is empty in a trust policy, and `principals` (`AWS:arn…`, `Service:…`, or `*`) is
    None in all others. The rest says what is usual about it, so that deciding is quick: it
    `denies`, its Resource is `*` (`everywhere`), or one pattern without variables (`one_pattern`).
    """

    index: int
    sid: str
    effect: Effect
    actions: tuple[Glob, ...]
    not_action: bool
    resources: tuple[ResourcePattern, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]
    principals: frozenset[str] | None
    denies: bool
    everywhere: bool
    one_pattern: ArnGlob | None


class Policy(msgspec.Struct, frozen=True, eq=False):
    """A document that was understood whole."""

    kind: PolicyKind
    statements: tuple[Statement, ...]
    warnings: tuple[Fault, ...]


@lru_cache(maxsize=1024)
def parse(text: str, kind: PolicyKind = PolicyKind.PERMISSIONS) -> Policy:
    """Return the policy that `text` is; equal texts give the same compiled policy.

    Raises:
        PolicyRefused: it cannot be understood; with every fault.

    """
    try:
        document = json_text.loads(text)
    except ValueError as error:
        raise PolicyRefused((Fault("", f"not a policy: {error}"),)) from error
    reading = _Reading(kind)
    statements = reading.document(document)
    if reading.faults:
        raise PolicyRefused(tuple(reading.faults))
    return Policy(kind, statements, tuple(reading.warnings))


class _Reading:
    """One pass over a document that collects what is wrong with it."""

    def __init__(self, kind: PolicyKind) -> None:
        self.kind = kind
        self.variables = False
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def fault(self, place: str, message: str) -> None:
        self.faults.append(Fault(place, message))

    def members(self, value: object, place: str, known: frozenset[str] | None = None) -> Members:
        if not isinstance(value, Members):
            self.fault(place, "must be an object")
            return Members([])
        for name in value.twice:
            self.fault(_join(place, name), "stands twice")
        for name in value:
            if known is not None and name not in known:
                self.fault(_join(place, name), "is not an element that is known here")
        return value

    def texts(self, value: object, place: str, *, scalars: bool = False) -> list[str]:
        """Return the strings of a string or a list of them; numbers and booleans if `scalars`."""
        found: list[str] = []
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, bool) and scalars:
                found.append(str(item).lower())
            elif isinstance(item, str) and (scalars or not isinstance(item, NumberText)):
                found.append(str(item))
            else:
                self.fault(place, "must be a string or a list of strings")
        if not found and isinstance(value, list):
            self.fault(place, "must not be empty")
        return found

    def document(self, value: object) -> tuple[Statement, ...]:
        document = self.members(value, "", frozenset({"Version", "Id", "Statement"}))
        version = document.get("Version", VERSIONS[1])
        if version not in VERSIONS:
            self.fault("Version", f"must be one of {', '.join(VERSIONS)}")
        self.variables = version == VERSIONS[0]
        name = document.get("Id", "")
        if not isinstance(name, str) or isinstance(name, NumberText):
            self.fault("Id", "must be a string")
        statements = document.get("Statement", [])
        listed = statements if isinstance(statements, list) else [statements]
        if isinstance(value, Members) and not listed:
            self.fault("Statement", "must have at least one statement")
        found = tuple(self.statement(index, item) for index, item in enumerate(listed))
        sids = [statement.sid for statement in found]
        for statement in found:
            if statement.sid and statement.sid in sids[: statement.index]:
                self.fault(f"Statement[{statement.index}].Sid", "is another statement's too")
        return found

    def statement(self, index: int, value: object) -> Statement:
        place = f"Statement[{index}]"
        trust = self.kind is PolicyKind.TRUST
        about = {"Principal"} if trust else {"Resource", "NotResource"}
        known = {"Sid", "Effect", "Action", "NotAction", "Condition"} | about
        found = self.members(value, place, frozenset(known))
        sid = found.get("Sid", "")
        if not isinstance(sid, str) or isinstance(sid, NumberText) or not _SID.fullmatch(sid):
            self.fault(f"{place}.Sid", "must be letters and digits")
        effect = found.get("Effect")
        if not isinstance(effect, str) or effect not in list(Effect):
            self.fault(f"{place}.Effect", "must be exactly Allow or Deny")
        not_action = self.one_of(found, place, "Action", "NotAction")
        not_resource = not trust and self.one_of(found, place, "Resource", "NotResource")
        action, resource = ("Not" * flag for flag in (not_action, not_resource))
        actions = self.actions(found, place, f"{action}Action")
        patterns = () if trust else self.resources(found, place, f"{resource}Resource")
        plain = not not_resource and len(patterns) == 1
        return Statement(
            index,
            str(sid),
            Effect.ALLOW if effect == Effect.ALLOW else Effect.DENY,
            actions,
            not_action,
            patterns,
            not_resource,
            self.conditions(found.get("Condition", Members([])), f"{place}.Condition"),
            self.principals(found, f"{place}.Principal") if trust else None,
            denies=effect != Effect.ALLOW,
            everywhere=not not_resource and any(each.is_any for each in patterns),
            one_pattern=patterns[0].fixed if plain else None,
        )

    def one_of(self, found: Members, place: str, name: str, negated: str) -> bool:
        """Refuse both or neither of two elements; return whether it is the negated one."""
        if (name in found) == (negated in found):
            self.fault(place, f"must have exactly one of {name} and {negated}")
        return negated in found and name not in found

    def actions(self, found: Members, statement: str, name: str) -> tuple[Glob, ...]:
        if name not in found:
            return ()
        place = f"{statement}.{name}"
        patterns = self.texts(found[name], place)
        for pattern in patterns:
            if pattern != MANY and not _ACTION.fullmatch(pattern):
                self.fault(place, f"{_shown(pattern)} is not service:Name, nor *")
            elif names_nothing(pattern):
                self.warnings.append(Fault(place, f"{_shown(pattern)} is no action of the service"))
        return tuple([_action(pattern.lower()) for pattern in patterns])

    def resources(self, found: Members, statement: str, name: str) -> tuple[ResourcePattern, ...]:
        if name not in found:
            return ()
        place = f"{statement}.{name}"
        patterns = []
        for text in self.texts(found[name], place):
            try:
                pattern = _resource(text, variables=self.variables)
            except ValueError as error:
                self.fault(place, str(error))
                continue
            patterns.append(pattern)
            # With fewer parts only a final * can reach the end of an ARN.
            open_end = pattern.template.parts[-1] is Wild.MANY
            if not open_end and len(segments_of(pattern.template)) <= ARN_COLONS:
                self.warnings.append(Fault(place, f"{_shown(text)} can match nothing"))
        return tuple(patterns)

    def conditions(self, value: object, place: str) -> tuple[Condition, ...]:
        found = []
        for name, block in self.members(value, place).items():
            inside = _join(place, name)
            folded: set[str] = set()
            members = self.members(block, inside)
            if block == {}:
                self.fault(inside, "must not be empty")
            for key, values in members.items():
                at = _join(inside, key)
                if not _KEY.fullmatch(key) or key.lower().rstrip("/") in _TAG_KEYS:
                    self.fault(at, "is not a condition key")
                if key.lower() in folded:
                    self.fault(at, "stands twice, in other cases of letters")
                folded.add(key.lower())
                try:
                    texts = self.texts(values, at, scalars=True)
                    condition = condition_of(name, key, texts, variables=self.variables)
                except ValueError as error:
                    self.fault(at, str(error))
                else:
                    found.append(condition)
        self.warnings.extend(_holes(found, place))
        return tuple(found)

    def principals(self, found: Members, place: str) -> frozenset[str]:
        value = found.get("Principal")
        if value == MANY:
            return frozenset({MANY})
        names: set[str] = set()
        for kind, listed in self.members(
            value, place, frozenset({"AWS", "Service", "Federated"})
        ).items():
            for name in self.texts(listed, _join(place, kind)):
                if kind == "AWS" and name == MANY:
                    names.add(MANY)
                elif not name or (kind == "AWS" and not _AWS_PRINCIPAL.fullmatch(name)):
                    self.fault(_join(place, kind), f"{_shown(name)} is not a principal")
                elif name.isdigit():
                    names.add(f"AWS:arn:aws:iam::{name}:root")
                else:
                    names.add(f"{kind}:{name}")
        if not names:
            self.fault(place, "must name a principal")
        return frozenset(names)


def _holes(found: list[Condition], place: str) -> list[Fault]:
    """Return where ForAllValues lets a request without the key pass (IAM's documented rule)."""
    present = {item.key for item in found if item.presence == (True,)}
    return [
        Fault(place, f"ForAllValues also holds without {item.key}: add Null false for it")
        for item in found
        if item.qualifier is Qualifier.ALL and item.key not in present
    ]


@lru_cache(maxsize=1024)
def _action(pattern: str) -> Glob:
    return glob_of(tokens_of(pattern))


def _resource(text: str, *, variables: bool) -> ResourcePattern:
    template = template_of(text, variables=variables)
    if text == MANY:
        return ResourcePattern(template, None, is_any=True)
    segments = segments_of(template)
    if not (text.startswith("arn:") and len(segments) > _SERVICE):
        raise ValueError(f"{_shown(text)} is not an ARN, nor *")
    if any(not isinstance(part, str) for part in segments[_SERVICE].parts):
        raise ValueError(f"{_shown(text)} has a wildcard or variable in its service")
    fixed = None if template.has_variables else arn_glob_of(template.tokens({}) or ())
    return ResourcePattern(template, fixed, is_any=False)


def _join(place: str, name: str) -> str:
    return f"{place}.{name[:100]}" if place else name[:100]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")  # noqa: PLR2004 - for a message
