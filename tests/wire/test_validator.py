"""Every constraint of the model is enforced, all failures are told at once, no value is echoed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from time import process_time
from timeit import repeat
from typing import TYPE_CHECKING

import pytest

from larum.errors import FieldFailure, ValidationException
from larum.wire.json_body import decode
from larum.wire.model import Location
from tests.wire.examples import CASE_ID, MEMBERSHIP_ID, OPERATION_NAMES, TEAM, example
from tests.wire.raw_requests import raw_request
from tests.wire.services import MODEL, VALIDATOR, input_of, operation, parsed
from tests.wire.violations import fullest, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larum.wire.model import Shape
    from tests.wire.violations import Violation

CASES = [(name, each) for name in OPERATION_NAMES for each in violations(operation(name))]
INDEX = re.compile(r"\[\d+\]")
ASTRAL = "\N{MATHEMATICAL BOLD CAPITAL A}"


def _failures(name: str, params: dict[str, object]) -> tuple[FieldFailure, ...]:
    with pytest.raises(ValidationException) as caught:
        VALIDATOR.validate(operation(name), params)
    assert caught.value.reason == "FIELD_VALIDATION_FAILED"
    return caught.value.field_list


def _paths(name: str, params: dict[str, object]) -> list[str]:
    return [each.name for each in _failures(name, params)]


def _create(**changes: object) -> dict[str, object]:
    return example("CreateMembership") | changes


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_the_examples_are_valid(name: str) -> None:
    """What the violations start from passes, whole."""
    request = raw_request(operation(name), example(name))
    clean = VALIDATOR.validate(operation(name), parsed(request))
    assert clean.keys() == example(name).keys()


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_every_violation_is_found_where_it_is(name: str) -> None:
    """Each constraint of each member, one at a time and all at once: exactly these paths fail."""
    missed = [
        f"{each.label}: {sorted(each.fields)} != {found}"
        for each in violations(operation(name))
        if (found := _found(name, each)) != "as expected"
    ]
    assert missed == []


def _found(name: str, violation: Violation) -> str:
    """Say `as expected`, or what was reported instead."""
    request = raw_request(operation(name), violation.params)
    try:
        VALIDATOR.validate(operation(name), parsed(request))
    except ValidationException as refusal:
        told = refusal.field_list
        explained = all(
            any(each.name == path and says in each.message for each in told)
            for path, says in violation.fields.items()
        )
        same = {each.name for each in told} == violation.fields.keys()
        return "as expected" if same and explained else str(told)
    return "nothing"


def test_there_are_violations_of_every_kind() -> None:
    """The generator has not fallen silent."""
    assert len(CASES) > 1_000
    labels = {each.label.rsplit(": ", 1)[-1] for _, each in CASES}
    assert labels >= {
        "missing", "null", "null item", "null value", "too short", "too long by one", "too small",
        "too large", "too few items", "one item too many", "one entry too many", "duplicate items",
        "breaks the pattern", "not in the enum", "reserved prefix", "all at once",
        "wrong type (bool)", "wrong type (float)", "holds '\\x00'",
    }  # fmt: skip


def _canaries(value: object) -> object:
    """Replace every text by a recognizable bad one, keys of maps too."""
    match value:
        case str():
            return "canary\0<>" * 2000
        case list():
            return [_canaries(each) for each in value]
        case dict():
            return {key: _canaries(each) for key, each in value.items()}
        case _:
            return "canary"


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_no_value_is_echoed(name: str) -> None:
    """Messages name the constraint and the place, never what was sent."""
    params = _canaries(example(name))
    assert isinstance(params, dict)
    if "tags" in params:
        params["tags"] = {"canary<": "canary<", "aws:canary": 5}
    failures = _failures(name, params)
    assert failures
    assert "canary" not in str(ValidationException.of_fields(failures).members()).lower()
    assert "canary" not in ValidationException.of_fields(failures).message.lower()


def test_failures_are_worded_as_aws_words_them() -> None:
    """Tools that read AWS's messages read these."""
    params = _create(
        membershipName="ab",
        incidentResponseTeam=[
            {"name": "x" * 51, "jobTitle": None, "email": "not an e-mail"},
            {"name": "Bob", "jobTitle": "b", "email": "bob@example.com",
             "communicationPreferences": ["Nope"]},
        ],
        optInFeatures=[{"featureName": "Nope", "isEnabled": "true"}],
    )  # fmt: skip
    team = "incidentResponseTeam"
    told = {each.name: each.message for each in _failures("CreateMembership", params)}
    assert told["membershipName"] == "Member must have length greater than or equal to 3"
    assert told[f"{team}[0].name"] == "Member must have length less than or equal to 50"
    assert told[f"{team}[0].jobTitle"] == "Member must not be null"
    assert told[f"{team}[0].email"].startswith("Member must satisfy regular expression pattern: [a")
    assert told[f"{team}[1].communicationPreferences[0]"].startswith(
        "Member must satisfy enum value set: [Case Created, Case Updated, "
    )
    feature = "optInFeatures[0]"
    assert told[f"{feature}.featureName"] == "Member must satisfy enum value set: [Triage]"
    assert told[f"{feature}.isEnabled"] == "Member must be a boolean"
    assert len(told) == 7
    page = {each.name: each.message for each in _failures("ListCases", {"maxResults": 26})}
    assert page == {"maxResults": "Member must have value less than or equal to 25"}


