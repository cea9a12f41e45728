"""Edits of a CreateMembership: those that leave it the same request, and those that do not.

REWRITES and SPELLINGS are the rows of reliability-and-security §3.4 that say "same", CHANGES those
that say "different", at least one for each member of the request.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Any

from larum.domain.memberships import ALL_COMMUNICATIONS

Params = dict[str, Any]
Edit = Callable[[Random, Params], None]
LONGEST = 50


def _reordered(random: Random, value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        items = [(name, _reordered(random, each)) for name, each in value.items()]
        random.shuffle(items)
        return dict(items)
    return [_reordered(random, each) for each in value] if isinstance(value, list) else value


def _member_order(random: Random, other: Params) -> None:
    items = _reordered(random, other)
    other.clear()
    other.update(items)


def _preference_order(random: Random, other: Params) -> None:
    for each in other["incidentResponseTeam"]:
        random.shuffle(each.get("communicationPreferences") or [])


def _preferences_spelled_out(random: Random, other: Params) -> None:
    for each in other["incidentResponseTeam"]:
        if each.get("communicationPreferences") is None:
            each["communicationPreferences"] = random.sample(ALL_COMMUNICATIONS, 16)


def _preferences_left_out(_random: Random, other: Params) -> None:
    for each in other["incidentResponseTeam"]:
        if len(each.get("communicationPreferences") or []) == len(ALL_COMMUNICATIONS):
            del each["communicationPreferences"]


def _null_preferences(_random: Random, other: Params) -> None:
    for each in other["incidentResponseTeam"]:
        each.setdefault("communicationPreferences", None)


def _unknown_of_a_person(random: Random, other: Params) -> None:
    random.choice(other["incidentResponseTeam"])["phone"] = random.choice([1, "x", None])


def _unknown_of_a_feature(_random: Random, other: Params) -> None:
    for each in other.get("optInFeatures") or []:
        each["since"] = {"year": 2026}


def _spelled_as(name: str, value: object) -> Edit:
    """Give a member that is absent, or means nothing, the value that means the same."""

    def edit(_random: Random, other: Params) -> None:
        if not other.get(name):
            other[name] = value

    return edit


def _left_out(name: str) -> Edit:
    def edit(_random: Random, other: Params) -> None:
        if not other.get(name):
            other.pop(name, None)

    return edit


def _with_unknown(name: str, value: object) -> Edit:
    def edit(_random: Random, other: Params) -> None:
        other[name] = value

    return edit


REWRITES: dict[str, Edit] = {
    "order of members and tags": _member_order,
    "order of preferences": _preference_order,
    "all preferences spelled out": _preferences_spelled_out,
    "all preferences left out": _preferences_left_out,
    "null preferences": _null_preferences,
    "null tags": _spelled_as("tags", None),
    "empty tags": _spelled_as("tags", {}),
    "no tags": _left_out("tags"),
    "null coverEntireOrganization": _spelled_as("coverEntireOrganization", None),
    "false coverEntireOrganization": _spelled_as("coverEntireOrganization", value=False),
    "no coverEntireOrganization": _left_out("coverEntireOrganization"),
    "null optInFeatures": _spelled_as("optInFeatures", None),
    "unknown member": _with_unknown("unknown", [1, {"a": None}]),
    "member in other letters": _with_unknown("Tags", {"a": "b"}),
    "unknown member of a person": _unknown_of_a_person,
    "unknown member of a feature": _unknown_of_a_feature,
}


def _escaped(value: object) -> str:
    """Write JSON with an escape for every character of every text."""
    match value:
        case str():
            units = value.encode("utf-16-be")
            return (
                '"'
                + "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
                + '"'
            )
        case dict():
            pairs = (f"{_escaped(key)}:{_escaped(each)}" for key, each in value.items())
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(_escaped(each) for each in value) + "]"
        case _:
            return json.dumps(value)


SPELLINGS: dict[str, Callable[[Params], str]] = {
    "no white space": lambda params: json.dumps(params, separators=(",", ":")),
    "white space": lambda params: "\t" + json.dumps(params, indent=3).replace("\n", "\r\n") + "\n",
    "no escapes": lambda params: json.dumps(params, ensure_ascii=False),
    "escaped slashes": lambda params: json.dumps(params).replace("/", "\\/"),
    "all escaped": _escaped,
}


def _other_letter(told: str) -> str:
    return told[:-1] + ("a" if not told.endswith("a") else "b")


def _other_first_letter(told: str) -> str:
    return ("q" if told[0] != "q" else "p") + told[1:]


def _other_case(told: str) -> str:
    for at, letter in enumerate(told):
        if len(letter.swapcase()) == 1 and letter.swapcase() != letter:
            return told[:at] + letter.swapcase() + told[at + 1 :]
    return told


def _other_form(told: str) -> str:
    form = unicodedata.normalize("NFD", told)
    return form if len(form) <= LONGEST else told


def _of_request(name: str, change: Callable[[str], str]) -> Edit:
    def edit(_random: Random, other: Params) -> None:
        other[name] = change(other[name])

    return edit


def _of_person(name: str, change: Callable[[str], str]) -> Edit:
    def edit(random: Random, other: Params) -> None:
        each = random.choice(other["incidentResponseTeam"])
        each[name] = change(each[name])

    return edit


def _tag_value(change: Callable[[str], str]) -> Edit:
    def edit(random: Random, other: Params) -> None:
        if other.get("tags"):
            key = random.choice(list(other["tags"]))
            other["tags"][key] = change(other["tags"][key])

    return edit


def _tag_key(change: Callable[[str], str]) -> Edit:
    def edit(random: Random, other: Params) -> None:
        if other.get("tags"):
            key = random.choice(list(other["tags"]))
            if change(key) not in other["tags"]:
                other["tags"][change(key)] = other["tags"].pop(key)

    return edit


def _tag_removed(random: Random, other: Params) -> None:
    if other.get("tags"):
        del other["tags"][random.choice(list(other["tags"]))]


def _tag_added(_random: Random, other: Params) -> None:
    other["tags"] = (other.get("tags") or {}) | {"one more of the tags": ""}


def _team_order(random: Random, other: Params) -> None:
    team = other["incidentResponseTeam"]
    team.append(team.pop(random.randrange(len(team) - 1)))


def _person_removed(random: Random, other: Params) -> None:
    if len(other["incidentResponseTeam"]) > 2:
        del other["incidentResponseTeam"][random.randrange(len(other["incidentResponseTeam"]))]


def _person_added(_random: Random, other: Params) -> None:
    if len(other["incidentResponseTeam"]) < 10:
        other["incidentResponseTeam"].append(
            {"name": "One more", "jobTitle": "On call", "email": "one.more@example.org"}
        )


def _preference_toggled(random: Random, other: Params) -> None:
    each = random.choice(other["incidentResponseTeam"])
    told = random.choice(ALL_COMMUNICATIONS)
    wanted = each.get("communicationPreferences", list(ALL_COMMUNICATIONS))
    each["communicationPreferences"] = [one for one in wanted if one != told] or []
    if told not in wanted:
        each["communicationPreferences"].append(told)


def _preferences_emptied(_random: Random, other: Params) -> None:
    other["incidentResponseTeam"][0]["communicationPreferences"] = []


def _feature_switched(_random: Random, other: Params) -> None:
    for each in other.get("optInFeatures", []):
        each["isEnabled"] = not each["isEnabled"]


def _feature_given(random: Random, other: Params) -> None:
    named = {"featureName": "Triage", "isEnabled": random.random() < 0.5}
    other.setdefault("optInFeatures", [named])


def _feature_left_out(_random: Random, other: Params) -> None:
    other.pop("optInFeatures", None)


def _covers_all(_random: Random, other: Params) -> None:
    other["coverEntireOrganization"] = True


# One real change each. One that leaves a request as it is does not apply to it.
CHANGES: dict[str, Edit] = {
    "membershipName: a letter": _of_request("membershipName", _other_letter),
    "membershipName: letter case": _of_request("membershipName", _other_case),
    "membershipName: Unicode form": _of_request("membershipName", _other_form),
    "name: a letter": _of_person("name", _other_letter),
    "name: letter case": _of_person("name", _other_case),
    "name: Unicode form": _of_person("name", _other_form),
    "jobTitle: a letter": _of_person("jobTitle", _other_letter),
    "jobTitle: letter case": _of_person("jobTitle", _other_case),
    "jobTitle: Unicode form": _of_person("jobTitle", _other_form),
    "email: a letter": _of_person("email", _other_first_letter),
    "email: letter case": _of_person("email", _other_case),
    "communicationPreferences: one": _preference_toggled,
    "communicationPreferences: none": _preferences_emptied,
    "incidentResponseTeam: order": _team_order,
    "incidentResponseTeam: one fewer": _person_removed,
    "incidentResponseTeam: one more": _person_added,
    "tags: a value": _tag_value(_other_letter),
    "tags: letter case of a value": _tag_value(_other_case),
    "tags: a key": _tag_key(lambda key: key + "x"),
    "tags: letter case of a key": _tag_key(_other_case),
    "tags: one fewer": _tag_removed,
    "tags: one more": _tag_added,
    "isEnabled: the other": _feature_switched,
    "optInFeatures: given": _feature_given,
    "optInFeatures: left out": _feature_left_out,
    "coverEntireOrganization: true": _covers_all,
}
