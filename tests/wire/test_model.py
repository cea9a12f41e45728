"""The model is loaded whole, linked, and refuses what it does not understand."""

from __future__ import annotations

import json
from importlib import resources

import botocore.session
import pytest

from larum.wire.body_limit import LARGEST, SMALLEST, body_limit
from larum.wire.model import DOCUMENTS, Location, ShapeType, TextRule, load, parse
from tests.wire.examples import OPERATION_NAMES, example
from tests.wire.raw_requests import raw_request
from tests.wire.services import MODEL, input_of, operation

DOCUMENT = (resources.files("larum.wire") / "data" / "security-ir.json").read_bytes()


def test_it_has_the_operations_of_botocore() -> None:
    """Names, methods, paths and statuses are those that the SDK works with."""
    theirs = botocore.session.Session().get_service_model("security-ir")
    assert set(MODEL.operations) == set(theirs.operation_names) == set(OPERATION_NAMES)
    for name, ours in MODEL.operations.items():
        http = theirs.operation_model(name).http
        assert (ours.method, ours.uri) == (http["method"], http["requestUri"])
        assert ours.status == http["responseCode"]
        assert len(ours.errors) == 9


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_loaded_has_no_fault(name: str) -> None:
    """Each packaged model passes the checks that loading it leaves out, so as to start sooner."""
    document = (resources.files("larum.wire") / DOCUMENTS[name]).read_bytes()
    assert set(parse(document).operations) == set(load(name).operations)


def test_it_is_loaded_once_and_cannot_be_changed() -> None:
    """One process has one model, and nobody can bend it for others."""
    assert load("security-ir") is MODEL
    with pytest.raises(AttributeError):
        MODEL.name = "other"  # type: ignore[misc]  # the fault that is planted


def test_facts_of_the_smithy_model_are_there() -> None:
    """What botocore drops is in the model: uniqueness, defaults, bounds, text rules."""
    create = input_of("CreateMembership")
    assert create.member("coverEntireOrganization").default is False
    team = create.member("incidentResponseTeam")
    assert team.required
    assert team.shape.unique_items
    assert not team.shape.is_set
    assert team.shape.item is not None
    preferences = team.shape.item.member("communicationPreferences")
    assert isinstance(preferences.default, list)
    assert len(preferences.default) == 16
    assert preferences.shape.is_set
    assert create.member("membershipName").shape.text is TextRule.LINE
    defaults = {
        name: input_of(name).member("maxResults").default
        for name in MODEL.operations
        if name.startswith("List") and name != "ListTagsForResource"
    }
    assert defaults.pop("ListInvestigations") == 20
    assert set(defaults.values()) == {25}


def test_members_know_their_place() -> None:
    """Labels, query members and body members are told apart."""
    untag = operation("UntagResource")
    assert [each.name for each in untag.located(Location.URI)] == ["resourceArn"]
    assert [each.name for each in untag.located(Location.QUERY)] == ["tagKeys"]
    assert untag.located(None) == ()


def test_four_operations_take_a_client_token() -> None:
    """The idempotency token is a fact of the model."""
    tokens = {name for name, each in MODEL.operations.items() if each.token == "clientToken"}
    assert tokens == {
        "CreateCase", "CreateCaseComment", "CreateMembership", "GetCaseAttachmentUploadUrl"
    }  # fmt: skip
    assert operation("TagResource").token is None


def test_every_error_has_its_status() -> None:
    """The nine errors carry the statuses that the SDK's error classes stand for."""
    assert {name: shape.status for name, shape in MODEL.errors.items()} == {
        "AccessDeniedException": 403,
        "ConflictException": 409,
        "InternalServerException": 500,
        "InvalidTokenException": 423,
        "ResourceNotFoundException": 404,
        "SecurityIncidentResponseNotActiveException": 400,
        "ServiceQuotaExceededException": 402,
        "ThrottlingException": 429,
        "ValidationException": 400,
    }


def test_every_input_string_is_bounded() -> None:
    """No text of unbounded length can reach a pattern, a transaction or a page."""
    for each in MODEL.operations.values():
        pending = [each.input] if each.input else []
        while pending:
            shape = pending.pop()
            if shape.type is ShapeType.STRING:
                assert shape.maximum is not None or shape.enum, shape.name
            inner = (shape.item, shape.key, shape.value, *(m.shape for m in shape.members))
            pending.extend(each for each in inner if each is not None)


@pytest.mark.parametrize(
    ("shape", "change"),
    [
        ("TagKey", {"streaming": True}),
        ("TagKey", {"type": "blob"}),
        ("TagKey", {"text": "poem"}),
        ("TagKey", {"pattern": "["}),
        ("TagKeys", {"member": {"shape": "NoSuchShape"}}),
        ("TagKeys", {"member": {"shape": "TagKeys"}}),
        ("Watcher", {"members": {"email": {"shape": "EmailAddress", "locationName": "mail"}}}),
        ("Watcher", {"members": {"email": {"shape": "EmailAddress", "location": "header"}}}),
    ],
)
def test_what_it_does_not_understand_stops_the_load(shape: str, change: dict[str, object]) -> None:
    """An unknown trait is refused rather than ignored."""
    content = json.loads(DOCUMENT)
    content["shapes"][shape] |= change
    with pytest.raises(ValueError, match=r"."):
        parse(json.dumps(content).encode())


def test_body_limits_follow_the_model() -> None:
    """The largest legal body fits, with every character escaped; small operations stay small."""
    create = operation("CreateMembership")
    astral = "\N{MATHEMATICAL BOLD CAPITAL A}"
    largest = example("CreateMembership")
    largest["membershipName"] = astral * 50
    largest["incidentResponseTeam"] = [
        {
            "name": f"{number}" + astral * 49,
            "jobTitle": astral * 50,
            "email": "a" * 242 + "@example.com",
            "communicationPreferences": operation_preferences(),
        }
        for number in range(10)
    ]
    largest["tags"] = {f"{number:03d}" + astral * 125: astral * 256 for number in range(200)}
    body = json.dumps(json.loads(raw_request(create, largest).body), indent=4).encode()
    assert 900_000 < len(body) <= body_limit(create) < 1_200_000
    assert body_limit(operation("CloseCase")) == SMALLEST == 16 * 1024
    assert body_limit(operation("UpdateCase")) == LARGEST == 4 * 1024 * 1024


def operation_preferences() -> list[str]:
    """Return all sixteen kinds of notification."""
    item = input_of("CreateMembership").member("incidentResponseTeam").shape.item
    assert item is not None
    kinds = item.member("communicationPreferences").shape.item
    assert kinds is not None
    return list(kinds.enum)
