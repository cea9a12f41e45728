"""The units of the directory: which are new, renamed or gone.

A unit goes by its path, such as `workloads/prod`. Where the wanted ones come with ids, as those of
AWS Organizations do, the id tells which unit is meant: another name is a rename then, and whatever
names the unit by its id goes on doing so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from larum.errors import FieldFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
DEEPEST_UNIT: Final = 5
UNITS: Final = "directory.organization.organizationalUnits"
IDENTIFIED: Final = "directory.organization.identifiedUnits"


class Renamed(msgspec.Struct, frozen=True):
    """A unit whose path changes: it has another name, or one that it lies beneath has."""

    before: str
    after: str

    @property
    def name(self) -> str | None:
        """The unit's new name; None where only its place in the tree is called differently."""
        name = name_of(self.after)
        return None if name == name_of(self.before) else name


class ChangedUnits(msgspec.Struct, frozen=True):
    """The changes of units: `new` parents first, `removed` children first; `ids` of new ones."""

    new: tuple[str, ...] = ()
    ids: Mapping[str, str] = msgspec.field(default_factory=dict)
    renamed: tuple[Renamed, ...] = ()
    removed: tuple[str, ...] = ()


def name_of(path: str) -> str:
    """Return the name of the unit at `path`."""
    return path.rpartition("/")[2]


def parent_of(path: str) -> str:
    """Return the path that `path` lies beneath; empty is the root."""
    return path.rpartition("/")[0]


def with_parents(paths: Iterable[str]) -> list[str]:
    """Return the paths with every path that they lie beneath, parents first."""
    every = {
        "/".join(parts[: depth + 1])
        for parts in (path.split("/") for path in paths)
        for depth in range(len(parts))
    }
    return sorted(every, key=lambda path: (path.count("/"), path))


def changes_of_units(
    present: Mapping[str, str], wanted: Sequence[str] | None, ids: Sequence[str] | None
) -> ChangedUnits:
    """Return the changes from `present`, ids by path, to the paths `wanted` with `ids`, if any."""
    if wanted is None:
        return ChangedUnits()
    if ids is None:
        units = dict.fromkeys(with_parents(wanted))
        return ChangedUnits(
            new=tuple(path for path in units if path not in present),
            removed=_children_first(path for path in present if path not in units),
        )
    by_id = {unit_id: path for path, unit_id in present.items()}
    after = dict(zip(wanted, ids, strict=True))
    new = [path for path in with_parents(wanted) if after.get(path) not in by_id]
    renamed = [(by_id[unit_id], path) for path, unit_id in after.items() if unit_id in by_id]
    kept = set(after.values())
    return ChangedUnits(
        new=tuple(new),
        ids={path: after[path] for path in new if path in after},
        renamed=tuple(Renamed(*each) for each in sorted(renamed) if each[0] != each[1]),
        removed=_children_first(path for path, unit_id in present.items() if unit_id not in kept),
    )


def units_after(present: Mapping[str, str], changed: ChangedUnits) -> dict[str, str]:
    """Return the ids by path of the units that stay, by the paths that they get."""
    leaving = {*changed.removed, *(each.before for each in changed.renamed)}
    staying = {path: unit_id for path, unit_id in present.items() if path not in leaving}
    return staying | {each.after: present[each.before] for each in changed.renamed}


def faults(
    root_id: str,
    present: Mapping[str, str],
    wanted: Sequence[str] | None,
    ids: Sequence[str] | None,
) -> list[FieldFailure]:
    """Return what keeps the wanted units from being made, each with its place."""
    place = UNITS if ids is None else IDENTIFIED
    found = [
        FieldFailure(f"{place}[{index}]", f"Member must not lie deeper than {DEEPEST_UNIT} units")
        for index, path in enumerate(wanted or ())
        if path.count("/") >= DEEPEST_UNIT
    ]
    return found if ids is None else [*found, *_id_faults(root_id, present, wanted or (), ids)]


def _id_faults(
    root_id: str, present: Mapping[str, str], wanted: Sequence[str], ids: Sequence[str]
) -> Iterable[FieldFailure]:
    now = {unit_id: present.get(parent_of(path), root_id) for path, unit_id in present.items()}
    after = dict(zip(wanted, ids, strict=True))
    seen: set[str] = set()
    for index, (path, unit_id) in enumerate(zip(wanted, ids, strict=True)):
        place = f"{IDENTIFIED}[{index}]"
        if {path, unit_id} & seen:
            yield FieldFailure(place, "Member must not repeat a path or an id")
        seen |= {path, unit_id}
        parent = after.get(parent_of(path)) if parent_of(path) else root_id
        if parent is None:
            message = f"Member must lie beneath a unit that is given too; {parent_of(path)} is not"
            yield FieldFailure(f"{place}.path", message)
        elif now.get(unit_id, parent) != parent:
            message = f"Member must stay where it is: {unit_id} lies beneath {now[unit_id]}"
            yield FieldFailure(f"{place}.path", message)


def _children_first(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(paths, reverse=True))