def test_length_counts_unicode_scalar_values() -> None:
    """An emoji is one character, not two UTF-16 units and not four bytes."""
    assert VALIDATOR.validate(operation("CreateMembership"), _create(membershipName=ASTRAL * 50))
    assert _paths("CreateMembership", _create(membershipName=ASTRAL * 51)) == ["membershipName"]
    assert _paths("CreateMembership", _create(membershipName=ASTRAL * 2)) == ["membershipName"]


@pytest.mark.parametrize("text", ["x", "x" * 255, "\0", ASTRAL * 255, "\u2028\x85\x1b", " "])
def test_a_client_token_is_any_text(text: str) -> None:
    """1 to 255 characters of any Unicode, NUL included."""
    params = _create(clientToken=text)
    assert VALIDATOR.validate(operation("CreateMembership"), params)["clientToken"] == text


def test_lone_surrogates_are_refused_wherever_they_come_from() -> None:
    """Even in process, where no decoder stands before the validator."""
    params = _create(clientToken="\ud800", membershipName="ab\udfff", tags={"k\ud800": "\udc00"})
    assert set(_paths("CreateMembership", params)) == {
        "clientToken", "membershipName", "tags[0].key", "tags[0].value"
    }  # fmt: skip
    assert _paths("GetCase", {"caseId": CASE_ID + "\ud800"}) == ["caseId"]


@pytest.mark.parametrize("tail", ["\n", "\r", "\x85", "\u2028", "\u2029"])
def test_a_case_id_ends_where_a_line_ends(tail: str) -> None:
    """A dot of Java's pattern stops at five characters, not at one as Python's."""
    assert _paths("GetCase", {"caseId": CASE_ID + tail}) == ["caseId"]
    assert VALIDATOR.validate(operation("GetCase"), {"caseId": CASE_ID + "/../x'\0"})


@pytest.mark.parametrize("key", ["a", "A b", "\xe9\u0416\u4e2d", "\u0661", "a\u00a0b", "_.:/=+-@"])
def test_the_tag_alphabet(key: str) -> None:
    """Letters, numbers and spaces of any script, and AWS's punctuation."""
    params = _create(tags={key: key, "awsome": "aws:fine", "x": ""})
    assert VALIDATOR.validate(operation("CreateMembership"), params)["tags"] == params["tags"]


def test_unknown_members_and_nulls_are_left_out() -> None:
    """Clean params hold only what the model knows and what was given, at every depth."""
    member = TEAM[1] | {"communicationPreferences": None, "phone": "secret", "__proto__": {}}
    params = _create(incidentResponseTeam=[TEAM[0], member], tags=None, unknown=[1], constructor={})
    clean = VALIDATOR.validate(operation("CreateMembership"), params)
    assert clean["incidentResponseTeam"] == [TEAM[0], TEAM[1]]
    assert clean.keys() == example("CreateMembership").keys() - {"tags"}


def test_the_input_is_not_changed_or_shared() -> None:
    """What goes on is a copy; the caller's value stays as it was."""
    params = _create()
    before = json.dumps(params)
    clean = VALIDATOR.validate(operation("CreateMembership"), params)
    team = clean["incidentResponseTeam"]
    assert isinstance(team, list)
    team.clear()
    assert json.dumps(params) == before


def test_timestamps_become_utc_datetimes() -> None:
    """Epoch numbers and ISO 8601 texts are one typed value, in milliseconds."""
    base = example("CreateCase")
    instant = datetime(2026, 11, 1, 12, 34, 56, 789_000, tzinfo=UTC)
    for given in (1793536496.789, 1793536496.7890002, "2026-11-01T12:34:56.789Z"):
        clean = VALIDATOR.validate(
            operation("CreateCase"), base | {"reportedIncidentStartDate": given}
        )
        assert clean["reportedIncidentStartDate"] == instant


@pytest.mark.parametrize(
    ("first", "second", "unique"),
    [
        ({"name": "Ana"}, {"name": "Ana"}, False),
        ({"name": "Ana"}, {"name": "ana"}, True),
        ({"name": "Ana"}, {"name": "Ana", "communicationPreferences": None}, False),
        ({"name": "Ana"}, {"name": "Ana", "unknown": 1}, False),
        ({"name": "Ana"}, {"name": "Ana", "communicationPreferences": []}, True),
    ],
)
def test_uniqueness_is_that_of_the_typed_value(
    first: dict[str, object], second: dict[str, object], *, unique: bool
) -> None:
    """Member order, nulls and unknown members do not make two responders differ."""
    rest = {"email": "ana@example.com", "jobTitle": "x"}
    params = _create(incidentResponseTeam=[first | rest, rest | second])
    if unique:
        assert VALIDATOR.validate(operation("CreateMembership"), params)
    else:
        assert _failures("CreateMembership", params) == (
            FieldFailure("incidentResponseTeam", "Member must have unique elements"),
        )


