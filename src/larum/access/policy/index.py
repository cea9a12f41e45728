"""Which statements have to be looked at for a request, found without looking at all.

Large policies say the same for one team, and one resource, after another. A statement that holds
only for one of some texts of a key (StringEquals on a tag, most often) is found by that text; one
whose resource begins with some text is passed over together with its like, where none fits. All
policies of a layer are one index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from larum.access.policy.wildcards import ARN_COLONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.access.policy.document import Statement
    from larum.access.policy.evaluate import NamedPolicy

    Placed = tuple[int, NamedPolicy, Statement]

# More than actions and layers together: only simulations can name others.
MOST_INDEXES: Final = 1024
_PARTS: Final = ARN_COLONS + 1


class Index(msgspec.Struct, frozen=True, eq=False):
    """The statements of the layer `of` about one action, each with its place among all of them.

    `always` are to be looked at for every request; `by_start` for resources whose last part begins
    with the one of `starts` in the same place; `by_value` by a key and the texts of it that they
    ask for.
    """

    of: tuple[NamedPolicy, ...]
    always: tuple[Placed, ...]
    starts: tuple[str, ...]
    by_start: tuple[tuple[Placed, ...], ...]
    by_value: tuple[tuple[str, Mapping[str, tuple[Placed, ...]]], ...]

    def candidates(
        self, parts: Sequence[str], keys: Mapping[str, tuple[str, ...]]
    ) -> Sequence[Placed]:
        """Return the statements that can be about a request, in their order.

        `parts` is its resource split at the colons, `keys` are its own.
        """
        found: list[Placed] = []
        for key, by_text in self.by_value:
            for value in keys.get(key, ()):
                found += by_text.get(value, ())
        # With more colons a wildcard can run past them, and with fewer there is no last part.
        fits = len(parts) != _PARTS
        if fits or parts[-1].startswith(self.starts):
            for start, placed in zip(self.starts, self.by_start, strict=True):
                if fits or parts[-1].startswith(start):
                    found += placed
        if not found:
            return self.always
        unique = {each[0]: each for each in (*self.always, *found)}
        return [unique[place] for place in sorted(unique)]


def index_of(
    kept: dict[tuple[str, int, str], Index],
    layer: str,
    place: int,
    policies: tuple[NamedPolicy, ...],
    action: str,
) -> Index:
    """Return the index for `action` (in lower case) of the layer's `policies`, made or `kept`."""
    found = kept.get((layer, place, action))
    if found is None or found.of is not policies:
        if len(kept) >= MOST_INDEXES:
            kept.clear()
        found = kept[layer, place, action] = _made(policies, action)
    return found


def is_about(statement: Statement, action: str) -> bool:
    """Return whether the statement's actions include `action`, in lower case."""
    return any(glob.matches(action) for glob in statement.actions) != statement.not_action


def _made(policies: tuple[NamedPolicy, ...], action: str) -> Index:
    always: list[Placed] = []
    by_start: dict[str, tuple[Placed, ...]] = {}
    by_value: dict[str, dict[str, tuple[Placed, ...]]] = {}
    about = (
        (named, statement)
        for named in policies
        for statement in named.policy.statements
        if is_about(statement, action)
    )
    for place, (named, statement) in enumerate(about):
        placed = (place, named, statement)
        needed = next((each for each in statement.conditions if each.needs_text), None)
        start = _start(statement)
        if needed is not None:
            by_text = by_value.setdefault(needed.key, {})
            for text in needed.texts or ():
                by_text[text] = (*by_text.get(text, ()), placed)
        elif start:
            by_start[start] = (*by_start.get(start, ()), placed)
        else:
            always.append(placed)
    return Index(
        policies,
        tuple(always),
        tuple(by_start),
        tuple(by_start.values()),
        tuple(by_value.items()),
    )


def _start(statement: Statement) -> str:
    """Return what the last part of a resource must begin with, "" for whatever else there is."""
    pattern = statement.one_pattern
    return "" if pattern is None or pattern.length != _PARTS else pattern.last.start
