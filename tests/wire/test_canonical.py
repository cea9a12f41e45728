"""Requests that mean the same have the same canonical bytes; any real difference changes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from larum.wire.canonical import canonical_parameters
from larum.wire.json_body import decode
from tests.wire.examples import OPERATION_NAMES, example
from tests.wire.raw_requests import raw_request
from tests.wire.services import VALIDATOR, operation, parsed
from tests.wire.strategies import inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

Params = dict[str, object]
SETS = {"impactedAccounts", "impactedServices", "impactedAwsRegions", "communicationPreferences",
        "optInFeatures"}  # fmt: skip
EVERYTHING_TOLD = [
    "Case Created", "Case Updated", "Case Acknowledged", "Case Closed",
    "Case Updated To Service Managed", "Case Status Updated",
    "Case Pending Customer Action Reminder", "Case Attachment Url Uploaded", "Case Comment Added",
    "Case Comment Updated", "Membership Created", "Membership Updated", "Membership Cancelled",
    "Register Delegated Administrator", "Deregister Delegated Administrator",
    "Disable AWS Service Access",
]  # fmt: skip


def _canonical(name: str, params: Params) -> bytes:
    """Send `params` through the real path: raw request, parser, validator."""
    clean = VALIDATOR.validate(operation(name), parsed(raw_request(operation(name), params)))
    return canonical_parameters(operation(name), clean)


def _wire(value: object) -> object:
    """Turn datetimes into epoch numbers."""
    match value:
        case datetime():
            return value.timestamp()
        case dict():
            return {key: _wire(each) for key, each in value.items()}
        case list():
            return [_wire(each) for each in value]
        case _:
            return value


def _shuffled_members(value: object, random: Random) -> object:
    match value:
        case dict():
            items = [(key, _shuffled_members(each, random)) for key, each in value.items()]
            random.shuffle(items)
            return dict(items)
        case list():
            return [_shuffled_members(each, random) for each in value]
        case _:
            return value


def _shuffled_sets(value: object, random: Random, name: str = "") -> object:
    match value:
        case dict():
            return {key: _shuffled_sets(each, random, key) for key, each in value.items()}
        case list():
            items = [_shuffled_sets(each, random) for each in value]
            if name in SETS:
                random.shuffle(items)
            return items
        case _:
            return value


def _noisy(value: object, _random: Random) -> object:
    """Add unknown members to every structure; maps have no unknown members."""
    match value:
        case dict():
            noisy = {key: each if key == "tags" else _noisy(each, _random)
                     for key, each in value.items()}  # fmt: skip
            return noisy | {"unknown": [1], "phone": None}
        case list():
            return [_noisy(each, _random) for each in value]
        case _:
            return value


def _defaults_given(value: object, random: Random) -> object:
    """Say what absence means: the model's defaults, in so many words."""
    assert isinstance(value, dict)
    given: Params = {"coverEntireOrganization": False, "tags": {}}
    if "resolverType" in value:
        given = {"threatActorIpAddresses": [], "impactedServices": [], "impactedAwsRegions": [],
                 "tags": {}}  # fmt: skip
    told = random.sample(EVERYTHING_TOLD, 16)
    team = value.get("incidentResponseTeam", [])
    if team:
        given["incidentResponseTeam"] = [{"communicationPreferences": told} | each for each in team]
    return {**value, **{key: each for key, each in given.items()
                        if key not in value or key == "incidentResponseTeam"}}  # fmt: skip


def _nulls(value: object, _random: Random) -> object:
    assert isinstance(value, dict)
    names = ("tags", "coverEntireOrganization", "optInFeatures", "impactedServices")
    return {name: None for name in names if name not in value} | value


def _other_token(value: object, random: Random) -> object:
    assert isinstance(value, dict)
    kept = {key: each for key, each in value.items() if key != "clientToken"}
    return random.choice([kept, kept | {"clientToken": "another"}])