def test_an_oversize_list_costs_no_more_than_a_full_one() -> None:
    """20,000 bad responders are one report of the size and at most ten of items."""
    params = _create(incidentResponseTeam=[None] * 19_000, tags={str(n): 5 for n in range(500)})
    paths = _paths("CreateMembership", params)
    assert len(paths) == 1 + 10 + 1 + 200
    member = TEAM[0] | {"communicationPreferences": ["Nope"] * 19_000}
    params = _create(incidentResponseTeam=[member, TEAM[1]])
    assert len(_paths("CreateMembership", params)) == 1 + 16


def test_members_of_update_membership_are_optional() -> None:
    """An empty update passes; nested optional structures too."""
    bare: dict[str, object] = {"membershipId": MEMBERSHIP_ID}
    update = operation("UpdateMembership")
    assert VALIDATOR.validate(update, bare) == bare
    nested = bare | {"membershipAccountsConfigurationsUpdate": {}}
    assert VALIDATOR.validate(update, nested) == nested


def test_defaults_are_not_filled_in() -> None:
    """What was not given stays absent: the domain decides what absence means."""
    params = {"membershipName": "abc", "incidentResponseTeam": TEAM}
    assert VALIDATOR.validate(operation("CreateMembership"), params) == params


def test_every_operation_is_compiled() -> None:
    """No operation passes unchecked because its input was forgotten."""
    for name in MODEL.operations:
        required = [each for each in input_of(name).members if each.required]
        if required:
            assert set(_paths(name, {})) == {each.name for each in required}
        else:
            assert VALIDATOR.validate(operation(name), {}) == {}


def _microseconds(run: Callable[[], object]) -> float:
    return min(repeat(run, number=100, repeat=40, timer=process_time)) / 100 * 1e6


def test_validation_is_not_what_makes_a_request_slow() -> None:
    """A typical CreateMembership costs at most a dozen times what reading its JSON costs.

    Measured in processor time, as a ratio within one run, so that a slow machine does not fail it.
    """
    team = [{"name": f"Responder Number {n}", "jobTitle": "Security Engineer",
             "email": f"responder.number.{n}@security.example.com",
             "communicationPreferences": ["Case Created", "Membership Created"]}
            for n in range(5)]  # fmt: skip
    body = json.dumps(_create(incidentResponseTeam=team)).encode()
    assert 950 < len(body) < 1250
    params = decode(body)
    assert isinstance(params, dict)
    reading = _microseconds(lambda: json.loads(body))
    checking = _microseconds(lambda: VALIDATOR.validate(operation("CreateMembership"), params))
    assert checking < reading * 12


def _constraints(shape: Shape, path: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield each constraint below `shape` as its path and the label of a violation of it alone."""
    limits = {
        "string": ("too short", "too long by one"),
        "list": ("too few items", "one item too many"),
        "map": ("", "one entry too many"),
        "integer": ("too small", "too large"),
        "long": ("too small", "too large"),
    }
    least, most = limits.get(shape.type, ("", ""))
    if shape.enum:
        yield path, "not in the enum"
        return
    if shape.minimum and least:
        yield path, least
    if shape.maximum is not None and most:
        yield path, most
    if shape.pattern:
        yield path, "breaks the pattern"
    if shape.unique_items:
        yield path, "duplicate items"
    match value:
        case list():
            assert shape.item is not None
            yield from _constraints(shape.item, f"{path}[]", value[fullest(value)])
        case dict() if shape.key is not None and shape.value is not None:
            for inner, where in ((shape.key, "key"), (shape.value, "value")):
                yield from _constraints(inner, f"{path}[].{where}", None)
        case dict():
            yield from _constraints_of_members(shape, path, value)


def _constraints_of_members(
    shape: Shape, path: str, value: dict[str, object]
) -> Iterator[tuple[str, str]]:
    for member in shape.members:
        inner = f"{path}.{member.name}" if path else member.name
        if member.required and member.location is not Location.URI:
            yield inner, "missing"
        for where, label in _constraints(member.shape, inner, value.get(member.name)):
            # A label of one character cannot be shorter: nothing would stand in the path.
            shortest = member.location is Location.URI and member.shape.minimum == 1
            if not (shortest and label == "too short"):
                yield where, label


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_no_constraint_is_left_out(name: str) -> None:
    """Each length, range, enum, pattern, uniqueness and requirement has a violation of its own."""
    broken = {
        (INDEX.sub("[]", path), each.label.rsplit(": ", 1)[-1])
        for each in violations(operation(name))
        for path in each.fields
        if len(each.fields) == 1
    }
    declared = set(_constraints(input_of(name), "", example(name)))
    assert declared - broken == set()
    assert declared or not input_of(name).members
