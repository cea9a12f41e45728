"""What botocore writes, the parser reads back the same; answers have the model's exact form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

import larum.errors
from larum.errors import (
    FieldFailure,
    InternalServerException,
    MalformedHttpRequestException,
    ServiceError,
    ServiceQuotaExceededException,
    ServiceUnavailable,
    ThrottlingException,
    ValidationException,
)
from larum.wire.rest_json import (
    COMMON_STATUS,
    parse_request,
    serialize_error,
    serialize_response,
)
from tests.wire.botocore_requests import botocore_request, service_model
from tests.wire.examples import CASE_ARN, CASE_ID, MEMBERSHIP_ARN, OPERATION_NAMES, example
from tests.wire.raw_requests import raw_request
from tests.wire.services import MODEL, ROUTER, VALIDATOR, operation, parsed
from tests.wire.strategies import INSTANTS, inputs

if TYPE_CHECKING:
    from larum.wire.http import HttpResponse
    from larum.wire.router import Match

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _match(name: str) -> Match:
    request = raw_request(operation(name), example(name))
    match = ROUTER.match(request.method, request.raw_path)
    assert match is not None
    return match


def _create(body: bytes, content_type: str | None = "application/json") -> dict[str, object]:
    return parse_request(_match("CreateMembership"), "", content_type, body)


def _untag(raw_query: str) -> object:
    return parse_request(_match("UntagResource"), raw_query, None, b"").get("tagKeys")


@given(st.data())
@settings(max_examples=30)
@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_what_botocore_writes_is_read_back_the_same(name: str, data: st.DataObject) -> None:
    """Every valid input of every operation survives the wire, and is found valid."""
    params = data.draw(inputs(operation(name)))
    request = botocore_request(name, params)
    assert VALIDATOR.validate(operation(name), parsed(request)) == params


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_our_own_raw_requests_mean_the_same_as_those_of_botocore(name: str) -> None:
    """The writer that the negative tests use speaks the protocol."""
    request = raw_request(operation(name), example(name))
    ours = VALIDATOR.validate(operation(name), parsed(request))
    theirs = VALIDATOR.validate(operation(name), parsed(botocore_request(name, example(name))))
    assert ours == theirs
    assert ours.keys() == example(name).keys()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'Application/JSON; charset="utf-8"',
    ],
)
def test_json_may_be_declared_in_several_ways(content_type: str) -> None:
    """The usual spellings of JSON in UTF-8 are accepted."""
    assert _create(b'{"membershipName":"abc"}', content_type) == {"membershipName": "abc"}


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/x-amz-json-1.1",
        "application/json; charset=utf-16",
        "application/json; boundary=x",
        "application/json, text/plain",
        "application/jsonp",
    ],
)
def test_a_body_that_is_not_declared_as_json_is_refused(content_type: str | None) -> None:
    """A cross-site form post can never reach an operation."""
    with pytest.raises(MalformedHttpRequestException):
        _create(b'{"membershipName":"abc"}', content_type)


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_an_empty_body_is_an_empty_object(content_type: str | None) -> None:
    """No body means no members, whatever it is declared as."""
    assert _create(b"", content_type) == {}


@pytest.mark.parametrize("body", [b"", b"{}", b' {"ignored": 1} '])
def test_an_operation_without_body_members_takes_none(body: bytes) -> None:
    """Body-less operations come with nothing, or with `{}` from older SDKs."""
    params = parse_request(_match("CloseCase"), "", "application/json", body)
    assert params == {"caseId": CASE_ID}


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1", b"true", b"{", b"{} {}"])
def test_only_an_object_is_a_body(body: bytes) -> None:
    """Another JSON value at the top cannot be parsed as input."""
    with pytest.raises(ValidationException) as caught:
        _create(body)
    assert caught.value.reason == "CANNOT_PARSE"
    assert caught.value.field_list == ()


def test_a_body_cannot_overrule_a_label_or_query() -> None:
    """Authorization and the operation see the resource that the path names."""
    body = json.dumps({"resourceArn": CASE_ARN, "tags": {"a": "b"}}).encode()
    tag = ROUTER.match("POST", "/v1/tags/" + MEMBERSHIP_ARN.replace(":", "%3A").replace("/", "%2F"))
    assert tag is not None
    params = parse_request(tag, "", "application/json", body)
    assert params == {"resourceArn": MEMBERSHIP_ARN, "tags": {"a": "b"}}
    body = b'{"tagKeys":["x"],"resourceArn":"y"}'
    params = parse_request(_match("UntagResource"), "", "application/json", body)
    assert params == {"resourceArn": MEMBERSHIP_ARN}


@pytest.mark.parametrize(
    ("raw_query", "keys"),
    [
        ("tagKeys=a%20b&tagKeys=c%2Fd&tagKeys=e", ["a b", "c/d", "e"]),
        ("tagKeys=a+b", ["a b"]),
        ("tagKeys=a%2Bb", ["a+b"]),
        ("tagKeys=%C3%A9%F0%9F%94%A5", ["é🔥"]),
        ("tagKeys", [""]),
        ("tagKeys=", [""]),
        ("tagKeys=a=b", ["a=b"]),
        ("tag%4Beys=a", ["a"]),
        ("other=1&tagKeys=a&&x", ["a"]),
        ("tagkeys=a", None),
        ("", None),
    ],
)
def test_query_lists_repeat_their_key(raw_query: str, keys: list[str] | None) -> None:
    """`+` is a space, `%2B` a plus, unknown parameters mean nothing."""
    assert _untag(raw_query) == keys


@pytest.mark.parametrize(
    "raw_query",
    [
        "tagKeys=%",
        "tagKeys=%4",
        "tagKeys=%zz",
        "tagKeys=%FF",
        "tagKeys=%C0%AF",
        "tagKeys=%ED%A0%80",
        "tagKeys=é",
        "tagKeys=a\x00b",
        "%=a",
        "&".join(["tagKeys=a"] * 211),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(raw_query: str) -> None:
    """Broken encodings, half surrogates and more than 210 parameters are a 400."""
    with pytest.raises(ValidationException) as caught:
        _untag(raw_query)
    assert caught.value.reason == "CANNOT_PARSE"


def test_two_hundred_and_ten_parameters_are_read() -> None:
    """The bound leaves room for every tag that a resource can have."""
    assert _untag("&".join(["tagKeys=a"] * 210)) == ["a"] * 210


def test_query_numbers_are_numbers_and_appear_once() -> None:
    """`maxResults` arrives as an int; twice is ambiguous and refused."""
    match = _match("ListInvestigations")
    assert parse_request(match, "maxResults=7", None, b"")["maxResults"] == 7
    assert parse_request(match, "maxResults=-7", None, b"")["maxResults"] == -7
    assert parse_request(match, "maxResults=7.0", None, b"")["maxResults"] == "7.0"
    with pytest.raises(ValidationException):
        parse_request(match, "maxResults=7&maxResults=8", None, b"")


@pytest.mark.parametrize("segment", ["%", "%ff", "%ed%a0%80", "a%2", "é", "a b"])
def test_a_label_that_cannot_be_read_is_refused(segment: str) -> None:
    """A label is strict percent-encoded UTF-8."""
    match = ROUTER.match("GET", f"/v1/membership/{segment}")
    assert match is not None
    with pytest.raises(ValidationException) as caught:
        parse_request(match, "", None, b"")
    assert caught.value.reason == "CANNOT_PARSE"
    assert segment not in caught.value.message


def _read_by_botocore(name: str, response: HttpResponse) -> dict[str, object]:
    parser = create_parser("rest-json")
    model = service_model().operation_model(name)
    headers = dict(response.headers)
    parts = {"status_code": response.status, "headers": headers, "body": response.body}
    read: dict[str, object] = parser.parse(parts, model.output_shape)
    return read


CASE: dict[str, object] = {
    "title": "Unusual sign-in \N{FIRE}",
    "caseArn": CASE_ARN,
    "caseStatus": "Submitted",
    "createdDate": NOON + timedelta(milliseconds=789, microseconds=999),
    "lastUpdatedDate": NOON,
    "closedDate": None,
    "impactedAccounts": [],
    "watchers": [{"email": "a@example.com", "name": None}],
    "caseAttachments": ({"attachmentId": "a", "fileName": "f", "attachmentStatus": "Pending",
                         "creator": "c", "createdDate": NOON},),
}  # fmt: skip


def test_an_output_has_the_form_of_the_model() -> None:
    """Status, headers and body are exact: epoch numbers, and nothing that is absent."""
    response = serialize_response(operation("GetCase"), CASE, "r-1")
    assert response.status == 200
    assert response.headers == (("content-type", "application/json"), ("x-amzn-requestid", "r-1"))
    content = json.loads(response.body)
    assert content["createdDate"] == 1793534400.789
    assert b'"lastUpdatedDate":1793534400,' in response.body
    assert content["watchers"] == [{"email": "a@example.com"}]
    assert content["caseAttachments"][0]["createdDate"] == 1793534400
    assert content["impactedAccounts"] == []
    assert "closedDate" not in content
    read = _read_by_botocore("GetCase", response)
    assert read["createdDate"] == NOON + timedelta(milliseconds=789)
    assert read["title"] == CASE["title"]


@given(INSTANTS)
def test_botocore_reads_every_timestamp_as_it_was(instant: datetime) -> None:
    """Output timestamps lose nothing down to the millisecond, in any zone."""
    local = instant.astimezone(timezone(timedelta(hours=-3)))
    output = {"caseStatus": "Closed", "closedDate": local}
    response = serialize_response(operation("CloseCase"), output, "r-1")
    read = _read_by_botocore("CloseCase", response)["closedDate"]
    assert isinstance(read, datetime)
    # Far in the future a double of seconds has no room for the last microseconds.
    assert abs(read - instant) < timedelta(microseconds=50)
    number = json.loads(response.body)["closedDate"]
    assert isinstance(number, int) or round(number, 3) == number


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_success_has_the_modelled_status(name: str) -> None:
    """201 on a GET, 204 without a body: as the model says, for every operation."""
    output = operation(name).output
    assert output is not None
    required = {each.name: None for each in output.members if each.required}
    if required:
        with pytest.raises(ValueError, match="lacks"):
            serialize_response(operation(name), required, "r-1")
        return
    response = serialize_response(operation(name), {}, "r-1")
    assert response.status == operation(name).status
    assert ("x-amzn-requestid", "r-1") in response.headers
    assert response.body == (b"" if response.status == 204 else b"{}")
    assert ("content-type" in dict(response.headers)) is (response.status != 204)


def test_an_output_that_the_model_does_not_have_is_never_sent() -> None:
    """A slip in an operation fails before the answer, and leaks nothing."""
    with pytest.raises(KeyError):
        serialize_response(operation("CloseCase"), {"secret": 1}, "r-1")
    with pytest.raises(TypeError):
        serialize_response(operation("CloseCase"), {"closedDate": 5}, "r-1")
    with pytest.raises(TypeError):
        serialize_response(operation("CloseCase"), {"closedDate": datetime(2026, 1, 1)}, "r-1")  # noqa: DTZ001 - the fault that is planted


def _error(cls: type[ServiceError]) -> ServiceError:
    members = {
        "ConflictException": {"resource_id": "m-1", "resource_type": "Membership"},
        "ServiceQuotaExceededException": {
            "resource_id": "1", "resource_type": "Case", "quota_code": "L-1"
        },
        "ThrottlingException": {"retry_after_ms": 1, "quota_code": "L-2"},
    }  # fmt: skip
    return cls("Said.", **members.get(cls.__name__, {}))  # type: ignore[arg-type]  # by class


ERRORS = [_error(cls) for cls in vars(larum.errors).values()
          if isinstance(cls, type) and issubclass(cls, ServiceError)
          and cls is not ServiceError]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_error_has_a_status_and_a_name(error: ServiceError) -> None:
    """No refusal of the service lacks its row; the body has `message` in lower case."""
    response = serialize_error(error, "r-2")
    headers = dict(response.headers)
    modelled = MODEL.errors.get(error.code)
    expected = COMMON_STATUS[error.code] if modelled is None else modelled.status
    assert response.status == expected
    assert headers["x-amzn-errortype"] == error.code
    assert headers["x-amzn-requestid"] == "r-2"
    assert headers["content-type"] == "application/json"
    assert json.loads(response.body)["message"] == "Said."


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_botocore_reads_every_modelled_member(error: ServiceError) -> None:
    """Required members of the model's errors are all sent."""
    shape = MODEL.errors.get(error.code)
    if shape is None:
        assert error.code in COMMON_STATUS
        return
    content = json.loads(serialize_error(error, "r").body)
    body_members = {each.name for each in shape.members if each.location is None}
    assert {each.name for each in shape.members if each.required} <= set(content)
    assert set(content) <= body_members


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (ThrottlingException("Slow down.", retry_after_ms=0, quota_code="x"), ("1", "1")),
        (ThrottlingException("Slow down.", retry_after_ms=1000, quota_code="x"), ("1", "1000")),
        (ThrottlingException("Slow down.", retry_after_ms=1001, quota_code="x"), ("2", "1001")),
        (InternalServerException("Unknown.", retry_after=3), ("3", None)),
        (ServiceUnavailable("Closing.", retry_after=0), ("1", None)),
        (MalformedHttpRequestException("No."), (None, None)),
    ],
)
def test_retry_headers(error: ServiceError, headers: tuple[str | None, str | None]) -> None:
    """`Retry-After` is whole seconds, at least one; throttling also says milliseconds."""
    sent = dict(serialize_error(error, "r").headers)
    assert (sent.get("retry-after"), sent.get("x-amz-retry-after")) == headers


