"""Texts of a policy with `${variables}` in them, and what they stand for in one request.

`${aws:username}` is replaced by the request's value, literally: a `*` in it is no wildcard.
`${key, 'default'}` has a value for requests without the key; without a default the text matches
nothing. `${*}`, `${?}` and `${$}` are those characters themselves. Only policies of version
2012-10-17 have variables. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from larum.access.policy.wildcards import ARN_COLONS, Token, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ESCAPES = frozenset({"*", "?", "$"})
# One pass over a bounded text: no part can match in two ways.
_VARIABLE = re.compile(r"([A-Za-z0-9-]+:[^\s,${}'*?]+)(?:, ?'([^']*)')?", re.ASCII)


class Variable(msgspec.Struct, frozen=True):
    """`key` in lower case, and the `default` for requests that do not have it."""

    key: str
    default: str | None


class Template(msgspec.Struct, frozen=True):
    """A text as tokens: literal runs, wildcards and variables."""

    parts: tuple[Token | Variable, ...]

    @property
    def has_variables(self) -> bool:
        """Whether the text depends on the request."""
        return any(isinstance(part, Variable) for part in self.parts)

    def tokens(self, keys: Mapping[str, tuple[str, ...]]) -> tuple[Token, ...] | None:
        """Return the text in one request; None if a variable has no single value there."""
        found: list[Token] = []
        for part in self.parts:
            text: Token | None = part if not isinstance(part, Variable) else _value(part, keys)
            if text is None:
                return None
            if found and isinstance(text, str) and isinstance(found[-1], str):
                found[-1] += text
            elif text != "":
                found.append(text)
        return tuple(found)


def _value(variable: Variable, keys: Mapping[str, tuple[str, ...]]) -> str | None:
    values = keys.get(variable.key, ())
    if not values:
        return variable.default
    return values[0] if len(values) == 1 else None


def template_of(text: str, *, variables: bool) -> Template:
    """Read `text`; without `variables` (version 2008-10-17) `${` means nothing.

    Raises:
        ValueError: a variable cannot be understood; the message says which.

    """
    if not variables or "${" not in text:
        return Template(tokens_of(text))
    before, *others = text.split("${")
    parts: list[Token | Variable] = [*tokens_of(before)]
    for other in others:
        inner, brace, after = other.partition("}")
        if not brace:
            raise ValueError("a variable begins with ${ and has no }")
        parts.append(inner if inner in ESCAPES else _variable(inner))
        parts.extend(tokens_of(after))
    return Template(tuple(parts))


def _variable(inner: str) -> Variable:
    found = _VARIABLE.fullmatch(inner)
    if found is None:
        raise ValueError(f"the variable ${{{inner}}} is not ${{key}} or ${{key, 'default'}}")
    return Variable(found[1].lower(), found[2])


def segments_of(template: Template) -> list[Template]:
    """Return the parts of the ARN that `template` is: the last keeps whatever colons are left."""
    segments: list[Template] = [Template(())]
    for part in template.parts:
        if not isinstance(part, str):
            segments[-1] = Template((*segments[-1].parts, part))
            continue
        first, *others = part.split(":", ARN_COLONS + 1 - len(segments))
        segments[-1] = Template((*segments[-1].parts, first))
        segments.extend(Template((other,)) for other in others)
    return segments