def _iso(value: object, _random: Random) -> object:
    assert isinstance(value, dict)
    name = "reportedIncidentStartDate"
    if name not in value:
        return value
    instant = datetime.fromtimestamp(value[name], UTC)
    milliseconds = round(instant.microsecond / 1000)
    if milliseconds == 1000:
        return value
    return value | {name: f"{instant:%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"}


REWRITES: dict[str, Callable[[object, Random], object]] = {
    "member and map order": _shuffled_members,
    "order of sets": _shuffled_sets,
    "unknown members": _noisy,
    "defaults spelled out": _defaults_given,
    "explicit nulls": _nulls,
    "another client token or none": _other_token,
    "ISO 8601 in place of epoch seconds": _iso,
}


@given(st.data(), st.randoms(use_true_random=False))
@settings(max_examples=30)
@pytest.mark.parametrize("name", ["CreateMembership", "CreateCase"])
@pytest.mark.parametrize("rewrite", REWRITES)
def test_an_equivalent_request_has_the_same_bytes(
    rewrite: str, name: str, data: st.DataObject, random: Random
) -> None:
    """A retry by another SDK, another process or another spelling is the same request."""
    params = _wire(data.draw(inputs(operation(name))))
    assert isinstance(params, dict)
    rewritten = REWRITES[rewrite](params, random)
    assert isinstance(rewritten, dict)
    assert _canonical(name, rewritten) == _canonical(name, params)


@pytest.mark.parametrize("spelling", [
    '{"membershipName":"\\u00e9\\ud83d\\udd25\\/ab","incidentResponseTeam":%s}',
    '{ "incidentResponseTeam" : %s ,\n\t"membershipName" : "\xe9\N{FIRE}/ab", "x": 1.0 }',
])  # fmt: skip
def test_the_spelling_of_json_does_not_matter(spelling: str) -> None:
    """Whitespace and escapes are gone before anything is compared."""
    team = json.dumps(example("CreateMembership")["incidentResponseTeam"])
    content = decode((spelling % team).encode())
    assert isinstance(content, dict)
    create = operation("CreateMembership")
    plain = example("CreateMembership")
    kept = {
        "membershipName": "\xe9\N{FIRE}/ab",
        "incidentResponseTeam": plain["incidentResponseTeam"],
    }
    ours = canonical_parameters(create, VALIDATOR.validate(create, content))
    assert ours == canonical_parameters(create, VALIDATOR.validate(create, kept))


def _changed_scalar(value: object) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return value - 1
        case str():
            return value.swapcase() if value.swapcase() != value else value[:-1] + "8"
        case _:
            raise AssertionError


def _changes(value: object) -> Iterator[tuple[str, object]]:
    """Yield each change of a scalar, each removal, each renaming, and each list reversed."""
    match value:
        case dict():
            for key, each in value.items():
                rest = {name: other for name, other in value.items() if name != key}
                yield f"{key} removed", rest
                yield f"{key} renamed", rest | {f"{key}x": each}
                for label, changed in _changes(each):
                    yield f"{key}: {label}", value | {key: changed}
        case list():
            for index, each in enumerate(value):
                yield f"item {index} removed", value[:index] + value[index + 1 :]
                for label, changed in _changes(each):
                    yield f"{index}: {label}", [*value[:index], changed, *value[index + 1 :]]
            yield "reversed", value[::-1]
        case _:
            yield "changed", _changed_scalar(value)


def _means_the_same(label: str, changed: object, original: object) -> bool:
    """Tell the changes that are none: of the token, of a set's order."""
    return (
        changed == original
        or label.startswith("clientToken")
        or (label.endswith("reversed") and any(name in label for name in SETS))
    )


@pytest.mark.parametrize("name", ["CreateMembership", "CreateCase", "CreateCaseComment",
                                  "GetCaseAttachmentUploadUrl", "UpdateCase"])  # fmt: skip
