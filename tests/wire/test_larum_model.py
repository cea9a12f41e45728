"""The second model is one that botocore and our own wire layer understand alike."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from larum.edge import api_client
from larum.operations import LARUM_OPERATIONS, OPERATIONS, SERVICES, STS_OPERATIONS
from larum.wire import json_body, outputs
from larum.wire.body_limit import LARGEST, SMALLEST, body_limit
from larum.wire.model import DOCUMENTS, ShapeType
from tests.wire.examples import LARUM_OPERATION_NAMES
from tests.wire.services import LARUM, MODEL, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larum.wire.model import Shape

DOCUMENT: dict[str, Any] = json.loads(
    (resources.files("larum.wire") / DOCUMENTS["larum"]).read_bytes()
)
LOADER = Loader(extra_search_paths=[api_client.MODELS])
LONGEST_LIST = 20_000


def theirs() -> ServiceModel:
    """Return the model as botocore loads it from the shipped directory."""
    return ServiceModel(LOADER.load_service_model("larum", "service-2"), "larum")


def shapes_of(shape: Shape | None) -> Iterator[Shape]:
    """Give a shape with all that it is made of."""
    pending = [] if shape is None else [shape]
    while pending:
        each = pending.pop()
        yield each
        inner = (each.item, each.key, each.value, *(m.shape for m in each.members))
        pending.extend(found for found in inner if found is not None)


def test_botocore_reads_the_same_operations() -> None:
    """Names, methods, paths and statuses are the same to botocore's loader and to ours."""
    assert sorted(LARUM.operations) == sorted(theirs().operation_names)
    assert sorted(LARUM.operations) == sorted(LARUM_OPERATION_NAMES) == sorted(LARUM_OPERATIONS)
    for name, ours in LARUM.operations.items():
        http = theirs().operation_model(name).http
        assert (ours.method, ours.uri) == (http["method"], http["requestUri"])
        assert ours.status == http["responseCode"] == 200


def test_it_says_what_it_is() -> None:
    """Ids, signing name, version and protocol are those of the contract."""
    metadata = theirs().metadata
    assert (metadata["serviceId"], metadata["endpointPrefix"]) == ("Larum", "larum")
    assert (metadata["signingName"], metadata["apiVersion"]) == ("larum", "2026-11-01")
    assert (metadata["protocol"], metadata["signatureVersion"]) == ("rest-json", "v4")
    assert (LARUM.name, LARUM.service_id, LARUM.api_version) == ("larum", "Larum", "2026-11-01")
    assert all(each.uri.startswith("/larum/v1/") for each in LARUM.operations.values())


def test_no_two_operations_are_mistaken_for_each_other() -> None:
    """Rates, tokens and pages go by an operation's key, where both models have its name."""
    ours = {each.key for each in LARUM.operations.values()}
    assert ours == {f"larum:{name}" for name in LARUM.operations}
    assert {each.key for each in MODEL.operations.values()} == set(MODEL.operations)
    assert SERVICES == {
        "security-ir": OPERATIONS,
        "larum": LARUM_OPERATIONS,
        "sts": STS_OPERATIONS,
    }


def test_every_operation_has_the_nine_errors_of_the_other_service() -> None:
    """A caller handles one family of errors, whichever service answers."""
    for ours in LARUM.operations.values():
        assert sorted(ours.errors) == sorted(MODEL.errors)
    assert {name: shape.status for name, shape in LARUM.errors.items()} == {
        name: shape.status for name, shape in MODEL.errors.items()
    }
    for name, shape in LARUM.errors.items():
        other = MODEL.errors[name]
        assert [m.name for m in shape.members] == [m.name for m in other.members]


def test_every_operation_is_documented_in_the_model() -> None:
    """What `aws larum help` shows is there: each operation says what it does."""
    for entry in DOCUMENT["operations"].values():
        assert entry["documentation"].endswith(".")
    assert theirs().operation_model("ListAccounts").documentation


