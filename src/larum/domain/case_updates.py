"""What UpdateCase does to a case: sets that grow and shrink, and the words for what changed.

Taking away what is not there and adding what is there change nothing (service-behaviour §11 row
18). What is taken away and added in one update is replaced where it stood: so a watcher's name can
be changed at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from larum.errors import FieldFailure, ValidationException

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from larum.domain.cases import Case, ThreatActorIp, Watcher

T = TypeVar("T")

MOST_METADATA: Final = 30
# What each member of a case is called in a case edit, in the order in which it is told.
WORDS: Final[Mapping[str, str]] = {
    "title": "title",
    "description": "description",
    "engagement_type": "engagement type",
    "reported_incident_start_date": "reported incident start date",
    "actual_incident_start_date": "actual incident start date",
    "watchers": "watchers",
    "threat_actor_ip_addresses": "threat actor IP addresses",
    "impacted_services": "impacted services",
    "impacted_aws_regions": "impacted AWS Regions",
    "impacted_accounts": "impacted accounts",
    "metadata": "case metadata",
}


class SetChange(msgspec.Struct, frozen=True):
    """What is added to one list of a case and taken away; `most` it may have then.

    `member` is the wire name of what adds: the one that a refusal names.
    """

    member: str
    most: int
    to_add: Sequence[Any] = ()
    to_delete: Sequence[Any] = ()


def watcher_key(watcher: Watcher) -> Hashable:
    """Return what tells watchers apart: the address, whatever its letter case."""
    return watcher.email.casefold()


def same_address(deleted: ThreatActorIp, present: ThreatActorIp) -> bool:
    """Tell whether deleting one means the other: without a user agent it means every one."""
    return deleted.ip_address == present.ip_address and deleted.user_agent in {
        None,
        present.user_agent,
    }


def merged(
    present: Iterable[T],
    to_add: Sequence[T],
    to_delete: Sequence[T] = (),
    *,
    key: Callable[[T], Hashable] = lambda each: each,
    means: Callable[[T, T], bool] | None = None,
) -> tuple[T, ...]:
    """Return `present` without what `to_delete` means and with what of `to_add` it lacks.

    `key(item)` tells items apart; `means(deleted, item)` whether deleting the one takes the other,
    by default if their keys are equal. Of two that are added alike, the first counts.
    """
    added: dict[Hashable, T] = {}
    for each in to_add:
        added.setdefault(key(each), each)
    gone = {key(each) for each in to_delete}
    result: dict[Hashable, T] = {}
    for each in present:
        known = key(each)
        deleted = known in gone if means is None else any(means(one, each) for one in to_delete)
        if not deleted:
            result[known] = each
        elif known in added:
            result[known] = added[known]
    for known, each in added.items():
        result.setdefault(known, each)
    return tuple(result.values())


def with_lists(case: Case, changes: Mapping[str, SetChange]) -> Case:
    """Return the case after `changes` of its lists, each by the name of the member of Case.

    Raises ValidationException, with every list that would be too long.
    """
    lists: dict[str, Any] = {}
    failures: list[FieldFailure] = []
    for name, change in changes.items():
        before = getattr(case, name)
        after = merged(before, change.to_add, change.to_delete, **_TOLD_APART.get(name, {}))
        if len(after) > change.most:
            message = f"Member would bring the case to {len(after)}; {change.most} are the most"
            failures.append(FieldFailure(change.member, message))
        lists[name] = after
    if failures:
        raise ValidationException.of_fields(tuple(failures))
    return replace(case, **lists)


_TOLD_APART: Final[Mapping[str, Mapping[str, Any]]] = {
    "watchers": {"key": watcher_key},
    "threat_actor_ip_addresses": {"means": same_address},
}


def with_metadata(case: Case, given: Sequence[tuple[str, str]]) -> Case:
    """Return the case with these pairs put in by key (service-behaviour §11 row 19).

    Raises ValidationException where a key is given twice, and beyond 30 in all.
    """
    seen: set[str] = set()
    for index, (key, _) in enumerate(given):
        if key in seen:
            name = f"caseMetadata[{index}].key"
            raise ValidationException.of_fields(
                (FieldFailure(name, "Member must name each key once"),)
            )
        seen.add(key)
    after = dict(case.metadata) | dict(given)
    if len(after) > MOST_METADATA:
        message = f"Member would bring the case to {len(after)}; {MOST_METADATA} are the most"
        raise ValidationException.of_fields((FieldFailure("caseMetadata", message),))
    return replace(case, metadata=tuple(after.items()))


def changed_words(before: Case, after: Case) -> str:
    """Return what is different, as `title, description and watchers`; empty where nothing is."""
    words = [word for name, word in WORDS.items() if getattr(before, name) != getattr(after, name)]
    *first, last = words or [""]
    return f"{', '.join(first)} and {last}" if first else last
