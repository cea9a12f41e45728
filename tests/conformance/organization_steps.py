"""What can happen to an organization: the steps of organization_machine.py."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.conformance.organization_changes import CHANGES
from tests.conformance.organization_model import MANAGEMENT, Update

Step = tuple[str, dict[str, Any]]
MEMBERS = tuple(f"{digit * 4}{digit * 4}{digit * 4}" for digit in "234")
NEVER = "999999999999"
PATHS = ("a", "a/b", "a/b/c", "d", "d/e")
UNKNOWN_UNIT = "ou-zzzz-zzzzzzzz"

accounts = st.sampled_from((MANAGEMENT, *MEMBERS))
statuses = st.sampled_from(("ACTIVE", "ACTIVE", "SUSPENDED", "CLOSED"))
some_paths = st.frozensets(st.sampled_from(PATHS), max_size=2)
numbers = st.sampled_from((0, 0, 0, 1, 2, 3, 4))
updates = st.one_of(
    st.builds(Update, st.sampled_from((None, False)), some_paths, some_paths),
    st.builds(Update, st.just(None), some_paths),
    st.builds(Update, st.booleans()),
)

members = st.sampled_from(MEMBERS)
units = st.sampled_from(("", *PATHS))
mostly = st.sampled_from((True, True, True, True, False))
# What can happen, how often beside the others, and with what.
STEPS: dict[str, tuple[int, dict[str, st.SearchStrategy[Any]]]] = {
    "join_or_move": (4, {"account": accounts, "unit": units, "status": statuses}),
    "leave": (3, {"account": accounts, "omit": st.booleans()}),
    "set_status": (2, {"account": accounts, "status": statuses, "service_on": mostly}),
    "change_units": (
        2,
        {
            "how": st.sampled_from(("add", "remove", "remove alone")),
            "path": st.sampled_from(PATHS),
        },
    ),
    "change_organization": (
        2,
        {
            "administrator": st.sampled_from((None, MANAGEMENT, *MEMBERS)),
            "trusted": mostly,
            "joining": st.one_of(st.none(), members),
        },
    ),
    "change_alone": (
        6,
        {"what": st.sampled_from(tuple(CHANGES)), "account": accounts, "path": units},
    ),
    "set_trusted_access": (1, {"trusted": mostly}),
    "create": (4, {"holder": st.one_of(st.just(MANAGEMENT), accounts), "whole": st.booleans()}),
    "update": (
        4,
        {"number": numbers, "update": updates, "undo": st.booleans()},
    ),
    "cover_units": (
        3,
        {
            "number": numbers,
            "paths": st.frozensets(st.sampled_from(PATHS), min_size=1, max_size=2),
        },
    ),
    "cancel": (2, {"number": numbers}),
    "undo": (3, {"number": numbers}),
    "wait": (1, {}),
    "name_account": (4, {"number": numbers, "account": st.sampled_from((*MEMBERS, NEVER))}),
    "unname_account": (2, {"number": numbers, "account": accounts}),
}
steps = st.sampled_from([name for name, (often, _) in STEPS.items() for _ in range(often)]).flatmap(
    lambda name: st.tuples(st.just(name), st.fixed_dictionaries(STEPS[name][1]))
)


# Paths that chance takes too rarely, each to where a bug would show.
RARE_PATHS: dict[str, tuple[Step, ...]] = {
    "who joined while cancelled is not covered by the rules that the undo ends": (
        ("create", {"holder": MANAGEMENT, "whole": True}),
        ("cancel", {"number": 0}),
        ("join_or_move", {"account": MEMBERS[2], "unit": "d", "status": "ACTIVE"}),
        ("update", {"number": 0, "update": Update(whole=False), "undo": True}),
    ),
    "who joins with the file that ends the membership was never covered": (
        ("change_organization", {"administrator": MEMBERS[0], "trusted": True, "joining": None}),
        ("create", {"holder": MEMBERS[0], "whole": True}),
        ("change_organization", {"administrator": None, "trusted": True, "joining": MEMBERS[2]}),
    ),
    "who is named is counted inside the organization alone": (
        ("create", {"holder": MANAGEMENT, "whole": False}),
        ("name_account", {"number": 0, "account": MEMBERS[0]}),
        ("leave", {"account": MEMBERS[0], "omit": False}),
        ("join_or_move", {"account": MEMBERS[0], "unit": "a", "status": "ACTIVE"}),
    ),
    "who left a unit when it began to be covered was never covered": (
        ("create", {"holder": MANAGEMENT, "whole": False}),
        ("join_or_move", {"account": MEMBERS[1], "unit": "d", "status": "ACTIVE"}),
        ("cancel", {"number": 0}),
        ("create", {"holder": MANAGEMENT, "whole": True}),
    ),
    "who is no longer the administrator cannot undo": (
        ("change_organization", {"administrator": MEMBERS[0], "trusted": True, "joining": None}),
        ("create", {"holder": MEMBERS[0], "whole": True}),
        ("cancel", {"number": 0}),
        ("change_organization", {"administrator": None, "trusted": True, "joining": None}),
        ("undo", {"number": 0}),
    ),
    "who left the organization with a cancelled membership cannot undo it": (
        ("change_organization", {"administrator": MEMBERS[0], "trusted": True, "joining": None}),
        ("create", {"holder": MEMBERS[0], "whole": False}),
        ("cancel", {"number": 0}),
        ("change_organization", {"administrator": None, "trusted": True, "joining": None}),
        ("leave", {"account": MEMBERS[0], "omit": True}),
        ("undo", {"number": 0}),
        ("create", {"holder": MEMBERS[0], "whole": False}),
    ),
    "who joined with a cancelled membership of its own cannot undo it": (
        ("create", {"holder": MEMBERS[2], "whole": False}),
        ("cancel", {"number": 0}),
        ("join_or_move", {"account": MEMBERS[2], "unit": "", "status": "ACTIVE"}),
        ("change_organization", {"administrator": MEMBERS[2], "trusted": True, "joining": None}),
        ("undo", {"number": 0}),
    ),
    "a unit that is removed and made again is another one": (
        ("create", {"holder": MANAGEMENT, "whole": False}),
        ("cover_units", {"number": 0, "paths": frozenset({"a/b", "d"})}),
        ("change_units", {"how": "remove", "path": "a/b"}),
        ("join_or_move", {"account": MEMBERS[2], "unit": "a/b", "status": "ACTIVE"}),
    ),
    "who left as the membership began was never covered": (
        ("leave", {"account": MEMBERS[1], "omit": True}),
        ("create", {"holder": MANAGEMENT, "whole": True}),
    ),
}