def test_every_input_is_bounded() -> None:
    """No text, list or number of unbounded size can reach a pattern or a transaction."""
    for each in LARUM.operations.values():
        for shape in shapes_of(each.input):
            if shape.type is ShapeType.STRING:
                assert shape.maximum is not None or shape.enum, shape.name
            if shape.type is ShapeType.LIST:
                assert shape.maximum is not None, shape.name
                assert shape.maximum <= LONGEST_LIST, shape.name


def test_apply_takes_thousands_of_accounts_and_nothing_else_does() -> None:
    """The larger limits are facts of one operation; the others keep the general ones."""
    apply = operation("larum:ApplyDirectory")
    assert (apply.max_values, body_limit(apply)) == (200_000, LARGEST)
    for other in [*LARUM.operations.values(), *MODEL.operations.values()]:
        if other is not apply:
            assert other.max_values is None
        documents = other.input and "PolicyDocument" in {
            each.name for each in shapes_of(other.input)
        }
        if other.key != "larum:IngestFindings":
            assert other.max_string == (64 * 1024 if documents else None)
    assert body_limit(operation("larum:AssociateMemberAccounts")) == SMALLEST
    body = json.dumps([0] * (json_body.MAX_VALUES + 1)).encode()
    with pytest.raises(Exception, match=f"more than {json_body.MAX_VALUES} values"):
        json_body.decode(body)
    assert len(json_body.decode(body, 200_000)) == json_body.MAX_VALUES + 1  # type: ignore[arg-type]  # a list


def test_secrets_and_addresses_are_sensitive() -> None:
    """What no log, audit record or repr may hold is marked in the model."""
    sensitive = {
        member.name
        for each in LARUM.operations.values()
        for shape in [*shapes_of(each.input), *shapes_of(each.output)]
        for member in shape.members
        if member.shape.sensitive
    }
    assert sensitive == {
        "accountName",
        "attachmentPresignedUrl",
        "authenticationCode1",
        "authenticationCode2",
        "base32StringSeed",
        "body",
        "comment",
        "content",
        "description",
        "document",
        "email",
        "fileName",
        "ipAddress",
        "jobTitle",
        "masterAccountEmail",
        "key",
        "membershipName",
        "name",
        "recipient",
        "secretAccessKey",
        "title",
        "userAgent",
        "value",
    }


def test_sensitive_members_are_left_out_of_an_output() -> None:
    """An audit record keeps everything of an answer but what is sensitive, at any depth."""
    created = {"accountId": "111122223333", "accessKeyId": "LARU1", "secretAccessKey": "hidden"}
    told = outputs.without_sensitive(
        operation("larum:ApplyDirectory"),
        {"changes": [{"action": "a", "resource": "b"}], "createdAccessKeys": [created]},
    )
    assert told == {
        "changes": [{"action": "a", "resource": "b"}],
        "createdAccessKeys": [{"accountId": "111122223333", "accessKeyId": "LARU1"}],
    }
    same = {"membershipId": "m-abcd1234efgh"}
    assert outputs.without_sensitive(operation("CreateMembership"), same) is same
    assert outputs.without_sensitive(operation("TagResource"), {}) == {}


def test_paginators_fit_the_operations() -> None:
    """Each paged operation has a paginator, and its members are those of the model."""
    pages = LOADER.load_service_model("larum", "paginators-1")["pagination"]
    paged = {
        name
        for name, each in LARUM.operations.items()
        if any(member.name == "nextToken" for member in (each.input.members if each.input else ()))
    }
    assert set(pages) == paged
    lists = {name for name in LARUM.operations if name.startswith("List")}
    assert lists | {"GetGroup"} == paged
    for name, each in pages.items():
        ours = LARUM.operations[name]
        assert ours.input is not None
        assert ours.output is not None
        assert ours.input.member(each["limit_key"]).default == 25
        assert ours.input.member(each["input_token"]) is not None
        assert ours.output.member(each["output_token"]) is not None
        results = each["result_key"]
        for key in [results] if isinstance(results, str) else results:
            assert ours.output.member(key).shape.type is ShapeType.LIST
