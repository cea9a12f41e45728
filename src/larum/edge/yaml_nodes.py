"""The nodes of a YAML file that somebody wrote: never nested so deeply that reading them crashes.

libyaml's composer calls itself for each level, and ends the process where the stack does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    # The stubs cannot tell which of the two there is.
    _Loader = yaml.SafeLoader
else:
    # The parser in C is some ten times faster; PyYAML lacks it where its wheel does.
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Policies have some ten levels, and lie some ten levels deep in a directory.
DEEPEST: Final = 100


class _BoundedLoader(_Loader):
    """A loader that counts the levels it is beneath, which both composers tell it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:  # noqa: ANN401 - PyYAML's
        self._depth += 1
        if self._depth > DEEPEST:
            mark = current_node.start_mark
            message = f"it is nested more than {DEEPEST} levels deep"
            raise yaml.MarkedYAMLError(problem=message, problem_mark=mark)
        super().descend_resolver(current_node, current_index)

    def ascend_resolver(self) -> None:
        self._depth -= 1
        super().ascend_resolver()


def compose(text: str) -> yaml.Node | None:
    """Return the root node of the one document in `text`, None where it says nothing.

    Raises yaml.YAMLError, also for what is nested too deeply.
    """
    node: yaml.Node | None = yaml.compose(text, Loader=_BoundedLoader)
    return node