def test_a_validation_error_lists_its_fields() -> None:
    """`fieldList` carries each failing member by path."""
    error = ValidationException.of_fields((FieldFailure("tags[2].key", "Member must …"),))
    content = json.loads(serialize_error(error, "r").body)
    assert content["reason"] == "FIELD_VALIDATION_FAILED"
    assert content["fieldList"] == [{"name": "tags[2].key", "message": "Member must …"}]


def test_a_quota_error_names_its_quota() -> None:
    """402 with all four members."""
    error = ServiceQuotaExceededException("Full.", resource_id="1", resource_type="Case",
                                          quota_code="L-87F7FF63")  # fmt: skip
    response = serialize_error(error, "r")
    assert response.status == 402
    assert json.loads(response.body)["quotaCode"] == "L-87F7FF63"


@pytest.mark.parametrize("request_id", ["a\r\nset-cookie: x", "a\nb", "a\x00", "é", "\x85"])
def test_no_header_can_be_injected(request_id: str) -> None:
    """A value that could end its header line is never sent."""
    with pytest.raises(ValueError, match="x-amzn-requestid"):
        serialize_response(operation("CloseCase"), {}, request_id)
    with pytest.raises(ValueError, match="x-amzn-requestid"):
        serialize_error(MalformedHttpRequestException("No."), request_id)