def test_every_single_change_gives_other_bytes(name: str) -> None:
    """Each scalar, each removal, each order that has a meaning: none is lost on the fingerprint."""
    # The canonical form is asked directly: a change need not be valid to be a change.
    clean = VALIDATOR.validate(operation(name), parsed(raw_request(operation(name), example(name))))
    tried = 0
    for label, changed in _changes(_wire(clean)):
        if _means_the_same(label, changed, _wire(clean)) or label.endswith("renamed"):
            continue
        assert isinstance(changed, dict)
        instants = {key: datetime.fromtimestamp(each, UTC) if key.endswith("Date") else each
                    for key, each in changed.items()}  # fmt: skip
        assert canonical_parameters(operation(name), instants) != canonical_parameters(
            operation(name), clean
        ), label
        tried += 1
    assert tried >= 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"coverEntireOrganization": True}, {}),
        ({"optInFeatures": [{"featureName": "Triage", "isEnabled": False}]}, {}),
        ({"membershipName": "\xe9abc"}, {"membershipName": "e\u0301abc"}),
        ({"tags": {"a": ""}}, {}),
        ({"tags": {"a": "b"}}, {"tags": {"b": "a"}}),
    ],
)
def test_what_looks_alike_can_differ(one: Params, other: Params) -> None:
    """Explicit consent, letter case and Unicode form are kept apart."""
    plain = {key: each for key, each in example("CreateMembership").items()
             if key in ("membershipName", "incidentResponseTeam")}  # fmt: skip
    assert _canonical("CreateMembership", plain | one) != _canonical(
        "CreateMembership", plain | other
    )


def test_the_order_of_people_and_addresses_counts() -> None:
    """It is visible in answers, so it is part of what was asked for."""
    for name, member in (("CreateMembership", "incidentResponseTeam"), ("CreateCase", "watchers"),
                         ("CreateCase", "threatActorIpAddresses")):  # fmt: skip
        params = example(name)
        items = params[member]
        assert isinstance(items, list)
        assert _canonical(name, params | {member: items[::-1]}) != _canonical(name, params)


def test_a_millisecond_counts_and_less_does_not() -> None:
    """Timestamps are compared at the precision that is kept."""
    case, name = example("CreateCase"), "reportedIncidentStartDate"
    given = (1793536496.789, 1793536496.7894, 1793536496.79, 1793536496)
    at = {each: _canonical("CreateCase", case | {name: each}) for each in given}
    assert at[1793536496.789] == at[1793536496.7894]
    assert len({at[1793536496.789], at[1793536496.79], at[1793536496]}) == 3
    assert _canonical("CreateCase", case | {name: 1793536496.0}) == at[1793536496]


def test_the_bytes_are_those_of_rfc_8785() -> None:
    """Names by UTF-16 units, no spaces, minimal escapes: anyone can recompute them."""
    params = {
        "membershipName": 'q"b\\s/\x7f\xe9',
        "incidentResponseTeam": [],
        "tags": {
            "\uff21": "1",
            "\N{MATHEMATICAL BOLD CAPITAL A}": "2",
            "b": "\b\t\n\f\r\x1f\u2028",
        },
        "clientToken": "left out",
    }
    assert canonical_parameters(operation("CreateMembership"), params).decode() == (
        '{"coverEntireOrganization":false,"incidentResponseTeam":[],'
        '"membershipName":"q\\"b\\\\s/\x7f\xe9",'
        '"tags":{"b":"\\b\\t\\n\\f\\r\\u001f\u2028","\N{MATHEMATICAL BOLD CAPITAL A}":"2",'
        '"\uff21":"1"}}'
    )


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_every_operation_has_a_canonical_form(name: str) -> None:
    """Labels and query members are parameters too; the token is not."""
    params = example(name)
    content = json.loads(_canonical(name, params))
    assert content.keys() >= params.keys() - {"clientToken"}
    assert "clientToken" not in content
