"""A page of a list, as the operations that have IAM's names answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PAGE_SIZE: Final = 25

T = TypeVar("T")


def limit_of(params: Mapping[str, Any]) -> int:
    """Return how many items the page may have; look for one more, to know whether there is one."""
    return int(params.get("maxResults", PAGE_SIZE))


def page(
    params: Mapping[str, Any],
    found: Sequence[T],
    member: str,
    shown: Callable[[T], object],
    cursor: Callable[[T], str],
) -> dict[str, Any]:
    """Return as many of `found` as fit, as `member`; the cursor of the last if there are more."""
    limit = limit_of(params)
    output: dict[str, Any] = {member: [shown(each) for each in found[:limit]]}
    if len(found) > limit:
        output["nextToken"] = cursor(found[limit - 1])
    return output
