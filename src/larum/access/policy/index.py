"""Which statements of a policy have to be looked at for a request, found without looking at all.

Large policies say the same for one team after another. A statement that holds only for one of some
texts of a key (StringEquals on a tag, most often) is found by that text; the rest is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larum.access.policy.document import Policy, Statement

# More than there are actions: only simulations can name others, and must not fill the memory.
MOST_ACTIONS: Final = 256


class Index(msgspec.Struct, frozen=True, eq=False):
    """A policy's statements about one action, in their order.

    `always` are to be looked at for every request; `by_value` has the others by a key and the texts
    of it that they ask for.
    """

    always: tuple[Statement, ...]
    by_value: tuple[tuple[str, Mapping[str, tuple[Statement, ...]]], ...]

    def candidates(self, keys: Mapping[str, tuple[str, ...]]) -> Sequence[Statement]:
        """Return the statements that can be about a request with these keys, in their order."""
        found: list[Statement] = []
        for key, by_text in self.by_value:
            for value in keys.get(key, ()):
                found += by_text.get(value, ())
        if not found:
            return self.always
        placed = {statement.index: statement for statement in (*self.always, *found)}
        return [placed[place] for place in sorted(placed)]


def index_of(policy: Policy, action: str) -> Index:
    """Return the index of `policy` for `action`, in lower case; it is kept with the policy."""
    found = policy.indexes.get(action)
    if found is None:
        if len(policy.indexes) >= MOST_ACTIONS:
            policy.indexes.clear()
        found = policy.indexes[action] = _made(policy, action)
    return found


def is_about(statement: Statement, action: str) -> bool:
    """Return whether the statement's actions include `action`, in lower case."""
    return any(glob.matches(action) for glob in statement.actions) != statement.not_action


def _made(policy: Policy, action: str) -> Index:
    always: list[Statement] = []
    by_value: dict[str, dict[str, tuple[Statement, ...]]] = {}
    for statement in policy.statements:
        if not is_about(statement, action):
            continue
        needed = next((each for each in statement.conditions if each.needs_text), None)
        if needed is None:
            always.append(statement)
            continue
        by_text = by_value.setdefault(needed.key, {})
        for text in needed.texts or ():
            by_text[text] = (*by_text.get(text, ()), statement)
    return Index(tuple(always), tuple(by_value.items()))
